//! Column definitions of CREATE TABLE, with what Redshift says about them and PostgreSQL does not know.

use super::bind::identifier;
use super::gate::foreign_type;
use super::lex::Kind;
use super::{Refused, Token, closing};

/// Redshift's widest VARCHAR, in bytes.
const WIDEST: u32 = 65_535;

/// Rewrites what stands between the parentheses of CREATE TABLE; constraints Redshift does not enforce go.
pub(super) fn rewrite_body(body: &[&Token<'_>]) -> Result<String, Refused> {
    let mut written = Vec::new();
    for element in elements(body) {
        let Some(first) = element.first() else {
            return Err(Refused::syntax(None, "a column"));
        };
        if first.is_any(&["primary", "unique", "foreign", "constraint"]) {
            if element.iter().any(|t| t.is("check")) {
                return Err(check_constraint());
            }
            continue; // stated to the planner, enforced by nobody
        }
        if first.is("check") {
            return Err(check_constraint());
        }
        if first.is("exclude") {
            return Err(Refused::unsupported("EXCLUDE", "it has no such constraint"));
        }
        written.push(if first.is("like") {
            join(&element)
        } else {
            column(&element)?
        });
    }
    Ok(written.join(", "))
}

fn check_constraint() -> Refused {
    Refused::unsupported("CHECK constraints", "test the data with a query")
}

/// The pieces between the commas of the outermost level.
fn elements<'a, 't>(body: &[&'t Token<'a>]) -> Vec<Vec<&'t Token<'a>>> {
    let mut found = vec![Vec::new()];
    let mut depth = 0_usize;
    for token in body {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if token.text == "," && depth == 0 {
            found.push(Vec::new());
        } else if let Some(last) = found.last_mut() {
            last.push(*token);
        }
    }
    found
}

/// One column: name, type, attributes.
pub(super) fn column(tokens: &[&Token<'_>]) -> Result<String, Refused> {
    let name = tokens
        .first()
        .and_then(|t| t.name())
        .ok_or_else(|| Refused::syntax(tokens.first().copied(), "a column name"))?;
    let (kind, mut at) = data_type(tokens, 1, &name)?;
    let mut out = format!("{} {kind}", identifier(&name));
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        if token.is("encode") {
            at += 2;
        } else if token.is_any(&["distkey", "sortkey", "unique"]) {
            at += 1;
        } else if token.is("primary") {
            at += 2;
        } else if token.is("collate") {
            return Err(Refused::not_emulated("COLLATE on a column", "leave it out"));
        } else if token.is("references") {
            at = super::merge::name(tokens, at + 1)?.1;
            if tokens.get(at).is_some_and(|t| t.text == "(") {
                at = 1 + closing(tokens, at).ok_or_else(|| Refused::syntax(None, ")"))?;
            }
        } else if token.is("identity") {
            at = identity(tokens, at + 1, &mut out)?;
        } else if token.is("generated") {
            while tokens.get(at).is_some_and(|t| !t.is("identity")) {
                at += 1;
            }
            at = identity(tokens, at + 1, &mut out)?;
        } else if token.is("not") && next.is_some_and(|t| t.is("null")) {
            out.push_str(" not null");
            at += 2;
        } else if token.is("null") {
            at += 1;
        } else if token.is("default") {
            let end = default_end(tokens, at + 1);
            out.push_str(" default ");
            out.push_str(&join(&tokens[at + 1..end]));
            at = end;
        } else if token.is("check") {
            return Err(check_constraint());
        } else {
            return Err(Refused::syntax(
                Some(token),
                "a column attribute of Redshift",
            ));
        }
    }
    Ok(out)
}

/// A default ends where the next attribute begins.
fn default_end(tokens: &[&Token<'_>], from: usize) -> usize {
    const ATTRIBUTES: &[&str] = &[
        "encode",
        "distkey",
        "sortkey",
        "unique",
        "primary",
        "references",
        "not",
        "identity",
        "generated",
        "collate",
        "check",
    ];
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && at > from && token.is_any(ATTRIBUTES) => return at,
            _ => {}
        }
    }
    tokens.len()
}

