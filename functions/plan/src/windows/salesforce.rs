//! Salesforce's windows: from where each object stopped, and what is missing before. The overlap behind each window is
//! the extractor's.

use super::{Choice, Chosen, midnight};
use crate::coverage::{Coverage, Ledger};
use crate::input::Checked;
use jiff::{SignedDuration, Timestamp};
use model::payload::Mode;
use model::settings::{SALESFORCE_OBJECTS, SALESFORCE_RECONCILED, Settings};
use model::{Source, Window};

pub(super) fn choose(checked: &Checked, settings: &Settings, ledger: &Ledger, chosen: &mut Chosen) {
    let salesforce = &settings.salesforce;
    let Some(whole) = whole(checked, settings) else {
        return;
    };
    let source = Source::Salesforce;
    let mut objects: Vec<String> = SALESFORCE_OBJECTS.map(ToOwned::to_owned).into();
    if checked.mode != Mode::Intraday {
        objects.extend(
            salesforce
                .history
                .keys()
                .map(|object| format!("{object}_history")),
        );
    }
    for object in objects {
        let read = ledger.known(source.as_str(), &object).read;
        let windows = windows(checked, whole, &read);
        let missing = windows.iter().filter(|gap| Some(gap.end()) < read.end());
        let missing = missing.count();
        if missing > 0 && !checked.force {
            chosen.notices.push(format!(
                "{object}: holes before {:.0}, {missing} intervals that had never been read; they are read now",
                read.end().unwrap_or(whole.end())
            ));
        }
        if windows.is_empty() && checked.mode == Mode::Backfill {
            chosen.settled_windows += 1;
        }
        chosen.choices.extend(
            windows
                .into_iter()
                .map(|window| Choice::new(source, object.as_str(), window)),
        );
    }
    if checked.mode != Mode::Nightly || salesforce.reconcile_ids_days == 0 {
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

/// Everything the run could read of an object: from the settings' beginning to the run's end.
fn whole(checked: &Checked, settings: &Settings) -> Option<Window> {
    let lag = SignedDuration::from_secs(i64::from(settings.salesforce.lag_seconds));
    let end = match (checked.mode, checked.range) {
        (Mode::Nightly, _) => midnight(checked.at),
        (_, Some(range)) => range.end(),
        _ => Timestamp::from_second((checked.at - lag).as_second().div_euclid(60) * 60).ok()?,
    };
    Window::new(settings.salesforce.initial_start, end).ok()
}

fn windows(checked: &Checked, whole: Window, read: &Coverage) -> Vec<Window> {
    let asked = match (checked.mode, checked.range, read.end()) {
        // A run of minutes goes on where the last one stopped; what is missing before is the night's work.
        (Mode::Intraday, _, Some(until)) if !checked.force => {
            return Window::new(until, whole.end()).into_iter().collect();
        }
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
