//! How an answer goes wrong, how often, and after how many that do not.

use crate::control::locked;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Mutex;

/// How an answer goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Another status, with the seconds of a `Retry-After` and a body, instead of the answer.
    Status {
        /// The status, by its number.
        code: u16,
        /// Seconds of the `Retry-After` header.
        retry_after: Option<u64>,
        /// The body; the server's usual error body for that status when missing.
        body: Option<String>,
    },
    /// Another status, with a `Retry-After` that is a date: so many seconds from the server's now.
    RetryAfterDate {
        /// The status, by its number.
        code: u16,
        /// Seconds from now; the date lies in the past when they are negative.
        seconds: i64,
    },
    /// The clock of the server is off by so many seconds: its `Date`, and every `Retry-After` that is a date. Comes on
    /// top of any other fault of the same request.
    SkewClock(i64),
    /// The answer ends in the middle, and HTTP says it is complete.
    Truncate,
    /// The connection breaks in the middle of the answer.
    Reset,
    /// A page of a proxy, with status 200.
    Html,
    /// The page before it comes again in its place.
    RepeatPage,
    /// Status 200 and JSON that is none.
    GarbageJson,
    /// The process at the other end of the connection is killed (Linux, SIGKILL); never the server's own.
    Kill {
        /// After the request has been carried out, and before its answer; else before either.
        after: bool,
    },
    /// A job created now ends as failed.
    FailJob,
    /// (Salesforce) a bulk job created now ends as aborted, as if somebody else had done it.
    AbortJob,
    /// (Salesforce) a page of bulk results lacks its last row, and its header counts that row.
    WrongCount,
    /// (Genesys Cloud) a finished job that is asked for its state or results has expired.
    ExpireJob,
    /// A request for results by cursor is told that its cursor has expired.
    ExpireCursor,
    /// Every token granted so far is refused from now on.
    ExpireToken,
    /// (Genesys Cloud) a record turns up at the front of a details query between two of its pages.
    ShiftPages,
}

impl Kind {
    /// True for the kinds every server does alike; the others are up to the vendor.
    pub(crate) const fn is_general(&self) -> bool {
        matches!(
            self,
            Self::Status { .. }
                | Self::RetryAfterDate { .. }
                | Self::Truncate
                | Self::Reset
                | Self::Html
                | Self::GarbageJson
                | Self::Kill { .. }
        )
    }
}

/// A fault, as `POST /_fake/faults` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Requests whose path and query contain this text are hit.
    pub path_contains: String,
    /// What happens to them.
    #[serde(with = "wire_kind")]
    pub kind: Kind,
    /// How many times.
    #[serde(default = "once")]
    pub times: u64,
    /// How many matching requests pass untouched before it happens.
    #[serde(default)]
    pub skip: u64,
}

impl Fault {
    /// A fault that happens to the next `times` matching requests.
    pub fn new(path_contains: impl Into<String>, kind: Kind, times: u64) -> Self {
        Self {
            path_contains: path_contains.into(),
            kind,
            times,
            skip: 0,
        }
    }

    /// The same after so many matching requests have passed.
    #[must_use]
    pub const fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }
}

const fn once() -> u64 {
    1
}

/// The wire form: `{"status": 503, "retry_after": 2}`, a bare word, or a word with what it needs.
mod wire_kind {
    use super::Kind;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Instead {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Dated {
        status: u16,
        seconds: i64,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct When {
        after: bool,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Truncate,
        Reset,
        Html,
        RepeatPage,
        GarbageJson,
        FailJob,
        AbortJob,
        WrongCount,
        ExpireJob,
        ExpireCursor,
        ExpireToken,
        ShiftPages,
        Kill(When),
        SkewClock(i64),
        RetryAfterDate(Dated),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Status(Instead),
        Word(Word),
    }

    pub fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        let word = match kind.clone() {
            Kind::Status {
                code: status,
                retry_after,
                body,
            } => {
                let instead = Instead {
                    status,
                    retry_after,
                    body,
                };
                return Wire::Status(instead).serialize(serializer);
            }
            Kind::RetryAfterDate {
                code: status,
                seconds,
            } => Word::RetryAfterDate(Dated { status, seconds }),
            Kind::SkewClock(seconds) => Word::SkewClock(seconds),
            Kind::Truncate => Word::Truncate,
            Kind::Reset => Word::Reset,
            Kind::Html => Word::Html,
            Kind::RepeatPage => Word::RepeatPage,
            Kind::GarbageJson => Word::GarbageJson,
            Kind::Kill { after } => Word::Kill(When { after }),
            Kind::FailJob => Word::FailJob,
            Kind::AbortJob => Word::AbortJob,
            Kind::WrongCount => Word::WrongCount,
            Kind::ExpireJob => Word::ExpireJob,
            Kind::ExpireCursor => Word::ExpireCursor,
            Kind::ExpireToken => Word::ExpireToken,
            Kind::ShiftPages => Word::ShiftPages,
        };
        Wire::Word(word).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Status(Instead {
                status: code,
                retry_after,
                body,
            }) => Kind::Status {
                code,
                retry_after,
                body,
            },
            Wire::Word(word) => match word {
                Word::RetryAfterDate(Dated {
                    status: code,
                    seconds,
                }) => Kind::RetryAfterDate { code, seconds },
                Word::SkewClock(seconds) => Kind::SkewClock(seconds),
                Word::Truncate => Kind::Truncate,
                Word::Reset => Kind::Reset,
                Word::Html => Kind::Html,
                Word::RepeatPage => Kind::RepeatPage,
                Word::GarbageJson => Kind::GarbageJson,
                Word::Kill(When { after }) => Kind::Kill { after },
                Word::FailJob => Kind::FailJob,
                Word::AbortJob => Kind::AbortJob,
                Word::WrongCount => Kind::WrongCount,
                Word::ExpireJob => Kind::ExpireJob,
                Word::ExpireCursor => Kind::ExpireCursor,
                Word::ExpireToken => Kind::ExpireToken,
                Word::ShiftPages => Kind::ShiftPages,
            },
        })
    }
}

