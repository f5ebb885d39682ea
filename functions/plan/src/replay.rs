//! The windows of a replay: what was landed of each, from the receipts of the runs that landed it.

use crate::PlanError;
use crate::ledger::{Entry, PARTIAL};
use crate::windows::Choice;
use landing::{Store, keys};
use model::payload::{Mode, WindowReceipt};
use model::{RunId, Source, Window};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Objects that come along with another one's window: their landed files are in that window's receipt.
pub(crate) const BESIDE: [&str; 1] = ["external_contact"];
/// Receipts read at the same time.
const PARALLEL: usize = 16;

/// What a window is replayed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Landings {
    source: String,
    object: String,
    window: Window,
    /// The runs to take landed files of, the oldest first.
    batches: Vec<RunId>,
    /// Nothing but partial landings.
    is_partial: bool,
    /// A settled landing leaves nothing to be added by what was read before it.
    is_complete: bool,
}

/// Which landings make up each window of `entries`, which are the newest first.
///
/// Of full landings the newest stands for all. A partial one holds some conversations only, and a lookup only the records
/// that were asked for: these are taken in addition, each of them, unless a settled landing came after.
pub(crate) fn landings(entries: &[Entry]) -> Vec<Landings> {
    let mut found: BTreeMap<(&str, &str, Window), Landings> = BTreeMap::new();
    for entry in entries {
        let is_replay = entry.mode == Mode::Replay.as_str()
            || entry.batch_id.as_str().starts_with(Mode::Replay.as_str());
        if is_replay || BESIDE.contains(&entry.object.as_str()) {
            continue;
        }
        let is_partial = entry.mode == PARTIAL;
        let window = found
            .entry((&entry.source, &entry.object, entry.window))
            .or_insert_with(|| Landings {
                source: entry.source.clone(),
                object: entry.object.clone(),
                window: entry.window,
                batches: Vec::new(),
                is_partial: true,
                is_complete: false,
            });
        if entry.object.ends_with("_lookup") {
            window.batches.push(entry.batch_id.clone());
            window.is_partial = false;
        } else if is_partial && !window.is_complete {
            window.batches.push(entry.batch_id.clone());
        } else if !is_partial && window.is_partial {
            window.batches.push(entry.batch_id.clone());
            window.is_partial = false;
            window.is_complete = entry.is_settled;
        }
    }
    let mut all: Vec<_> = found.into_values().collect();
    for window in &mut all {
        window.batches.reverse();
    }
    all
}

