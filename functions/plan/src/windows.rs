//! Which windows a run reads. Pure: the input, the settings and the ledger in, windows out.

mod past;
mod salesforce;
#[cfg(test)]
mod tests;

use crate::coverage::{Known, Ledger};
use crate::input::Checked;
use crate::ledger::Entry;
use jiff::{SignedDuration, Timestamp};
use model::filter::Filter;
use model::payload::{Lines, Mode};
use model::settings::{GENESYS_OPTIONAL, GENESYS_REFERENCE, SALESFORCE_OBJECTS, Settings};
use model::{Coverage, Source, Window};
use past::Past;
use std::collections::BTreeMap;

pub(crate) use past::short_horizon;

/// Read once an hour, never by day.
const LIVE_ATTRIBUTES: &str = "conversation_attribute";
/// Whose windows the conversation filter reaches: conversations, and what is counted over them.
const FILTERED: [&str; 3] = ["conversation", LIVE_ATTRIBUTES, "queue_aggregate"];
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A window of Salesforce up to this long is one of every day; a longer one is a first load, or a large hole.
pub(crate) const STEADY: SignedDuration = SignedDuration::from_hours(31 * 24);
/// What a run of minutes may catch up with of Salesforce: one nightly run that failed. More may be what is left of a first load.
pub(crate) const BEHIND: SignedDuration = SignedDuration::from_hours(2 * 24);

/// A window of an object that a run should read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where.
    pub source: Source,
    /// What.
    pub object: String,
    /// When.
    pub window: Window,
    /// Only these conversations.
    pub filter: Option<Filter>,
    /// Whether the filter is the event's, so that the window does not count as read.
    pub is_partial: bool,
    /// Lookups: the records to ask for.
    pub ids: Vec<String>,
    /// Replay: the landed files to read.
    pub landed: Vec<String>,
    /// Replay: of these files only these lines.
    pub lines: BTreeMap<String, Lines>,
    /// The run goes on without it when it fails.
    pub fails_alone: bool,
    /// How many records it has, where the source has counted them.
    pub records: Option<u64>,
}

impl Choice {
    /// A window of `object`, all of it, from its source.
    ///
    /// Only what every other table hangs on stops a run: conversations, and the Salesforce objects themselves.
    pub fn new(source: Source, object: impl Into<String>, window: Window) -> Self {
        let object = object.into();
        let is_core = match source {
            Source::Genesys => object == "conversation",
            Source::Salesforce => SALESFORCE_OBJECTS.contains(&object.as_str()),
        };
        Self {
            source,
            object,
            fails_alone: !is_core,
            window,
            filter: None,
            is_partial: false,
            ids: Vec::new(),
            landed: Vec::new(),
            lines: BTreeMap::new(),
            records: None,
        }
    }

    /// As it is when a run is forced: what has been `read` before, all or in part, is no gap that a later run would fill, so it
    /// must not fail unnoticed. What nobody has read yet stays as it is, or an object that the source always refuses would
    /// let no forced run end.
    fn again(mut self, checked: &Checked, read: &Coverage) -> Self {
        let is_gap = read.gaps(self.window) == [self.window];
        self.fails_alone &= !checked.force || is_gap;
        self
    }
}

/// What a run reads, and what a person should know of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The windows, Genesys first, each object in order of time.
    pub choices: Vec<Choice>,
    /// Windows of Genesys in the run's interval that have been read for good and stay as they are.
    pub settled_windows: u64,
    /// Those that have been read, and are neither final nor due: they are read twice, not every night until then.
    pub provisional_windows: u64,
    /// Conversation windows that a details job will read.
    pub by_job: u64,
    /// Conversation windows that only the details query can read as yet.
    pub by_query: u64,
    /// Windows of Salesforce that are left to later runs, since the day has no calls for them.
    pub put_off: Vec<Choice>,
    /// Counts that were asked of Salesforce to choose them.
    pub counts: u64,
    /// For a person.
    pub notices: Vec<String>,
}

