//! What is refused before PostgreSQL sees it: because Redshift would refuse it, or because the twin cannot show it.

use super::{Kind, Refused, Token, merge};

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Alone, or in an `AUTO_COMMIT` batch: a transaction of its own.
    Alone,
    /// In a batch that is one transaction.
    InTransaction,
}

/// How a statement is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// COPY, which the twin performs itself.
    Copy,
    /// Gives rows back.
    Query,
    /// Changes data or structure.
    Change,
    /// May not stand in a transaction block.
    Standalone,
}

/// Words whose mere presence, unquoted, Redshift would run and the twin cannot.
const NOT_EMULATED: &[(&str, &str)] = &[
    (
        "qualify",
        "put row_number() into a sub-select and filter outside it",
    ),
    ("sysdate", "use getdate()"),
    ("approximate", "use count(distinct …)"),
];

/// Function names: refused when an opening parenthesis follows.
const NOT_EMULATED_CALLS: &[(&str, &str)] = &[
    ("listagg", "aggregate outside the warehouse"),
    ("pivot", "use case expressions"),
    ("unpivot", "use union all"),
    ("decode", "use case"),
];
const UNSUPPORTED_CALLS: &[(&str, &str)] = &[
    ("string_agg", "it has listagg"),
    ("array_agg", "it has no arrays"),
    ("generate_series", "it runs on the leader node only"),
    ("unnest", "it has no arrays"),
    ("gen_random_uuid", "it has no uuid type"),
    ("to_jsonb", "it has json_parse and super"),
    ("jsonb_build_object", "it has json_parse and super"),
];

/// Types of PostgreSQL that Redshift does not have.
pub(super) const FOREIGN_TYPES: &[&str] = &[
    "jsonb",
    "json",
    "uuid",
    "serial",
    "bigserial",
    "smallserial",
    "serial4",
    "serial8",
    "bytea",
    "xml",
    "inet",
    "cidr",
    "money",
    "tsvector",
    "hstore",
    "int4range",
    "tsrange",
    "daterange",
    "bit",
    "citext",
];
/// Types of Redshift that the twin does not have.
pub(super) const FOREIGN_TO_TWIN: &[&str] =
    &["geometry", "geography", "hllsketch", "varbyte", "varbinary"];

