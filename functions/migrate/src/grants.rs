//! Roles and their grants: read from the catalogue, compared with the lists, mended, and read again.

use crate::access::Wanted;
use crate::privileges::{Held, Present, is_ours, problems, statements};
use crate::{Call, MigrateError, Migrator};
use warehouse::{Value, WarehouseError};

/// How often what is granted is compared and mended: a grant on a whole view hides those on its columns until it is gone, and another
/// migration that makes views anew takes their grants along.
const ROUNDS: usize = 10;
/// So many problems are told.
const TOLD: usize = 5;
/// Statements in one transaction, with the lock.
const MAX_STATEMENTS: usize = 37;

/// What everybody or one of our roles holds, by the views of Redshift. Everybody's matters in the warehouse's own schemas alone.
const HELD: [(&str, &str); 3] = [
    (
        "relations",
        "select identity_name, identity_type, namespace_name, relation_name, '' as column_name, privilege_type, '' as privilege_scope \
         from svv_relation_privileges",
    ),
    (
        "columns",
        "select identity_name, identity_type, namespace_name, relation_name, column_name, privilege_type, '' as privilege_scope \
         from svv_column_privileges",
    ),
    (
        "schemas",
        "select identity_name, identity_type, namespace_name, '' as relation_name, '' as column_name, privilege_type, privilege_scope \
         from svv_schema_privileges",
    ),
];
const WHOSE: &str = "where (identity_type = 'role' and left(identity_name, 10) = 'tributary_') \
                     or (identity_type = 'public' and namespace_name in ('raw', 'staging', 'curated', 'mart', 'ops'))";

/// An error unless there is no problem.
fn agrees(mut problems: Vec<String>) -> Result<(), MigrateError> {
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
    pub(crate) async fn apply_access(&self, call: &mut Call) -> Result<(), MigrateError> {
        let wanted = Wanted::read(&self.settings.partners)?;
        let mut revoked = Vec::new();
        for _ in 0..ROUNDS {
            let present = self.present(call).await?;
            let all = statements(&wanted, &present);
            let taken: Vec<_> = all
                .iter()
                .filter(|one| one.starts_with("revoke "))
                .cloned()
                .collect();
            // What is there after it was revoked would be there after another round.
            if all.is_empty() || !taken.is_empty() && taken == revoked {
                return agrees(problems(&wanted, &present));
            }
            tracing::info!(count = all.len(), "Changing {} grants", all.len());
            revoked = taken;
            for part in all.chunks(MAX_STATEMENTS) {
                let mut batch = vec!["lock ops.schema_version".to_owned()];
                batch.extend(part.iter().cloned());
                match self.run_batch("access", batch, vec![], call).await {
                    Ok(()) => {}
                    // Another migration may have made the same role: what is there now tells.
                    Err(cause @ WarehouseError::Statement { .. })
                        if self.present(call).await? == present =>
                    {
                        return Err(self.explained(cause, call).await);
                    }
                    Err(WarehouseError::Statement { .. }) => {
                        revoked.clear();
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        agrees(problems(&wanted, &self.present(call).await?))
    }

    /// What is granted now.
    async fn present(&self, call: &Call) -> Result<Present, MigrateError> {
        let text = |row: &[Value], at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
        let mut present = Present::default();
        let query = "select role_name from svv_roles where left(role_name, 10) = 'tributary_'";
        for row in self.read("roles", query, call).await? {
            present.roles.insert(text(&row, 0));
        }
        for (name, query) in HELD {
            for row in self.read(name, &format!("{query} {WHOSE}"), call).await? {
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
                if is_public || is_ours(&held.holder) {
                    present.held.insert(held);
                }
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

    async fn read(
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
