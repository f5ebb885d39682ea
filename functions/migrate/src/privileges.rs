//! What is granted in the warehouse, and the statements that bring it to what is wanted.

use crate::access::Wanted;
use std::collections::{BTreeMap, BTreeSet};

/// The scope of what is granted of the whole warehouse.
pub(crate) const SYSTEM: &str = "system";

/// A privilege that somebody has on something, as the catalogue names it, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    /// The role; `public`: everybody.
    pub(crate) holder: String,
    /// Empty: the database, or the whole warehouse.
    pub(crate) schema: String,
    /// Empty: the schema itself.
    pub(crate) relation: String,
    /// Empty: the whole relation.
    pub(crate) column: String,
    pub(crate) privilege: String,
    /// Of a schema or the database: itself (`schema`, `database`), or all that is in it (`tables`, `functions`, …); `system`: a privilege
    /// over the whole warehouse.
    pub(crate) scope: String,
}

impl Held {
    fn place(&self) -> String {
        let mut place = match (self.schema.as_str(), self.scope.as_str()) {
            ("", SYSTEM) => "the whole warehouse".to_owned(),
            ("", _) => "this database".to_owned(),
            (schema, _) => format!("schema {schema}"),
        };
        if !self.relation.is_empty() {
            place = format!("{}.{}", self.schema, self.relation);
        }
        if !self.column.is_empty() {
            place = format!("{place}.{}", self.column);
        }
        if !["", "schema", "database", SYSTEM].contains(&self.scope.as_str()) {
            place = format!("all {} in {place}", self.scope);
        }
        place
    }
}

/// What the catalogue says of our roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Present {
    /// The database, where something was granted of it.
    pub(crate) database: String,
    /// Roles of ours that exist.
    pub(crate) roles: BTreeSet<String>,
    /// What they, and everybody, hold.
    pub(crate) held: BTreeSet<Held>,
    /// Role of ours, and a role it was granted, whose privileges it has as well.
    pub(crate) members: BTreeSet<(String, String)>,
}

/// Whether a role is one that `migrate` grants and revokes.
pub(crate) fn is_ours(role: &str) -> bool {
    [
        "tributary_analyst",
        "tributary_supervisor",
        "tributary_finance",
    ]
    .contains(&role)
        || role.starts_with(model::settings::Partner::ROLE)
}

/// Whether the lists give this.
fn is_wanted(wanted: &Wanted, held: &Held) -> bool {
    let Some(views) = wanted.0.get(&held.holder) else {
        return false;
    };
    if held.schema != "mart" {
        return false;
    }
    if held.relation.is_empty() {
        return held.privilege == "usage" && ["", "schema"].contains(&held.scope.as_str());
    }
    let columns = views.get(&held.relation);
    held.privilege == "select" && columns.is_some_and(|columns| columns.contains(&held.column))
}

