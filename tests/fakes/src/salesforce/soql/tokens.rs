//! Words, texts and symbols of a statement.

use super::Malformed;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Symbol(&'static str),
}

pub(super) const SYMBOLS: [&str; 10] = ["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (value, after) = quoted(&rest[1..])?;
            out.push(Token::Text(value));
            rest = after;
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            out.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            let part_of_word = |one: char| one.is_alphanumeric() || "_.:+-".contains(one);
            let end = rest.find(|one| !part_of_word(one)).unwrap_or(rest.len());
            if end == 0 {
                return Err(Malformed(format!("unexpected token: '{first}'")));
            }
            out.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(out)
}

/// Longest text in a condition, in characters.
const LONGEST_TEXT: usize = 4000;

/// The text up to the closing quote, unescaped, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), Malformed> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, one)) = chars.next() {
        match one {
            '\'' if value.chars().count() > LONGEST_TEXT => {
                return Err(Malformed(format!(
                    "String literal exceeds {LONGEST_TEXT} characters"
                )));
            }
            '\'' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, one @ ('\\' | '\'' | '"'))) => value.push(one),
                _ => {
                    return Err(Malformed(
                        "Invalid string literal: unknown escape".to_owned(),
                    ));
                }
            },
            one => value.push(one),
        }
    }
    Err(Malformed(
        "Invalid string literal: no closing quote".to_owned(),
    ))
}