/// The last midnight, UTC, at or before `at`.
pub(crate) fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(86_400) * 86_400).unwrap_or(at)
}

/// The interval of conversations a run is about.
pub fn interval(checked: &Checked, settings: &Settings) -> Option<Window> {
    let plan = &settings.plan;
    match (checked.mode, checked.range) {
        (Mode::Nightly, _) => {
            let end = midnight(checked.at);
            Window::new(
                end - SignedDuration::from_hours(24 * i64::from(plan.horizon_days)),
                end,
            )
            .ok()
        }
        (Mode::Intraday, _) => {
            let width = i64::from(plan.intraday_window_minutes) * 60;
            // Aligned to whole windows, so that hour after hour reads the same ones again.
            let latest = checked.at.as_second() - i64::from(plan.intraday_lag_minutes) * 60;
            let end = Timestamp::from_second(latest.div_euclid(width) * width).ok()?;
            Window::new(
                end - SignedDuration::from_hours(i64::from(plan.intraday_lookback_hours)),
                end,
            )
            .ok()
        }
        (Mode::Backfill, Some(range)) if checked.filter.is_none() => {
            Some(whole_days(range, checked.at))
        }
        (_, range) => range,
    }
}

/// The UTC days that `range` touches, as far as they have ended: windows that overlap those of other runs by a part would
/// count their hours twice.
fn whole_days(range: Window, at: Timestamp) -> Window {
    let start = midnight(range.start());
    let end = match midnight(range.end()) {
        end if end == range.end() => end,
        end if end + DAY <= at => end + DAY,
        _ => range.end(),
    };
    Window::new(start, end).unwrap_or(range)
}

/// Every window the run reads (not for a replay). `ledger`: the newest entry first. `available_until`: the instant before which
/// Genesys' details jobs are complete, `None` when the API does not tell.
pub fn choose(
    checked: &Checked,
    settings: &Settings,
    ledger: &[Entry],
    available_until: Option<Timestamp>,
) -> Chosen {
    let mut chosen = Chosen::default();
    let Some(interval) = interval(checked, settings) else {
        return chosen;
    };
    let ledger = Ledger::of(ledger);
    let plan = &settings.plan;
    let run = Run {
        checked,
        settings,
        available_until,
    };
    let width = match checked.mode {
        Mode::Intraday => SignedDuration::from_mins(i64::from(plan.intraday_window_minutes)),
        _ => SignedDuration::from_hours(i64::from(plan.window_hours)),
    };
    if checked.mode == Mode::Nightly {
        run.tell_short_horizon(width, &mut chosen);
    }
    if checked.range.is_some_and(|asked| asked != interval) {
        chosen.notices.push(format!(
            "conversations are read by whole UTC days: {interval} instead of the interval asked for"
        ));
    }
    let mut past = Past::default();
    let mut take = |object: &str, width, chosen: &mut Chosen| {
        run.take(object, interval, width, &ledger, chosen, &mut past);
    };
    take("conversation", width, &mut chosen);
    let is_ready = |choice: &&Choice| run.is_available(choice.window);
    chosen.by_job = chosen.choices.iter().filter(is_ready).count() as u64;
    chosen.by_query = chosen.choices.len() as u64 - chosen.by_job;
    if checked.filter.is_some() {
        return chosen;
    }
    let wanted = &settings.genesys.objects;
    let daily = GENESYS_OPTIONAL
        .into_iter()
        .filter(|object| *object != LIVE_ATTRIBUTES && wanted.iter().any(|name| name == object));
    if checked.mode == Mode::Intraday {
        if wanted.iter().any(|name| name == LIVE_ATTRIBUTES)
            && settings.genesys.live_attributes_per_window > 0
        {
            take(LIVE_ATTRIBUTES, width, &mut chosen);
        }
    } else {
        for object in daily {
            take(object, DAY, &mut chosen);
        }
    }
    past.tell(&mut chosen);
    // What conversations refer to is a state, not a history: one listing over the run's interval.
    chosen.choices.extend(
        GENESYS_REFERENCE
            .iter()
            .map(|object| Choice::new(Source::Genesys, *object, interval)),
    );
    salesforce::choose(checked, settings, &ledger, &mut chosen);
    chosen
}

