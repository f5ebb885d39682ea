//! Finds the statements in a text.

use super::lex::{LexError, lex};

/// The statements of `sql` that hold more than blanks and comments, without their semicolons.
pub fn split(sql: &str) -> Result<Vec<&str>, LexError> {
    let mut statements = Vec::new();
    let (mut start, mut at, mut has_content) = (0, 0, false);
    for token in lex(sql)? {
        let end = at + token.text.len();
        if token.text == ";" {
            if has_content {
                statements.push(sql[start..at].trim());
            }
            (start, has_content) = (end, false);
        } else {
            has_content |= !token.kind.is_blank();
        }
        at = end;
    }
    if has_content {
        statements.push(sql[start..].trim());
    }
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_semicolon_inside_quotes_or_comments_ends_nothing() {
        let sql = "select ';' -- ;\n, \"a;b\", $$;$$ /* ; */; ; insert into t select 1; -- end";
        assert_eq!(
            split(sql).unwrap(),
            [
                "select ';' -- ;\n, \"a;b\", $$;$$ /* ; */",
                "insert into t select 1"
            ]
        );
        assert!(split(" -- nothing\n;").unwrap().is_empty());
    }
}
