//! The receipts of a run's windows, all of them or none.

use crate::LoadError;
use landing::{Store, keys};
use model::payload::{WindowReceipt, WindowTask};
use model::{RunId, Source};
use tokio::task::JoinSet;

/// Receipts read at the same time.
const PARALLEL: usize = 16;

/// Every receipt of the run, in the order of the plan.
pub(crate) async fn of_run(store: &Store, run_id: &RunId) -> Result<Vec<WindowReceipt>, LoadError> {
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
    let mut receipts: Vec<Option<WindowReceipt>> = vec![None; tasks.len()];
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
            Some(Ok((position, receipt))) => receipts[position] = receipt.map_err(landing)?,
            // A reader that was cancelled or panicked leaves its window missing, which is refused below.
            Some(Err(_)) => {}
            None => break,
        }
    }
    let missing = receipts.iter().filter(|receipt| receipt.is_none()).count();
    if let Some(first) = receipts.iter().position(Option::is_none) {
        let task = &tasks[first];
        let first = format!("{} {} {}", task.source, task.object, task.window);
        return Err(LoadError::Incomplete {
            run_id: run_id.clone(),
            missing,
            planned: tasks.len(),
            first,
        });
    }
    let receipts: Vec<_> = receipts.into_iter().flatten().collect();
    for receipt in &receipts {
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
    Ok(receipts)
}
