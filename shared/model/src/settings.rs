//! `infra/settings/tributary.toml`: what a deployer edits. Parsed and checked before anything else happens.

mod customer;
mod read;
mod rules;

use crate::filter::Filter;
use crate::payload::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

pub use customer::{Kpi, Link, LinkWay, Partner, Phone, Wider, listed};
pub use read::Read;
pub(crate) use read::written;

/// One thing that is wrong in `tributary.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The key, with its tables: `plan.window_hours`.
    pub key: String,
    /// The value given; `None` when there is none, or when the key itself is wrong.
    pub value: Option<String>,
    /// The rule it breaks and what to do.
    pub rule: String,
}

impl Wrong {
    /// A value that breaks a rule.
    pub fn new(key: impl Into<String>, value: impl fmt::Display, rule: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.to_string()),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings tributary.toml: {}", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        write!(f, ": {}", self.rule)
    }
}

impl std::error::Error for Wrong {}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML at all; the cause names the line.
    #[error("settings tributary.toml cannot be read; what else is wrong shows when this is mended")]
    Format(#[from] toml::de::Error),
    /// Keys that cannot be read and values that break a rule: all of them, so that they are mended at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Values(Vec<Wrong>),
}

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// IANA zone in which report days begin and end.
    pub business_time_zone: String,
    /// How windows are chosen.
    pub plan: Plan,
    /// Reading Genesys Cloud.
    pub genesys: Genesys,
    /// Reading Salesforce.
    pub salesforce: Salesforce,
    /// Interaction to case matching.
    #[serde(rename = "match")]
    pub matching: Matching,
    /// From a conversation to its customer.
    #[serde(default)]
    pub link: Link,
    /// Telephone numbers.
    #[serde(default)]
    pub phone: Phone,
    /// Data tests with a threshold.
    pub check: Check,
    /// What the KPI views count by.
    #[serde(default)]
    pub kpi: Kpi,
    /// Partners who see a part of the conversations.
    #[serde(rename = "partner", default)]
    pub partners: Vec<Partner>,
}

/// How windows are chosen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Days before `at` that a nightly run looks at for gaps.
    pub horizon_days: u32,
    /// Length of a nightly or backfill window, hours, 1 to 24.
    pub window_hours: u32,
    /// Length of an intraday window, minutes.
    pub intraday_window_minutes: u32,
    /// Hours before `at` that an intraday run reads again.
    pub intraday_lookback_hours: u32,
    /// How recent is too recent for an intraday run, minutes.
    pub intraday_lag_minutes: u32,
    /// Parallel workers per source; the state machine's `MaxConcurrency` is the same number.
    pub max_concurrency: u32,
}

/// Reading Genesys Cloud.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesys {
    /// Requests per minute of the OAuth client, all workers together.
    pub requests_per_minute: u32,
    /// Requests in flight, all workers together.
    pub max_in_flight: u32,
    /// Hours after a window's end from which a details job is final.
    pub settle_hours: u32,
    /// Conversations per page of the details query, at most 100.
    pub query_page_size: u32,
    /// Conversations per page of job results.
    pub job_page_size: u32,
    /// Largest number of results one query may page through.
    pub query_result_cap: u64,
    /// Whether a part of a day (an intraday window, a slice that had to be cut) is asked for with a filter on the
    /// conversation's start. Without it a query answers whole UTC days: a part is read from the day's nearer end, and a day
    /// above the cap can only be read by a details job.
    pub query_start_filter: bool,
    /// External contacts per bulk call.
    pub contact_batch_size: u32,
    /// Names of external sources whose external ids are Salesforce ids.
    pub salesforce_source_names: Vec<String>,
    /// Participant attributes that carry meaning, by meaning.
    pub attributes: Attributes,
    /// Objects read besides conversations and what they refer to: of [`GENESYS_OPTIONAL`].
    pub objects: Vec<String>,
    /// Length of the buckets of the aggregates, minutes; must divide a day.
    pub aggregate_minutes: u32,
    /// Conversations asked for by id in one call.
    pub details_batch_size: u32,
    /// Conversations of an intraday window whose attributes are asked for one by one, at most; the rest wait for the
    /// details job.
    pub live_attributes_per_window: u32,
    /// Workforce-management units whose adherence is read; empty: all that the client may see.
    #[serde(default)]
    pub management_units: Vec<String>,
    /// Which conversations are read at all.
    #[serde(default)]
    pub filter: Filter,
}

/// So far the data lake may lag behind when a window is read for the last time: a day is the most the vendor speaks of.
const LAKE_LAG: SignedDuration = SignedDuration::from_hours(24);

impl Genesys {
    /// How long after its end a window of conversations is final, at the earliest.
    pub fn settles_after(&self) -> SignedDuration {
        SignedDuration::from_hours(self.settle_hours.into())
    }

    /// Of the time after a window's end, how much the data lake must hold before a details job settles the window; and how
    /// long a conversation has lived that comes again with the window it ends in. It is one span: what had ended by then is
    /// in the last reading of the window it began in, and what had not has lived longer.
    pub fn followed_for(&self) -> SignedDuration {
        (self.settles_after() - LAKE_LAG).max(SignedDuration::ZERO)
    }
}

