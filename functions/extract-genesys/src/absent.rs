//! What was asked for and did not come. The ask itself, as JSON, stands in for the record: it is counted, kept among the
//! refused with a reason, and refused for the same reason when the window is replayed.

use model::rows::Refusal;
use serde::Deserialize;
use serde_json::Value;

/// How a stand-in ends; a record, which is or wraps what the source sent, never does.
const END: &str = ",\"found\":false}";

/// What was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ask {
    conversation_id: Option<String>,
    evaluation_id: Option<String>,
    survey_id: Option<String>,
    asked_id: Option<String>,
    management_unit_id: Option<String>,
    id: Option<String>,
    /// It failed each time: the status, 0 when there was none.
    status: Option<u16>,
}

/// Stands in for what was asked for by these names, the same as in the object's records. With `failed` it was not
/// answered at all: the status.
pub(crate) fn stand_in(asked: &[(&str, &str)], failed: Option<u16>) -> String {
    let mut text: Vec<String> = asked
        .iter()
        .map(|(name, id)| format!("\"{name}\":{}", Value::from(*id)))
        .collect();
    text.extend(failed.map(|status| format!("\"status\":{status}")));
    format!("{{{}{END}", text.join(","))
}

/// The id that `payload` stands in for, and why there is no record; `None` for a record.
pub(crate) fn absence(payload: &str) -> Option<(String, Refusal)> {
    if !payload.ends_with(END) {
        return None;
    }
    let ask: Ask = serde_json::from_str(payload).ok()?;
    let asked = [
        ("evaluationId", ask.evaluation_id),
        ("surveyId", ask.survey_id),
        ("askedId", ask.asked_id),
        ("managementUnitId", ask.management_unit_id),
        ("id", ask.id),
        ("conversationId", ask.conversation_id),
    ];
    let mut named = asked
        .into_iter()
        .filter_map(|(name, id)| Some((name, id.filter(|id| !id.is_empty())?)));
    let (name, id) = named.next()?;
    let refusal = match ask.status {
        Some(status) => Refusal {
            reason: "unavailable",
            detail: format!(
                "{name}: {} each time {id} was asked for, while others are answered; the next window that names it asks again",
                if status == 0 {
                    "no answer that can be read".to_owned()
                } else {
                    format!("status {status}")
                }
            ),
        },
        None => Refusal {
            reason: "not_found",
            detail: if name == "conversationId" {
                "conversationId: something happened in this conversation, and the source does not give it by its id; \
                 a later reading of the window asks again"
                    .to_owned()
            } else {
                format!(
                    "{name}: the source counts {id} and does not give it with its conversation; a later reading of the window asks again"
                )
            },
        },
    };
    Some((id, refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(asked: &[(&str, &str)], failed: Option<u16>) -> String {
        let payload = stand_in(asked, failed);
        let (id, refusal) = absence(&payload).unwrap();
        format!("{payload} {id} {refusal}")
    }

    #[test]
    fn what_stands_in_names_what_was_asked_for() {
        let conversation = ("conversationId", "c-\"1\"");
        let told = [
            told(&[conversation], None),
            told(&[conversation, ("evaluationId", "e-1")], None),
            told(&[("askedId", "x-1")], Some(503)),
            told(&[("managementUnitId", "u-1")], Some(0)),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        {"conversationId":"c-\"1\"","found":false} c-"1" not_found: conversationId: something happened in this conversation, and the source does not give it by its id; a later reading of the window asks again
        {"conversationId":"c-\"1\"","evaluationId":"e-1","found":false} e-1 not_found: evaluationId: the source counts e-1 and does not give it with its conversation; a later reading of the window asks again
        {"askedId":"x-1","status":503,"found":false} x-1 unavailable: askedId: status 503 each time x-1 was asked for, while others are answered; the next window that names it asks again
        {"managementUnitId":"u-1","status":0,"found":false} u-1 unavailable: managementUnitId: no answer that can be read each time u-1 was asked for, while others are answered; the next window that names it asks again
        "#);
        let record = r#"{"conversationId":"c-1","found":false,"evaluation":{}}"#;
        assert_eq!(absence(record), None);
        assert_eq!(absence(r#"{"a":1,"found":false}"#), None);
    }
}
