//! What is made sure of while the views of before still stand: that nothing opens new ones by itself, that all roles are there, and that
//! views find what they need of the settings.

use crate::access::Wanted;
use crate::grants::{MAX_STATEMENTS, agrees};
use crate::privileges::{is_ours, name};
use crate::recorded::{Recorded, book_keeping};
use crate::units::Unit;
use crate::{Call, MigrateError, Migrator};
use warehouse::Value;

/// Default privileges that would open what is made in our schemas. Without a schema they hold for all that their owner makes.
const DEFAULTS: &str = "select nvl(schema_name, '') as schema_name, owner_name, privilege_type, grantee_name, grantee_type \
                        from svv_default_privileges \
                        where lower(object_type) = 'relation' \
                            and ((grantee_type = 'role' and left(grantee_name, 10) = 'tributary_') \
                                or (grantee_type = 'public' \
                                    and (schema_name in ('raw', 'staging', 'curated', 'mart', 'ops') \
                                        or (nvl(schema_name, '') = '' and owner_name = current_user)))) \
                        order by 1, 2, 3, 4";
/// The row of `curated.business_setting` where no merge has written one: views that need it show nothing without.
const SETTING: &str = "insert into curated.business_setting (business_time_zone, service_level_seconds) \
                       select cast(:business_time_zone as varchar(64)) as business_time_zone, \
                           cast(:service_level_seconds as integer) as service_level_seconds \
                       where not exists (select 1 as found from curated.business_setting)";

impl Migrator {
    /// Refuses what would open views as they are made.
    pub(crate) async fn refuse_defaults(&self, call: &Call) -> Result<(), MigrateError> {
        let rows = self.read("defaults", DEFAULTS, call).await?;
        agrees(rows.iter().filter_map(|row| opened(row)).collect())
    }

    /// Makes the roles that are missing.
    pub(crate) async fn make_roles(&self, call: &Call) -> Result<(), MigrateError> {
        let wanted = Wanted::read(&self.settings.partners)?;
        let mut before = None;
        loop {
            let there = self.roles(call).await?;
            let mut missing: Vec<String> = wanted.0.keys().cloned().collect();
            missing.retain(|role| !there.contains(role));
            let part: Vec<_> = missing.iter().take(MAX_STATEMENTS).collect();
            if part.is_empty() || before.as_ref() == Some(&missing) {
                // What was made and is not seen is told by what compares the grants.
                return Ok(());
            }
            let statements: Vec<_> = part
                .iter()
                .map(|role| format!("create role {role}"))
                .collect();
            if let Some(cause) = self.run_locked(&statements, call).await? {
                // Unless another migration has made one of them meanwhile.
                let there = self.roles(call).await?;
                if part.iter().all(|role| !there.contains(*role)) {
                    let query = "select cast(current_user as varchar(256)) as login";
                    let rows = self.read("login", query, call).await?;
                    let login = rows.first().and_then(|row| row.first()?.text());
                    return Err(MigrateError::Roles {
                        roles: missing.join(", "),
                        login: login.unwrap_or_default(),
                        cause: Box::new(cause),
                    });
                }
            } else {
                before = Some(missing);
            }
        }
    }

    /// Writes the row of settings that views need, once.
    pub(crate) async fn write_setting(
        &self,
        recorded: &Recorded,
        call: &mut Call,
    ) -> Result<(), MigrateError> {
        let unit = Unit::new("setting/curated.business_setting", vec![SETTING.to_owned()]);
        if recorded.has(&unit) {
            return Ok(());
        }
        // A merge at the same time would write the same row: its turn is taken, as for fills.
        let mut statements =
            vec!["update ops.turn set step = 'merge' where step = 'merge'".to_owned()];
        statements.extend(unit.statements.iter().cloned());
        let (book_keeping, mut parameters) =
            book_keeping(&[], std::slice::from_ref(&unit), call.applied);
        statements.extend(book_keeping);
        let settings = &self.settings;
        parameters.push((
            "business_time_zone".to_owned(),
            settings.business_time_zone.clone(),
        ));
        parameters.push((
            "service_level_seconds".to_owned(),
            settings.kpi.service_level_seconds.to_string(),
        ));
        self.run_batch("setting", statements, parameters, call)
            .await?;
        call.applied += 1;
        Ok(())
    }
}

/// What a row of `DEFAULTS` opens, and how to take it back.
fn opened(row: &[Value]) -> Option<String> {
    let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
    let (schema, owner, privilege, grantee) = (text(0), text(1), text(2).to_lowercase(), text(3));
    let (who, from) = match text(4).as_str() {
        "public" => ("everybody (public)".to_owned(), "public".to_owned()),
        _ if is_ours(&grantee) => (grantee.clone(), format!("role {grantee}")),
        _ => return None,
    };
    let (place, within) = if schema.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!(" in schema {schema}"),
            format!(" in schema {}", name(&schema)),
        )
    };
    let owner_name = name(&owner);
    Some(format!(
        "default privileges of {owner}{place}: {who} gets {privilege} on every view and table as it is made, whole; take them back: `alter \
         default privileges for user {owner_name}{within} revoke {privilege} on tables from {from}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_privileges_are_told_with_what_takes_them_back() {
        let row = |texts: [&str; 5]| texts.map(|text| Value::Text(text.to_owned())).to_vec();
        assert_eq!(
            opened(&row([
                "mart",
                "anna",
                "SELECT",
                "tributary_analyst",
                "role"
            ]))
            .as_deref(),
            Some(
                "default privileges of anna in schema mart: tributary_analyst gets select on every view and table as it is made, whole; take \
                 them back: `alter default privileges for user \"anna\" in schema \"mart\" revoke select on tables from role \
                 tributary_analyst`"
            )
        );
        assert_eq!(
            opened(&row(["", "anna", "SELECT", "public", "public"])).as_deref(),
            Some(
                "default privileges of anna: everybody (public) gets select on every view and table as it is made, whole; take them back: \
                 `alter default privileges for user \"anna\" revoke select on tables from public`"
            )
        );
        // A role of somebody else whose name begins alike.
        assert_eq!(
            opened(&row([
                "mart",
                "anna",
                "SELECT",
                "tributary_pipeline",
                "role"
            ])),
            None
        );
    }
}
