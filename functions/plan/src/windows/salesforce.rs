//! Salesforce's windows: from where each object stopped, and what is missing before. The overlap behind each window is
//! the extractor's.

use super::past::list;
use super::{BEHIND, Choice, Chosen, DAY, STEADY, interval, midnight};
use crate::coverage::Ledger;
use crate::input::Checked;
use jiff::{SignedDuration, Timestamp};
use model::payload::Mode;
use model::settings::{CASE_COUNT, SALESFORCE_OBJECTS, SALESFORCE_RECONCILED, Settings};
use model::{Coverage, Source, Window};

/// So far back cases are counted anew each night, or as far as the horizon if that is further: they are closed days and weeks after
/// they were created.
const COUNTED_DAYS: u32 = 90;
/// More groups than an answer can have would come of more days.
const MOST_COUNTED_DAYS: u32 = 366;

pub(super) fn choose(checked: &Checked, settings: &Settings, ledger: &Ledger, chosen: &mut Chosen) {
    let salesforce = &settings.salesforce;
    let Some(end) = end(checked, settings) else {
        return;
    };
    let Ok(whole) = Window::new(salesforce.initial_start, end) else {
        chosen.notices.push(format!(
            "settings tributary.toml: salesforce.initial_start = {}: this run reads Salesforce until {end}, which is not later, so nothing of it; the first nightly run of a later day does",
            salesforce.initial_start
        ));
        return;
    };
    let source = Source::Salesforce;
    if checked.mode == Mode::Intraday {
        return deltas(checked, settings, ledger, whole, chosen);
    }
    let mut objects: Vec<String> = SALESFORCE_OBJECTS.map(ToOwned::to_owned).into();
    let histories = salesforce.history.keys();
    objects.extend(histories.map(|object| format!("{object}_history")));
    let mut holes = Vec::new();
    for object in objects {
        let read = ledger.known(source.as_str(), &object).read;
        let windows = windows(checked, whole, &read);
        // What is longer than a month is counted before anything is said of it.
        let missing = windows
            .iter()
            .filter(|gap| Some(gap.end()) < read.end() && gap.duration() <= STEADY);
        let missing = missing.count();
        if missing > 0 && !checked.force {
            holes.push((object.clone(), missing));
        }
        chosen.choices.extend(
            windows
                .into_iter()
                .map(|window| Choice::new(source, object.as_str(), window).again(checked, &read)),
        );
    }
    if !holes.is_empty() {
        chosen.notices.push(format!(
            "Salesforce: holes before the newest that has been read, intervals that had never been read: {}; they are read now, unless told otherwise below",
            list(&holes)
        ));
    }
    if checked.mode != Mode::Nightly {
        return;
    }
    if salesforce.count_cases
        && let Some(days) = counted_days(settings, whole)
    {
        chosen.choices.push(Choice::new(source, CASE_COUNT, days));
    }
    if salesforce.reconcile_ids_days == 0 {
        return;
    }
    let pause = SignedDuration::from_hours(24 * i64::from(salesforce.reconcile_ids_days));
    for object in SALESFORCE_RECONCILED {
        let object = format!("{object}_ids");
        let listed = ledger.known(source.as_str(), &object).read.end();
        let is_due = listed.is_none_or(|until| whole.end() >= until + pause);
        if is_due || checked.force {
            chosen.choices.push(Choice::new(source, object, whole));
        }
    }
}

/// The days whose cases are counted anew each night. One query counts all of them; an answer has at most 2,000 rows and no second
/// page, and a day has at most four.
fn counted_days(settings: &Settings, whole: Window) -> Option<Window> {
    let horizon = settings.plan.horizon_days;
    let days = horizon.clamp(COUNTED_DAYS, MOST_COUNTED_DAYS);
    let from = whole.end() - SignedDuration::from_hours(24 * i64::from(days));
    // A day in which reading begins has cases that are not here.
    let begin = midnight(whole.start());
    let first = if begin < whole.start() {
        begin + DAY
    } else {
        begin
    };
    Window::new(from.max(first), whole.end()).ok()
}

/// A run of minutes goes on where the last run stopped. What is missing before, and an object nobody has read yet (or not for
/// so long that it comes to the same), is the night's work.
fn deltas(
    checked: &Checked,
    settings: &Settings,
    ledger: &Ledger,
    whole: Window,
    chosen: &mut Chosen,
) {
    let source = Source::Salesforce;
    let (mut never, mut behind) = (Vec::new(), Vec::new());
    for object in SALESFORCE_OBJECTS {
        let Some(until) = ledger.known(source.as_str(), object).read.end() else {
            never.push(object);
            continue;
        };
        if whole.end().duration_since(until) > BEHIND {
            behind.push(object);
            continue;
        }
        // By force, the hours that such a run looks back on.
        let again = interval(checked, settings).filter(|_| checked.force);
        let from = again.map_or(until, |again| again.start().min(until));
        if let Ok(window) = Window::new(from, whole.end()) {
            chosen.choices.push(Choice::new(source, object, window));
        }
    }
    let conversations = ledger.known(Source::Genesys.as_str(), "conversation").read;
    if never.len() == SALESFORCE_OBJECTS.len() && conversations.is_empty() {
        chosen.notices.push(format!(
            "no nightly run and no backfill has read anything yet: this run shows the conversations of the last {} hours, as yet without customers, cases and owners, since Salesforce has not been read; mode nightly reads Salesforce from salesforce.initial_start and conversations of the last {} days, mode backfill what lies before",
            settings.plan.intraday_lookback_hours, settings.plan.horizon_days
        ));
    } else if !never.is_empty() {
        chosen.notices.push(format!(
            "Salesforce {}: never read so far; an intraday run leaves a first load to the next nightly run, and until then interactions lack what hangs on them",
            never.join(", ")
        ));
    }
    if !behind.is_empty() {
        chosen.notices.push(format!(
            "Salesforce {}: not read for more than {} days; an intraday run leaves that to the next nightly run",
            behind.join(", "),
            BEHIND.as_hours() / 24
        ));
    }
}

/// Until when the run could read an object; the settings tell from when on. A backfill that is the first to read it goes on
/// to the present, however long ago its days are: a record changed since is found only where it was changed last, and the
/// conversations of those days need it.
fn end(checked: &Checked, settings: &Settings) -> Option<Timestamp> {
    let lag = SignedDuration::from_secs(i64::from(settings.salesforce.lag_seconds));
    let now = Timestamp::from_second((checked.at - lag).as_second().div_euclid(60) * 60).ok()?;
    Some(match (checked.mode, checked.range) {
        (Mode::Nightly, _) => midnight(checked.at),
        (_, Some(range)) => range.end().max(now),
        _ => now,
    })
}

fn windows(checked: &Checked, whole: Window, read: &Coverage) -> Vec<Window> {
    let asked = match (checked.mode, checked.range, read.end()) {
        // Without any earlier load the rows before the backfill are missing too, and history joins need them.
        (Mode::Backfill, Some(range), Some(_)) => range,
        _ => whole,
    };
    if checked.force {
        vec![asked]
    } else {
        read.gaps(asked)
    }
}
