//! What reading will cost: from the ledger's own history where it has one, else from guesses that err to the high side.

use crate::ledger::Entry;
use crate::windows::Choice;
use jiff::{SignedDuration, Timestamp};
use model::payload::Estimate;
use model::settings::Settings;
use model::{Source, Window};
use salesforce::Usage;
use std::collections::BTreeMap;

/// Windows up to this long tell how fast an object grows; a first load over decades does not.
const STEADY: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Calls a details job needs besides its pages: availability, create, two polls, delete.
const CALLS_PER_JOB: u64 = 5;
/// Calls a bulk job needs besides its pages: count, create, close, some polls, delete.
const CALLS_PER_BULK_JOB: u64 = 8;
/// Records a page of REST results holds.
const REST_PAGE: u64 = 2_000;
/// Records of a first load of an object nobody has read yet.
const GUESSED_FIRST_LOAD: u64 = 50_000;

/// What is assumed of an object before the ledger knows better.
struct Guess {
    /// Records in an hour, or in a whole listing.
    records: u64,
    /// Of one record as it lands, before compression.
    bytes: u64,
}

/// A contact centre of a few hundred agents. Bytes are means of the shipped samples, rounded up.
fn guess(source: Source, object: &str) -> Guess {
    let (records, bytes) = match object {
        "conversation" => (500, 6_000),
        "conversation_attribute" => (500, 1_000),
        "evaluation" => (25, 1_500),
        "survey" => (50, 800),
        "user_aggregate" => (13, 6_000),
        "queue_aggregate" => (3, 20_000),
        "adherence" => (13, 2_500),
        _ if is_whole(source.as_str(), object) && source == Source::Genesys => (500, 700),
        _ if object.ends_with("_history") => (60, 400),
        _ if object.ends_with("_ids") => (GUESSED_FIRST_LOAD, 150),
        _ => (30, 1_200),
    };
    Guess { records, bytes }
}

/// What the ledger knows of an object.
#[derive(Debug, Default, Clone, Copy)]
struct History {
    /// Records of the largest first load.
    first_load: u64,
    windows: u64,
    seconds: u64,
    records: u64,
    calls: u64,
}

/// What reading `choices` will cost. `available_until`: which windows a details job can read; `usage`: what Salesforce said
/// of its daily allocation.
pub fn estimate(
    choices: &[Choice],
    settings: &Settings,
    ledger: &[Entry],
    available_until: Option<Timestamp>,
    usage: Option<Usage>,
) -> Estimate {
    // Both sources have users.
    let mut known: BTreeMap<(&str, &str), History> = BTreeMap::new();
    for entry in ledger {
        let key = (entry.source.as_str(), entry.object.as_str());
        let history = known.entry(key).or_default();
        if entry.window.duration() > STEADY && !is_whole(key.0, key.1) {
            history.first_load = history.first_load.max(entry.received);
            continue;
        }
        history.windows += 1;
        history.seconds += seconds(entry.window);
        history.records += entry.received;
        history.calls += entry.calls;
    }
    let (mut genesys, mut salesforce, mut bytes) = (0, 0, 0);
    for choice in choices {
        let object = choice.object.as_str();
        let history = known.get(&(choice.source.as_str(), object)).copied();
        let records = records(choice, history);
        bytes += records * guess(choice.source, object).bytes;
        match choice.source {
            Source::Genesys => {
                let contacts = known.get(&("genesys", "external_contact")).copied();
                genesys += genesys_calls(
                    choice,
                    records,
                    history,
                    contacts,
                    settings,
                    available_until,
                );
            }
            Source::Salesforce => salesforce += salesforce_calls(choice, records, settings),
        }
    }
    let minutes = |calls: u64, per_minute: u32| calls.div_ceil(u64::from(per_minute.max(1)));
    Estimate {
        calls: genesys + salesforce,
        genesys_calls: genesys,
        salesforce_calls: salesforce,
        minutes: minutes(genesys, settings.genesys.requests_per_minute)
            .max(minutes(salesforce, settings.salesforce.requests_per_minute)),
        bytes,
        salesforce_daily_share_bp: usage
            .filter(|usage| usage.limit > 0)
            .map(|usage| (salesforce * 10_000).div_ceil(usage.limit)),
        settled_windows: 0,
    }
}

