//! Salesforce records that are on the newest complete list of ids and nowhere in the warehouse.

use crate::PlanError;
use crate::ledger::Entry;
use crate::windows::Choice;
use landing::{Store, keys};
use model::payload::WindowReceipt;
use model::settings::SALESFORCE_RECONCILED;
use model::{RunId, Source, Window};
use std::collections::BTreeSet;
use step::Deadline;
use warehouse::Warehouse;

/// Ids one task asks for: a task is handed to a function as it is.
const MOST: usize = 2_000;

/// Asks for the holes of every object that has a list, and tells of them. An object that is not read to its end yet has no
/// holes: what its list names and nobody has read is read with its window.
pub(crate) async fn choices(
    warehouse: &Warehouse,
    store: &Store,
    run_id: &RunId,
    ledger: &[Entry],
    incomplete: &BTreeSet<String>,
    deadline: Deadline,
) -> Result<(Vec<Choice>, Vec<String>), PlanError> {
    let (mut choices, mut notices) = (Vec::new(), Vec::new());
    let complete = SALESFORCE_RECONCILED.into_iter();
    for object in complete.filter(|object| !incomplete.contains(*object)) {
        let Some(list) = newest_list(object, ledger) else {
            continue;
        };
        let asked = asked(store, run_id, object, list.window, ledger).await?;
        let query = query(object, MOST + asked.len() + 1);
        let values = [("batch_id".to_owned(), list.batch_id.to_string())];
        let rows = warehouse
            .query("plan/holes", &query, &values, deadline.left())
            .await
            .map_err(|cause| PlanError::warehouse("looking for records that were missed", cause))?;
        let missing = rows.iter().filter_map(|row| row.first()?.text());
        let mut ids: Vec<_> = missing.filter(|id| !asked.contains(id)).collect();
        if ids.is_empty() {
            continue;
        }
        let rest = if ids.len() > MOST {
            ids.truncate(MOST);
            ", the others by the next run"
        } else {
            ""
        };
        notices.push(format!(
            "{object}: {} records that Salesforce listed have never arrived; they are asked for by their ids now{rest}",
            ids.len()
        ));
        let mut choice = Choice::new(Source::Salesforce, format!("{object}_lookup"), list.window);
        choice.ids = ids;
        choices.push(choice);
    }
    Ok((choices, notices))
}

/// The newest list of an object's ids. The ledger is the newest first, and a window in it was read whole.
fn newest_list<'a>(object: &str, ledger: &'a [Entry]) -> Option<&'a Entry> {
    let name = format!("{object}_ids");
    ledger.iter().find(|entry| entry.object == name)
}

/// Ids of that list that have been asked for before. What did not come then does not exist any more, or is hidden: it would
/// stand in the way of the others every night.
async fn asked(
    store: &Store,
    run_id: &RunId,
    object: &str,
    list: Window,
    ledger: &[Entry],
) -> Result<BTreeSet<String>, PlanError> {
    let name = format!("{object}_lookup");
    let mut asked = BTreeSet::new();
    let lookups = ledger
        .iter()
        .filter(|entry| entry.object == name && entry.window == list);
    for lookup in lookups {
        let key = keys::receipt_of(&lookup.batch_id, Source::Salesforce.as_str(), &name, list);
        let receipt: Option<WindowReceipt> = store
            .read_json(&key, "a window receipt")
            .await
            .map_err(|cause| PlanError::landing(run_id, cause))?;
        asked.extend(receipt.into_iter().flat_map(|receipt| receipt.task.ids));
    }
    Ok(asked)
}

/// Ids of the list of batch `:batch_id` that neither a staging row nor a refused record has, of a run that was merged: what else was
/// loaded is in no other table. What could not be had by its id alone is asked for again, once a list. `mart.salesforce_hole` shows
/// the same ids.
fn query(object: &str, most: usize) -> String {
    let merged = |table: &str| {
        format!(
            "(select {table}.* from staging.{table} inner join ops.load_log on {table}.batch_id = load_log.batch_id \
             where load_log.merged_at is not null)"
        )
    };
    let (staged, refused) = (
        merged(&format!("salesforce_{object}")),
        merged("quarantine"),
    );
    format!(
        "select listed.record_id from staging.salesforce_id as listed \
         left join {staged} as staged on listed.record_id = staged.{object}_id \
         left join {refused} as refused \
         on listed.record_id = refused.natural_id and refused.source = 'salesforce' \
         and refused.object in ('{object}', '{object}_lookup') and refused.reason <> 'unavailable' \
         where listed.batch_id = :batch_id and listed.object = '{object}' \
         and staged.{object}_id is null and refused.natural_id is null \
         group by listed.record_id order by listed.record_id limit {most}"
    )
}