/// Names of participant attributes; the first that is present wins.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// Salesforce Case id.
    pub case_id: Vec<String>,
    /// Salesforce Account id.
    pub account_id: Vec<String>,
    /// Salesforce Contact id.
    pub contact_id: Vec<String>,
    /// Whether the conversation was escalated.
    pub escalated: Vec<String>,
    /// Whether a bot alone handled it.
    pub bot_handled: Vec<String>,
}

/// Reading Salesforce.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Salesforce {
    /// `66.0`.
    pub api_version: String,
    /// Requests per minute, all workers together.
    pub requests_per_minute: u32,
    /// Requests in flight, all workers together.
    pub max_in_flight: u32,
    /// Share of the organisation's daily allocation at which a run stops, percent.
    pub daily_share_percent: u32,
    /// How far a window reaches back behind the last one, seconds.
    pub overlap_seconds: u32,
    /// How recent is too recent, seconds.
    pub lag_seconds: u32,
    /// Where the first load begins.
    pub initial_start: Timestamp,
    /// Above this many records a window is read by a Bulk API 2.0 job.
    pub bulk_threshold: u64,
    /// What has never been read, and spans more than a month, is cut in time into windows of at most this many records.
    #[serde(default = "first_load_records")]
    pub first_load_records: u64,
    /// Records in a page of a bulk job's result.
    pub bulk_page_records: u32,
    /// Days after which the ids of an object are listed and compared again; 0: never.
    pub reconcile_ids_days: u32,
    /// The largest share of an object's records that one list of ids may be the first to miss, percent. Beyond it (and
    /// beyond 20 records) the list is not believed: more likely the integration user may read less than before. 100
    /// believes every list.
    pub max_purged_percent: f64,
    /// Whether the cases created and closed on each day are counted as well, so that the warehouse's figures can be compared.
    #[serde(default = "yes")]
    pub count_cases: bool,
    /// History objects by the object they are about: `account = "AccountHistory"`.
    #[serde(default)]
    pub history: BTreeMap<String, String>,
    /// Fields by object: `account`, `contact`, `case`, `opportunity`, `user`.
    pub objects: BTreeMap<String, SalesforceObject>,
}

const fn first_load_records() -> u64 {
    1_000_000
}

const fn yes() -> bool {
    true
}

/// One Salesforce object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesforceObject {
    /// API name: `Account`.
    pub sobject: String,
    /// Staging column → field path (`Owner.Name`). A column left out stays null.
    pub columns: BTreeMap<String, String>,
    /// Further fields, kept in the `extra` column.
    #[serde(default)]
    pub extra: Vec<String>,
}

/// Interaction to case matching in time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// Minutes in both directions.
    pub window_minutes: u32,
    /// Times in which a wider window holds; of several at once, the widest.
    #[serde(default)]
    pub wider: Vec<Wider>,
}

/// Data tests with a threshold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Percent of conversations that may have no CRM link.
    pub max_unlinked_percent: f64,
    /// `warn` or `fail` above it.
    pub unlinked_severity: Verdict,
    /// Percent by which a figure may differ from the one its source tells.
    #[serde(default = "max_variance_percent")]
    pub max_variance_percent: f64,
    /// `warn` or `fail` above it.
    #[serde(default = "variance_severity")]
    pub variance_severity: Verdict,
}

const fn max_variance_percent() -> f64 {
    0.5
}

const fn variance_severity() -> Verdict {
    Verdict::Warn
}

/// The Salesforce objects with fields of the deployer's choice.
pub const SALESFORCE_OBJECTS: [&str; 5] = ["account", "contact", "case", "opportunity", "user"];

/// Those whose changes Salesforce keeps in a history object: `<object>_history`, staged in `staging.salesforce_history`.
pub const SALESFORCE_HISTORY: [&str; 4] = ["account", "contact", "case", "opportunity"];

/// Those whose ids are listed and compared (`<object>_ids`, staged in `staging.salesforce_id`), and whose missed records are
/// asked for (`<object>_lookup`, staged in the object's own table).
pub const SALESFORCE_RECONCILED: [&str; 4] = ["account", "contact", "case", "opportunity"];

/// What Salesforce itself counts of cases, by the day they were created: staged in `staging.salesforce_case_count`.
pub const CASE_COUNT: &str = "case_count";

/// Genesys listings of a run: what conversations refer to.
pub const GENESYS_REFERENCE: [&str; 5] = ["queue", "user", "wrapup_code", "division", "campaign"];

/// Genesys objects that the settings may switch off.
pub const GENESYS_OPTIONAL: [&str; 6] = [
    "evaluation",
    "survey",
    "user_aggregate",
    "queue_aggregate",
    "adherence",
    "conversation_attribute",
];

/// Every Genesys object a window can be of.
pub const GENESYS_OBJECTS: [&str; 12] = [
    "conversation",
    "queue",
    "user",
    "wrapup_code",
    "division",
    "campaign",
    "evaluation",
    "survey",
    "user_aggregate",
    "queue_aggregate",
    "adherence",
    "conversation_attribute",
];