/// Whether a window of the object is the whole of it as it stands, so that its length says nothing.
fn is_whole(source: &str, object: &str) -> bool {
    if source == Source::Genesys.as_str() {
        model::settings::GENESYS_REFERENCE.contains(&object)
    } else {
        object.ends_with("_ids")
    }
}

fn records(choice: &Choice, history: Option<History>) -> u64 {
    let object = choice.object.as_str();
    let is_whole = is_whole(choice.source.as_str(), object);
    if !choice.ids.is_empty() {
        return choice.ids.len() as u64;
    }
    let is_first_load =
        choice.source == Source::Salesforce && !is_whole && choice.window.duration() > STEADY;
    match history {
        Some(known) if is_first_load && known.first_load > 0 => known.first_load,
        Some(known) if is_whole && known.windows > 0 => known.records.div_ceil(known.windows),
        Some(known) if known.seconds > 0 => {
            share(known.records, seconds(choice.window), known.seconds)
        }
        _ if is_whole => guess(choice.source, object).records,
        _ if is_first_load => GUESSED_FIRST_LOAD,
        _ => guess(choice.source, object).records * seconds(choice.window).div_ceil(3600),
    }
}

fn genesys_calls(
    choice: &Choice,
    records: u64,
    history: Option<History>,
    contacts: Option<History>,
    settings: &Settings,
    available_until: Option<Timestamp>,
) -> u64 {
    let genesys = &settings.genesys;
    let pages = |of: u64, size: u32| of.div_ceil(u64::from(size.max(1)));
    match (choice.object.as_str(), history) {
        ("conversation", _) => {
            let is_job = available_until.is_some_and(|until| choice.window.end() <= until);
            let read = if is_job {
                CALLS_PER_JOB + pages(records, genesys.job_page_size)
            } else {
                // Availability, then pages until an empty one.
                2 + pages(records, genesys.query_page_size)
            };
            // Without a past: a contact of its own for each conversation.
            let contacts = contacts.filter(|known| known.seconds > 0).map_or_else(
                || pages(records, genesys.contact_batch_size),
                |known| share(known.calls, seconds(choice.window), known.seconds),
            );
            read + contacts
        }
        ("conversation_attribute", _) => {
            pages(records, genesys.query_page_size)
                + 1
                + records.min(u64::from(genesys.live_attributes_per_window))
        }
        (object, Some(known)) if is_whole("genesys", object) && known.windows > 0 => {
            known.calls.div_ceil(known.windows)
        }
        (_, Some(known)) if known.seconds > 0 => {
            share(known.calls, seconds(choice.window), known.seconds).max(1)
        }
        ("evaluation" | "survey", _) => 1 + pages(records, genesys.details_batch_size),
        // Per unit: create, two polls, download.
        ("adherence", _) => 1 + 4 * (genesys.management_units.len() as u64).max(1),
        (object, _) if is_whole("genesys", object) => pages(records, 100),
        _ => 1,
    }
}

fn salesforce_calls(choice: &Choice, records: u64, settings: &Settings) -> u64 {
    let salesforce = &settings.salesforce;
    if choice.ids.is_empty() && records > salesforce.bulk_threshold {
        CALLS_PER_BULK_JOB + records.div_ceil(u64::from(salesforce.bulk_page_records.max(1)))
    } else if choice.ids.is_empty() {
        // The count, then the pages.
        1 + records.div_ceil(REST_PAGE).max(1)
    } else {
        // An id takes 23 characters of a URL of which 2,000 are for ids.
        records.div_ceil(80)
    }
}

