//! Roles and their grants: read from the catalogue, compared with the lists, mended, and read again.

use crate::access::Wanted;
use crate::privileges::{Held, Present, SYSTEM, is_ours, problems, statements, undone};
use crate::{Call, MigrateError, Migrator};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::{Value, WarehouseError};

/// How often what is granted is compared and mended: a grant on a whole view hides those on its columns until it is gone, and another
/// migration that makes views anew takes their grants along.
const ROUNDS: usize = 10;
/// So many problems are told.
const TOLD: usize = 5;
/// Statements in one transaction, besides the lock.
pub(crate) const MAX_STATEMENTS: usize = 37;
/// What makes two migrations take turns.
pub(crate) const LOCK: &str = "lock ops.schema_version";

/// What everybody or one of our roles holds, by the views of Redshift, and what of everybody's matters: what opens the warehouse's own
/// schemas.
const HELD: [(&str, &str, &str); 5] = [
    (
        "relations",
        "select identity_name, identity_type, namespace_name, relation_name, '' as column_name, privilege_type, '' as privilege_scope \
         from svv_relation_privileges",
        OURS,
    ),
    (
        "columns",
        "select identity_name, identity_type, namespace_name, relation_name, column_name, privilege_type, '' as privilege_scope \
         from svv_column_privileges",
        OURS,
    ),
    (
        "schemas",
        "select identity_name, identity_type, namespace_name, '' as relation_name, '' as column_name, privilege_type, privilege_scope \
         from svv_schema_privileges",
        OURS,
    ),
    (
        "databases",
        "select identity_name, identity_type, '' as namespace_name, '' as relation_name, '' as column_name, privilege_type, privilege_scope, \
             database_name \
         from (select * from svv_database_privileges where database_name = current_database()) as held",
        // Temporary tables are everybody's; what holds for all schemas or tables is meant.
        "lower(privilege_scope) <> 'database'",
    ),
    (
        "system",
        "select identity_name, identity_type, '' as namespace_name, '' as relation_name, '' as column_name, \
             system_privilege as privilege_type, 'system' as privilege_scope \
         from svv_system_privileges",
        "1 = 0",
    ),
];
/// In the warehouse's own schemas.
const OURS: &str = "namespace_name in ('raw', 'staging', 'curated', 'mart', 'ops')";

/// An error unless there is no problem.
pub(crate) fn agrees(mut problems: Vec<String>) -> Result<(), MigrateError> {
    if problems.is_empty() {
        return Ok(());
    }
    let more = problems.len().saturating_sub(TOLD);
    problems.truncate(TOLD);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(MigrateError::Access { problems })
}

impl Migrator {
    /// Brings what is granted to what the lists say, and makes sure that it is so.
    pub(crate) async fn apply_access(&self, call: &Call) -> Result<(), MigrateError> {
        let wanted = Wanted::read(&self.settings.partners)?;
        let mut present = self.present(call).await?;
        let mut refused = BTreeMap::new();
        let mut before = Vec::new();
        for _ in 0..ROUNDS {
            let all = statements(&wanted, &present);
            // What is there after it was revoked, or was refused, would be so after another round.
            let stuck: Vec<_> = all
                .iter()
                .filter(|one| one.starts_with("revoke ") || refused.contains_key(*one))
                .cloned()
                .collect();
            if all.is_empty() || !stuck.is_empty() && stuck == before {
                break;
            }
            tracing::info!(count = all.len(), "Changing {} grants", all.len());
            before = stuck;
            refused = self.change(&all, call).await?;
            present = self.present(call).await?;
        }
        self.judge(&wanted, &present, refused, call).await
    }

    /// Runs these statements, and hands back those that were refused. One that is refused takes the others of its transaction along:
    /// then each is run alone.
    async fn change(
        &self,
        all: &[String],
        call: &Call,
    ) -> Result<BTreeMap<String, WarehouseError>, MigrateError> {
        let mut refused = BTreeMap::new();
        for part in all.chunks(MAX_STATEMENTS) {
            if self.run_locked(part, call).await?.is_none() {
                continue;
            }
            for one in part {
                if let Some(cause) = self.run_locked(std::slice::from_ref(one), call).await? {
                    tracing::warn!("The warehouse refused {one}: {cause}");
                    refused.insert(one.clone(), cause);
                }
            }
        }
        Ok(refused)
    }