/// The statements that make what is granted what is wanted; none when it is so.
pub(crate) fn statements(wanted: &Wanted, present: &Present) -> Vec<String> {
    let mut statements = Vec::new();
    for role in wanted
        .0
        .keys()
        .filter(|role| !present.roles.contains(*role))
    {
        statements.push(format!("create role {role}"));
    }
    let ours = || present.held.iter().filter(|held| is_ours(&held.holder));
    let mut columns: BTreeMap<(&str, String, &str), Vec<String>> = BTreeMap::new();
    for held in ours().filter(|held| !is_wanted(wanted, held)) {
        let (role, privilege) = (&held.holder, &held.privilege);
        let (schema, relation) = (name(&held.schema), name(&held.relation));
        if held.schema.is_empty() {
            let database = name(&present.database);
            statements.push(match held.scope.as_str() {
                SYSTEM => format!("revoke {privilege} from role {role}"),
                "" | "database" => {
                    format!("revoke {privilege} on database {database} from role {role}")
                }
                scope => format!(
                    "revoke {privilege} for {scope} in database {database} from role {role}"
                ),
            });
        } else if held.relation.is_empty() {
            statements.push(match held.scope.as_str() {
                "" | "schema" => format!("revoke {privilege} on schema {schema} from role {role}"),
                scope => {
                    format!("revoke {privilege} for {scope} in schema {schema} from role {role}")
                }
            });
        } else if held.column.is_empty() {
            statements.push(format!(
                "revoke {privilege} on {schema}.{relation} from role {role}"
            ));
        } else {
            let place = (
                role.as_str(),
                format!("{schema}.{relation}"),
                privilege.as_str(),
            );
            columns.entry(place).or_default().push(name(&held.column));
        }
    }
    for ((role, relation, privilege), columns) in columns {
        statements.push(format!(
            "revoke {privilege} ({}) on {relation} from role {role}",
            columns.join(", ")
        ));
    }
    let has = |role: &str, relation: &str, column: &str, privilege: &str| {
        present.held.iter().any(|held| {
            (
                held.holder.as_str(),
                held.schema.as_str(),
                held.relation.as_str(),
                held.column.as_str(),
                held.privilege.as_str(),
            ) == (role, "mart", relation, column, privilege)
                && ["", "schema"].contains(&held.scope.as_str())
        })
    };
    for (role, views) in &wanted.0 {
        if !has(role, "", "", "usage") {
            statements.push(format!("grant usage on schema mart to role {role}"));
        }
        for (view, columns) in views {
            let missing: Vec<_> = columns
                .iter()
                .filter(|column| !has(role, view, column, "select"))
                .map(|column| name(column))
                .collect();
            if !missing.is_empty() {
                statements.push(format!(
                    "grant select ({}) on mart.{} to role {role}",
                    missing.join(", "),
                    name(view)
                ));
            }
        }
    }
    statements
}

/// What no statement of ours can mend, and what is still more than it should be.
pub(crate) fn problems(wanted: &Wanted, present: &Present) -> Vec<String> {
    let mut problems = Vec::new();
    for held in &present.held {
        let (place, privilege) = (held.place(), &held.privilege);
        if held.holder == "public" {
            problems.push(format!(
                "{place}: everybody (public) has {privilege}, so every role reads it; revoke it: `revoke {privilege} on … from public`, and \
                 grant it to those who need it"
            ));
        } else if is_ours(&held.holder) && !is_wanted(wanted, held) {
            let holder = &held.holder;
            problems.push(format!(
                "{place}: {holder} has {privilege}, which the lists do not give it and this login could not revoke; revoke it as the login \
                 that granted it, or as a superuser"
            ));
        }
    }
    for (role, granted) in &present.members {
        problems.push(format!(
            "role {role}: it was granted role {granted} and has all that role may; `revoke role {granted} from role {role}`"
        ));
    }
    problems
}

/// What is still less than it should be: the statements that would give it.
pub(crate) fn undone(wanted: &Wanted, present: &Present) -> Vec<String> {
    let mut statements = statements(wanted, present);
    statements.retain(|statement| !statement.starts_with("revoke "));
    statements
}

