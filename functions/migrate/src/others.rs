//! What others than our roles read of views that are made anew: their grants go with a view, and come back with it.

use crate::privileges::{is_ours, name};
use crate::{Call, MigrateError, Migrator};
use std::collections::{BTreeMap, BTreeSet};
use warehouse::Value;

/// What somebody reads of a view of `mart`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kept {
    /// `mart.join_rate`.
    relation: String,
    /// Empty: the whole view.
    column: String,
    /// As it stands behind `to`.
    to: String,
    /// Whether it may be granted on.
    is_grantable: bool,
}

/// Users, groups and roles other than the owner; what everybody reads (`public`) does not come back.
const WHOSE: &str = "where namespace_name = 'mart' and lower(privilege_type) = 'select' and identity_type in ('user', 'role', 'group') \
                     and not (identity_type = 'user' and identity_name = current_user)";
const KEPT: [(&str, &str); 2] = [
    (
        "others",
        "select relation_name, '' as column_name, identity_name, identity_type, \
             case when admin_option then 'yes' else 'no' end as is_grantable \
         from svv_relation_privileges",
    ),
    (
        "others_columns",
        "select relation_name, column_name, identity_name, identity_type, 'no' as is_grantable from svv_column_privileges",
    ),
];

impl Migrator {
    /// What others read of these views now, as far as this login may see it.
    pub(crate) async fn kept(
        &self,
        views: &[String],
        call: &Call,
    ) -> Result<BTreeSet<Kept>, MigrateError> {
        let mut kept = BTreeSet::new();
        for (name, query) in KEPT {
            let rows = self.read(name, &format!("{query} {WHOSE}"), call).await?;
            let found = rows.iter().filter_map(|row| read(row));
            kept.extend(found.filter(|one| views.contains(&one.relation)));
        }
        Ok(kept)
    }

    /// Runs grants each by itself: one that is refused is told, and holds nothing up.
    pub(crate) async fn grant_each(
        &self,
        grants: &[String],
        call: &Call,
    ) -> Result<(), MigrateError> {
        for one in grants {
            if let Some(cause) = self.run_locked(std::slice::from_ref(one), call).await? {
                tracing::warn!("What was granted before is not granted again: {one}: {cause}");
            }
        }
        Ok(())
    }
}

fn read(row: &[Value]) -> Option<Kept> {
    let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
    let holder = text(2);
    let to = match text(3).as_str() {
        "role" if is_ours(&holder) => return None,
        "user" => name(&holder),
        kind => format!("{kind} {}", name(&holder)),
    };
    Some(Kept {
        relation: format!("mart.{}", text(0)),
        column: text(1),
        to,
        is_grantable: text(4) == "yes",
    })
}

/// The grants that give others what they read of the views in `made`, as far as these have the columns still.
pub(crate) fn regrants(
    kept: &BTreeSet<Kept>,
    made: &[String],
    columns: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let mut whole: BTreeMap<(&str, bool), Vec<String>> = BTreeMap::new();
    let mut parts: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for one in kept.iter().filter(|one| made.contains(&one.relation)) {
        let (relation, to) = (one.relation.as_str(), one.to.as_str());
        if one.column.is_empty() {
            let relations = whole.entry((to, one.is_grantable)).or_default();
            relations.push(place(relation));
        } else if columns
            .get(relation)
            .is_some_and(|columns| columns.contains(&one.column))
        {
            let columns = parts.entry((to, relation)).or_default();
            columns.push(name(&one.column));
        }
    }
    let whole = whole.into_iter().map(|((to, is_grantable), relations)| {
        let option = if is_grantable {
            " with grant option"
        } else {
            ""
        };
        format!("grant select on {} to {to}{option}", relations.join(", "))
    });
    let parts = parts.into_iter().map(|((to, relation), columns)| {
        let columns = columns.join(", ");
        format!("grant select ({columns}) on {} to {to}", place(relation))
    });
    whole.chain(parts).collect()
}

fn place(relation: &str) -> String {
    let view = relation.trim_start_matches("mart.");
    format!("mart.{}", name(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_get_back_what_they_read_of_the_columns_there_are() {
        let row = |texts: [&str; 5]| texts.map(|text| Value::Text(text.to_owned())).to_vec();
        let kept: BTreeSet<_> = [
            ["v", "", "anna", "user", "no"],
            ["w", "", "anna", "user", "no"],
            ["v", "", "bo", "user", "yes"],
            ["v", "", "tributary_analyst", "role", "no"],
            ["gone", "", "anna", "user", "no"],
            ["v", "b", "board", "role", "no"],
            ["v", "a", "board", "role", "no"],
            ["v", "was", "board", "role", "no"],
            ["w", "a", "sales", "group", "no"],
        ]
        .into_iter()
        .filter_map(|texts| read(&row(texts)))
        .collect();
        let made = ["mart.v".to_owned(), "mart.w".to_owned()];
        let columns = ["a".to_owned(), "b".to_owned()].to_vec();
        let columns = made.clone().map(|view| (view, columns.clone())).into();
        assert_eq!(
            regrants(&kept, &made, &columns),
            [
                "grant select on mart.\"v\", mart.\"w\" to \"anna\"",
                "grant select on mart.\"v\" to \"bo\" with grant option",
                "grant select (\"a\") on mart.\"w\" to group \"sales\"",
                "grant select (\"a\", \"b\") on mart.\"v\" to role \"board\"",
            ]
        );
    }
}
