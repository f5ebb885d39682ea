//! `infra/settings/tributary.toml`: what a deployer edits. Parsed and checked before anything else happens.

use crate::filter::Filter;
use crate::payload::Verdict;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML, an unknown key, a missing key or a value of the wrong type; the cause names line and key.
    #[error("settings tributary.toml cannot be read")]
    Format(#[from] toml::de::Error),
    /// A value breaks a rule.
    #[error("settings tributary.toml: {key} = {value}: {rule}")]
    Value {
        /// The key, with its tables.
        key: String,
        /// The value given.
        value: String,
        /// The rule it breaks and what to do.
        rule: &'static str,
    },
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
    /// Data tests with a threshold.
    pub check: Check,
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
    /// History objects by the object they are about: `account = "AccountHistory"`.
    #[serde(default)]
    pub history: BTreeMap<String, String>,
    /// Fields by object: `account`, `contact`, `case`, `opportunity`, `user`.
    pub objects: BTreeMap<String, SalesforceObject>,
}

const fn first_load_records() -> u64 {
    1_000_000
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
}

/// Data tests with a threshold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Percent of conversations that may have no CRM link.
    pub max_unlinked_percent: f64,
    /// `warn` or `fail` above it.
    pub unlinked_severity: Verdict,
}

/// The Salesforce objects with fields of the deployer's choice.
pub const SALESFORCE_OBJECTS: [&str; 5] = ["account", "contact", "case", "opportunity", "user"];

/// Those whose changes Salesforce keeps in a history object: `<object>_history`, staged in `staging.salesforce_history`.
pub const SALESFORCE_HISTORY: [&str; 4] = ["account", "contact", "case", "opportunity"];

/// Those whose ids are listed and compared (`<object>_ids`, staged in `staging.salesforce_id`), and whose missed records are
/// asked for (`<object>_lookup`, staged in the object's own table).
pub const SALESFORCE_RECONCILED: [&str; 4] = ["account", "contact", "case", "opportunity"];

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