/// The windows to replay, with their landed files; those in which nothing was landed are left out.
pub(crate) async fn choices(
    store: &Store,
    run_id: &RunId,
    entries: &[Entry],
) -> Result<Vec<Choice>, PlanError> {
    let windows = landings(entries);
    let mut wanted = windows.iter().enumerate().flat_map(|(at, window)| {
        let key = |batch| keys::receipt_of(batch, &window.source, &window.object, window.window);
        let batches = window.batches.iter();
        batches.map(move |batch| (at, batch.clone(), key(batch)))
    });
    let mut receipts: Vec<Vec<(RunId, WindowReceipt)>> = vec![Vec::new(); windows.len()];
    let mut running = JoinSet::new();
    loop {
        while running.len() < PARALLEL
            && let Some((at, batch, key)) = wanted.next()
        {
            let store = store.clone();
            running.spawn(async move {
                let read = store.read_json::<WindowReceipt>(&key, "a window receipt");
                (at, batch, read.await, key)
            });
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let Ok((at, batch, read, key)) = ended else {
            // A reader that panicked says nothing about its receipt: plan again.
            let cause = store.missing("a receipt whose reader was cancelled");
            return Err(PlanError::landing(run_id, cause));
        };
        let receipt = read
            .map_err(|cause| PlanError::landing(run_id, cause))?
            .ok_or_else(|| PlanError::ReceiptGone {
                run_id: batch.clone(),
                key: format!("{}/{key}", store.bucket()),
            })?;
        receipts[at].push((batch, receipt));
    }
    let mut choices = Vec::new();
    for (window, mut receipts) in windows.into_iter().zip(receipts) {
        let place = |batch: &RunId| window.batches.iter().position(|one| one == batch);
        receipts.sort_by_key(|(batch, _)| place(batch));
        let files = receipts.into_iter().flat_map(|(_, receipt)| receipt.files);
        let landed: Vec<_> = files
            .map(|file| file.key)
            .filter(|key| key.starts_with("landing/"))
            .collect();
        if landed.is_empty() {
            continue; // an empty window: there is nothing to read again
        }
        let source = if window.source == Source::Genesys.as_str() {
            Source::Genesys
        } else {
            Source::Salesforce
        };
        let mut choice = Choice::new(source, window.object, window.window);
        choice.is_partial = window.is_partial;
        choice.landed = landed;
        choices.push(choice);
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(batch: &str, mode: &str, object: &str, day: u32) -> Entry {
        let at = |day| format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
        Entry {
            batch_id: RunId::try_from(batch.to_owned()).unwrap(),
            mode: mode.to_owned(),
            source: "genesys".to_owned(),
            object: object.to_owned(),
            window: Window::new(at(day), at(day + 1)).unwrap(),
            is_settled: false,
            received: 1,
            calls: 1,
        }
    }

    fn batches(entries: &[Entry]) -> Vec<(String, Vec<String>, bool)> {
        let name = |window: Landings| {
            let batches = window.batches.iter().map(ToString::to_string);
            (window.object, batches.collect(), window.is_partial)
        };
        landings(entries).into_iter().map(name).collect()
    }

    #[test]
    fn the_newest_full_landing_stands_for_all_of_them() {
        let entries = [
            entry("nightly-3", "nightly", "conversation", 1),
            entry("nightly-2", "nightly", "conversation", 1),
        ];
        assert_eq!(
            batches(&entries),
            [(
                "conversation".to_owned(),
                vec!["nightly-3".to_owned()],
                false
            )]
        );
    }

    #[test]
    fn partial_landings_and_lookups_are_added_to_it_oldest_first() {
        let entries = [
            entry("backfill-9", "partial", "conversation", 1),
            entry("nightly-3", "nightly", "conversation", 1),
            entry("backfill-2", "partial", "conversation", 1),
            entry("nightly-3", "nightly", "account_lookup", 1),
            entry("nightly-2", "nightly", "account_lookup", 1),
        ];
        assert_eq!(
            batches(&entries),
            [
                (
                    "account_lookup".to_owned(),
                    vec!["nightly-2".to_owned(), "nightly-3".to_owned()],
                    false
                ),
                (
                    "conversation".to_owned(),
                    vec![
                        "backfill-2".to_owned(),
                        "nightly-3".to_owned(),
                        "backfill-9".to_owned()
                    ],
                    false
                ),
            ]
        );
    }

    #[test]
    fn what_was_read_in_part_before_a_window_settled_adds_nothing() {
        let mut entries = [
            entry("nightly-3", "nightly", "conversation", 1),
            entry("backfill-2", "partial", "conversation", 1),
        ];
        assert_eq!(batches(&entries)[0].1, ["backfill-2", "nightly-3"]);
        entries[0].is_settled = true;
        assert_eq!(batches(&entries)[0].1, ["nightly-3"]);
    }

    #[test]
    fn a_window_with_nothing_but_partial_landings_stays_partial() {
        let entries = [
            entry("replay-9", "partial", "conversation", 1),
            entry("backfill-2", "partial", "conversation", 1),
        ];
        assert_eq!(
            batches(&entries),
            [(
                "conversation".to_owned(),
                vec!["backfill-2".to_owned()],
                true
            )]
        );
    }

    #[test]
    fn what_came_along_and_earlier_replays_have_no_task() {
        let entries = [
            entry("nightly-2", "nightly", "external_contact", 1),
            entry("replay-3", "replay", "conversation", 1),
        ];
        assert!(batches(&entries).is_empty());
    }
}