fn identity(tokens: &[&Token<'_>], at: usize, out: &mut String) -> Result<usize, Refused> {
    let numbers = arguments(tokens, at);
    let Some(([seed, step], end)) = numbers
        .as_ref()
        .and_then(|(n, end)| <[u32; 2]>::try_from(n.as_slice()).ok().map(|n| (n, *end)))
    else {
        return Err(Refused::syntax(
            tokens.get(at).copied(),
            "IDENTITY(seed, step)",
        ));
    };
    let rule = format!(" generated by default as identity (start with {seed} increment by {step})");
    out.push_str(&rule);
    Ok(end)
}

/// `(n, m)` at `at`: the numbers, and the position behind.
fn arguments(tokens: &[&Token<'_>], at: usize) -> Option<(Vec<u32>, usize)> {
    if tokens.get(at)?.text != "(" {
        return None;
    }
    let close = closing(tokens, at)?;
    let numbers = tokens[at + 1..close]
        .iter()
        .filter(|t| t.text != ",")
        .map(|t| {
            if t.is("max") {
                Some(WIDEST)
            } else {
                t.text.parse().ok()
            }
        })
        .collect::<Option<Vec<u32>>>()?;
    Some((numbers, close + 1))
}

/// The type at `at` in PostgreSQL's words, with a rule for what its own type does not hold; and the position behind.
fn data_type(tokens: &[&Token<'_>], at: usize, column: &str) -> Result<(String, usize), Refused> {
    let Some(token) = tokens.get(at) else {
        return Err(Refused::syntax(None, "a data type"));
    };
    let mut word = token
        .name()
        .ok_or_else(|| Refused::syntax(Some(token), "a data type"))?;
    foreign_type(&word)?;
    let mut at = at + 1;
    let follows = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is(word));
    if ["character", "char", "nchar"].contains(&word.as_str()) && follows(at, "varying") {
        word = "varchar".into();
        at += 1;
    }
    if word == "double" && follows(at, "precision") {
        word = "float8".into();
        at += 1;
    }
    let mut numbers = Vec::new();
    if tokens
        .get(at)
        .is_some_and(|t| t.text == "(" && t.kind == Kind::Symbol)
    {
        let (found, end) = arguments(tokens, at)
            .ok_or_else(|| Refused::syntax(tokens.get(at).copied(), "a length"))?;
        (numbers, at) = (found, end);
    }
    let first = numbers.first().copied();
    let kind = match word.as_str() {
        "varchar" | "nvarchar" | "text" => text(column, "varchar", first.unwrap_or(256), WIDEST)?,
        "char" | "character" | "nchar" => text(column, "char", first.unwrap_or(1), 4096)?,
        "bpchar" => text(column, "char", first.unwrap_or(256), 4096)?,
        "decimal" | "numeric" => format!(
            "numeric({}, {})",
            first.unwrap_or(18),
            numbers.get(1).unwrap_or(&0)
        ),
        "timestamp" | "time" | "timestamptz" | "timetz" => {
            let mut kind = word.clone();
            if follows(at, "with") || follows(at, "without") {
                let zone = if follows(at, "with") {
                    "with"
                } else {
                    "without"
                };
                kind = format!("{word} {zone} time zone");
                at += 3;
            }
            kind
        }
        "smallint" | "int2" | "integer" | "int" | "int4" | "bigint" | "int8" | "real"
        | "float4" | "float8" | "float" | "boolean" | "bool" | "date" | "super" | "interval" => {
            word
        }
        other => {
            return Err(Refused::unsupported(
                format!("type {other}"),
                "use a type that both Redshift and the twin have",
            ));
        }
    };
    if tokens.get(at).is_some_and(|t| t.text == "[") {
        return Err(Refused::unsupported(
            "array types",
            "it has none: use super or varchar",
        ));
    }
    Ok((kind, at))
}

/// Length counts bytes: PostgreSQL's own limit counts characters, so a rule is added.
fn text(column: &str, kind: &str, length: u32, widest: u32) -> Result<String, Refused> {
    if length == 0 || length > widest {
        return Err(Refused::unsupported(
            format!("{kind}({length}) of column {column}"),
            "length is 1 to 65535 bytes for varchar and 1 to 4096 for char",
        ));
    }
    Ok(format!(
        "{kind}({length}) check (octet_length({}) <= {length})",
        identifier(column)
    ))
}

/// Tokens as text again: what touched still touches (an operator may have several characters), the rest gets one blank.
pub(super) fn join(tokens: &[&Token<'_>]) -> String {
    let mut out = String::new();
    let mut end: Option<*const u8> = None;
    for token in tokens {
        let range = token.text.as_bytes().as_ptr_range();
        if !out.is_empty() && end != Some(range.start) {
            out.push(' ');
        }
        out.push_str(&super::rewrite::token(token));
        end = Some(range.end);
    }
    out
}
