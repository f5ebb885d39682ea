//! From Redshift's SQL to PostgreSQL's: physical table attributes go, lengths count bytes.

use super::bind::literal;
use super::columns::{column, join, rewrite_body};
use super::merge::name;
use super::{Kind, Refused, Token, closing, significant};

/// `tokens`, their parameters already bound, as PostgreSQL runs them.
pub fn rewrite(tokens: &[Token<'_>]) -> Result<String, Refused> {
    let words = significant(tokens);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|t| t.is(word));
    if is(0, "create") {
        if let Some(after) = (1..4).find(|at| is(*at, "table")) {
            return create_table(&words, after + 1);
        }
        if (1..4).any(|at| is(at, "view")) {
            return view(&words);
        }
    }
    if is(0, "alter") && is(1, "table") && words.iter().any(|t| t.is("add")) {
        return add_column(&words);
    }
    if is(0, "grant") || is(0, "revoke") {
        let kept: Vec<_> = words
            .iter()
            .enumerate()
            .filter(|(at, t)| {
                !(t.is("role") && (*at == 1 || words[at - 1].is_any(&["to", "from", ","])))
            })
            .map(|(_, t)| *t)
            .collect();
        return Ok(join(&kept));
    }
    Ok(plain(tokens))
}

/// Keeps the text as it is, but for single tokens.
fn plain(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    let mut seen: Vec<&Token<'_>> = Vec::new();
    for this in tokens {
        if is_date_part(&seen, this) {
            out.push_str(&literal(&this.text.to_lowercase()));
        } else {
            out.push_str(&token(this));
        }
        if !this.kind.is_blank() {
            seen.push(this);
        }
    }
    out
}

