//! Rules that the values of `tributary.toml` keep. All are looked at: a deployer mends everything at once.

mod customer;

use super::{GENESYS_OPTIONAL, SALESFORCE_HISTORY, SALESFORCE_OBJECTS, Settings, Wrong};
use crate::payload::Verdict;
use jiff::Timestamp;
use std::ops::RangeInclusive;

/// A whole number and where it must lie.
pub(super) struct Number {
    key: &'static str,
    range: RangeInclusive<u64>,
    /// What is said of a number outside.
    pub(super) rule: &'static str,
    of: fn(&Settings) -> u64,
}

const fn number(
    key: &'static str,
    range: RangeInclusive<u64>,
    rule: &'static str,
    of: fn(&Settings) -> u64,
) -> Number {
    Number {
        key,
        range,
        rule,
        of,
    }
}

/// Quotas and batches that have no upper limit anybody has published.
const ANY: RangeInclusive<u64> = 1..=u64::MAX;
const AT_LEAST_ONE: &str = "must be at least 1";
const DAY_MINUTES: u64 = 1440;
/// Bytes of a list that is one parameter of the merge; `tmp_batch` holds 4,096.
const MOST_OF_TEXT: usize = 4000;

/// Every whole number of the settings, in their order.
const NUMBERS: &[Number] = &[
    number("plan.horizon_days", 1..=366, "must be 1 to 366", |all| {
        all.plan.horizon_days.into()
    }),
    number(
        "plan.window_hours",
        1..=24,
        "must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24",
        |all| all.plan.window_hours.into(),
    ),
    number(
        "plan.intraday_window_minutes",
        1..=DAY_MINUTES,
        "must be 1 to 1440",
        |all| all.plan.intraday_window_minutes.into(),
    ),
    number(
        "plan.intraday_lookback_hours",
        1..=168,
        "must be 1 to 168: with 0 an intraday run reads nothing, and what is older than a week is the night's work",
        |all| all.plan.intraday_lookback_hours.into(),
    ),
    number(
        "plan.intraday_lag_minutes",
        0..=DAY_MINUTES,
        "must be 0 to 1440",
        |all| all.plan.intraday_lag_minutes.into(),
    ),
    number("plan.max_concurrency", 1..=40, "must be 1 to 40", |all| {
        all.plan.max_concurrency.into()
    }),
    number("genesys.requests_per_minute", ANY, AT_LEAST_ONE, |all| {
        all.genesys.requests_per_minute.into()
    }),
    number("genesys.max_in_flight", ANY, AT_LEAST_ONE, |all| {
        all.genesys.max_in_flight.into()
    }),
    // With 0 a conversation would be final before it is whole; and the tables stay provisional until then.
    number(
        "genesys.settle_hours",
        1..=720,
        "must be 1 to 720: so many hours after its end a nightly run reads a window for the last time",
        |all| all.genesys.settle_hours.into(),
    ),
    number(
        "genesys.query_page_size",
        1..=100,
        "the API serves at most 100 a page",
        |all| all.genesys.query_page_size.into(),
    ),
    // The specification has no limit, and larger pages have not been seen to be served.
    number(
        "genesys.job_page_size",
        1..=1000,
        "must be 1 to 1000: larger pages are not known to be served, and a page is held in memory",
        |all| all.genesys.job_page_size.into(),
    ),
    number(
        "genesys.query_result_cap",
        1..=100_000,
        "must be 1 to 100000: the API lets nobody page further",
        |all| all.genesys.query_result_cap,
    ),
    number(
        "genesys.contact_batch_size",
        1..=1000,
        "must be 1 to 1000: the ids are in one request",
        |all| all.genesys.contact_batch_size.into(),
    ),
    // An id and its name are 40 bytes of the address.
    number(
        "genesys.details_batch_size",
        1..=200,
        "must be 1 to 200: the ids are in the address of the request, and servers take about 8000 bytes of it",
        |all| all.genesys.details_batch_size.into(),
    ),
    number(
        "genesys.aggregate_minutes",
        1..=DAY_MINUTES,
        "must divide a day of 1440 minutes",
        |all| all.genesys.aggregate_minutes.into(),
    ),
    number(
        "genesys.live_attributes_per_window",
        0..=100_000,
        "must be 0 to 100000: a call for each, and no more conversations can be found by a query",
        |all| all.genesys.live_attributes_per_window.into(),
    ),
    number("salesforce.requests_per_minute", ANY, AT_LEAST_ONE, |all| {
        all.salesforce.requests_per_minute.into()
    }),
    number("salesforce.max_in_flight", ANY, AT_LEAST_ONE, |all| {
        all.salesforce.max_in_flight.into()
    }),
    number(
        "salesforce.daily_share_percent",
        1..=100,
        "must be 1 to 100",
        |all| all.salesforce.daily_share_percent.into(),
    ),
    // Records with stamps minutes below the mark have been seen to appear later.
    number(
        "salesforce.overlap_seconds",
        600..=86_400,
        "must be 600 to 86400: changes become visible out of order, and a shorter overlap loses some",
        |all| all.salesforce.overlap_seconds.into(),
    ),
    number(
        "salesforce.lag_seconds",
        0..=86_400,
        "must be 0 to 86400",
        |all| all.salesforce.lag_seconds.into(),
    ),
    // 0: by jobs alone; a number that is never reached: without them.
    number(
        "salesforce.bulk_threshold",
        0..=u64::MAX,
        "must be at least 0",
        |all| all.salesforce.bulk_threshold,
    ),
    // Salesforce serves bulk results in pages of any size; a page is held in memory.
    number(
        "salesforce.bulk_page_records",
        200..=250_000,
        "must be 200 to 250000",
        |all| all.salesforce.bulk_page_records.into(),
    ),
    // Below, a night would have thousands of windows; above, what is known of one window's records outgrows a function.
    number(
        "salesforce.first_load_records",
        50..=10_000_000,
        "must be 50 to 10000000",
        |all| all.salesforce.first_load_records,
    ),
    number(
        "salesforce.reconcile_ids_days",
        0..=366,
        "must be 0 to 366; 0 compares no ids",
        |all| all.salesforce.reconcile_ids_days.into(),
    ),
    number(
        "match.window_minutes",
        0..=10_080,
        "must be 0 to 10080: a case of another week is not about the conversation",
        |all| all.matching.window_minutes.into(),
    ),
    number(
        "kpi.service_level_seconds",
        1..=3600,
        "must be 1 to 3600: who waits longer was not served in time anywhere",
        |all| all.kpi.service_level_seconds.into(),
    ),
];

