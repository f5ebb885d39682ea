//! Choices as items of the Map.

use crate::input::Checked;
use crate::windows::Choice;
use crate::{PlanError, quota};
use model::Source;
use model::payload::{Mode, WindowTask};
use model::settings::Settings;

/// Windows of one source that one execution can hold: each leaves `{}` and a comma in the state of 256 KiB that the Map
/// hands on.
const MOST_WINDOWS: usize = 60_000;
/// Bytes of one task: a state of 256 KiB also holds what the function answers.
const MOST_TASK_BYTES: usize = 200 * 1024;

/// Choices as items of the Map: each worker gets its share of the quota.
pub(crate) fn of(
    checked: &Checked,
    settings: &Settings,
    source: Source,
    chosen: &[&Choice],
) -> Result<Vec<WindowTask>, PlanError> {
    if chosen.len() > MOST_WINDOWS {
        return Err(PlanError::TooMany {
            windows: chosen.len(),
            source_name: source,
            most: MOST_WINDOWS,
        });
    }
    let share = quota::share(settings, source, chosen.len());
    let mut tasks = Vec::with_capacity(chosen.len());
    for (choice, window_no) in chosen.iter().zip(1_u32..) {
        let task = WindowTask {
            run_id: checked.run_id.clone(),
            mode: checked.mode,
            source,
            object: choice.object.clone(),
            window: choice.window,
            window_no,
            requests_per_minute: share.requests_per_minute,
            max_in_flight: share.max_in_flight,
            at: checked.at,
            landed: choice.landed.clone(),
            filter: choice.filter.clone(),
            is_partial: choice.is_partial,
            ids: choice.ids.clone(),
            // Landed files do not heal by waiting for another run.
            fails_alone: choice.fails_alone && checked.mode != Mode::Replay,
        };
        let bytes = serde_json::to_vec(&task).map_or(usize::MAX, |bytes| bytes.len());
        if bytes > MOST_TASK_BYTES {
            return Err(PlanError::TooLarge {
                object: task.object,
                window: task.window,
                bytes,
                most: MOST_TASK_BYTES,
            });
        }
        tasks.push(task);
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use model::Window;

    fn tasks(choices: &[Choice]) -> Result<Vec<WindowTask>, PlanError> {
        let settings =
            Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap();
        let input = serde_json::from_str(r#"{"mode":"nightly"}"#).unwrap();
        let checked = input::check(&input, "2026-01-20T02:00:00Z".parse().unwrap()).unwrap();
        let choices: Vec<_> = choices.iter().collect();
        of(&checked, &settings, Source::Genesys, &choices)
    }

    fn choice() -> Choice {
        let at = |text: &str| text.parse().unwrap();
        let window = Window::new(at("2026-01-05T00:00:00Z"), at("2026-01-06T00:00:00Z")).unwrap();
        Choice::new(Source::Genesys, "conversation", window)
    }

    #[test]
    fn two_windows_share_the_budget_between_two_workers() {
        let tasks = tasks(&[choice(), choice()]).unwrap();
        let shares = tasks
            .iter()
            .map(|task| (task.window_no, task.requests_per_minute, task.max_in_flight));
        assert_eq!(shares.collect::<Vec<_>>(), [(1, 150, 7), (2, 150, 7)]);
    }

    #[test]
    fn what_a_state_cannot_hold_is_refused() {
        let mut large = choice();
        large.landed = vec!["landing/".repeat(20); 1_400];
        insta::assert_snapshot!(tasks(&[large]).unwrap_err(), @"conversation of 2026-01-05T00:00:00Z/2026-01-06T00:00:00Z: its task has 228478 bytes, and a state of the machine holds 204800; read the window from the source again (mode backfill with force) before it is replayed");
        let many = vec![choice(); MOST_WINDOWS + 1];
        insta::assert_snapshot!(tasks(&many).unwrap_err(), @"input from and to: 60001 windows of genesys are more than one execution can hold (60000); ask for a shorter interval, one after another");
    }
}
