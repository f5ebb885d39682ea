//! The receipts of a run's windows: all of them, but for windows that fail alone.

use crate::LoadError;
use landing::{Store, keys};
use model::payload::{WindowReceipt, WindowTask};
use model::{RunId, Source};
use std::fmt;
use tokio::task::JoinSet;

/// Receipts read at the same time.
const PARALLEL: usize = 16;

/// What became of a run's windows, each in the order of the plan.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// Those that landed.
    pub receipts: Vec<WindowReceipt>,
    /// Those that the run goes on without: they failed, and may, or its plan left them to later runs.
    pub left_out: Vec<WindowTask>,
}

impl Windows {
    /// Whether there is nothing to write into the ledger.
    pub const fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.left_out.is_empty()
    }
}

/// Whether the bucket has a window's receipt.
enum Found {
    /// Nobody could tell.
    Unknown,
    Missing,
    Here(Box<WindowReceipt>),
}

/// What became of each window of the run. A window without a receipt is refused unless it may fail alone.
pub(crate) async fn of_run(store: &Store, run_id: &RunId) -> Result<Windows, LoadError> {
    let landing = |cause| LoadError::Landing {
        run_id: run_id.clone(),
        cause,
    };
    let mut tasks = Vec::new();
    for source in [Source::Genesys, Source::Salesforce] {
        let key = keys::plan_windows(run_id, source);
        let windows: Option<Vec<WindowTask>> = store
            .read_json(&key, "the windows of a plan")
            .await
            .map_err(landing)?;
        tasks.extend(windows.ok_or_else(|| LoadError::NoPlan(run_id.clone()))?);
    }
    let mut found: Vec<_> = tasks.iter().map(|_| Found::Unknown).collect();
    let mut running = JoinSet::new();
    let mut pending = tasks.iter().map(keys::receipt).enumerate();
    loop {
        while running.len() < PARALLEL
            && let Some((position, key)) = pending.next()
        {
            let store = store.clone();
            running.spawn(async move {
                (
                    position,
                    store
                        .read_json::<WindowReceipt>(&key, "a window receipt")
                        .await,
                )
            });
        }
        match running.join_next().await {
            Some(Ok((position, receipt))) => {
                found[position] = receipt
                    .map_err(landing)?
                    .map_or(Found::Missing, |receipt| Found::Here(Box::new(receipt)));
            }
            // A reader that was cancelled or panicked leaves its window unknown, which is refused below.
            Some(Err(_)) => {}
            None => break,
        }
    }
    let mut windows = judge(run_id, tasks, found)?;
    let put_off: Option<Vec<WindowTask>> = store
        .read_json(
            &keys::plan_put_off(run_id),
            "the windows that a plan put off",
        )
        .await
        .map_err(landing)?;
    windows.left_out.extend(put_off.unwrap_or_default());
    Ok(windows)
}

/// Sorts the windows into those that landed and those left out, or says why the run cannot be loaded.
fn judge(run_id: &RunId, tasks: Vec<WindowTask>, found: Vec<Found>) -> Result<Windows, LoadError> {
    let planned = tasks.len();
    let mut windows = Windows::default();
    let mut missing = Vec::new();
    for (task, found) in tasks.into_iter().zip(found) {
        match found {
            Found::Here(receipt) => windows.receipts.push(*receipt),
            Found::Missing if task.fails_alone => windows.left_out.push(task),
            Found::Missing | Found::Unknown => missing.push(task),
        }
    }
    if let Some(first) = missing.first() {
        return Err(LoadError::Incomplete {
            run_id: run_id.clone(),
            missing: missing.len(),
            planned,
            first: Named(first).to_string(),
        });
    }
    for receipt in &windows.receipts {
        let task = &receipt.task;
        let own = (&task.object, &receipt.counts);
        let beside = receipt
            .beside
            .iter()
            .map(|beside| (&beside.object, &beside.counts));
        for (object, counts) in std::iter::once(own).chain(beside) {
            if !counts.close() {
                return Err(LoadError::Unbalanced {
                    run_id: run_id.clone(),
                    window: format!("{} {object} {}", task.source, task.window),
                    counts: format!("{counts:?}"),
                });
            }
        }
    }
    for task in &windows.left_out {
        tracing::warn!(
            object = task.object,
            "Loading run {run_id} without {}, which failed: a later run reads it",
            Named(task)
        );
    }
    Ok(windows)
}

/// Source, object and window, for a person.
struct Named<'a>(&'a WindowTask);

impl fmt::Display for Named<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.0;
        write!(out, "{} {} {}", task.source, task.object, task.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{left_out, receipt};

    fn here() -> Found {
        Found::Here(Box::new(receipt()))
    }

    #[test]
    fn only_a_window_that_may_fail_alone_can_be_missing() {
        let core = receipt().task;
        let run = core.run_id.clone();
        let tasks = || vec![core.clone(), left_out()];
        let windows = judge(&run, tasks(), vec![here(), Found::Missing]).unwrap();
        assert_eq!(windows.receipts, [receipt()]);
        assert_eq!(windows.left_out, [left_out()]);

        let error = judge(&run, tasks(), vec![Found::Missing, Found::Missing]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "run nightly-20260106: 1 of 2 windows have no receipt, first genesys conversation \
             2026-01-05T00:00:00Z/2026-01-06T00:00:00Z; extract them, then load again"
        );
        // Nobody knows whether it landed: to leave it out would lose what it brought.
        let error = judge(&run, tasks(), vec![here(), Found::Unknown]).unwrap_err();
        assert!(error.to_string().contains("genesys adherence"), "{error}");
    }

    #[test]
    fn a_receipt_whose_counts_do_not_close_is_refused() {
        let mut off = receipt();
        off.counts.staged = 1;
        let run = off.task.run_id.clone();
        let error = judge(
            &run,
            vec![off.task.clone()],
            vec![Found::Here(Box::new(off))],
        );
        assert!(matches!(error, Err(LoadError::Unbalanced { .. })));
    }
}