/// `dateadd(day, …)`: the part is a keyword to Redshift and would be a column to PostgreSQL.
fn is_date_part(seen: &[&Token<'_>], this: &Token<'_>) -> bool {
    this.kind == Kind::Word
        && matches!(seen, [.., function, open] if open.text == "(" && function.is_any(&["dateadd", "datediff", "date_diff", "date_add"]))
}

/// A token as PostgreSQL reads it: quoted names fold to lower case, and backslashes in text are escapes.
pub(super) fn token(token: &Token<'_>) -> String {
    match (token.kind, token.name()) {
        (Kind::QuotedName, Some(name)) => super::bind::identifier(&name),
        // A word of PostgreSQL's grammar since 17; quoted it is the shim's function in every version.
        (Kind::Word, _) if token.is("json_serialize") => "\"json_serialize\"".to_owned(),
        (Kind::Text, _) if token.text.contains('\\') => format!("E{}", token.text),
        _ => token.text.to_owned(),
    }
}

fn create_table(words: &[&Token<'_>], at: usize) -> Result<String, Refused> {
    let mut at = at;
    if words.get(at).is_some_and(|t| t.is("if")) {
        at += 3; // if not exists
    }
    let (_, after_name) = name(words, at)?;
    let mut out = join(&words[..after_name]).replacen(" local ", " ", 1);
    at = after_name;
    let mut has_types = false;
    if words.get(at).is_some_and(|t| t.text == "(") {
        let close =
            closing(words, at).ok_or_else(|| Refused::syntax(None, "a closing parenthesis"))?;
        let body = &words[at + 1..close];
        // `(a, b) as select …` lists names only.
        let names_only = body
            .iter()
            .enumerate()
            .all(|(n, t)| (n % 2 == 0) == t.name().is_some() && (n % 2 == 0 || t.text == ","));
        has_types = !names_only;
        let written = if names_only {
            join(body)
        } else {
            rewrite_body(body)?
        };
        out.push_str(" (");
        out.push_str(&written);
        out.push(')');
        at = close + 1;
    }
    at = attributes(words, at)?;
    match words.get(at) {
        None if has_types => Ok(out),
        Some(token) if token.is("as") && !has_types => Ok(format!("{out} {}", join(&words[at..]))),
        other => Err(Refused::syntax(
            other.copied(),
            "a table attribute of Redshift, AS, or the end",
        )),
    }
}

/// Steps over the attributes that say where rows lie; the twin has one place.
fn attributes(words: &[&Token<'_>], at: usize) -> Result<usize, Refused> {
    let mut at = at;
    loop {
        let Some(token) = words.get(at) else {
            return Ok(at);
        };
        if token.is_any(&["diststyle", "backup", "encode"]) {
            at += 2;
        } else if token.is("auto") && words.get(at + 1).is_some_and(|t| t.is("refresh")) {
            at += 3;
        } else if token.is_any(&["compound", "interleaved"]) {
            at += 1;
        } else if token.is_any(&["distkey", "sortkey"]) {
            at += 1;
            if words.get(at).is_some_and(|t| t.is("auto")) {
                at += 1;
            } else {
                at = 1 + closing(words, at)
                    .filter(|_| words.get(at).is_some_and(|t| t.text == "("))
                    .ok_or_else(|| {
                        Refused::syntax(words.get(at).copied(), "the key's columns in parentheses")
                    })?;
            }
        } else {
            return Ok(at);
        }
    }
}

/// Views lose `with no schema binding`; materialized views lose their attributes.
fn view(words: &[&Token<'_>]) -> Result<String, Refused> {
    let mut words = words.to_vec();
    let tail = ["with", "no", "schema", "binding"];
    if words.len() > 4
        && words[words.len() - 4..]
            .iter()
            .zip(tail)
            .all(|(t, w)| t.is(w))
    {
        words.truncate(words.len() - 4);
    }
    let Some(as_at) = words.iter().position(|t| t.is("as")) else {
        return Err(Refused::syntax(None, "AS and a query"));
    };
    let view_at = words.iter().position(|t| t.is("view")).unwrap_or(0);
    let mut name_at = view_at + 1;
    if words.get(name_at).is_some_and(|t| t.is("if")) {
        name_at += 3;
    }
    let (_, mut head_end) = name(&words, name_at)?;
    if words.get(head_end).is_some_and(|t| t.text == "(") {
        head_end = 1 + closing(&words, head_end).ok_or_else(|| Refused::syntax(None, ")"))?;
    }
    if attributes(&words, head_end)? != as_at {
        return Err(Refused::syntax(
            words.get(head_end).copied(),
            "an attribute of a view, or AS",
        ));
    }
    Ok(format!(
        "{} {}",
        join(&words[..head_end]),
        join(&words[as_at..])
    ))
}

fn add_column(words: &[&Token<'_>]) -> Result<String, Refused> {
    let add = words.iter().position(|t| t.is("add")).unwrap_or(0);
    let mut at = add + 1;
    if words
        .get(at)
        .is_some_and(|t| t.is_any(&["constraint", "primary", "unique", "foreign", "check"]))
    {
        return Err(Refused::not_emulated(
            "adding a constraint",
            "Redshift does not enforce it; leave it out",
        ));
    }
    if words.get(at).is_some_and(|t| t.is("column")) {
        at += 1;
    }
    Ok(format!(
        "{} add column {}",
        join(&words[..add]),
        column(&words[at..])?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::sql::lex;

    fn to_postgres(sql: &str) -> String {
        rewrite(&lex(sql).unwrap()).unwrap()
    }

    #[test]
    fn a_table_keeps_its_columns_and_counts_bytes() {
        let sql = "create table if not exists \"Raw\".t (\n id bigint identity(1,1), k varchar(20) not null encode zstd distkey, -- note\n \
                   n varchar(max) default 'a, (b)' , d decimal(18, 6), p super, at timestamp default getdate() sortkey, \
                   primary key (k), e integer references x (y))\n diststyle key distkey (k) compound sortkey (at, k) backup no";
        assert_eq!(
            to_postgres(sql),
            "create table if not exists \"raw\".t (\"id\" bigint generated by default as identity (start with 1 increment by 1), \
             \"k\" varchar(20) check (octet_length(\"k\") <= 20) not null, \
             \"n\" varchar(65535) check (octet_length(\"n\") <= 65535) default 'a, (b)', \"d\" numeric(18, 6), \"p\" super, \
             \"at\" timestamp default getdate(), \"e\" integer)"
        );
        assert_eq!(
            to_postgres("create temp table t diststyle even as select 1 as a"),
            "create temp table t as select 1 as a"
        );
        assert_eq!(
            to_postgres("create temp table s (like t including defaults)"),
            "create temp table s (like t including defaults)"
        );
    }

    #[test]
    fn what_no_table_of_redshift_has_is_refused() {
        for (sql, says) in [
            ("create table t (a jsonb)", "type jsonb"),
            ("create table t (a int[])", "array"),
            ("create table t (a serial)", "type serial"),
            ("create table t (a int check (a > 0))", "CHECK"),
            ("create table t (a varchar(70000))", "varchar(70000)"),
            (
                "create table t (a int) partition by list (a)",
                "syntax error at or near \"partition\"",
            ),
        ] {
            let said = rewrite(&lex(sql).unwrap()).unwrap_err().to_string();
            assert!(said.contains(says), "{sql}: {said}");
        }
    }

    #[test]
    fn views_roles_and_dates() {
        assert_eq!(
            to_postgres(
                "create or replace view m.v as select a->b, c || 'x' from t where a >= 1 with no schema binding"
            ),
            "create or replace view m.v as select a->b, c || 'x' from t where a >= 1"
        );
        assert_eq!(
            to_postgres("create materialized view v backup no auto refresh yes as select 1"),
            "create materialized view v as select 1"
        );
        assert_eq!(
            to_postgres("grant select (a, b) on t to role r"),
            "grant select (a, b) on t to r"
        );
        assert_eq!(
            to_postgres("select dateadd(day, 1, x)"),
            "select dateadd('day', 1, x)"
        );
        assert_eq!(
            to_postgres("alter table t add column c varchar(9) encode raw"),
            "alter table t add column \"c\" varchar(9) check (octet_length(\"c\") <= 9)"
        );
    }

    #[test]
    fn escapes_in_text_stay_escapes() {
        assert_eq!(
            to_postgres("select a>=1, ':a', 'x\\ny'"),
            "select a>=1, ':a', E'x\\ny'"
        );
    }
}
