//! `queryAll`, page by page.

use crate::host::{HostError, check_host};
use crate::limits::{LIMIT_HEADER, Usage};
use crate::soql::{Select, SoqlError};
use model::settings::Salesforce;
use model::{Classify, Kind};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use source_http::{Client, Connections, Request, Share, SourceError};
use step::Deadline;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The query must not be sent.
    #[error("building the query")]
    Soql(#[from] SoqlError),
    /// The token's host is none a token may be sent to.
    #[error("the token secret cannot be used; run refresh-token again")]
    Instance(#[from] HostError),
    /// A "next page" link that does not lead to the REST API.
    #[error("nextRecordsUrl {0:?} does not begin with /services/data/ and is not followed")]
    Link(String),
    /// Salesforce gave up on the query.
    #[error("Salesforce gave up on the query because it took too long; a shorter window helps")]
    QueryTimeout(#[source] SourceError),
    /// The place in the result is forgotten: the query has to start anew.
    #[error("Salesforce no longer knows the place in the result")]
    LocatorGone(#[source] SourceError),
    /// The share of the daily allocation that the settings grant is used up.
    #[error(
        "Salesforce has counted {usage} API calls of the last 24 hours and settings salesforce.daily_share_percent = {share_percent} stops there; wait, or raise the share"
    )]
    DailyShare {
        /// As the latest answer stated it.
        usage: Usage,
        /// From the settings.
        share_percent: u32,
    },
    /// The call failed.
    #[error(transparent)]
    Source(SourceError),
}

impl Classify for ApiError {
    fn kind(&self) -> Kind {
        match self {
            Self::Soql(_) | Self::Instance(_) | Self::Link(_) => Kind::Invalid,
            Self::QueryTimeout(_) | Self::LocatorGone(_) => Kind::Transient,
            Self::DailyShare { .. } => Kind::Throttled,
            Self::Source(cause) => cause.kind(),
        }
    }
}

impl From<SourceError> for ApiError {
    fn from(cause: SourceError) -> Self {
        match cause.code() {
            Some("QUERY_TIMEOUT") => Self::QueryTimeout(cause),
            Some("INVALID_QUERY_LOCATOR") => Self::LocatorGone(cause),
            _ => Self::Source(cause),
        }
    }
}

/// Up to 2,000 records of a result.
#[derive(Debug)]
pub struct Page {
    /// Rows of the whole result, as Salesforce counts them.
    pub total_size: u64,
    /// Each record's JSON, byte for byte.
    pub records: Vec<Box<RawValue>>,
    /// Where the next page is; `None` on the last.
    pub next_url: Option<String>,
    /// What the answer said about the daily allocation.
    pub usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    total_size: u64,
    done: bool,
    #[serde(default)]
    next_records_url: Option<String>,
    records: Vec<Box<RawValue>>,
}

/// The REST API of one organisation, for one invocation.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    version: String,
    share_percent: u32,
}

impl Api {
    /// The API at `instance_url`, which must be one of Salesforce's hosts.
    pub fn new(
        connections: Connections,
        instance_url: &str,
        access_token: SecretString,
        settings: &Salesforce,
        share: Share,
        deadline: Deadline,
    ) -> Result<Self, ApiError> {
        let base_url = check_host("instance_url", instance_url)?;
        Ok(Self::over(
            Client::new(connections, &base_url, share, deadline, Some(access_token)),
            settings,
        ))
    }

    /// Over a client that is already bound to an organisation: for tests and tools.
    pub fn over(client: Client, settings: &Salesforce) -> Self {
        Self {
            client,
            version: settings.api_version.clone(),
            share_percent: settings.daily_share_percent,
        }
    }

    /// The first page of a query, deleted rows included.
    pub async fn query_all(&self, select: &Select) -> Result<Page, ApiError> {
        self.page(&select.query_all_path(&self.version)?).await
    }

    /// The page behind a `nextRecordsUrl`, followed as it was given.
    pub async fn next(&self, next_url: &str) -> Result<Page, ApiError> {
        let is_path = next_url.starts_with("/services/data/")
            && next_url.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_path {
            return Err(ApiError::Link(next_url.chars().take(120).collect()));
        }
        self.page(next_url).await
    }

    /// Requests sent so far, repetitions included.
    pub fn calls(&self) -> u64 {
        self.client.calls()
    }

    /// Whether another call stays within the share of the daily allocation, by what `page` said about it.
    pub fn within_share(&self, page: &Page) -> Result<(), ApiError> {
        match page.usage {
            Some(usage) if usage.reaches(self.share_percent) => Err(ApiError::DailyShare {
                usage,
                share_percent: self.share_percent,
            }),
            _ => Ok(()),
        }
    }

    async fn page(&self, path: &str) -> Result<Page, ApiError> {
        let answer = self.client.send(&Request::get(path), read).await?;
        let usage = answer
            .headers
            .get(LIMIT_HEADER)
            .and_then(|value| value.to_str().ok())
            .and_then(Usage::parse);
        Ok(Page {
            total_size: answer.value.total_size,
            records: answer.value.records,
            next_url: answer.value.next_records_url,
            usage,
        })
    }
}

/// A page that says there is more but not where is as broken as one that is cut off.
// `send` hands the whole body over.
#[allow(clippy::needless_pass_by_value)]
fn read(bytes: Vec<u8>) -> Result<Body, serde_json::Error> {
    let mut body: Body = serde_json::from_slice(&bytes)?;
    if body.done {
        body.next_records_url = None;
    } else if body.next_records_url.is_none() {
        return Err(serde_json::Error::custom(
            "done is false and nextRecordsUrl is missing",
        ));
    }
    Ok(body)
}
