//! The rules of a request, checked before any call.

use crate::object::Object;
use crate::{ExtractError, Request};
use genesys::query::{aggregate_filter, check_filter};
use jiff::{SignedDuration, Timestamp};
use model::Source;
use model::payload::Mode;
use model::settings::{GENESYS_OBJECTS, Settings};

/// Refuses what must not be asked for. An inverted window cannot even be parsed.
pub(crate) fn check(
    task: &Request,
    settings: &Settings,
    now: Timestamp,
) -> Result<Object, ExtractError> {
    let refuse =
        |field, value: String, rule: String| Err(ExtractError::Request { field, value, rule });
    if task.source != Source::Genesys {
        return refuse(
            "source",
            task.source.to_string(),
            "this function reads genesys; use extract-salesforce".to_owned(),
        );
    }
    let shown: String = task.object.chars().take(64).collect();
    let Some(object) = Object::parse(&task.object) else {
        return refuse(
            "object",
            format!("{shown:?}"),
            format!("must be one of {}", GENESYS_OBJECTS.join(", ")),
        );
    };
    let is_replay = task.mode == Mode::Replay;
    if object.is_optional() && !is_replay && !settings.genesys.objects.contains(&task.object) {
        return refuse(
            "object",
            format!("{shown:?}"),
            "is not switched on; add it to objects under [genesys] in tributary.toml".to_owned(),
        );
    }
    if task.window.end() > now {
        return refuse(
            "window.end",
            task.window.end().to_string(),
            format!("lies in the future (now is {now:.0}); ask for a window that has ended"),
        );
    }
    if let Some(days) = longest_days(object)
        && task.window.duration() > SignedDuration::from_hours(days * 24)
    {
        return refuse(
            "window",
            task.window.to_string(),
            format!("is longer than the {days} days the API takes at once; ask for parts of it"),
        );
    }
    if !task.ids.is_empty() {
        return refuse(
            "ids",
            format!("{} ids", task.ids.len()),
            "Genesys objects are read by window alone; leave ids out".to_owned(),
        );
    }
    if !is_replay && !task.landed.is_empty() {
        return refuse(
            "landed",
            format!("{} keys", task.landed.len()),
            "belongs to the mode replay alone".to_owned(),
        );
    }
    if let Some(key) = task.lines.keys().find(|key| !task.landed.contains(key)) {
        return refuse(
            "lines",
            key.clone(),
            "is none of the keys in landed".to_owned(),
        );
    }
    let has_filter = task.filter.as_ref().is_some_and(|it| !it.is_empty());
    if task.is_partial && !has_filter && !is_replay {
        return refuse(
            "is_partial",
            "true".to_owned(),
            "a part of a window needs a filter that says which".to_owned(),
        );
    }
    check_filters(task, object, settings)?;
    for (field, value) in [
        ("requests_per_minute", task.requests_per_minute),
        ("max_in_flight", task.max_in_flight),
    ] {
        if value == 0 {
            return refuse(field, value.to_string(), "must be at least 1".to_owned());
        }
    }
    Ok(object)
}

/// What the API takes at once, as far as it is documented or was seen.
const fn longest_days(object: Object) -> Option<i64> {
    match object {
        // A state, not a history: the window is only what it is filed under.
        Object::Listing(_) => None,
        // Asked for by a details query, without slices.
        Object::ConversationAttribute => Some(7),
        _ => Some(31),
    }
}

fn check_filters(task: &Request, object: Object, settings: &Settings) -> Result<(), ExtractError> {
    let (origin, filter) = match &task.filter {
        Some(filter) => ("request", filter),
        None => (
            "settings tributary.toml: genesys.filter",
            &settings.genesys.filter,
        ),
    };
    if filter.is_empty() || task.mode == Mode::Replay {
        return Ok(());
    }
    let checked = match object {
        Object::Conversation | Object::ConversationAttribute => check_filter(filter),
        Object::QueueAggregate => aggregate_filter(filter).map(|_| ()),
        _ => Ok(()),
    };
    checked.map_err(|cause| ExtractError::Filter { origin, cause })
}
