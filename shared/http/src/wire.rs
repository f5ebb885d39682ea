//! Connections, and their faults in words that give nothing away.

use crate::SourceError;
use reqwest::redirect::Policy;
use std::error::Error;
use std::iter::successors;
use std::time::Duration;

/// The connection pool, built once per process: no redirects (a token goes to no other host), bounded waits.
pub fn connections() -> Result<reqwest::Client, SourceError> {
    reqwest::Client::builder()
        .user_agent(concat!("tributary/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_mins(1))
        .build()
        .map_err(|error| SourceError::invalid("preparing HTTP connections", describe(error)))
}

/// A transport error in words, without its URL.
pub(crate) fn describe(error: reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection failed"
    };
    let error = error.without_url();
    let causes: Vec<_> = successors(error.source(), |&cause| cause.source())
        .map(ToString::to_string)
        .collect();
    match causes.last() {
        Some(cause) => format!("{what} ({cause})"),
        None => what.to_owned(),
    }
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