/// A name as it stands in a statement: quoted, since some of ours are reserved words of one warehouse or the other.
pub(crate) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        let columns = vec!["a".to_owned(), "b".to_owned()];
        let views = BTreeMap::from([("v".to_owned(), columns)]);
        Wanted(BTreeMap::from([("tributary_analyst".to_owned(), views)]))
    }

    fn held(holder: &str, place: [&str; 3], privilege: &str, scope: &str) -> Held {
        let [schema, relation, column] = place.map(str::to_owned);
        Held {
            holder: holder.to_owned(),
            schema,
            relation,
            column,
            privilege: privilege.to_owned(),
            scope: scope.to_owned(),
        }
    }

    fn as_wanted() -> Present {
        let role = "tributary_analyst";
        Present {
            roles: [role.to_owned()].into(),
            held: [
                held(role, ["mart", "", ""], "usage", "schema"),
                held(role, ["mart", "v", "a"], "select", ""),
                held(role, ["mart", "v", "b"], "select", ""),
            ]
            .into(),
            ..Present::default()
        }
    }

    #[test]
    fn a_new_warehouse_gets_everything_and_a_second_look_nothing() {
        assert_eq!(
            statements(&wanted(), &Present::default()),
            [
                "create role tributary_analyst",
                "grant usage on schema mart to role tributary_analyst",
                "grant select (\"a\", \"b\") on mart.\"v\" to role tributary_analyst",
            ]
        );
        assert_eq!(statements(&wanted(), &as_wanted()), Vec::<String>::new());
        assert_eq!(problems(&wanted(), &as_wanted()), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_listed_goes_by_name_wherever_it_is() {
        let mut present = as_wanted();
        present.database = "dev".to_owned();
        let role = "tributary_analyst";
        present.held.extend([
            held(role, ["mart", "v", "c"], "select", ""),
            held(role, ["mart", "v", "d"], "select", ""),
            held(role, ["mart", "v", ""], "select", ""),
            held(role, ["raw", "t", ""], "insert", ""),
            held(role, ["raw", "", ""], "usage", "schema"),
            held(role, ["mart", "", ""], "select", "tables"),
            held(
                "tributary_partner_gone",
                ["mart", "", ""],
                "usage",
                "schema",
            ),
            // Of all that is in the database, of itself, and of the warehouse.
            held(role, ["", "", ""], "select", "tables"),
            held(role, ["", "", ""], "create", "database"),
            held(role, ["", "", ""], "create role", "system"),
            // Somebody else's role is somebody else's.
            held("tributary_other", ["mart", "v", "a"], "select", ""),
        ]);
        assert_eq!(
            statements(&wanted(), &present),
            [
                "revoke create on database \"dev\" from role tributary_analyst",
                "revoke create role from role tributary_analyst",
                "revoke select for tables in database \"dev\" from role tributary_analyst",
                "revoke select for tables in schema \"mart\" from role tributary_analyst",
                "revoke select on \"mart\".\"v\" from role tributary_analyst",
                "revoke usage on schema \"raw\" from role tributary_analyst",
                "revoke insert on \"raw\".\"t\" from role tributary_analyst",
                "revoke usage on schema \"mart\" from role tributary_partner_gone",
                "revoke select (\"c\", \"d\") on \"mart\".\"v\" from role tributary_analyst",
            ]
        );
    }

    #[test]
    fn what_cannot_be_revoked_is_told_with_its_place() {
        let mut present = as_wanted();
        present
            .held
            .insert(held("public", ["mart", "v", ""], "select", ""));
        present
            .held
            .insert(held("tributary_analyst", ["mart", "v", "c"], "select", ""));
        present
            .held
            .insert(held("tributary_analyst", ["", "", ""], "select", "tables"));
        present.held.insert(held(
            "tributary_analyst",
            ["", "", ""],
            "access catalog",
            "system",
        ));
        present
            .held
            .insert(held("public", ["", "", ""], "usage", "schemas"));
        present
            .members
            .insert(("tributary_analyst".to_owned(), "admins".to_owned()));
        assert_eq!(
            problems(&wanted(), &present),
            [
                "all schemas in this database: everybody (public) has usage, so every role reads it; revoke it: `revoke usage on … from \
                 public`, and grant it to those who need it",
                "mart.v: everybody (public) has select, so every role reads it; revoke it: `revoke select on … from public`, and grant it to \
                 those who need it",
                "the whole warehouse: tributary_analyst has access catalog, which the lists do not give it and this login could not revoke; \
                 revoke it as the login that granted it, or as a superuser",
                "all tables in this database: tributary_analyst has select, which the lists do not give it and this login could not revoke; \
                 revoke it as the login that granted it, or as a superuser",
                "mart.v.c: tributary_analyst has select, which the lists do not give it and this login could not revoke; revoke it as the \
                 login that granted it, or as a superuser",
                "role tributary_analyst: it was granted role admins and has all that role may; `revoke role admins from role \
                 tributary_analyst`",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_what_is_not_done_yet() {
        let mut present = as_wanted();
        present
            .held
            .insert(held("tributary_analyst", ["raw", "t", ""], "select", ""));
        assert_eq!(undone(&wanted(), &present), Vec::<String>::new());
        present.held.clear();
        assert_eq!(
            undone(&wanted(), &present),
            [
                "grant usage on schema mart to role tributary_analyst",
                "grant select (\"a\", \"b\") on mart.\"v\" to role tributary_analyst",
            ]
        );
    }
}
