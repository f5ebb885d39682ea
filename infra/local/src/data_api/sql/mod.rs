//! Redshift SQL as text: tokens, statements, parameters, and the rewriting that lets PostgreSQL run it.

pub mod bind;
mod columns;
pub mod gate;
pub mod lex;
mod merge;
pub mod rewrite;
pub mod split;

pub use bind::Parameters;
pub use lex::{Kind, LexError, Token, lex};

/// Why a statement is not run: the text a caller reads as the statement's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Redshift itself would not run it.
    #[error("ERROR: Redshift does not support {construct}: {hint}")]
    Unsupported {
        /// The words as written in the statement.
        construct: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// Redshift would run it, the twin cannot.
    #[error("ERROR: the local Data API does not emulate {construct}; {hint}")]
    NotEmulated {
        /// The words as written in the statement.
        construct: String,
        /// What to write instead.
        hint: &'static str,
    },
    /// The statement's shape is not understood.
    #[error("ERROR: syntax error at or near \"{near}\": {expected}")]
    Syntax {
        /// The token it stopped at.
        near: String,
        /// What was expected there.
        expected: &'static str,
    },
}

impl Refused {
    pub(crate) fn unsupported(construct: impl Into<String>, hint: &'static str) -> Self {
        Self::Unsupported {
            construct: construct.into(),
            hint,
        }
    }

    pub(crate) fn not_emulated(construct: impl Into<String>, hint: &'static str) -> Self {
        Self::NotEmulated {
            construct: construct.into(),
            hint,
        }
    }

    pub(crate) fn syntax(near: Option<&Token<'_>>, expected: &'static str) -> Self {
        Self::Syntax {
            near: near.map_or_else(|| "end of statement".to_owned(), |t| t.text.to_owned()),
            expected,
        }
    }
}

/// The tokens that carry meaning: neither white space nor comment.
pub(crate) fn significant<'a, 't>(tokens: &'t [Token<'a>]) -> Vec<&'t Token<'a>> {
    tokens.iter().filter(|t| !t.kind.is_blank()).collect()
}

/// The position of the parenthesis that closes the one at `open`.
pub(crate) fn closing(tokens: &[&Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