/// `part` ÷ `whole` of `of`, rounded up; wide enough for years of seconds.
fn share(of: u64, part: u64, whole: u64) -> u64 {
    let exact = (u128::from(of) * u128::from(part)).div_ceil(u128::from(whole.max(1)));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

fn seconds(window: Window) -> u64 {
    u64::try_from(window.duration().as_secs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RunId;

    fn settings() -> Settings {
        Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
    }

    fn day(day: u32) -> Window {
        let at = |day| {
            format!("2026-01-{day:02}T00:00:00Z")
                .parse::<Timestamp>()
                .unwrap()
        };
        Window::new(at(day), at(day + 1)).unwrap()
    }

    fn entry(object: &str, window: Window, received: u64, calls: u64) -> Entry {
        Entry {
            batch_id: RunId::try_from("nightly-20260102".to_owned()).unwrap(),
            mode: "nightly".to_owned(),
            source: "genesys".to_owned(),
            object: object.to_owned(),
            window,
            is_settled: false,
            received,
            calls,
        }
    }

    #[test]
    fn a_day_costs_what_days_have_cost() {
        let ledger = [
            entry("conversation", day(1), 24_000, 40),
            entry("external_contact", day(1), 10_000, 200),
            entry("user", day(1), 400, 4),
        ];
        let choices = [
            Choice::new(Source::Genesys, "conversation", day(2)),
            Choice::new(Source::Genesys, "user", day(2)),
        ];
        let until = Some(day(2).end());
        let estimate = estimate(&choices, &settings(), &ledger, until, None);
        // A job of 24 pages, the contacts of a day, a listing.
        assert_eq!(estimate.genesys_calls, CALLS_PER_JOB + 24 + 200 + 4);
        assert_eq!(estimate.bytes, 24_000 * 6_000 + 400 * 700);
        assert_eq!(estimate.minutes, 1);
        assert_eq!(estimate.salesforce_daily_share_bp, None);
    }

    #[test]
    fn a_day_that_no_job_can_read_yet_costs_a_query_s_pages() {
        let ledger = [
            entry("conversation", day(1), 24_000, 40),
            entry("external_contact", day(1), 0, 0),
        ];
        let choices = [Choice::new(Source::Genesys, "conversation", day(2))];
        let calls = |until| {
            let estimate = estimate(&choices, &settings(), &ledger, until, None);
            estimate.genesys_calls
        };
        assert_eq!(calls(None), 2 + 240);
        assert_eq!(calls(Some(day(1).end())), 2 + 240);
        assert_eq!(calls(Some(day(2).end())), CALLS_PER_JOB + 24);
    }

    #[test]
    fn the_share_of_salesforce_s_day_is_told_in_hundredths_of_a_percent() {
        let choices = [Choice::new(Source::Salesforce, "account", day(2))];
        let usage = Some(Usage {
            used: 18,
            limit: 5_000,
        });
        let estimate = estimate(&choices, &settings(), &[], None, usage);
        assert_eq!(estimate.salesforce_calls, 2);
        assert_eq!(estimate.salesforce_daily_share_bp, Some(4));
    }

    #[test]
    fn a_first_load_made_again_costs_what_the_first_one_did() {
        let begin: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
        let whole = |until| Window::new(begin, until).unwrap();
        let mut first = entry("account", whole(day(1).start()), 700, 3);
        first.source = "salesforce".to_owned();
        let choices = [Choice::new(
            Source::Salesforce,
            "account",
            whole(day(2).start()),
        )];
        let with = |ledger: &[Entry]| estimate(&choices, &settings(), ledger, None, None);
        assert_eq!(with(&[first]).bytes, 700 * 1_200);
        assert_eq!(with(&[]).bytes, GUESSED_FIRST_LOAD * 1_200);
    }

    #[test]
    fn every_object_costs_something_without_any_history() {
        for object in model::settings::GENESYS_OBJECTS {
            let choices = [Choice::new(Source::Genesys, object, day(2))];
            let estimate = estimate(&choices, &settings(), &[], None, None);
            assert!(
                estimate.genesys_calls > 0 && estimate.bytes > 0,
                "{object}: {estimate:?}"
            );
        }
    }
}