impl Settings {
    /// Reads and checks the text of `tributary.toml`.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text)?;
        settings.check_values()?;
        Ok(settings)
    }

    fn check_values(&self) -> Result<(), SettingsError> {
        let refuse = |key: &str, value: &dyn std::fmt::Debug, rule| {
            Err(SettingsError::Value {
                key: key.to_owned(),
                value: format!("{value:?}"),
                rule,
            })
        };
        if jiff::tz::TimeZone::get(&self.business_time_zone).is_err() {
            return refuse(
                "business_time_zone",
                &self.business_time_zone,
                "must be an IANA zone such as Europe/Berlin",
            );
        }
        let plan = &self.plan;
        if !(1..=24).contains(&plan.window_hours) || 24 % plan.window_hours != 0 {
            return refuse(
                "plan.window_hours",
                &plan.window_hours,
                "must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24",
            );
        }
        if !(1..=366).contains(&plan.horizon_days) {
            return refuse("plan.horizon_days", &plan.horizon_days, "must be 1 to 366");
        }
        if !(1..=1440).contains(&plan.intraday_window_minutes) {
            return refuse(
                "plan.intraday_window_minutes",
                &plan.intraday_window_minutes,
                "must be 1 to 1440",
            );
        }
        if !(1..=40).contains(&plan.max_concurrency) {
            return refuse(
                "plan.max_concurrency",
                &plan.max_concurrency,
                "must be 1 to 40",
            );
        }
        let genesys = &self.genesys;
        if !(1..=100).contains(&genesys.query_page_size) {
            return refuse(
                "genesys.query_page_size",
                &genesys.query_page_size,
                "the API serves at most 100 a page",
            );
        }
        for (key, value) in [
            ("genesys.requests_per_minute", genesys.requests_per_minute),
            ("genesys.max_in_flight", genesys.max_in_flight),
            ("genesys.job_page_size", genesys.job_page_size),
            ("genesys.contact_batch_size", genesys.contact_batch_size),
            ("genesys.details_batch_size", genesys.details_batch_size),
            (
                "salesforce.requests_per_minute",
                self.salesforce.requests_per_minute,
            ),
            ("salesforce.max_in_flight", self.salesforce.max_in_flight),
        ] {
            if value < plan.max_concurrency && key.contains("requests_per_minute") {
                return refuse(
                    key,
                    &value,
                    "must be at least plan.max_concurrency, or a worker would have no quota",
                );
            }
            if value == 0 {
                return refuse(key, &value, "must be at least 1");
            }
        }
        // Records with stamps minutes below the mark have been seen to appear later.
        if !(300..=86_400).contains(&self.salesforce.overlap_seconds) {
            return refuse(
                "salesforce.overlap_seconds",
                &self.salesforce.overlap_seconds,
                "must be 300 to 86400: changes become visible out of order, and a shorter overlap loses some",
            );
        }
        if !(0.0..=100.0).contains(&self.salesforce.max_purged_percent) {
            return refuse(
                "salesforce.max_purged_percent",
                &self.salesforce.max_purged_percent,
                "must be 0 to 100",
            );
        }
        if !(1..=100).contains(&self.salesforce.daily_share_percent) {
            return refuse(
                "salesforce.daily_share_percent",
                &self.salesforce.daily_share_percent,
                "must be 1 to 100",
            );
        }
        for object in SALESFORCE_OBJECTS {
            if !self.salesforce.objects.contains_key(object) {
                return refuse(
                    "salesforce.objects",
                    &object,
                    "this object is missing; the warehouse needs all five",
                );
            }
        }
        if let Some(unknown) = self
            .salesforce
            .objects
            .keys()
            .find(|name| !SALESFORCE_OBJECTS.contains(&name.as_str()))
        {
            return refuse(
                "salesforce.objects",
                unknown,
                "is none of account, contact, case, opportunity, user",
            );
        }
        if let Some(unknown) = self
            .salesforce
            .history
            .keys()
            .find(|name| !SALESFORCE_HISTORY.contains(&name.as_str()))
        {
            return refuse(
                "salesforce.history",
                unknown,
                "is none of account, contact, case, opportunity",
            );
        }
        // Salesforce serves bulk results in pages of any size; a page is held in memory.
        if !(200..=250_000).contains(&self.salesforce.bulk_page_records) {
            return refuse(
                "salesforce.bulk_page_records",
                &self.salesforce.bulk_page_records,
                "must be 200 to 250000",
            );
        }
        // Below, a night would have thousands of windows; above, what is known of one window's records outgrows a function.
        if !(50..=10_000_000).contains(&self.salesforce.first_load_records) {
            return refuse(
                "salesforce.first_load_records",
                &self.salesforce.first_load_records,
                "must be 50 to 10000000",
            );
        }
        if let Some(unknown) = genesys
            .objects
            .iter()
            .find(|name| !GENESYS_OPTIONAL.contains(&name.as_str()))
        {
            return refuse(
                "genesys.objects",
                unknown,
                "is none of evaluation, survey, user_aggregate, queue_aggregate, adherence, conversation_attribute",
            );
        }
        if !(1..=1440).contains(&genesys.aggregate_minutes) || 1440 % genesys.aggregate_minutes != 0
        {
            return refuse(
                "genesys.aggregate_minutes",
                &genesys.aggregate_minutes,
                "must divide a day of 1440 minutes",
            );
        }
        if !(0.0..=100.0).contains(&self.check.max_unlinked_percent) {
            return refuse(
                "check.max_unlinked_percent",
                &self.check.max_unlinked_percent,
                "must be 0 to 100",
            );
        }
        if self.check.unlinked_severity == Verdict::Pass {
            return refuse("check.unlinked_severity", &"pass", "must be warn or fail");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../infra/settings/tributary.toml");

    #[test]
    fn the_shipped_settings_are_valid() {
        Settings::parse(SHIPPED).unwrap();
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_key_value_and_rule() {
        let text = SHIPPED.replace("query_page_size = 100", "query_page_size = 500");
        let error = Settings::parse(&text).unwrap_err();
        insta::assert_snapshot!(error, @"settings tributary.toml: genesys.query_page_size = 500: the API serves at most 100 a page");
    }

    #[test]
    fn settings_of_an_older_version_cut_first_loads_as_the_shipped_ones_do() {
        let shipped = Settings::parse(SHIPPED).unwrap();
        let kept = SHIPPED
            .lines()
            .filter(|line| !line.starts_with("first_load_records"));
        let old = Settings::parse(&kept.collect::<Vec<_>>().join("\n")).unwrap();
        let records = |settings: &Settings| settings.salesforce.first_load_records;
        assert_eq!((records(&shipped), records(&old)), (1_000_000, 1_000_000));
        let few = SHIPPED.replace("first_load_records = 1000000", "first_load_records = 10");
        let error = Settings::parse(&few).unwrap_err();
        insta::assert_snapshot!(error, @"settings tributary.toml: salesforce.first_load_records = 10: must be 50 to 10000000");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = format!("colour = \"red\"\n{SHIPPED}");
        assert!(
            matches!(Settings::parse(&text), Err(SettingsError::Format(cause)) if cause.to_string().contains("colour"))
        );
    }
}
