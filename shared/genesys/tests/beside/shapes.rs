//! Whatever comes is written whole or refused.

use super::rows_of;
use genesys::api::ContactSources;
use genesys::record::{adherence, aggregate, external_contact, live, reference, update};
use model::rows::{Refusal, Rows};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON value of little depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Writes a payload's rows.
type Write<'a> = Box<dyn Fn(&mut Rows) -> Result<(), Refusal> + 'a>;

proptest! {
    #[test]
    fn no_value_makes_a_writer_panic_or_write_half_a_row(value in anything(), at in 0_usize..8) {
        let place = ["group", "data", "id", "participants", "userResult", "evaluation", "survey", "result"][at];
        let payload = json!({
            "group": {"userId": "u", "queueId": "q"}, "conversationId": "c", "managementUnitId": "m", "askedId": "x",
            "startDate": "2026-01-05T00:00:00Z", "id": "i", place: value,
        })
        .to_string();
        let sources = ContactSources::named(&[]);
        let writers: [(&str, Write<'_>); 8] = [
            (definition!("user_aggregate"), Box::new(|rows| aggregate::write_user_aggregate(&payload, rows))),
            (definition!("queue_aggregate"), Box::new(|rows| aggregate::write_queue_aggregate(&payload, rows))),
            (definition!("adherence"), Box::new(|rows| adherence::write_adherence(&payload, rows))),
            (definition!("conversation_attribute"), Box::new(|rows| live::write_conversation_attributes(&payload, rows))),
            (definition!("evaluation_update"), Box::new(|rows| update::write_evaluation_update(&payload, rows))),
            (definition!("survey_update"), Box::new(|rows| update::write_survey_update(&payload, rows))),
            (definition!("campaign"), Box::new(|rows| reference::write_reference("campaign", &payload, rows))),
            (definition!("external_contact"),
                Box::new(|rows| external_contact::write_external_contact(&payload, &sources, 0, rows))),
        ];
        for (definition, write) in writers {
            let mut rows = rows_of(definition);
            let before = rows_of(definition).take(0);
            match write(&mut rows) {
                Ok(()) => {
                    let (csv, count) = rows.take(0);
                    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
                    let read: Result<Vec<_>, _> = reader.records().collect();
                    prop_assert_eq!(read.unwrap().len() as u64, count);
                }
                Err(refusal) => {
                    prop_assert!(!refusal.reason.is_empty() && !refusal.detail.is_empty());
                    rows.rollback();
                    prop_assert_eq!(rows.take(0), before);
                }
            }
        }
    }
}
