//! The rules of a request, checked before any call.

use crate::{ExtractError, Request};
use jiff::Timestamp;
use model::Source;
use model::settings::GENESYS_REFERENCE;

/// Refuses what must not be asked for. An inverted window cannot even be parsed.
pub(crate) fn check(task: &Request, now: Timestamp) -> Result<(), ExtractError> {
    let refuse =
        |field, value: String, rule: String| Err(ExtractError::Request { field, value, rule });
    if task.source != Source::Genesys {
        return refuse(
            "source",
            task.source.to_string(),
            "this function reads genesys; use extract-salesforce".to_owned(),
        );
    }
    if task.object != "conversation" && !GENESYS_REFERENCE.contains(&task.object.as_str()) {
        return refuse(
            "object",
            format!("{:?}", task.object),
            format!("must be conversation, {}", GENESYS_REFERENCE.join(", ")),
        );
    }
    if task.window.end() > now {
        return refuse(
            "window.end",
            task.window.end().to_string(),
            format!("lies in the future (now is {now:.0}); ask for a window that has ended"),
        );
    }
    for (field, value) in [
        ("requests_per_minute", task.requests_per_minute),
        ("max_in_flight", task.max_in_flight),
    ] {
        if value == 0 {
            return refuse(field, value.to_string(), "must be at least 1".to_owned());
        }
    }
    Ok(())
}