/// What decides about a window.
struct Run<'a> {
    checked: &'a Checked,
    settings: &'a Settings,
    available_until: Option<Timestamp>,
}

/// Why a window is read, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Nothing, or not all of it, has been read.
    Gap,
    /// Read before it was final, or not all of it, and final by now.
    Settlement,
    /// As [`Verdict::Settlement`], but the source could only repeat what it said before.
    Unavailable,
    /// Read, and not final yet.
    Young,
    /// Read for good.
    Settled,
}

impl Run<'_> {
    /// Chooses those pieces of `interval` that must be read of `object`.
    fn take(
        &self,
        object: &str,
        interval: Window,
        width: SignedDuration,
        ledger: &Ledger,
        chosen: &mut Chosen,
        past: &mut Past,
    ) {
        let known = ledger.known(Source::Genesys.as_str(), object);
        let is_free = self.checked.force || self.checked.mode == Mode::Intraday;
        let (mut gaps, mut settling, mut unavailable) = (Vec::new(), 0_u64, 0_u64);
        for window in interval.slices(width) {
            let verdict = self.verdict(object, window, &known);
            match verdict {
                _ if is_free => {}
                // What is asked for by name is read, unless it is final.
                Verdict::Unavailable | Verdict::Young if self.checked.filter.is_some() => {}
                Verdict::Gap => gaps.push(window),
                Verdict::Settlement => settling += 1,
                Verdict::Unavailable => {
                    unavailable += 1;
                    continue;
                }
                Verdict::Young => {
                    chosen.provisional_windows += 1;
                    continue;
                }
                Verdict::Settled => {
                    chosen.settled_windows += 1;
                    continue;
                }
            }
            let choice = Choice::new(Source::Genesys, object, window);
            let mut choice = choice.again(self.checked, &known.read);
            choice.filter = self.filter(object);
            choice.is_partial = self.checked.filter.is_some();
            chosen.choices.push(choice);
        }
        if self.checked.mode == Mode::Nightly {
            past.behind(self, object, interval, width, &known);
            if !known.read.is_empty() {
                past.hole(object, interval, &gaps);
            }
        }
        if unavailable > 0 {
            let until = self.available_until.map_or_else(
                || "does not tell until when its data is complete".to_owned(),
                |until| format!("has complete data only until {until:.0}"),
            );
            chosen.notices.push(format!(
                "{object}: windows due for settlement that have to wait, {unavailable}: the source {until}; a later run reads them"
            ));
        }
        let gaps = gaps.len();
        tracing::info!(
            object,
            gaps,
            settling,
            unavailable,
            "Windows of {object}: {gaps} gaps, {settling} to settle, {unavailable} due but not available"
        );
    }

    fn verdict(&self, object: &str, window: Window, known: &Known) -> Verdict {
        if !known.read.covers(window) {
            return Verdict::Gap;
        }
        if known.settled.covers(window) {
            return Verdict::Settled;
        }
        let genesys = &self.settings.genesys;
        if self.checked.at < window.end() + genesys.settles_after() {
            return Verdict::Young;
        }
        // Only a details job settles conversations, and none does before the lake holds what became of them.
        let wanted = window.end() + genesys.followed_for();
        if object == "conversation" && self.available_until.is_none_or(|until| until < wanted) {
            return Verdict::Unavailable;
        }
        Verdict::Settlement
    }

    fn is_available(&self, window: Window) -> bool {
        self.available_until
            .is_some_and(|until| window.end() <= until)
    }

    /// The event's filter in place of the settings'.
    fn filter(&self, object: &str) -> Option<Filter> {
        let settings = &self.settings.genesys.filter;
        let filter = self.checked.filter.as_ref().unwrap_or(settings);
        (FILTERED.contains(&object) && !filter.is_empty()).then(|| filter.clone())
    }
}
