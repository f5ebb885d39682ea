//! Where things lie in the bucket. Every key the system writes is made here.

use model::payload::WindowTask;
use model::{RunId, Source, Window};

fn landing_folder(task: &WindowTask) -> String {
    format!(
        "landing/{}/{}/window={}/run={}",
        task.source,
        task.object,
        task.window.slug(),
        task.run_id
    )
}

/// A part of the verbatim records. `writer` keeps two workers from overwriting each other.
pub fn landing_part(task: &WindowTask, part: u32, writer: &str) -> String {
    format!("{}/part-{part:04}-{writer}.jsonl.gz", landing_folder(task))
}

/// A part of the refused records.
pub fn quarantine_part(task: &WindowTask, part: u32, writer: &str) -> String {
    format!(
        "{}/quarantine-{part:04}-{writer}.jsonl.gz",
        landing_folder(task)
    )
}

/// Whose records a landed part has, refused ones or others: source, object and window.
pub fn landed(key: &str) -> Option<(Source, &str, Window)> {
    let mut parts = key.split('/');
    if parts.next() != Some("landing") {
        return None;
    }
    let source = parts.next()?;
    let source = [Source::Genesys, Source::Salesforce]
        .into_iter()
        .find(|one| one.as_str() == source)?;
    let object = parts.next()?;
    let (start, end) = parts.next()?.strip_prefix("window=")?.split_once('_')?;
    let window = Window::new(start.parse().ok()?, end.parse().ok()?).ok()?;
    Some((source, object, window))
}

/// A part of a staging table's rows. `table` without its schema.
pub fn staging_part(task: &WindowTask, table: &str, part: u32, writer: &str) -> String {
    let (source, run, window) = (task.source, &task.run_id, task.window.slug());
    format!(
        "staging/{source}/{table}/run={run}/window={window}/object={}/part-{part:04}-{writer}.csv.gz",
        task.object
    )
}

/// The receipt of a window: it exists when the window is done.
pub fn receipt(task: &WindowTask) -> String {
    window_file(
        &task.run_id,
        task.source.as_str(),
        &task.object,
        task.window,
        "json",
    )
}

/// The same, from the ledger's columns.
pub fn receipt_of(run_id: &RunId, source: &str, object: &str, window: Window) -> String {
    window_file(run_id, source, object, window, "json")
}

/// What has been written of an unfinished window.
pub fn progress(task: &WindowTask) -> String {
    window_file(
        &task.run_id,
        task.source.as_str(),
        &task.object,
        task.window,
        "progress.json",
    )
}

/// Digests of the records that part group `part` holds, or of those of all groups up to it.
pub fn seen(task: &WindowTask, part: u32, writer: &str) -> String {
    window_file(
        &task.run_id,
        task.source.as_str(),
        &task.object,
        task.window,
        &format!("seen-{part:04}-{writer}.bin"),
    )
}

/// What the caller had marked when part group `part` was written.
pub fn marks(task: &WindowTask, part: u32, writer: &str) -> String {
    window_file(
        &task.run_id,
        task.source.as_str(),
        &task.object,
        task.window,
        &format!("marks-{part:04}-{writer}.bin"),
    )
}

fn window_file(
    run_id: &RunId,
    source: &str,
    object: &str,
    window: Window,
    extension: &str,
) -> String {
    format!(
        "runs/{run_id}/windows/{source}/{object}/{}.{extension}",
        window.slug()
    )
}

/// The plan of a run, as `plan` answered it.
pub fn plan(run_id: &RunId) -> String {
    format!("runs/{run_id}/plan.json")
}

/// The windows of one source: the items of the Distributed Map.
pub fn plan_windows(run_id: &RunId, source: model::Source) -> String {
    format!("runs/{run_id}/plan/{source}.json")
}

/// The windows that a run leaves to later ones: tasks as in [`plan_windows`], which no Map reads. Absent when there are none.
pub fn plan_put_off(run_id: &RunId) -> String {
    format!("runs/{run_id}/plan/put_off.json")
}

/// What a source last said about the fields of an object: kept from run to run.
pub fn description(source: model::Source, object: &str) -> String {
    format!("state/{source}/describe/{object}.json")
}

/// The settings that decided what the last run read: kept from run to run.
pub fn reading() -> String {
    "state/reading.json".to_owned()
}

/// The manifest `COPY` reads for one table.
pub fn load_manifest(run_id: &RunId, table: &str) -> String {
    format!("runs/{run_id}/load/{table}.manifest.json")
}

/// The ledger rows of a run, as CSV.
pub fn load_ledger(run_id: &RunId) -> String {
    format!("runs/{run_id}/load/ops.window_ledger.csv.gz")
}

/// What a run came to.
pub fn summary(run_id: &RunId) -> String {
    format!("runs/{run_id}/summary.json")
}

/// Which folder under `reports/` holds what a run exported for a report.
pub fn report_pointer(run_id: &RunId, report: &str) -> String {
    format!("runs/{run_id}/reports/{report}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_landed_key_tells_whose_records_it_has() {
        let task: WindowTask =
            serde_json::from_str(include_str!("../../../events/extract-genesys/day.json")).unwrap();
        let told = (Source::Genesys, "conversation", task.window);
        for key in [landing_part(&task, 0, "w"), quarantine_part(&task, 7, "w")] {
            assert_eq!(landed(&key), Some(told), "{key}");
        }
        let key = landing_part(&task, 0, "w");
        for (from, to) in [
            ("landing/", "staging/"),
            ("genesys", "zendesk"),
            ("window=", ""),
        ] {
            assert_eq!(landed(&key.replacen(from, to, 1)), None, "{to}");
        }
    }
}
