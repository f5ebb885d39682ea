//! What a plan leaves in the bucket: the windows of both Maps, and those left to later runs. An attempt may be cut off between any
//! two of them, and the next one, which asks anew, may choose otherwise: what is there stays, and the rest follows from it.

use crate::input::Checked;
use crate::windows::{Choice, Chosen};
use crate::{PlanError, tasks};
use landing::{Store, keys};
use model::Source;
use model::payload::WindowTask;
use model::settings::Settings;

/// How many windows a run has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Windows {
    /// Of Genesys Cloud.
    pub genesys: u64,
    /// Of Salesforce.
    pub salesforce: u64,
}

impl Windows {
    /// Writes all of them, unless an attempt before this one has: how many there are.
    pub(crate) async fn write(
        store: &Store,
        settings: &Settings,
        checked: &Checked,
        chosen: &Chosen,
    ) -> Result<Self, PlanError> {
        let of = |source: Source| -> Vec<&Choice> {
            let choices = chosen.choices.iter();
            choices.filter(|one| one.source == source).collect()
        };
        let genesys = of(Source::Genesys);
        let genesys = items(store, settings, checked, Source::Genesys, &genesys).await?;
        let salesforce = of(Source::Salesforce);
        let there = items(store, settings, checked, Source::Salesforce, &salesforce).await?;
        let put_off = match &there {
            Items::Written(_) => chosen.put_off.clone(),
            // With more room by now, what an earlier attempt had left to later runs would be in no list.
            Items::There(tasks) => without(tasks, salesforce.into_iter().chain(&chosen.put_off)),
        };
        if !put_off.is_empty() {
            let tasks = tasks::put_off(checked, settings, &put_off, there.len())?;
            write(store, checked, keys::plan_put_off(&checked.run_id), &tasks).await?;
        }
        Ok(Self {
            genesys: genesys.len(),
            salesforce: there.len(),
        })
    }
}

/// The items of one source's Map.
enum Items {
    /// This attempt has written so many.
    Written(u64),
    /// An earlier one had.
    There(Vec<WindowTask>),
}

impl Items {
    fn len(&self) -> u64 {
        match self {
            Self::Written(windows) => *windows,
            Self::There(tasks) => tasks.len() as u64,
        }
    }
}

/// Writes the items of one source's Map, unless an attempt before this one has.
///
/// Whoever comes second takes what is there: two plans of one run must not differ, even when one was cut off.
async fn items(
    store: &Store,
    settings: &Settings,
    checked: &Checked,
    source: Source,
    chosen: &[&Choice],
) -> Result<Items, PlanError> {
    let tasks = tasks::of(checked, settings, source, chosen)?;
    let key = keys::plan_windows(&checked.run_id, source);
    if write(store, checked, key.clone(), &tasks).await? {
        return Ok(Items::Written(tasks.len() as u64));
    }
    let landing = |cause| PlanError::landing(&checked.run_id, cause);
    let there: Option<Vec<WindowTask>> = store
        .read_json(&key, "the windows of a plan")
        .await
        .map_err(landing)?;
    there
        .map(Items::There)
        .ok_or_else(|| landing(store.missing(&key)))
}

/// Writes `tasks`; `false`: the key is taken.
async fn write(
    store: &Store,
    checked: &Checked,
    key: String,
    tasks: &[WindowTask],
) -> Result<bool, PlanError> {
    let bytes = serde_json::to_vec(tasks)
        .map_err(|error| PlanError::RunId(format!("writing {key}: {error}")))?;
    let written = store.put_new(&key, bytes, "application/json").await;
    written.map_err(|cause| PlanError::landing(&checked.run_id, cause))
}

/// Those of `wanted` that no task reads. Lists of ids and lookups are left out: whoever has not read everything makes none.
fn without<'a>(tasks: &[WindowTask], wanted: impl Iterator<Item = &'a Choice>) -> Vec<Choice> {
    let is_there = |choice: &Choice| {
        let mut tasks = tasks.iter();
        tasks.any(|task| task.object == choice.object && task.window == choice.window)
    };
    let is_listed =
        |choice: &Choice| choice.object.ends_with("_ids") || choice.object.ends_with("_lookup");
    let rest = wanted.filter(|choice| !is_listed(choice) && !is_there(choice));
    rest.cloned().collect()
}