impl Number {
    /// What is said of a whole number that its place does not hold.
    pub(super) fn rule_for_large(&self) -> String {
        match self.rule {
            AT_LEAST_ONE => format!("{AT_LEAST_ONE} and at most {}", u32::MAX),
            rule => rule.to_owned(),
        }
    }
}

/// The rule of a whole number, by its key.
pub(super) fn of_number(key: &str) -> Option<&'static Number> {
    NUMBERS.iter().find(|number| number.key == key)
}

/// Every rule that is broken.
pub(super) fn broken(settings: &Settings) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if jiff::tz::TimeZone::get(&settings.business_time_zone).is_err() {
        wrong.push(text(
            "business_time_zone",
            &settings.business_time_zone,
            "must be an IANA zone such as Europe/Berlin",
        ));
    }
    for number in NUMBERS {
        let value = (number.of)(settings);
        let must_divide = match number.key {
            "plan.window_hours" => 24,
            "genesys.aggregate_minutes" => DAY_MINUTES,
            _ => 0,
        };
        if !number.range.contains(&value) || must_divide % value.max(1) != 0 {
            wrong.push(Wrong::new(number.key, value, number.rule));
        }
    }
    for (key, value) in [
        (
            "salesforce.max_purged_percent",
            settings.salesforce.max_purged_percent,
        ),
        (
            "check.max_unlinked_percent",
            settings.check.max_unlinked_percent,
        ),
        (
            "check.max_variance_percent",
            settings.check.max_variance_percent,
        ),
    ] {
        if !(0.0..=100.0).contains(&value) {
            wrong.push(Wrong::new(key, format!("{value:?}"), "must be 0 to 100"));
        }
    }
    names(settings, &mut wrong);
    instants_and_versions(settings, &mut wrong);
    for (key, severity) in [
        ("check.unlinked_severity", settings.check.unlinked_severity),
        ("check.variance_severity", settings.check.variance_severity),
    ] {
        if severity == Verdict::Pass {
            wrong.push(text(key, "pass", "must be warn or fail"));
        }
    }
    customer::broken(settings, &mut wrong);
    wrong
}