    /// Runs a part of the grants in one transaction; what comes back is why it was refused.
    pub(crate) async fn run_locked(
        &self,
        part: &[String],
        call: &Call,
    ) -> Result<Option<WarehouseError>, MigrateError> {
        let batch = [&[LOCK.to_owned()], part].concat();
        match self.run_batch("access", batch, vec![], call).await {
            Ok(()) => Ok(None),
            Err(cause @ WarehouseError::Statement { .. }) if !cause.is_conflict() => {
                Ok(Some(cause))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An error that tells all that is otherwise than the lists say.
    async fn judge(
        &self,
        wanted: &Wanted,
        present: &Present,
        mut refused: BTreeMap<String, WarehouseError>,
        call: &Call,
    ) -> Result<(), MigrateError> {
        let mut problems = problems(wanted, present);
        let (no, not): (Vec<_>, Vec<_>) = undone(wanted, present)
            .into_iter()
            .partition(|statement| refused.contains_key(statement));
        problems.extend(not.into_iter().map(|statement| {
            format!("not done although it was run: {statement}; is another migration running?")
        }));
        // The first one that was refused tells of the others as well.
        if let Some((statement, cause)) = no.into_iter().find_map(|one| {
            let cause = refused.remove(&one)?;
            Some((one, cause))
        }) {
            let told = format!("{statement} was refused: {cause}");
            let error = self.explained(cause, call).await;
            if problems.is_empty() {
                return Err(error);
            }
            let is_owner = matches!(error, MigrateError::NotOwner { .. });
            problems.insert(0, if is_owner { error.to_string() } else { told });
        }
        agrees(problems)
    }

    /// What is granted now.
    async fn present(&self, call: &Call) -> Result<Present, MigrateError> {
        let text = |row: &[Value], at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
        let mut present = Present {
            roles: self.roles(call).await?,
            ..Present::default()
        };
        for (name, query, of_everybody) in HELD {
            let query = format!(
                "{query} where (identity_type = 'role' and left(identity_name, 10) = 'tributary_') \
                 or (identity_type = 'public' and {of_everybody})"
            );
            for row in self.read(name, &query, call).await? {
                let is_public = text(&row, 1) == "public";
                let held = Held {
                    holder: if is_public {
                        "public".to_owned()
                    } else {
                        text(&row, 0)
                    },
                    schema: text(&row, 2),
                    relation: text(&row, 3),
                    column: text(&row, 4),
                    privilege: text(&row, 5).to_lowercase(),
                    scope: text(&row, 6).to_lowercase(),
                };
                if !is_public && !is_ours(&held.holder) {
                    continue;
                }
                if held.schema.is_empty() && held.scope != SYSTEM {
                    present.database = text(&row, 7);
                }
                present.held.insert(held);
            }
        }
        let query = "select role_name, granted_role_name from svv_role_grants where left(role_name, 10) = 'tributary_'";
        for row in self.read("members", query, call).await? {
            let role = text(&row, 0);
            if is_ours(&role) {
                present.members.insert((role, text(&row, 1)));
            }
        }
        Ok(present)
    }

    /// The roles there are whose names begin like ours.
    pub(crate) async fn roles(&self, call: &Call) -> Result<BTreeSet<String>, WarehouseError> {
        let query = "select role_name from svv_roles where left(role_name, 10) = 'tributary_'";
        let rows = self.read("roles", query, call).await?;
        let names = rows
            .iter()
            .filter_map(|row| row.first().and_then(Value::text));
        Ok(names.collect())
    }

    pub(crate) async fn read(
        &self,
        name: &str,
        query: &str,
        call: &Call,
    ) -> Result<Vec<Vec<Value>>, WarehouseError> {
        let name = format!("migrate/{name}");
        self.warehouse
            .query(&name, query, &[], call.deadline.left())
            .await
    }

    /// A refusal that comes from views of another login says whose they are.
    pub(crate) async fn explained(&self, cause: WarehouseError, call: &Call) -> MigrateError {
        let said = cause.to_string().to_lowercase();
        if !said.contains("owner") && !said.contains("permission denied") {
            return cause.into();
        }
        let query = "select cast(viewname as varchar(256)) as view_name, cast(viewowner as varchar(256)) as owner_name \
                     from pg_views where schemaname = 'mart' and viewowner <> current_user order by 1";
        let rows = self.read("owners", query, call).await.unwrap_or_default();
        let texts = |at: usize| {
            let mut texts: Vec<_> = rows
                .iter()
                .filter_map(|row| row.get(at).and_then(Value::text))
                .collect();
            texts.sort();
            texts.dedup();
            texts.join(", ")
        };
        if rows.is_empty() {
            return cause.into();
        }
        MigrateError::NotOwner {
            views: texts(0),
            owner: texts(1),
            cause: Box::new(cause),
        }
    }
}
