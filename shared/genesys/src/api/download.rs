//! Files the API points at: on another host than its own, and fetched without the token.

use super::page::ranges;
use crate::record::adherence::Asked;
use model::Window;
use model::region::is_loopback;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use source_http::{Client, Connections, Repeat, Request, Share, SourceError};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use step::Deadline;

/// Largest file that is read. A unit's day has some hundred bytes per agent; this is for tens of thousands of them.
const LARGEST_FILE: usize = 32 << 20;

/// A signed link. Whoever has it can read the file, so it is never shown.
#[derive(Debug, Clone, Deserialize)]
pub struct DownloadUrl(SecretString);

impl From<&str> for DownloadUrl {
    fn from(url: &str) -> Self {
        Self(SecretString::from(url))
    }
}

/// Fetches what an answer points at, from hosts of the API's own domain only.
#[derive(Debug, Clone)]
pub struct Downloads {
    connections: Connections,
    api_url: String,
    share: Share,
    deadline: Deadline,
    calls: Arc<AtomicU64>,
}

/// An adherence file: whose it is, and each agent's result as the bytes that came.
#[derive(Debug)]
pub struct AdherenceFile {
    body: String,
    users: Vec<Range<usize>>,
    management_unit_id: Option<String>,
    start_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    user_results: Option<Vec<&'a RawValue>>,
    management_unit_id: Option<Cow<'a, str>>,
    start_date: Option<Cow<'a, str>>,
}

impl Downloads {
    /// Of the API at `api_url` (`https://api.<domain>`), within a worker's share, until `deadline`.
    pub fn new(connections: Connections, api_url: &str, share: Share, deadline: Deadline) -> Self {
        Self {
            connections,
            api_url: api_url.to_owned(),
            share,
            deadline,
            calls: Arc::default(),
        }
    }

    /// Requests sent so far, repetitions included.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// One file of an adherence job.
    pub async fn adherence(&self, url: &DownloadUrl) -> Result<AdherenceFile, SourceError> {
        let (origin, path) = self.allowed(url)?;
        let repeat = Repeat {
            max_body_bytes: LARGEST_FILE,
            ..Repeat::default()
        };
        let client = Client::with(
            self.connections.clone(),
            origin,
            self.share,
            self.deadline,
            None,
            repeat,
        );
        let request = Request::get(path);
        let answer = client.send(&request, AdherenceFile::read).await;
        self.calls.fetch_add(client.calls(), Ordering::Relaxed);
        answer
            .map(|answer| answer.value)
            // Without a token there is none to renew: a refused link is an expired one, and the job is asked again.
            .map_err(|error| match error.status() {
                Some(status @ (401 | 403 | 404)) => SourceError::transient(
                    request.operation(),
                    format!("{status}: the link is no longer valid; ask the job for a new one"),
                ),
                _ => error,
            })
    }

    /// Origin and path of a link that may be followed.
    fn allowed<'a>(&self, url: &'a DownloadUrl) -> Result<(&'a str, &'a str), SourceError> {
        let url = url.0.expose_secret();
        let refuse = |rule: &str| {
            let text = format!("the download link is not followed: {rule}");
            Err(SourceError::invalid("GET adherence file", text))
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return refuse("it has no scheme");
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let (origin, path) = url.split_at(scheme.len() + 3 + authority.len());
        // Anything else in an authority (a user, a backslash, a line break) is read by some parsers as another host.
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let plain = |text: &str, also: &[u8]| {
            let mut bytes = text.bytes();
            !text.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
        };
        if !plain(host, b".-") || !port.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("its host is not a plain name");
        }
        if path.is_empty()
            || path.contains(['\\', '#'])
            || !path.bytes().all(|b| b.is_ascii_graphic())
        {
            return refuse("its path is not plain");
        }
        // The twin's API is on this machine, and so are its files; the vendor's never are.
        if is_loopback(&self.api_url) {
            return if is_loopback(origin) {
                Ok((origin, path))
            } else {
                refuse("the API is on this machine, the link is not")
            };
        }
        let api_host = self.api_url.trim_start_matches("https://");
        let domain = api_host.strip_prefix("api.").unwrap_or(api_host);
        let is_of_domain = host
            .to_ascii_lowercase()
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'));
        if scheme != "https" || port != "443" || !is_of_domain {
            return refuse(&format!("it must be https on a host under {domain}"));
        }
        Ok((origin, path))
    }
}

