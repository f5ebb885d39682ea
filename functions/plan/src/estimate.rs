//! What reading will cost: from the ledger's own history where it has one, else from guesses that err to the high side.

#[cfg(test)]
mod tests;

use crate::ledger::{Entry, LEFT_OUT};
use crate::query;
use crate::windows::{Choice, STEADY};
use jiff::Timestamp;
use model::payload::Estimate;
use model::settings::{CASE_COUNT, Settings};
use model::{Source, Window};
use salesforce::Usage;
use std::collections::BTreeMap;

/// Calls a details job needs besides its pages: availability, create, two polls, delete.
const CALLS_PER_JOB: u64 = 5;
/// Calls a bulk job needs besides its pages and descriptions: count, create, some polls, delete.
const CALLS_PER_BULK_JOB: u64 = 6;
/// Records after which a job is asked once more how far it is.
const RECORDS_PER_POLL: u64 = 100_000;
/// Records a page of REST results holds.
const REST_PAGE: u64 = 2_000;
/// Records of a first load of an object nobody has read yet, where Salesforce does not say.
const GUESSED_FIRST_LOAD: u64 = 50_000;

/// Management units that a client may see, where the settings name none.
const GUESSED_UNITS: u64 = 5;

/// What is assumed of an object before the ledger knows better.
struct Guess {
    /// Records in an hour, or in a whole listing.
    records: u64,
    /// Of one record as it lands, before compression.
    bytes: u64,
}

/// Conversations that Genesys counts in some seconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) conversations: u64,
    pub(crate) seconds: u64,
}

impl Volume {
    /// What is guessed of a contact centre with [`GUESSED_CONVERSATIONS`] an hour, here.
    fn of(self, guessed: u64) -> u64 {
        let here = self.conversations.saturating_mul(3600);
        share(
            guessed,
            here,
            self.seconds.saturating_mul(GUESSED_CONVERSATIONS),
        )
    }
}

/// Conversations in an hour.
const GUESSED_CONVERSATIONS: u64 = 500;

/// A contact centre of a few hundred agents. Bytes are means of the shipped samples, rounded up.
fn guess(source: Source, object: &str) -> Guess {
    let (records, bytes) = match object {
        "conversation" => (GUESSED_CONVERSATIONS, 6_000),
        "conversation_attribute" => (GUESSED_CONVERSATIONS, 1_000),
        "evaluation" => (25, 1_500),
        "survey" => (50, 800),
        "user_aggregate" => (13, 6_000),
        "queue_aggregate" => (3, 20_000),
        "adherence" => (13, 2_500),
        _ if is_whole(source.as_str(), object) && source == Source::Genesys => (500, 700),
        _ if object.ends_with("_history") => (60, 400),
        // Open and closed cases of a day.
        CASE_COUNT => (1, 150),
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
    /// Records of every window there is.
    total: u64,
    windows: u64,
    seconds: u64,
    records: u64,
    calls: u64,
}

/// Tells what windows will cost.
pub struct Estimator<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Both sources have users.
    known: BTreeMap<(&'a str, &'a str), History>,
    available_until: Option<Timestamp>,
    /// How many conversations there are: from the ledger, or what Genesys has counted where that knows of none yet.
    pub(crate) volume: Option<Volume>,
}

impl<'a> Estimator<'a> {
    /// From what the ledger knows. `available_until`: which windows a details job can read.
    pub fn new(
        settings: &'a Settings,
        ledger: &'a [Entry],
        available_until: Option<Timestamp>,
    ) -> Self {
        // What was left out has cost nothing that is known, and would make the rest look cheap.
        let read = || ledger.iter().filter(|entry| entry.mode != LEFT_OUT);
        let mut ends: BTreeMap<(&str, &str), Timestamp> = BTreeMap::new();
        for entry in read() {
            let end = ends.entry((&entry.source, &entry.object));
            let end = end.or_insert_with(|| entry.window.end());
            *end = entry.window.end().max(*end);
        }
        let mut known: BTreeMap<(&str, &str), History> = BTreeMap::new();
        for entry in read() {
            let key = (entry.source.as_str(), entry.object.as_str());
            let history = known.entry(key).or_default();
            history.total += entry.received;
            // Counts of days are as many each night, however many days they are of.
            let is_count = key.1 == CASE_COUNT;
            let is_steady = entry.window.duration() <= STEADY || is_count || is_whole(key.0, key.1);
            // A slice of a first load may be short, and says nothing of the days that are read now.
            let is_recent = ends
                .get(&key)
                .is_none_or(|end| entry.window.end() + STEADY >= *end);
            if is_steady && is_recent {
                history.windows += 1;
                history.seconds += seconds(entry.window);
                history.records += entry.received;
                history.calls += entry.calls;
            } else if !is_steady {
                history.first_load = history.first_load.max(entry.received);
            }
        }
        let conversations = known.get(&("genesys", "conversation"));
        let volume = conversations
            .filter(|known| known.seconds > 0)
            .map(|known| Volume {
                conversations: known.records,
                seconds: known.seconds,
            });
        Self {
            settings,
            known,
            available_until,
            volume,
        }
    }

    /// Whether the ledger has no past from which the number of conversations follows.
    pub(crate) const fn guesses_conversations(&self) -> bool {
        self.volume.is_none()
    }

    fn history(&self, choice: &Choice) -> Option<History> {
        let key = (choice.source.as_str(), choice.object.as_str());
        self.known.get(&key).copied()
    }

