//! What a person should know of first loads.

use super::{Counting, Cut};
use crate::estimate::Estimator;
use crate::windows::Chosen;
use model::Source;
use salesforce::{ApiError, Usage};
use std::collections::{BTreeMap, BTreeSet};

/// Ids in one list from which a function of the shipped memory should not be trusted with it.
const LARGE_LIST: u64 = 10_000_000;

/// Of an object that is read in slices: `account 5000 records of … to … in 9 slices`.
pub(super) fn slices(object: &str, records: u64, cuts: &[Cut]) -> String {
    let slices: usize = cuts.iter().map(|cut| cut.slices.len()).sum();
    let uncounted = cuts.iter().flat_map(|cut| &cut.slices);
    let uncounted = uncounted.filter(|slice| slice.records.is_none()).count();
    let (from, to) = match (cuts.first(), cuts.last()) {
        (Some(first), Some(last)) => (first.window.start(), last.window.end()),
        _ => return String::new(),
    };
    let uncounted = match uncounted {
        0 => String::new(),
        some => format!(" ({some} of them could not be counted)"),
    };
    format!("{object} {records} records of {from:.0} to {to:.0} in {slices} slices{uncounted}")
}

/// Of slices that have no room in the day's share of calls: `late` are the slices and records of each object, `all` what
/// is read in slices.
pub(super) fn late(late: &BTreeMap<String, (usize, u64)>, all: &[String], share: u64) -> String {
    let late: Vec<_> = late
        .iter()
        .map(|(object, (slices, records))| {
            format!("{object} {slices} slices with {records} records")
        })
        .collect();
    format!(
        "left to later nights, because the day's share of Salesforce calls has no room for them (salesforce.daily_share_percent = {share}): {}; of {}, of which the newest are read first. No list of an object's ids is made before its last slice has been read",
        late.join(", "),
        all.join(", ")
    )
}

/// Of what lies before the last day and had never been read: `account 12 records of …`.
pub(super) fn hole(object: &str, cut: &Cut) -> String {
    let records: Option<u64> = cut.slices.iter().map(|slice| slice.records).sum();
    let records = records.map_or_else(
        || "uncounted records".to_owned(),
        |records| format!("{records} records"),
    );
    format!("{object} {records} of {}", cut.window)
}

/// Of all of them. `is_late`: for slices of some the day has no calls left.
pub(super) fn holes(holes: &[String], is_late: bool) -> String {
    let but = if is_late {
        ", but for what is left to later nights below"
    } else {
        ""
    };
    format!(
        "had never been read and is read now{but}: {}",
        holes.join(", ")
    )
}

/// Of objects that a run goes on without, because not even their newest slice has room in the day's share of calls.
pub(super) fn without(objects: &BTreeSet<String>, usage: Usage, calls: u64, share: u64) -> String {
    let objects: Vec<_> = objects.iter().map(String::as_str).collect();
    format!(
        "Salesforce {}: nothing has ever been read, and the day's share of calls has no room for even the newest slice; until it is there, interactions lack what hangs on it. Salesforce has counted {usage} API calls of the last 24 hours, the rest of this run needs about {calls}, and salesforce.daily_share_percent = {share} stops at {}: raise the share, or wait, the next night reads it first",
        objects.join(", "),
        usage.limit * share / 100
    )
}

/// Of windows that wait for another night as a whole, because the day's share of calls is used up.
pub(super) fn put_off(counting: &[Counting], cause: &ApiError) -> String {
    let windows: Vec<_> = counting
        .iter()
        .map(|one| format!("{} of {}", one.object, one.window))
        .collect();
    format!(
        "never read and left to another night: {}: {cause}",
        windows.join(", ")
    )
}

/// Of lists of ids that are too long for the memory of the function that compares them.
pub(crate) fn long_lists(chosen: &mut Chosen, estimator: &Estimator<'_>) {
    let lists = chosen.choices.iter().filter(|choice| {
        choice.source == Source::Salesforce
            && choice.object.ends_with("_ids")
            && estimator.records(choice) > LARGE_LIST
    });
    let notices: Vec<_> = lists
        .map(|choice| {
            format!(
                "{}: about {} ids are read as one window, because only a complete list tells which records are gone; more than {LARGE_LIST} need more memory than the 512 MB that extract-salesforce has (infra/template.yaml), or salesforce.reconcile_ids_days = 0",
                choice.object,
                estimator.records(choice)
            )
        })
        .collect();
    chosen.notices.extend(notices);
}
