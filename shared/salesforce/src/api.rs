//! The REST API of one organisation: queries page by page, counts, descriptions.

use crate::describe::{Catalog, Description};
use crate::error::ApiError;
use crate::host::check_host;
use crate::limits::{LIMIT_HEADER, Usage};
use crate::mapping::Mapping;
use crate::record::JsonKind;
use crate::soql::{Select, SoqlError, check_version, is_name};
use model::settings::Salesforce;
use model::{Classify, Kind};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::value::RawValue;
use source_http::{Answer, Client, Connections, HeaderMap, Request, Share};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use step::Deadline;

/// Up to 2,000 records of a result.
#[derive(Debug)]
pub struct Page {
    /// Rows of the whole result, as Salesforce counts them.
    pub total_size: u64,
    /// Each record's JSON, byte for byte.
    pub records: Vec<Box<RawValue>>,
    /// Where the next page is; `None` on the last.
    pub next_url: Option<String>,
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

/// The APIs of one organisation, for one invocation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    pub(crate) client: Client,
    pub(crate) version: String,
    share_percent: u32,
    /// As the latest answer that said so.
    usage: Arc<Mutex<Option<Usage>>>,
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
            usage: Arc::default(),
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

    /// How many records a query has, deleted ones included.
    pub async fn count(&self, select: &Select) -> Result<u64, ApiError> {
        let path = select.count_path(&self.version)?;
        Ok(self.page(&path).await?.total_size)
    }

    /// Whether the query is short enough for REST.
    pub fn fits_a_url(&self, select: &Select) -> Result<bool, ApiError> {
        match select.query_all_path(&self.version) {
            Ok(_) => Ok(true),
            Err(SoqlError::TooLong { .. }) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    /// The query for the first of `ids`: see [`Select::id_batch`].
    pub fn id_batch(
        &self,
        select: &Select,
        ids: &[String],
        most: usize,
    ) -> Result<Option<(Select, usize)>, ApiError> {
        Ok(select.id_batch(ids, most, &self.version)?)
    }

    /// The fields of an object that the integration user may read.
    pub async fn describe(&self, sobject: &str) -> Result<Description, ApiError> {
        if !is_name(sobject) {
            return Err(SoqlError::Name(sobject.chars().take(120).collect()).into());
        }
        check_version(&self.version)?;
        let path = format!(
            "/services/data/v{}/sobjects/{sobject}/describe",
            self.version
        );
        Ok(self.json(&Request::get(path)).await?.value)
    }

    /// How REST writes the values of the mapping's fields. Objects that fields are reached through are described too;
    /// one that may not be described leaves its fields texts.
    pub async fn kinds(&self, mapping: &Mapping) -> Result<Vec<JsonKind>, ApiError> {
        let sobject = mapping.sobject();
        let mut catalog = Catalog::default();
        let own = self.describe(sobject).await?;
        catalog.learn(sobject, Some(own));
        loop {
            let fields = mapping.query_fields().iter();
            let unknown = fields
                .map(|field| catalog.unknown(sobject, &field.path))
                .find(|unknown| !unknown.is_empty());
            let Some(unknown) = unknown else {
                break;
            };
            for name in unknown {
                let description = match self.describe(&name).await {
                    Err(cause) if cause.kind() == Kind::Invalid => {
                        tracing::warn!("The fields of {name} count as texts: {cause}");
                        None
                    }
                    described => Some(described?),
                };
                catalog.learn(&name, description);
            }
        }
        let fields = mapping.query_fields().iter();
        Ok(fields
            .map(|field| catalog.json(sobject, &field.path))
            .collect())
    }

    /// Requests sent so far, repetitions included.
    pub fn calls(&self) -> u64 {
        self.client.calls()
    }

    /// The use of the daily allocation, as the latest answer stated it.
    pub fn usage(&self) -> Option<Usage> {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another call stays within the share of the daily allocation, by the latest answer.
    pub fn within_share(&self) -> Result<(), ApiError> {
        match self.usage() {
            Some(usage) if usage.reaches(self.share_percent) => Err(ApiError::DailyShare {
                usage,
                share_percent: self.share_percent,
            }),
            _ => Ok(()),
        }
    }

    /// Keeps what an answer says about the daily allocation.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let said = headers
            .get(LIMIT_HEADER)
            .and_then(|value| value.to_str().ok())
            .and_then(Usage::parse);
        if let Some(said) = said {
            *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        }
    }

    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Answer<T>, ApiError> {
        let answer = self.client.json(request).await?;
        self.learn(&answer.headers);
        Ok(answer)
    }

    async fn page(&self, path: &str) -> Result<Page, ApiError> {
        let asked = Instant::now();
        let answer = self.client.send(&Request::get(path), read).await;
        let answer = answer.map_err(|cause| ApiError::of_query(cause, asked.elapsed()))?;
        self.learn(&answer.headers);
        Ok(Page {
            total_size: answer.value.total_size,
            records: answer.value.records,
            next_url: answer.value.next_records_url,
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
