//! An id that Salesforce never has time for, or always fails on, must not hold up the others.
//!
//! - It has to fail alone, and once more; after a fault (a 5xx, an answer that does not come whole or cannot be read), which
//!   comes at once, in another call. Each time an id that nobody has is
//!   asked for after it: when Salesforce has no answer for that one either, nothing is wrong with the ids, and the window fails
//!   as it does then. After a 5xx that one is asked for before several ids are halved, too.
//! - It is set aside then: among the refused, as `unavailable`. The ask stands in for the record, so that the counts close and
//!   a replay refuses it again.
//! - At most [`MOST`] ids of a window are set aside, or one in ten if that is more. What a wide bound leaves out is not lost: the
//!   next list of ids asks for it again. A narrow one would leave out the others as well, night after night.

use crate::read::{Run, Step, Trouble};
use crate::records;
use model::rows::Refusal;
use model::{Classify, Kind, salesforce_id};
use salesforce::{ApiError, Select};
use serde::Deserialize;
use serde_json::Value;
use source_http::WireFault;

/// Ids of a window that may be set aside, however few it has.
const MOST: usize = 20;
/// Times an id has to fail alone.
const TIMES: u32 = 2;
/// How a stand-in ends; a record never does.
const END: &str = ",\"found\":false}";

/// What was asked for, and what came of it.
#[derive(Deserialize)]
struct Ask {
    #[serde(rename = "Id")]
    id: String,
    error: String,
}

