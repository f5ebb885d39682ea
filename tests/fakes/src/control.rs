//! What a test may do to a server from outside: make it fail, and see what it was asked.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    /// The answer ends in the middle, and HTTP says it is complete.
    Truncate,
    /// The connection breaks in the middle of the answer.
    Reset,
    /// A page of a proxy, with status 200.
    Html,
    /// The answer before it on the same path comes again.
    RepeatPage,
    /// Status 200 and JSON that is none.
    GarbageJson,
    /// (Genesys Cloud) a job created now ends as FAILED.
    FailJob,
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
}

const fn once() -> u64 {
    1
}

/// The wire form `{"status": 503, "retry_after": 2}` or a bare word.
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
    #[serde(rename_all = "snake_case")]
    enum Word {
        Truncate,
        Reset,
        Html,
        RepeatPage,
        GarbageJson,
        FailJob,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Status(Instead),
        Word(Word),
    }

    pub fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = match kind.clone() {
            Kind::Status {
                code: status,
                retry_after,
                body,
            } => Wire::Status(Instead {
                status,
                retry_after,
                body,
            }),
            Kind::Truncate => Wire::Word(Word::Truncate),
            Kind::Reset => Wire::Word(Word::Reset),
            Kind::Html => Wire::Word(Word::Html),
            Kind::RepeatPage => Wire::Word(Word::RepeatPage),
            Kind::GarbageJson => Wire::Word(Word::GarbageJson),
            Kind::FailJob => Wire::Word(Word::FailJob),
        };
        wire.serialize(serializer)
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
            Wire::Word(Word::Truncate) => Kind::Truncate,
            Wire::Word(Word::Reset) => Kind::Reset,
            Wire::Word(Word::Html) => Kind::Html,
            Wire::Word(Word::RepeatPage) => Kind::RepeatPage,
            Wire::Word(Word::GarbageJson) => Kind::GarbageJson,
            Wire::Word(Word::FailJob) => Kind::FailJob,
        })
    }
}

/// The faults still to happen, in the order they were asked for.
#[derive(Debug, Default)]
pub struct Faults {
    queue: Mutex<Vec<Fault>>,
    /// Last answers on paths that a repetition waits for.
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

    /// Takes one hit of the first fault for this path that `wanted` accepts.
    pub(crate) fn take(&self, path: &str, wanted: impl Fn(&Kind) -> bool) -> Option<Kind> {
        let mut queue = locked(&self.queue);
        let place = queue.iter().position(|fault| {
            fault.times > 0 && path.contains(&fault.path_contains) && wanted(&fault.kind)
        })?;
        let kind = queue[place].kind.clone();
        queue[place].times -= 1;
        if queue[place].times == 0 {
            queue.remove(place);
        }
        Some(kind)
    }

    /// The page to send instead of `fresh`, when a repetition is asked for and there was one before; `path` is
    /// without its query, so that the next page of a listing counts as the same path.
    pub(crate) fn repeated(&self, path: &str, full: &str, fresh: &[u8]) -> Option<Vec<u8>> {
        let waiting = locked(&self.queue)
            .iter()
            .any(|fault| fault.kind == Kind::RepeatPage && full.contains(&fault.path_contains));
        if !waiting {
            return None;
        }
        let before = locked(&self.pages).get(path).cloned();
        if before.is_some() {
            self.take(full, |kind| *kind == Kind::RepeatPage);
        } else {
            locked(&self.pages).insert(path.to_owned(), fresh.to_vec());
        }
        if self
            .pending()
            .iter()
            .all(|fault| fault.kind != Kind::RepeatPage)
        {
            locked(&self.pages).clear();
        }
        before
    }
}

/// What a server was asked so far; its own `/_fake` paths do not count.
#[derive(Debug, Default)]
pub struct Requests(Mutex<Counts>);

/// Numbers of requests.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All requests.
    pub total: u64,
    /// By method and path; ids in paths are written as `{id}`.
    pub by_path: BTreeMap<String, u64>,
    /// By status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answered with 429.
    pub status_429: u64,
}

impl Requests {
    /// The numbers so far.
    pub fn counts(&self) -> Counts {
        locked(&self.0).clone()
    }

    /// Begins again at zero.
    pub fn reset(&self) {
        *locked(&self.0) = Counts::default();
    }

    /// How many requests had a method and path that contain this text.
    pub fn to(&self, text: &str) -> u64 {
        let counts = locked(&self.0);
        counts
            .by_path
            .iter()
            .filter(|(path, _)| path.contains(text))
            .map(|(_, count)| count)
            .sum()
    }

    pub(crate) fn note(&self, method: &str, path: &str, status: u16) {
        let mut counts = locked(&self.0);
        counts.total += 1;
        counts.status_429 += u64::from(status == 429);
        *counts.by_status.entry(status).or_default() += 1;
        let path: Vec<&str> = path
            .split('/')
            .map(|part| if is_id(part) { "{id}" } else { part })
            .collect();
        *counts
            .by_path
            .entry(format!("{method} {}", path.join("/")))
            .or_default() += 1;
    }
}

fn is_id(part: &str) -> bool {
    let is_uuid = part.len() == 36 && part.split('-').count() == 5;
    is_uuid || part.starts_with("locator-")
}

/// The controls every server has.
#[derive(Debug, Default)]
pub struct Control {
    /// Faults to come.
    pub faults: Faults,
    /// Requests so far.
    pub requests: Requests,
}

impl Control {
    /// Answers the control paths the two servers share; none for any other path.
    pub(crate) fn answer(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Option<Result<Value, String>> {
        Some(match (method, path) {
            ("POST", "/_fake/faults") => match serde_json::from_slice::<Fault>(body) {
                Ok(fault) => {
                    self.faults.add(fault);
                    Ok(json!(self.faults.pending()))
                }
                Err(error) => Err(format!("no fault: {error}")),
            },
            ("GET", "/_fake/faults") => Ok(json!(self.faults.pending())),
            ("DELETE", "/_fake/faults") => {
                self.faults.clear();
                Ok(json!([]))
            }
            ("GET", "/_fake/requests") => Ok(json!(self.requests.counts())),
            ("POST", "/_fake/requests/reset") => {
                self.requests.reset();
                Ok(json!(self.requests.counts()))
            }
            _ => return None,
        })
    }
}

/// A lock whose holder died still holds usable numbers.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_in_both_wire_forms() {
        for (text, kind) in [
            (r#""truncate""#, Kind::Truncate),
            (r#""repeat_page""#, Kind::RepeatPage),
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
            let fault: Fault =
                serde_json::from_str(&format!(r#"{{"path_contains":"/a","kind":{text}}}"#))
                    .unwrap();
            assert_eq!(
                fault,
                Fault {
                    path_contains: "/a".to_owned(),
                    kind,
                    times: 1
                }
            );
            let again = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&again).unwrap(), fault);
        }
    }

    #[test]
    fn a_fault_with_an_unknown_kind_is_refused() {
        let text = r#"{"path_contains":"/a","kind":"explode"}"#;
        assert!(serde_json::from_str::<Fault>(text).is_err());
    }
}
