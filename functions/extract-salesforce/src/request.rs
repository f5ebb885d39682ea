//! What can be said about a task without asking anyone.

use crate::ExtractError;
use crate::target::What;
use jiff::Timestamp;
use model::Source;
use model::payload::{Mode, WindowTask};

/// Refuses a task that breaks a rule.
pub(crate) fn check(task: &WindowTask, now: Timestamp) -> Result<(), ExtractError> {
    let refuse = |field, value: String, rule| Err(ExtractError::Request { field, value, rule });
    if task.source != Source::Salesforce {
        let value = task.source.to_string();
        return refuse("source", value, "this function reads salesforce alone");
    }
    let Some((what, _)) = What::of(&task.object) else {
        let value = task.object.chars().take(64).collect();
        return refuse(
            "object",
            value,
            "must be account, contact, case, opportunity or user; one of the first four with _history, _ids or _lookup; or case_count",
        );
    };
    if task.window.end() > now {
        let value = task.window.to_string();
        return refuse(
            "window",
            value,
            "ends in the future; ask for a window that has passed",
        );
    }
    if task.mode != Mode::Replay && !task.landed.is_empty() {
        let value = format!("{} keys", task.landed.len());
        return refuse("landed", value, "belongs to the mode replay alone");
    }
    if let Some(key) = task.lines.keys().find(|key| !task.landed.contains(key)) {
        return refuse("lines", key.clone(), "is none of the keys in landed");
    }
    // A replay of some lines is partial: the window does not count as read.
    if task.filter.is_some() || task.is_partial && task.lines.is_empty() {
        let rule = "belongs to genesys alone; a Salesforce window is always read whole";
        return refuse("filter", "present".to_owned(), rule);
    }
    check_ids(task, what)?;
    if task.requests_per_minute == 0 || task.max_in_flight == 0 {
        let value = format!("{} / {}", task.requests_per_minute, task.max_in_flight);
        let field = "requests_per_minute / max_in_flight";
        return refuse(field, value, "must each be at least 1");
    }
    Ok(())
}

fn check_ids(task: &WindowTask, what: What) -> Result<(), ExtractError> {
    let refuse = |value: String, rule| {
        Err(ExtractError::Request {
            field: "ids",
            value,
            rule,
        })
    };
    if what != What::Lookup {
        return match task.ids.len() {
            0 => Ok(()),
            ids => refuse(
                format!("{ids} ids"),
                "belong to the …_lookup objects alone; others are read by their window",
            ),
        };
    }
    if task.ids.is_empty() && task.mode != Mode::Replay {
        return refuse("[]".to_owned(), "must name the records to look up");
    }
    let bad = |id: &&String| id.len() != 18 || model::salesforce_id::to_18(id).is_err();
    match task.ids.iter().find(bad) {
        Some(id) => refuse(
            id.chars().take(24).collect(),
            "is no Salesforce id of 18 characters",
        ),
        None => Ok(()),
    }
}
