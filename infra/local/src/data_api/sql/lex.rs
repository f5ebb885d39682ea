//! Cuts SQL into tokens whose texts, joined, are the input again.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Spaces, tabs, line ends.
    Space,
    /// `-- …` or `/* … */`.
    Comment,
    /// A name or keyword without quotes.
    Word,
    /// `"name"`.
    QuotedName,
    /// `'text'`.
    Text,
    /// `$tag$text$tag$`.
    DollarText,
    /// A number.
    Number,
    /// `:name`, without being `::`.
    Parameter,
    /// Anything else, one character, or `::`.
    Symbol,
}

impl Kind {
    /// True for what a parser passes over.
    pub fn is_blank(self) -> bool {
        matches!(self, Self::Space | Self::Comment)
    }
}

/// One token of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text as written.
    pub text: &'a str,
}

impl Token<'_> {
    /// True if it is this keyword, in any case and without quotes.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// True if it is one of these keywords.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// The name it stands for, folded to lower case as Redshift folds every name, quoted or not.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_lowercase()),
            Kind::QuotedName => {
                let inner = &self.text[1..self.text.len() - 1];
                Some(inner.replace("\"\"", "\"").to_lowercase())
            }
            _ => None,
        }
    }

    /// The value of a text literal, with the backslash escapes Redshift reads in it.
    pub fn literal(&self) -> Option<String> {
        if self.kind != Kind::Text {
            return None;
        }
        let inner = &self.text[1..self.text.len() - 1];
        let mut value = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match c {
                '\'' => {
                    chars.next();
                    value.push('\'');
                }
                '\\' => match chars.next() {
                    Some('n') => value.push('\n'),
                    Some('t') => value.push('\t'),
                    Some('r') => value.push('\r'),
                    Some('b') => value.push('\u{8}'),
                    Some('f') => value.push('\u{c}'),
                    Some(other) => value.push(other),
                    None => value.push('\\'),
                },
                c => value.push(c),
            }
        }
        Some(value)
    }
}

/// Text that ends inside a literal, a quoted name or a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ERROR: unterminated {what} at byte {at}")]
pub struct LexError {
    /// What was left open.
    pub what: &'static str,
    /// Where it began.
    pub at: usize,
}

/// Cuts `sql` into tokens.
pub fn lex(sql: &str) -> Result<Vec<Token<'_>>, LexError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < sql.len() {
        let (kind, len) = next(&sql[at..]).map_err(|what| LexError { what, at })?;
        tokens.push(Token {
            kind,
            text: &sql[at..at + len],
        });
        at += len;
    }
    Ok(tokens)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '#'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn run(rest: &str, part: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !part(c)).unwrap_or(rest.len())
}

fn next(rest: &str) -> Result<(Kind, usize), &'static str> {
    let Some(first) = rest.chars().next() else {
        return Ok((Kind::Space, 0));
    };
    let second = rest[first.len_utf8()..].chars().next();
    Ok(match first {
        c if c.is_whitespace() => (Kind::Space, run(rest, char::is_whitespace)),
        '-' if second == Some('-') => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if second == Some('*') => (Kind::Comment, block_comment(rest)?),
        '\'' => (Kind::Text, quoted(rest, '\'', true).ok_or("text literal")?),
        '"' => (
            Kind::QuotedName,
            quoted(rest, '"', false).ok_or("quoted name")?,
        ),
        '$' => match dollar_tag(rest) {
            Some(tag) => {
                let body = &rest[tag.len()..];
                let end = body.find(tag).ok_or("dollar-quoted text")?;
                (Kind::DollarText, end + 2 * tag.len())
            }
            None => (Kind::Symbol, 1),
        },
        ':' if second == Some(':') => (Kind::Symbol, 2),
        ':' if second.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') => {
            let name = run(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '_');
            (Kind::Parameter, 1 + name)
        }
        c if c.is_ascii_digit() || (c == '.' && second.is_some_and(|d| d.is_ascii_digit())) => {
            (Kind::Number, number(rest))
        }
        c if is_name_start(c) => (
            Kind::Word,
            c.len_utf8() + run(&rest[c.len_utf8()..], is_name_part),
        ),
        c => (Kind::Symbol, c.len_utf8()),
    })
}

/// Digits, a point, and an exponent if it has digits; a letter right behind is left for the next token.
fn number(rest: &str) -> usize {
    let mut end = run(rest, |c| c.is_ascii_digit() || c == '.');
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let digits = run(&rest[end + 1 + sign..], |c| c.is_ascii_digit());
        if digits > 0 {
            end += 1 + sign + digits;
        }
    }
    end
}

/// Length of a quoted run; a doubled quote stands for one, and in text a backslash takes the next character with it.
fn quoted(rest: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, c)| *c == quote) {
                chars.next();
            } else {
                return Some(at + 1);
            }
        }
    }
    None
}

fn block_comment(rest: &str) -> Result<usize, &'static str> {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = rest.as_bytes();
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'/', b'*') => {
                depth += 1;
                at += 2;
            }
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
    Err("comment")
}

/// `$$` or `$tag$`, if the text opens one. `$1` is no tag.
fn dollar_tag(rest: &str) -> Option<&str> {
    let name = run(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '_');
    if rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    rest[1 + name..].starts_with('$').then(|| &rest[..name + 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        let tokens = lex(sql).unwrap();
        tokens
            .iter()
            .filter(|t| !t.kind.is_blank())
            .map(|t| (t.kind, t.text))
            .collect()
    }

    #[test]
    fn tells_parameters_from_casts_and_text() {
        assert_eq!(
            kinds("select :a::int, ':b', \":c\" -- :d\n, $$:e$$ /* :f /* x */ */"),
            [
                (Kind::Word, "select"),
                (Kind::Parameter, ":a"),
                (Kind::Symbol, "::"),
                (Kind::Word, "int"),
                (Kind::Symbol, ","),
                (Kind::Text, "':b'"),
                (Kind::Symbol, ","),
                (Kind::QuotedName, "\":c\""),
                (Kind::Symbol, ","),
                (Kind::DollarText, "$$:e$$"),
            ]
        );
    }

    #[test]
    fn reads_backslash_escapes_as_redshift_does() {
        let tokens = lex(r"'\\N' 'it''s' 'it\'s'").unwrap();
        let values: Vec<_> = tokens.iter().filter_map(Token::literal).collect();
        assert_eq!(values, [r"\N", "it's", "it's"]);
    }

    #[test]
    fn names_what_was_left_open() {
        assert_eq!(
            lex("select 'a").unwrap_err().to_string(),
            "ERROR: unterminated text literal at byte 7"
        );
        assert!(lex("select $$a").is_err());
        assert!(lex("/* /* */").is_err());
    }

    proptest! {
        #[test]
        fn loses_no_byte(sql in ".{0,80}") {
            if let Ok(tokens) = lex(&sql) {
                let joined: String = tokens.iter().map(|t| t.text).collect();
                prop_assert_eq!(joined, sql);
            }
        }
    }
}
