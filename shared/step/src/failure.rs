//! A failure as Step Functions sees it: its kind as `errorType`, the chain of causes as text.

use lambda_runtime::Diagnostic;
use model::{Classify, Kind};
use std::error::Error;
use std::fmt;
use std::iter::successors;

/// A failed step: what the state machine should do, and why.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What to do.
    pub kind: Kind,
    /// The whole chain of causes, outermost first.
    pub message: String,
}

impl Failure {
    /// A failure of input, settings or permissions, in one sentence.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Invalid,
            message: message.into(),
        }
    }
}

/// The chain of causes in one line. A cause whose text its parent already shows is not repeated.
fn chain(first: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for error in successors(Some(first), |&error| error.source()) {
        let part = error.to_string();
        if text.ends_with(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}

impl<E: Classify + Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            kind: error.kind(),
            message: chain(&error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl From<Failure> for Diagnostic {
    fn from(Failure { kind, message }: Failure) -> Self {
        Self {
            error_type: kind.as_str().to_owned(),
            error_message: message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("reading window 1")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the source answered 503")]
    struct Inner;

    impl Classify for Outer {
        fn kind(&self) -> Kind {
            Kind::Transient
        }
    }

    #[test]
    fn a_failure_shows_its_kind_and_every_cause() {
        let diagnostic = Diagnostic::from(Failure::from(Outer(Inner)));
        assert_eq!(diagnostic.error_type, "Transient");
        assert_eq!(
            diagnostic.error_message,
            "reading window 1: the source answered 503"
        );
    }
}