impl AdherenceFile {
    fn read(body: Vec<u8>) -> Result<Self, serde_json::Error> {
        let body = String::from_utf8(body)
            .map_err(|error| <serde_json::Error as serde::de::Error>::custom(error.utf8_error()))?;
        let envelope: Envelope<'_> = serde_json::from_str(&body)?;
        let Some(users) = envelope.user_results else {
            return Err(serde::de::Error::missing_field("userResults"));
        };
        let (management_unit_id, start_date) = (
            envelope.management_unit_id.map(Cow::into_owned),
            envelope.start_date.map(Cow::into_owned),
        );
        Ok(Self {
            users: ranges(&body, &users),
            management_unit_id,
            start_date,
            body,
        })
    }

    /// The file as it came.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Number of agents.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The payload of each agent: the result verbatim, with what it needs to be understood alone. What the file does not
    /// say of itself, and the end and the zone of its days, is what was asked for.
    pub fn payloads(&self, unit: &str, window: Window, zone: &str) -> impl Iterator<Item = String> {
        let unit = self
            .management_unit_id
            .as_deref()
            .unwrap_or(unit)
            .to_owned();
        let start = self.start_date.clone();
        let asked = Asked {
            management_unit_id: unit,
            start_date: start.unwrap_or_else(|| window.start().to_string()),
            end_date: window.end().to_string(),
            time_zone: zone.to_owned(),
        };
        self.users
            .iter()
            .filter_map(|range| self.body.get(range.clone()))
            .map(move |user| asked.wrap(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::sync::LazyLock;
    use std::time::Duration;

    /// Made once: connections are costly.
    static DOWNLOADS: LazyLock<Downloads> = LazyLock::new(|| {
        let now = "2026-01-06T01:00:00Z".parse().unwrap();
        let share = Share {
            requests_per_minute: 1,
            max_in_flight: 1,
        };
        let connections = source_http::connections().unwrap();
        let deadline = Deadline::after(now, Duration::from_secs(1));
        Downloads::new(connections, "https://api.mypurecloud.de", share, deadline)
    });

    #[test]
    fn hosts_of_the_domain_are_allowed() {
        for (url, origin, path) in [
            (
                "https://api-downloads.mypurecloud.de/a/b?sig=1%2F2",
                "https://api-downloads.mypurecloud.de",
                "/a/b?sig=1%2F2",
            ),
            (
                "https://X.MyPureCloud.de:443/a",
                "https://X.MyPureCloud.de:443",
                "/a",
            ),
        ] {
            let allowed = DownloadUrl::from(url);
            assert_eq!(DOWNLOADS.allowed(&allowed).unwrap(), (origin, path));
        }
    }

    proptest! {
        /// Whatever is allowed leads to a host of the domain in the eyes of the parser that opens the connection.
        #[test]
        fn no_spelling_leads_elsewhere(
            scheme in select(vec!["https://", "http://", "https:/", "https:///", "HTTPS://", " https://"]),
            parts in prop::collection::vec(select(vec![
                "api-downloads.mypurecloud.de", ".mypurecloud.de", "/f", "api-downloads", ".", "mypurecloud.de", "evil.example", "@", ":", "443", "8443", "\\", "/", "?", "#", "%2e",
                "%40", "\t", "\n", " ", "[::1]", "127.0.0.1", "\u{3002}", "\u{ad}", "..", "-",
            ]), 1..7),
        ) {
            let url = format!("{scheme}{}", parts.concat());
            let link = DownloadUrl::from(url.as_str());
            if let Ok((origin, path)) = DOWNLOADS.allowed(&link) {
                let parsed = reqwest::Url::parse(&format!("{origin}{path}")).unwrap();
                let host = parsed.host_str().unwrap_or_default();
                prop_assert!(host.ends_with(".mypurecloud.de"), "{url:?} leads to {host:?}");
                prop_assert_eq!((parsed.scheme(), parsed.username(), parsed.port()), ("https", "", None));
            }
        }
    }
}