impl Run<'_> {
    /// What came of asking for an id that nobody has in place of `id`, if that has no answer either.
    pub async fn fails_for_nobody(
        &self,
        bare: &Select,
        id: &str,
    ) -> Result<Option<ApiError>, ApiError> {
        let Some((probe, _)) = self.api.id_batch(bare, &[nobody(id)], 1)? else {
            return Ok(None);
        };
        match self.api.query_all(&probe).await {
            Ok(_) => Ok(None),
            Err(other) if may_be_of_ids(&other) => Ok(Some(other)),
            Err(other) => Err(other),
        }
    }

    /// Whether Salesforce does not answer either when it is asked for an id that nobody has: then nothing is wrong with the slice
    /// or the job at hand. A refusal is an answer.
    pub async fn is_outage(&self) -> Result<bool, ApiError> {
        // Its id alone: all fields may be too many for a URL.
        let bare = Select::new(self.target.mapping.sobject(), ["Id"])?;
        match self.fails_for_nobody(&bare, "").await {
            Ok(None) => Ok(false),
            Ok(Some(other)) => {
                tracing::warn!("Asking for an id that nobody has fails as well: {other}");
                Ok(true)
            }
            Err(ApiError::Source(other)) if other.kind() == Kind::Invalid => {
                tracing::warn!(
                    "Asking for an id that nobody has is refused, which is an answer: {other}"
                );
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// Salesforce gave up on the next id alone: it is asked for once more, then set aside.
    pub async fn give_up_id(
        &mut self,
        bare: &Select,
        cause: Box<ApiError>,
    ) -> Result<Step, Trouble> {
        let id = self.task.ids.get(self.state.looked_up).cloned();
        let id = id.unwrap_or_default();
        if let Some(other) = self.fails_for_nobody(bare, &id).await? {
            tracing::warn!("Asking for an id that nobody has fails as well: {other}");
            return Err(if is_fault(&cause) {
                Trouble::Source(cause)
            } else if is_too_large(&cause) {
                // That alone would count as final, and an outage is not.
                Trouble::Source(Box::new(other))
            } else {
                Trouble::Record(id, cause)
            });
        }
        self.state.lone_failures += 1;
        if self.state.lone_failures < TIMES {
            // A query that takes too long has taken minutes. Another fault takes seconds, and may be over after a pause: the state
            // machine makes one before it calls again.
            return if is_fault(&cause) {
                Err(Trouble::Record(id, cause))
            } else {
                Ok(Step::More)
            };
        }
        let (asked, aside) = (self.task.ids.len(), self.state.aside + 1);
        if !may_be_set_aside(aside, asked) {
            tracing::warn!(
                asked,
                aside,
                "{aside} of the {asked} records asked for by their ids fail or take too long: too many to be set aside"
            );
            return Err(Trouble::Record(id, cause));
        }
        let payload = stand_in(&id, &cause);
        let (mapping, received_at) = (&self.target.mapping, self.deadline.now());
        let landed = self.writer.counts().landed;
        records::take(mapping, self.writer, payload.as_bytes(), received_at, None)?;
        // Of another reading it may be there, word for word.
        self.state.stand_ins += self.writer.counts().landed - landed;
        self.state.aside = aside;
        self.state.counted += 1;
        self.writer.counts().api = Some(self.state.counted);
        self.state.looked_up += 1;
        self.state.lone_failures = 0;
        // The others are not slow because this one is. There may be more of its kind: each would cost as many halvings as
        // there are between all that fit a URL and one.
        self.state.is_growing = true;
        Ok(if self.state.looked_up == asked {
            Step::Complete
        } else if is_fault(&cause) {
            // The next such id ends a call as well, and the state machine calls only so often in a row after failures.
            Step::HandBack
        } else {
            Step::More
        })
    }
}

/// Whether so many of the ids that were asked for may be set aside.
fn may_be_set_aside(aside: usize, asked: usize) -> bool {
    aside <= MOST.max(asked / 10)
}

/// Whether a failure may be one of what was asked for, and not of the token, a permission, the quota or the way there.
pub(crate) fn may_be_of_ids(cause: &ApiError) -> bool {
    matches!(cause, ApiError::QueryTimeout(_)) || is_fault(cause) || is_too_large(cause)
}

/// A fault that outlived its repetitions: a 5xx, or an answer that never came whole or was never what was asked for.
pub(crate) fn is_fault(cause: &ApiError) -> bool {
    let ApiError::Source(cause) = cause else {
        return false;
    };
    match cause.fault() {
        Some(fault) => matches!(
            fault,
            WireFault::Lost | WireFault::BrokenOff | WireFault::Unreadable
        ),
        None => {
            matches!(cause.status(), Some(500..=599))
                && cause.code() != Some("REQUEST_LIMIT_EXCEEDED")
        }
    }
}

/// An answer that is more than is read at once.
pub(crate) fn is_too_large(cause: &ApiError) -> bool {
    matches!(cause, ApiError::Source(cause) if cause.fault() == Some(WireFault::TooLarge))
}

/// An id that nobody has, of the object of `id`; of none if that is empty.
fn nobody(id: &str) -> String {
    let prefix = id.get(..3).unwrap_or("000");
    // Ids were checked with the task.
    salesforce_id::to_18(&format!("{prefix}000000000000")).unwrap_or_default()
}

/// Stands in for the record `id`.
fn stand_in(id: &str, cause: &ApiError) -> String {
    let error = match cause {
        ApiError::QueryTimeout(said) => said.to_string(),
        cause => cause.to_string(),
    };
    format!(
        "{{\"Id\":{},\"error\":{}{END}",
        Value::from(id),
        Value::from(error)
    )
}

/// The id that `payload` stands in for, and why there is no record; `None` for a record.
pub(crate) fn absence(payload: &str) -> Option<(String, Refusal)> {
    if !payload.ends_with(END) {
        return None;
    }
    let Ask { id, error } = serde_json::from_str(payload).ok()?;
    let refusal = Refusal {
        reason: "unavailable",
        detail: format!(
            "Id: {error}, each time this record was asked for alone, while others are answered; \
             it comes with its next change, or the next list of ids asks for it again"
        ),
    };
    Some((id, refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_nobody_has_is_of_the_same_object() {
        assert_eq!(nobody("500aB0000000001AAB"), "500000000000000AAA");
        assert_eq!(nobody("a0B000000000001EAA"), "a0B000000000000EAA");
        assert_eq!(nobody(""), "000000000000000AAA");
    }

    #[test]
    fn twenty_ids_or_one_in_ten_may_be_set_aside() {
        for (asked, most) in [
            (1, 20),
            (50, 20),
            (200, 20),
            (209, 20),
            (210, 21),
            (2_000, 200),
        ] {
            assert!(may_be_set_aside(most, asked), "{asked}");
            assert!(!may_be_set_aside(most + 1, asked), "{asked}");
        }
    }

    #[test]
    fn what_stands_in_is_told_from_a_record() {
        let cause = ApiError::JobQuota("a \"b\"".to_owned());
        let (id, refusal) = absence(&stand_in("500x", &cause)).unwrap();
        assert_eq!((id.as_str(), refusal.reason), ("500x", "unavailable"));
        assert!(refusal.detail.contains("wait: a \"b\", each time"));
        assert_eq!(absence(r#"{"Id":"500x","found":false}"#), None);
        assert_eq!(absence(r#"{"Id":"500x","error":"e"}"#), None);
    }
}
