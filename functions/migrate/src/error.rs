//! Why the schema could not be brought up to date.

use crate::SCHEMA_VERSION;
use step::SettingsFileError;
use warehouse::WarehouseError;

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// The warehouse refused.
    #[error("bringing the schema to version {SCHEMA_VERSION}")]
    Warehouse(#[from] WarehouseError),
    /// The table of another release, or one that was edited.
    #[error(
        "{unit} was applied to this warehouse with another text, which no published version has; a published table is changed by a \
         section in migrations/version_{SCHEMA_VERSION}.sql, not by editing its definition: put the table back as it was published, \
         or deploy the release that made it"
    )]
    Edited {
        /// The SQL file.
        unit: String,
    },
    /// The warehouse belongs to a later release.
    #[error(
        "the warehouse has schema version {found}, and this release knows versions up to {SCHEMA_VERSION}; deploy the release that \
         brought it there, or a later one: a schema does not go back"
    )]
    Newer {
        /// Its version.
        found: i64,
    },
    /// A file that is carried in the function breaks a rule.
    #[error("{path}: {rule}")]
    File {
        /// Path below `sql/`.
        path: String,
        /// What must hold.
        rule: String,
    },
    /// A partner of the settings cannot be made a role.
    #[error("settings tributary.toml: partner.{key} = {value:?}: {rule}")]
    Partner {
        /// Which key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What must hold.
        rule: &'static str,
    },
    /// A view that this login does not own cannot be replaced or granted.
    #[error(
        "{views} of mart belong to another login ({owner}); only the owner of a view can replace and grant it: as {owner} or a superuser, \
         run `alter table mart.<view> owner to <the login of this function>` for each, and start the execution again ({cause})"
    )]
    NotOwner {
        /// Their names.
        views: String,
        /// Whose they are.
        owner: String,
        /// What the warehouse said.
        #[source]
        cause: Box<WarehouseError>,
    },
    /// The login may not make roles.
    #[error(
        "this login ({login}) could not make the roles {roles}: it needs the system privilege `create role` (and `access system table`, to \
         see what is granted); both are granted to roles alone: as a superuser run `create role tributary_migrate`, `grant create role to \
         role tributary_migrate`, `grant access system table to role tributary_migrate` and `grant role tributary_migrate to \"{login}\"`, \
         and start the execution again; no view was changed"
    )]
    Roles {
        /// Those that are missing.
        roles: String,
        /// Who may not make them.
        login: String,
        /// What the warehouse said.
        #[source]
        cause: Box<WarehouseError>,
    },
    /// A role can read what no list gives it, or not what it should.
    #[error("sql/access/roles.toml does not hold in this warehouse: {}", .problems.join("; "))]
    Access {
        /// One sentence for each: place, value, rule, what to do.
        problems: Vec<String>,
    },
    /// Other transactions were in the way of a long statement again and again.
    #[error("{unit} conflicted with other transactions {attempts} times")]
    Conflicts {
        /// Which step.
        unit: String,
        /// How often it was tried.
        attempts: u32,
    },
}

impl model::Classify for MigrateError {
    fn kind(&self) -> model::Kind {
        match self {
            Self::Settings(cause) => cause.kind(),
            Self::Warehouse(cause) => cause.kind(),
            Self::Conflicts { .. } => model::Kind::Conflict,
            Self::Edited { .. }
            | Self::Newer { .. }
            | Self::File { .. }
            | Self::Partner { .. }
            | Self::NotOwner { .. }
            | Self::Roles { .. }
            | Self::Access { .. } => model::Kind::Invalid,
        }
    }
}

/// A file of ours that breaks a rule.
pub(crate) fn file(path: &str, rule: impl Into<String>) -> MigrateError {
    MigrateError::File {
        path: path.to_owned(),
        rule: rule.into(),
    }
}