/// The faults still to happen, in the order they were asked for.
#[derive(Debug, Default)]
pub struct Faults {
    queue: Mutex<Vec<Fault>>,
    /// Last pages of the readings a repetition may wait for.
    pages: Mutex<HashMap<String, Vec<u8>>>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        locked(&self.queue).push(fault);
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        locked(&self.queue).clear();
        locked(&self.pages).clear();
    }

    /// The faults still to happen.
    pub fn pending(&self) -> Vec<Fault> {
        locked(&self.queue).clone()
    }

    /// True when a fault for this path that `wanted` accepts is still to happen.
    pub(crate) fn is_pending(&self, path: &str, wanted: impl Fn(&Kind) -> bool) -> bool {
        locked(&self.queue)
            .iter()
            .any(|fault| path.contains(&fault.path_contains) && wanted(&fault.kind))
    }

    /// Takes one hit of the first fault for this path that `wanted` accepts and that has let enough requests pass.
    pub(crate) fn take(&self, path: &str, wanted: impl Fn(&Kind) -> bool) -> Option<Kind> {
        let mut queue = locked(&self.queue);
        let place = queue.iter_mut().position(|fault| {
            let fits =
                fault.times > 0 && path.contains(&fault.path_contains) && wanted(&fault.kind);
            if fits && fault.skip > 0 {
                fault.skip -= 1;
                return false;
            }
            fits
        })?;
        let kind = queue[place].kind.clone();
        queue[place].times -= 1;
        if queue[place].times == 0 {
            queue.remove(place);
        }
        Some(kind)
    }

    /// The page to send instead of `fresh`, when a repetition is asked for and there was one before. Pages of one
    /// reading share a key.
    pub(crate) fn repeated(&self, key: &str, full: &str, fresh: &[u8]) -> Option<Vec<u8>> {
        let is_repetition = |kind: &Kind| *kind == Kind::RepeatPage;
        if !self.is_pending(full, is_repetition) {
            return None;
        }
        let before = locked(&self.pages).get(key).cloned();
        let repeats = before.is_some() && self.take(full, is_repetition).is_some();
        if !repeats {
            // What passes untouched is the page before the next one.
            locked(&self.pages).insert(key.to_owned(), fresh.to_vec());
        }
        if self
            .pending()
            .iter()
            .all(|fault| !is_repetition(&fault.kind))
        {
            locked(&self.pages).clear();
        }
        before.filter(|_| repeats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_in_every_wire_form() {
        for (text, kind) in [
            (r#""truncate""#, Kind::Truncate),
            (r#""repeat_page""#, Kind::RepeatPage),
            (r#""expire_cursor""#, Kind::ExpireCursor),
            (r#"{"kill":{"after":true}}"#, Kind::Kill { after: true }),
            (r#"{"skew_clock":-90}"#, Kind::SkewClock(-90)),
            (
                r#"{"retry_after_date":{"status":429,"seconds":5}}"#,
                Kind::RetryAfterDate {
                    code: 429,
                    seconds: 5,
                },
            ),
            (
                r#"{"status":503,"retry_after":2}"#,
                Kind::Status {
                    code: 503,
                    retry_after: Some(2),
                    body: None,
                },
            ),
            (
                r#"{"status":500,"retry_after":null,"body":"x"}"#,
                Kind::Status {
                    code: 500,
                    retry_after: None,
                    body: Some("x".to_owned()),
                },
            ),
        ] {
            let text = format!(r#"{{"path_contains":"/a","kind":{text},"skip":2}}"#);
            let fault: Fault = serde_json::from_str(&text).unwrap();
            assert_eq!(fault, Fault::new("/a", kind, 1).after(2));
            let again = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&again).unwrap(), fault);
        }
    }

    #[test]
    fn a_fault_with_an_unknown_kind_is_refused() {
        let text = r#"{"path_contains":"/a","kind":"explode"}"#;
        assert!(serde_json::from_str::<Fault>(text).is_err());
    }

    #[test]
    fn a_fault_lets_as_many_requests_pass_as_it_was_told() {
        let faults = Faults::default();
        faults.add(Fault::new("/a", Kind::Html, 2).after(2));
        let hits: Vec<bool> = ["/a", "/b", "/a", "/a", "/a", "/a"]
            .iter()
            .map(|path| faults.take(path, |kind| *kind == Kind::Html).is_some())
            .collect();
        assert_eq!(hits, [false, false, false, true, true, false]);
    }
}
