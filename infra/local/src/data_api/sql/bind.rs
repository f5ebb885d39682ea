//! Named parameters: found outside quotes and comments, put in as text literals.

use std::collections::{BTreeMap, BTreeSet};

use super::lex::{Kind, LexError, lex};

/// Parameter values by name. Values are text; the warehouse casts them where they stand.
pub type Parameters = BTreeMap<String, String>;

/// The names a statement uses.
pub fn used(sql: &str) -> Result<BTreeSet<String>, LexError> {
    let tokens = lex(sql)?;
    Ok(tokens
        .iter()
        .filter(|t| t.kind == Kind::Parameter)
        .map(|t| t.text[1..].to_owned())
        .collect())
}

/// Puts the values in as text literals of Redshift's SQL: quotes and backslashes doubled, so that no value can leave its quotes.
pub fn bind(sql: &str, parameters: &Parameters) -> Result<String, LexError> {
    let tokens = lex(sql)?;
    let mut bound = String::with_capacity(sql.len());
    for token in tokens {
        match parameters.get(token.text.trim_start_matches(':')) {
            Some(value) if token.kind == Kind::Parameter => {
                bound.push_str(&literal(&value.replace('\\', "\\\\")));
            }
            _ => bound.push_str(token.text),
        }
    }
    Ok(bound)
}

/// A value as a literal of PostgreSQL with `standard_conforming_strings` on: only the quote is special.
pub fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A name as a quoted identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_name_once_and_none_in_quotes() {
        let names = used("select :b, ':no', :a::int, :b -- :no").unwrap();
        assert_eq!(Vec::from_iter(names), ["a", "b"]);
    }

    #[test]
    fn a_bound_value_reads_as_itself_again() {
        let nasty = r"it's ' a \ test'; drop table t; --";
        let parameters = Parameters::from([("a".to_owned(), nasty.to_owned())]);
        let bound = bind("select :a::text, ':a'", &parameters).unwrap();
        let tokens = lex(&bound).unwrap();
        assert_eq!(tokens[2].literal().unwrap(), nasty);
        assert!(bound.ends_with("::text, ':a'"), "{bound}");
    }

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(literal("a'; drop table t --\\"), r"'a''; drop table t --\'");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
    }
}
