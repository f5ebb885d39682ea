//! Connections, and their faults in words that give nothing away.

use crate::client::MARGIN;
use crate::error::{SourceError, WireFault};
use crate::pace::{Pace, Share};
use reqwest::redirect::Policy;
use std::collections::HashMap;
use std::error::Error;
use std::iter::successors;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use step::Deadline;

/// How long an answer may take to begin, and each part of it to follow.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// The connection pool, built once per process: no redirects (a token goes to no other host), bounded waits.
pub fn connections() -> Result<Connections, SourceError> {
    connections_waiting(READ_TIMEOUT)
}

/// As [`connections`], with another time for an answer to begin and each part of it to follow: for tests and tools.
pub fn connections_waiting(read_timeout: Duration) -> Result<Connections, SourceError> {
    let pool = reqwest::Client::builder()
        .user_agent(concat!("tributary/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(read_timeout)
        .build()
        .map_err(|error| SourceError::invalid("preparing HTTP connections", describe(error).1))?;
    Ok(Connections {
        pool,
        budget_per_minute: 0,
        paces: Arc::default(),
    })
}

/// The connections of a process, and the pace it keeps with each source. Cheap to clone; clones share both.
#[derive(Debug, Clone)]
pub struct Connections {
    pub(crate) pool: reqwest::Client,
    budget_per_minute: u32,
    /// By base URL.
    paces: Arc<Mutex<HashMap<String, Arc<Pace>>>>,
}

impl Connections {
    /// With the requests per minute that all workers together may send: a source that counts them itself is obeyed up to
    /// this number. 0: up to its own.
    #[must_use]
    pub fn within(mut self, budget_per_minute: u32) -> Self {
        self.budget_per_minute = budget_per_minute;
        self
    }

    /// The pace with the source at `base_url`: the same one for every invocation of the process, so that an invocation
    /// that follows another brings no burst of its own.
    pub(crate) fn pace(&self, base_url: &str, share: Share) -> Arc<Pace> {
        let now = Instant::now();
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = match paces.get(base_url) {
            Some(pace) if pace.share == share => return Arc::clone(pace),
            Some(pace) => pace.with_share(share, now),
            None => Pace::new(share, self.budget_per_minute, now),
        };
        let pace = Arc::new(pace);
        paces.insert(base_url.to_owned(), Arc::clone(&pace));
        pace
    }
}

/// Why no answer began: a call that ends with its invocation says nothing about the source.
pub(crate) fn unsent(error: reqwest::Error, deadline: Deadline) -> (WireFault, String) {
    if error.is_timeout() && !error.is_connect() && deadline.is_near(MARGIN) {
        let text = "no answer before the end of the invocation".to_owned();
        return (WireFault::OwnEnd, text);
    }
    describe(error)
}

/// A transport error before an answer, as a value and in words, without its URL.
pub(crate) fn describe(error: reqwest::Error) -> (WireFault, String) {
    // A connection that does not stand in time is none: nothing was asked.
    let (fault, what) = if error.is_connect() {
        (WireFault::OutOfReach, "no connection")
    } else if error.is_timeout() {
        (WireFault::Unanswered, "no answer in time")
    } else {
        (WireFault::Lost, "the connection failed")
    };
    let error = error.without_url();
    let causes: Vec<_> = successors(error.source(), |&cause| cause.source())
        .map(ToString::to_string)
        .collect();
    let text = match causes.last() {
        Some(cause) => format!("{what} ({cause})"),
        None => what.to_owned(),
    };
    (fault, text)
}

/// Why a body cannot be read, by place and category: serde's own text may quote a value.
pub(crate) fn unreadable(first: Option<u8>, error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match (first, error.classify()) {
        (None, _) => return "answered with an empty body in place of JSON".to_owned(),
        (Some(b'<'), _) => return "answered with an HTML page in place of JSON".to_owned(),
        (_, Category::Eof) => "the JSON is cut off",
        (_, Category::Syntax) => "the JSON is broken",
        (_, Category::Data | Category::Io) => "the JSON has an unexpected form",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

/// Appends `text` percent-encoded.
pub(crate) fn push_encoded(url: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, Repeat, Request};
    use tokio::net::TcpListener;

    /// What comes of a call with so many milliseconds for an answer to begin, and for the invocation.
    async fn fails(url: &str, answer: u64, invocation: u64) -> SourceError {
        let now = "2026-01-06T01:00:00Z".parse().unwrap();
        let share = Share {
            requests_per_minute: 60_000,
            max_in_flight: 1,
        };
        let repeat = Repeat {
            first_wait: Duration::from_millis(1),
            times: 1,
            ..Repeat::default()
        };
        let deadline = Deadline::after(now, Duration::from_millis(invocation));
        let connections = connections_waiting(Duration::from_millis(answer)).unwrap();
        let client = Client::with(connections, url, share, deadline, None, repeat);
        client.done(&Request::get("/x")).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_source_that_is_silent_is_told_from_one_out_of_reach_and_from_the_end_of_the_invocation()
     {
        // Connections stand in its queue, and nobody answers.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let error = fails(&url, 50, 60_000).await;
        assert_eq!(error.fault(), Some(WireFault::Unanswered), "{error}");
        let error = fails(&url, 60_000, 100).await;
        assert_eq!(error.fault(), Some(WireFault::OwnEnd), "{error}");
        assert!(error.to_string().contains("end of the invocation"));

        drop(silent);
        let error = fails(&url, 50, 60_000).await;
        assert_eq!(error.fault(), Some(WireFault::OutOfReach), "{error}");
        assert!(error.to_string().contains("no connection"), "{error}");
    }
}
