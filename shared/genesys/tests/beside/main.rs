//! Records that stand beside the conversations become rows of the tables whose definitions the warehouse carries.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

macro_rules! definition {
    ($name:literal) => {
        include_str!(concat!(
            "../../../warehouse/sql/staging/genesys_",
            $name,
            ".sql"
        ))
    };
}

mod lookups;
mod measures;
mod shapes;

use genesys::record::{adherence, aggregate, external_contact, live, reference, update};
use model::RunId;
use model::rows::{Refusal, Rows};
use model::table::Table;
use serde_json::{Value, json};

fn rows_of(definition: &str) -> Rows {
    let table = Table::parse(definition).unwrap();
    let run = RunId::try_from("r".to_owned()).unwrap();
    let mut rows = Rows::new(&run, vec![table]);
    rows.begin(1, "2026-01-06T02:00:00Z".parse().unwrap());
    rows
}

/// The rows a writer makes, without the three columns all rows share.
fn written(
    definition: &str,
    write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
) -> Result<String, String> {
    let mut rows = rows_of(definition);
    write(&mut rows).map_err(|refusal| refusal.to_string())?;
    Ok(rows.take(0).0.replace("\"r\",1,2026-01-06 02:00:00,", ""))
}

#[test]
fn the_tables_named_are_those_of_the_definitions() {
    for (definition, name) in [
        (definition!("adherence"), adherence::TABLE),
        (definition!("user_aggregate"), aggregate::USER_TABLE),
        (definition!("queue_aggregate"), aggregate::QUEUE_TABLE),
        (definition!("external_contact"), external_contact::TABLE),
        (definition!("conversation_attribute"), live::TABLE),
        (definition!("evaluation_update"), update::EVALUATION_TABLE),
        (definition!("survey_update"), update::SURVEY_TABLE),
        (
            definition!("division"),
            reference::table("division").unwrap(),
        ),
        (
            definition!("campaign"),
            reference::table("campaign").unwrap(),
        ),
    ] {
        assert_eq!(Table::parse(definition).unwrap().name, name);
    }
}

#[test]
fn divisions_and_campaigns() {
    let division =
        json!({"id": "d-1", "name": "Home, \"sweet\"", "description": "", "homeDivision": true});
    let campaign = json!({
        "id": "k-1", "name": "Spring", "division": {"id": "d-1", "name": "Home"}, "dialingMode": "predictive",
        "campaignStatus": "on", "contactList": {"id": "l-1", "name": "x"}, "queue": {"id": "q-1"},
        "dateCreated": "2026-01-01T00:00:00.000Z", "dateModified": "2026-01-02T03:04:05Z", "errors": [{}],
    });
    let write = |definition, object: &str, payload: &Value| {
        let payload = payload.to_string();
        written(definition, |rows| {
            reference::write_reference(object, &payload, rows)
        })
    };
    let all = [
        write(definition!("division"), "division", &division),
        write(definition!("division"), "division", &json!({"id": "d-2"})),
        write(
            definition!("division"),
            "division",
            &json!({"name": "nameless"}),
        ),
        write(definition!("campaign"), "campaign", &campaign),
        write(
            definition!("campaign"),
            "campaign",
            &json!({"id": "k-2", "queue": null}),
        ),
        write(
            definition!("campaign"),
            "campaign",
            &json!({"id": "k-3", "dateModified": "soon"}),
        ),
        write(
            definition!("campaign"),
            "campaign",
            &json!({"queue": {"id": "q-1"}}),
        ),
        write(definition!("campaign"), "colour", &campaign),
    ]
    .map(|written| written.unwrap_or_else(|refusal| refusal + "\n"));
    insta::assert_snapshot!(all.concat(), @r#"
    "d-1","Home, ""sweet""",true
    "d-2",\N,\N
    missing_key: division.id: must not be missing, null or empty
    "k-1","Spring","d-1","Home","predictive","on","l-1","q-1",2026-01-01 00:00:00,2026-01-02 03:04:05
    "k-2",\N,\N,\N,\N,\N,\N,\N,\N,\N
    bad_time: campaign.dateModified: "soon" is no instant of the form 2026-01-05T10:00:00.123Z
    missing_key: campaign.id: must not be missing, null or empty
    bad_value: object "colour": must be queue, user, wrapup_code, division or campaign
    "#);
    assert_eq!(
        reference::natural_id("campaign", &campaign.to_string()).as_deref(),
        Some("k-1")
    );
    assert_eq!(reference::natural_id("division", "{}"), None);
}