/// Rules about two values: not to be judged when one of the two could not be read.
pub(super) fn broken_between(settings: &Settings, has: impl Fn(&str) -> bool) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let (genesys, salesforce) = (&settings.genesys, &settings.salesforce);
    let workers = settings.plan.max_concurrency;
    // A quota that does not reach for one request each: the Map starts that many workers all the same.
    for (key, value) in [
        ("genesys.requests_per_minute", genesys.requests_per_minute),
        ("genesys.max_in_flight", genesys.max_in_flight),
        (
            "salesforce.requests_per_minute",
            salesforce.requests_per_minute,
        ),
        ("salesforce.max_in_flight", salesforce.max_in_flight),
    ] {
        if value > 0 && value < workers && has(key) && has("plan.max_concurrency") {
            let rule = format!(
                "must be at least plan.max_concurrency = {workers}, one for each worker; raise it, or lower plan.max_concurrency and MaxConcurrency in infra/pipeline.asl.json"
            );
            wrong.push(Wrong::new(key, value, rule));
        }
    }
    let plan = &settings.plan;
    let (looked, window) = (
        plan.intraday_lookback_hours * 60,
        plan.intraday_window_minutes,
    );
    let is_given = has("plan.intraday_lookback_hours") && has("plan.intraday_window_minutes");
    if looked > 0 && looked < window && is_given {
        let rule = format!(
            "must be at most plan.intraday_lookback_hours = {}, {looked} minutes, or intraday runs skip what lies between",
            plan.intraday_lookback_hours
        );
        let key = "plan.intraday_window_minutes";
        wrong.push(Wrong::new(key, window, rule));
    }
    let (cap, page) = (genesys.query_result_cap, genesys.query_page_size);
    let is_given = has("genesys.query_result_cap") && has("genesys.query_page_size");
    if (1..u64::from(page)).contains(&cap) && is_given {
        let rule = format!(
            "must be at least genesys.query_page_size = {page}, or a query is cut before its first page is read"
        );
        wrong.push(Wrong::new("genesys.query_result_cap", cap, rule));
    }
    customer::broken_between(settings, has, &mut wrong);
    wrong
}

fn names(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let (genesys, salesforce) = (&settings.genesys, &settings.salesforce);
    for name in &genesys.objects {
        if !GENESYS_OPTIONAL.contains(&name.as_str()) {
            let rule = "is none of evaluation, survey, user_aggregate, queue_aggregate, adherence, conversation_attribute";
            wrong.push(text("genesys.objects", name, rule));
        }
    }
    let attributes = &genesys.attributes;
    for (key, names) in [
        (
            "genesys.salesforce_source_names",
            &genesys.salesforce_source_names,
        ),
        ("genesys.management_units", &genesys.management_units),
        ("genesys.attributes.case_id", &attributes.case_id),
        ("genesys.attributes.account_id", &attributes.account_id),
        ("genesys.attributes.contact_id", &attributes.contact_id),
        ("genesys.attributes.escalated", &attributes.escalated),
        ("genesys.attributes.bot_handled", &attributes.bot_handled),
    ] {
        for name in names.iter().filter(|name| name.trim().is_empty()) {
            wrong.push(text(key, name, "is no name; take it out of the list"));
        }
        // The merge takes them as one parameter.
        if key.starts_with("genesys.attributes.") {
            for name in names.iter().filter(|name| name.contains(',')) {
                wrong.push(text(key, name, "must be one name, without a comma"));
            }
            customer::too_long(key, names, wrong);
        }
    }
    for object in SALESFORCE_OBJECTS {
        if !salesforce.objects.contains_key(object) {
            let rule = "this object is missing; the warehouse needs all five";
            wrong.push(text("salesforce.objects", object, rule));
        }
    }
    for name in salesforce.objects.keys() {
        if !SALESFORCE_OBJECTS.contains(&name.as_str()) {
            let rule = "is none of account, contact, case, opportunity, user";
            wrong.push(text("salesforce.objects", name, rule));
        }
    }
    for name in salesforce.history.keys() {
        if !SALESFORCE_HISTORY.contains(&name.as_str()) {
            let rule = "is none of account, contact, case, opportunity";
            wrong.push(text("salesforce.history", name, rule));
        }
    }
}

fn instants_and_versions(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let salesforce = &settings.salesforce;
    let is_version = salesforce.api_version.strip_suffix(".0").is_some_and(|it| {
        (1..=3).contains(&it.len()) && it.bytes().all(|digit| digit.is_ascii_digit())
    });
    if !is_version {
        let rule = "must be a version of the API with its \".0\", as \"66.0\"";
        wrong.push(text(
            "salesforce.api_version",
            &salesforce.api_version,
            rule,
        ));
    }
    // A window has whole seconds: with a fraction there would be none, and nothing would be read.
    let start = salesforce.initial_start;
    if start.subsec_nanosecond() != 0 || start < Timestamp::UNIX_EPOCH {
        let rule = "must be in 1970 or later, in whole seconds";
        wrong.push(Wrong::new("salesforce.initial_start", start, rule));
    }
}

/// A text as it stands in the file, cut where it is no longer of use.
fn text(key: &str, value: &str, rule: impl Into<String>) -> Wrong {
    let value: String = value.chars().take(120).collect();
    Wrong::new(key, format!("{value:?}"), rule)
}