/// Reads the first words and refuses what must not run here.
pub fn check(tokens: &[&Token<'_>], place: Place) -> Result<Class, Refused> {
    let word = |at: usize| tokens.get(at).and_then(|t| t.name()).unwrap_or_default();
    let (first, second) = (word(0), word(1));
    let in_transaction = place == Place::InTransaction;
    let class = match (first.as_str(), second.as_str()) {
        ("copy", _) => return Ok(Class::Copy), // its own parser reads the rest
        ("unload", _) => {
            return Err(Refused::not_emulated(
                "UNLOAD",
                "read the rows with GetStatementResult",
            ));
        }
        (
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "prepare"
            | "execute" | "deallocate",
            _,
        ) => {
            return Err(Refused::not_emulated(
                format!("{} as a statement of its own", first.to_uppercase()),
                "send one BatchExecuteStatement: it is one transaction",
            ));
        }
        ("truncate", _) if in_transaction => {
            return Err(Refused::unsupported(
                "TRUNCATE in a transaction that is to stay one",
                "it commits what ran before it: use delete from",
            ));
        }
        ("vacuum", _) | ("create" | "drop", "database") if in_transaction => {
            return Err(Refused::unsupported(
                format!("{} inside a transaction block", first.to_uppercase()),
                "use ExecuteStatement, or a batch with ExecutionMode AUTO_COMMIT",
            ));
        }
        ("vacuum", "") => Class::Standalone,
        ("vacuum", mode) if ["full", "sort", "delete", "reindex", "recluster"].contains(&mode) => {
            return Err(Refused::not_emulated(
                format!("VACUUM {}", mode.to_uppercase()),
                "plain VACUUM runs",
            ));
        }
        ("vacuum", _) | ("create" | "drop", "database") => Class::Standalone,
        ("alter", "table") => {
            alter_table(tokens, in_transaction)?;
            Class::Change
        }
        ("create", "index" | "unique") => {
            return Err(Refused::unsupported(
                "CREATE INDEX",
                "sort keys do that work",
            ));
        }
        (
            "create" | "alter" | "drop",
            kind @ ("sequence" | "trigger" | "extension" | "type" | "domain" | "rule" | "aggregate"
            | "operator" | "policy" | "tablespace"),
        ) => {
            return Err(Refused::unsupported(
                format!("{} {}", first.to_uppercase(), kind.to_uppercase()),
                "it has no such object",
            ));
        }
        ("create" | "alter" | "drop", "masking" | "rls") | ("attach" | "detach", _) => {
            return Err(Refused::not_emulated(
                "row-level security and masking policies",
                "they need a real workgroup",
            ));
        }
        ("create", "external" | "model" | "datashare" | "library") => {
            return Err(Refused::not_emulated(
                format!("CREATE {}", second.to_uppercase()),
                "it needs a real workgroup",
            ));
        }
        ("do" | "listen" | "notify" | "cluster" | "reindex" | "checkpoint" | "load", _) => {
            return Err(Refused::unsupported(
                first.to_uppercase(),
                "it has no such statement",
            ));
        }
        ("select" | "with" | "show" | "explain" | "values" | "table" | "call", _) => Class::Query,
        _ => Class::Change,
    };
    if first == "values" {
        return Err(Refused::unsupported(
            "VALUES as a statement",
            "use select … union all",
        ));
    }
    if first == "merge" {
        merge::check(tokens)?;
    }
    if first == "with" && tokens.iter().any(|t| t.is("merge")) {
        return Err(Refused::unsupported(
            "WITH before MERGE",
            "put the query into USING ( … )",
        ));
    }
    words(tokens, &first)?;
    Ok(class)
}

fn alter_table(tokens: &[&Token<'_>], in_transaction: bool) -> Result<(), Refused> {
    let has = |word: &str| tokens.iter().any(|t| t.is(word));
    if has("append") {
        let hint = if in_transaction {
            "it cannot stand in a transaction block"
        } else {
            "use insert and delete"
        };
        return Err(if in_transaction {
            Refused::unsupported("ALTER TABLE APPEND inside a transaction block", hint)
        } else {
            Refused::not_emulated("ALTER TABLE APPEND", hint)
        });
    }
    if ["distkey", "sortkey", "diststyle", "encode"]
        .iter()
        .any(|w| has(w))
        || (has("alter") && has("type"))
    {
        return Err(Refused::not_emulated(
            "this change of a column or of table attributes",
            "create the table anew and copy its rows",
        ));
    }
    if has("row") && has("level") {
        return Err(Refused::not_emulated(
            "row-level security and masking policies",
            "they need a real workgroup",
        ));
    }
    Ok(())
}

/// Looks for single constructs anywhere in the statement.
fn words(tokens: &[&Token<'_>], first: &str) -> Result<(), Refused> {
    let is_change = ["insert", "update", "delete", "merge", "with"].contains(&first);
    for (at, token) in tokens.iter().enumerate() {
        let after = |n: usize| tokens.get(at + n);
        let next_is =
            |n: usize, text: &str| after(n).is_some_and(|t| t.text.eq_ignore_ascii_case(text));
        let before = at.checked_sub(1).and_then(|n| tokens.get(n));
        if token.text == "::" {
            if let Some(name) = after(1).and_then(|t| t.name()) {
                foreign_type(&name)?;
            }
            continue;
        }
        if token.text == "[" {
            return Err(Refused::not_emulated(
                "[ ] (navigation into SUPER; Redshift has no arrays)",
                "use json_extract_path_text",
            ));
        }
        if token.kind != Kind::Word || before.is_some_and(|t| t.text == ".") {
            continue;
        }
        for (word, hint) in NOT_EMULATED {
            if token.is(word) {
                return Err(Refused::not_emulated(word.to_uppercase(), hint));
            }
        }
        if next_is(1, "(") {
            for (word, hint) in NOT_EMULATED_CALLS {
                if token.is(word) {
                    return Err(Refused::not_emulated(word.to_uppercase(), hint));
                }
            }
            for (word, hint) in UNSUPPORTED_CALLS {
                if token.is(word) {
                    return Err(Refused::unsupported(word.to_uppercase(), hint));
                }
            }
            if token.is("filter") && before.is_some_and(|t| t.text == ")") {
                return Err(Refused::unsupported(
                    "FILTER ( … )",
                    "use a case expression inside the aggregate",
                ));
            }
            if token.is("values") && before.is_some_and(|t| t.text == "(") {
                return Err(Refused::unsupported(
                    "VALUES as a table",
                    "use select … union all",
                ));
            }
        }
        if token.is("top")
            && after(1).is_some_and(|t| t.kind == Kind::Number)
            && before.is_some_and(|t| t.is_any(&["select", "distinct"]))
        {
            return Err(Refused::not_emulated("TOP", "use limit"));
        }
        if token.is("on") && next_is(1, "conflict") {
            return Err(Refused::unsupported("ON CONFLICT", "use merge"));
        }
        if token.is("returning") && is_change {
            return Err(Refused::unsupported(
                "RETURNING",
                "select the rows in a statement of their own",
            ));
        }
        if token.is("distinct") && next_is(1, "on") && next_is(2, "(") {
            return Err(Refused::unsupported("DISTINCT ON", "use row_number()"));
        }
        if token.is("distinct")
            && next_is(1, "from")
            && before.is_some_and(|t| t.is_any(&["is", "not"]))
        {
            return Err(Refused::unsupported(
                "IS DISTINCT FROM",
                "compare with nvl, or test for null",
            ));
        }
        if token.is("lateral") {
            return Err(Refused::unsupported(
                "LATERAL",
                "use a join or a window function",
            ));
        }
        if token.is("array") && next_is(1, "[") {
            return Err(Refused::unsupported("ARRAY[…]", "it has no arrays"));
        }
    }
    Ok(())
}

/// Refuses a type that exists on one side only.
pub(super) fn foreign_type(name: &str) -> Result<(), Refused> {
    if FOREIGN_TYPES.contains(&name) {
        return Err(Refused::unsupported(
            format!("type {name}"),
            "use a type that both Redshift and the twin have",
        ));
    }
    if FOREIGN_TO_TWIN.contains(&name) {
        return Err(Refused::not_emulated(
            format!("type {name}"),
            "use a type that both Redshift and the twin have",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::sql::{lex, significant};

    fn verdict(sql: &str, place: Place) -> Result<Class, String> {
        let tokens = lex(sql).unwrap();
        check(&significant(&tokens), place).map_err(|e| e.to_string())
    }

    #[test]
    fn ordinary_statements_pass() {
        for (sql, class) in [
            (
                "select 1 as filter, \"qualify\", t.top from t where on_conflict = 'on conflict'",
                Class::Query,
            ),
            ("with a as (select 1) select * from a", Class::Query),
            ("insert into t (a) values (:a)", Class::Change),
            ("delete from t using s where t.a = s.a", Class::Change),
            ("copy t from 's3://b/k' iam_role default csv", Class::Copy),
            ("create schema if not exists \"raw\"", Class::Change),
        ] {
            assert_eq!(verdict(sql, Place::InTransaction), Ok(class), "{sql}");
        }
        assert_eq!(verdict("vacuum t", Place::Alone), Ok(Class::Standalone));
        assert_eq!(verdict("truncate t", Place::Alone), Ok(Class::Change));
    }

    #[test]
    fn what_redshift_or_the_twin_cannot_run_is_named() {
        for (sql, names) in [
            ("truncate t", "TRUNCATE in a transaction"),
            ("vacuum", "VACUUM inside a transaction"),
            ("alter table a append from b", "ALTER TABLE APPEND"),
            ("create unique index i on t (a)", "CREATE INDEX"),
            (
                "insert into t select 1 on conflict do nothing",
                "ON CONFLICT",
            ),
            ("delete from t returning a", "RETURNING"),
            ("select a::jsonb from t", "type jsonb"),
            ("select s.a[0].b from t", "navigation into SUPER"),
            (
                "select a from t qualify row_number() over (order by a) = 1",
                "QUALIFY",
            ),
            ("select top 5 a from t", "TOP"),
            (
                "select listagg(a, ',') within group (order by a) from t",
                "LISTAGG",
            ),
            ("select count(*) filter (where a) from t", "FILTER"),
            ("select distinct on (a) b from t", "DISTINCT ON"),
            ("select a is not distinct from b from t", "IS DISTINCT FROM"),
            ("select * from (values (1)) as v (a)", "VALUES as a table"),
            (
                "unload ('select 1') to 's3://b/k' iam_role default",
                "UNLOAD",
            ),
            ("begin", "BEGIN"),
            ("create rls policy p using (true)", "row-level security"),
            ("select sysdate", "SYSDATE"),
        ] {
            let said = verdict(sql, Place::InTransaction).unwrap_err();
            assert!(said.contains(names), "{sql}: {said}");
        }
    }
}
