//! Choices as items of the Map.

use crate::input::Checked;
use crate::windows::Choice;
use crate::{PlanError, quota};
use model::payload::{Mode, WindowTask};
use model::settings::Settings;
use model::{Source, Window};

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
            lines: choice.lines.clone(),
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

/// What a run leaves to later ones, as tasks numbered behind those of its Map, `windows` of them: whoever loads the run writes
/// them down as left out. What lies side by side is one window.
pub(crate) fn put_off(
    checked: &Checked,
    settings: &Settings,
    put_off: &[Choice],
    windows: u64,
) -> Result<Vec<WindowTask>, PlanError> {
    let mut sorted: Vec<_> = put_off.iter().collect();
    sorted.sort_by_key(|choice| (&choice.object, choice.window));
    let mut joined: Vec<Choice> = Vec::new();
    for choice in sorted {
        let last = joined.last_mut().filter(|last| {
            last.object == choice.object && last.window.end() == choice.window.start()
        });
        let whole = last
            .as_ref()
            .and_then(|last| Window::new(last.window.start(), choice.window.end()).ok());
        match (last, whole) {
            (Some(last), Some(whole)) => last.window = whole,
            _ => joined.push(choice.clone()),
        }
    }
    let joined: Vec<_> = joined.iter().collect();
    let mut tasks = of(checked, settings, Source::Salesforce, &joined)?;
    let behind = u32::try_from(windows).unwrap_or(u32::MAX);
    for task in &mut tasks {
        task.window_no = task.window_no.saturating_add(behind);
    }
    Ok(tasks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;

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
    fn what_is_left_to_others_is_joined_and_numbered_behind_the_rest() {
        let settings =
            Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap();
        let input = serde_json::from_str(r#"{"mode":"nightly"}"#).unwrap();
        let checked = input::check(&input, "2026-01-20T02:00:00Z".parse().unwrap()).unwrap();
        let slice = |object: &str, from: &str, to: &str| {
            let window = Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
            Choice::new(Source::Salesforce, object, window)
        };
        let (a, b, c, d) = (
            "2020-01-01T00:00:00Z",
            "2021-01-01T00:00:00Z",
            "2022-01-01T00:00:00Z",
            "2023-01-01T00:00:00Z",
        );
        let slices = [
            slice("contact", b, c),
            slice("account", c, d),
            slice("contact", a, b),
            slice("account", a, b),
        ];
        let tasks = put_off(&checked, &settings, &slices, 7).unwrap();
        let told: Vec<_> = tasks
            .iter()
            .map(|task| format!("{} {} {}", task.window_no, task.object, task.window))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        8 account 2020-01-01T00:00:00Z/2021-01-01T00:00:00Z
        9 account 2022-01-01T00:00:00Z/2023-01-01T00:00:00Z
        10 contact 2020-01-01T00:00:00Z/2022-01-01T00:00:00Z
        ");
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