    /// How many records a window will bring.
    pub fn records(&self, choice: &Choice) -> u64 {
        let history = self.history(choice);
        let listed = choice
            .object
            .strip_suffix("_ids")
            .filter(|_| history.is_none());
        // The first list of an object names at most what has been read of it.
        let all = listed.and_then(|object| self.known.get(&(choice.source.as_str(), object)));
        let known = choice.records.or(all.map(|history| history.total));
        known.unwrap_or_else(|| records(choice, history, self.volume))
    }

    /// Calls to Salesforce that reading `choices` will take.
    pub fn salesforce_calls(&self, choices: &[Choice]) -> u64 {
        let of_salesforce = choices
            .iter()
            .filter(|one| one.source == Source::Salesforce);
        let calls = of_salesforce.map(|choice| {
            // Settings that make no query have been refused before.
            let width = query::width(self.settings, &choice.object, choice.window);
            let (is_wide, objects) = width.unwrap_or((false, 1));
            salesforce_calls(
                choice,
                self.records(choice),
                is_wide,
                objects,
                self.settings,
            )
        });
        calls.sum()
    }

    fn genesys_calls(&self, choices: &[Choice]) -> u64 {
        let contacts = self.known.get(&("genesys", "external_contact")).copied();
        let of_genesys = choices.iter().filter(|one| one.source == Source::Genesys);
        let calls = of_genesys.map(|choice| {
            genesys_calls(
                choice,
                self.records(choice),
                self.history(choice),
                contacts,
                self.settings,
                self.available_until,
            )
        });
        calls.sum()
    }

    /// What reading `choices` will cost. `usage`: what Salesforce said of its daily allocation.
    pub fn estimate(&self, choices: &[Choice], usage: Option<Usage>) -> Estimate {
        let (genesys, salesforce) = (self.genesys_calls(choices), self.salesforce_calls(choices));
        let bytes = choices
            .iter()
            .map(|choice| self.records(choice) * guess(choice.source, &choice.object).bytes);
        let minutes = |calls: u64, per_minute: u32| calls.div_ceil(u64::from(per_minute.max(1)));
        Estimate {
            calls: genesys + salesforce,
            genesys_calls: genesys,
            salesforce_calls: salesforce,
            minutes: minutes(genesys, self.settings.genesys.requests_per_minute).max(minutes(
                salesforce,
                self.settings.salesforce.requests_per_minute,
            )),
            bytes: bytes.sum(),
            salesforce_daily_share_bp: usage
                .filter(|usage| usage.limit > 0)
                .map(|usage| (salesforce * 10_000).div_ceil(usage.limit)),
            settled_windows: 0,
            provisional_windows: 0,
        }
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

/// `volume`: a guess about what agents do is made for as many conversations as there are.
fn records(choice: &Choice, history: Option<History>, volume: Option<Volume>) -> u64 {
    let object = choice.object.as_str();
    let is_whole = is_whole(choice.source.as_str(), object);
    if !choice.ids.is_empty() {
        return choice.ids.len() as u64;
    }
    let is_first_load = choice.source == Source::Salesforce
        && !is_whole
        && object != CASE_COUNT
        && choice.window.duration() > STEADY;
    match history {
        Some(known) if is_first_load && known.first_load > 0 => known.first_load,
        Some(known) if is_whole && known.windows > 0 => known.records.div_ceil(known.windows),
        Some(known) if known.seconds > 0 => {
            share(known.records, seconds(choice.window), known.seconds)
        }
        _ if is_whole => guess(choice.source, object).records,
        _ if is_first_load => GUESSED_FIRST_LOAD,
        _ => {
            let guessed =
                guess(choice.source, object).records * seconds(choice.window).div_ceil(3600);
            match volume.filter(|_| choice.source == Source::Genesys) {
                Some(volume) => volume.of(guessed),
                None => guessed,
            }
        }
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
        ("adherence", _) => {
            let units = match genesys.management_units.len() as u64 {
                0 => GUESSED_UNITS,
                named => named,
            };
            1 + 4 * units
        }
        (object, _) if is_whole("genesys", object) => pages(records, 100),
        _ => 1,
    }
}

/// `is_wide`: the query is too long for a URL; `objects`: how many have to be described before a bulk job.
fn salesforce_calls(
    choice: &Choice,
    records: u64,
    is_wide: bool,
    objects: u64,
    settings: &Settings,
) -> u64 {
    let salesforce = &settings.salesforce;
    if choice.object == CASE_COUNT {
        return 1;
    }
    if !choice.ids.is_empty() {
        // An id takes 23 characters of a URL of which 2,000 are for ids.
        return records.div_ceil(80);
    }
    if records > salesforce.bulk_threshold || is_wide {
        let pages = records.div_ceil(u64::from(salesforce.bulk_page_records.max(1)));
        return CALLS_PER_BULK_JOB + objects + records / RECORDS_PER_POLL + pages.max(1);
    }
    // The count, then the pages.
    1 + records.div_ceil(REST_PAGE).max(1)
}

/// `part` ÷ `whole` of `of`, rounded up; wide enough for years of seconds.
fn share(of: u64, part: u64, whole: u64) -> u64 {
    let exact = (u128::from(of) * u128::from(part)).div_ceil(u128::from(whole.max(1)));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

fn seconds(window: Window) -> u64 {
    u64::try_from(window.duration().as_secs()).unwrap_or(0)
}
