//! A conversation record becomes rows of the tables whose definitions the warehouse carries.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in helpers too"
)]

use genesys::record::{self, Record};
use jiff::Timestamp;
use model::payload::Extraction;
use model::phone::Numbers;
use model::rows::{Refusal, Rows};
use model::table::Table;
use model::{RunId, Window};
use proptest::prelude::*;
use serde_json::json;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name, ".json"))
    };
}

macro_rules! definition {
    ($name:literal) => {
        Table::parse(include_str!(concat!(
            "../../warehouse/sql/staging/genesys_",
            $name,
            ".sql"
        )))
        .unwrap()
    };
}

fn tables() -> Vec<Table> {
    vec![
        definition!("conversation"),
        definition!("participant"),
        definition!("session"),
        definition!("segment"),
        definition!("metric"),
        definition!("attribute"),
        definition!("evaluation"),
        definition!("survey"),
        Table::parse(include_str!("../../warehouse/sql/staging/phone_number.sql")).unwrap(),
    ]
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window() -> Window {
    Window::new(
        instant("2026-01-05T00:00:00Z"),
        instant("2026-01-06T00:00:00Z"),
    )
    .unwrap()
}

fn rows_for(tables: Vec<Table>) -> Rows {
    let mut rows = Rows::new(&RunId::try_from("r".to_owned()).unwrap(), tables);
    rows.begin(1, instant("2026-01-06T02:00:00Z"));
    rows
}

fn write(payload: &str) -> Result<Rows, Refusal> {
    let record = record::parse(payload)?;
    let mut rows = rows_for(tables());
    let numbers = Numbers::in_region("US");
    record::write(&record, Extraction::Job, window(), numbers, &mut rows)?;
    Ok(rows)
}

/// Every row of every table, without the three columns all rows share.
fn flattened(payload: &str) -> String {
    let mut rows = write(payload).unwrap();
    let mut out = String::new();
    for (position, name) in record::TABLES.into_iter().enumerate() {
        let (csv, count) = rows.take(position);
        if count > 0 {
            let short = name
                .trim_start_matches("staging.")
                .trim_start_matches("genesys_");
            out += &["-- ", short, " ", &count.to_string(), "\n"].concat();
            out.push_str(&csv.replace("\"r\",1,2026-01-06 02:00:00,", ""));
        }
    }
    out
}

fn minimal(changes: &serde_json::Value) -> String {
    let mut record =
        json!({"conversationId": "c", "conversationStart": "2026-01-05T10:00:00.000Z"});
    for (key, value) in changes.as_object().unwrap() {
        record[key] = value.clone();
    }
    record.to_string()
}

fn refusal(changes: &serde_json::Value) -> String {
    write(&minimal(changes)).unwrap_err().to_string()
}

#[test]
fn the_tables_are_named_in_the_order_of_their_positions() {
    let tables = tables();
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, record::TABLES);
}

#[test]
fn a_call_with_hold_transfer_and_late_wrap_up() {
    insta::assert_snapshot!(flattened(fixture!("voice_with_transfer")), @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c-voice",2026-01-05 09:00:00,2026-01-05 09:06:30.250,"inbound","customer","[""d-home"",""d-\""north\""""]",\N,false,\N,"voice",3
    -- participant 3
    "c-voice",0,"p-customer",\N,"customer","Caller","x-1",\N,\N,\N
    "c-voice",1,"p-acd",\N,"acd","Service",\N,\N,\N,\N
    "c-voice",2,"p-agent","u-1","agent",\N,\N,\N,"t-1",\N
    -- session 3
    "c-voice",0,0,"s-customer",\N,"voice",\N,"inbound","tel:+12025550143","tel:+12025550100",\N,\N,\N,\N,"Edge",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,true
    "c-voice",1,0,"s-acd","s-customer","voice",\N,"inbound",\N,\N,\N,\N,\N,\N,\N,"Standard","u-1",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    "c-voice",2,0,"s-agent","s-customer","voice",\N,"inbound",\N,\N,\N,\N,\N,"Caller",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    -- segment 6
    "c-voice",0,0,0,2026-01-05 09:00:00,2026-01-05 09:06:30.250,"interact",\N,"endpoint",\N,\N,\N,\N,\N,\N,false
    "c-voice",1,0,0,2026-01-05 09:00:00,2026-01-05 09:00:20,"interact","q-service","transfer",\N,\N,\N,\N,"l-de","[""k-1"",""k-2""]",\N
    "c-voice",2,0,0,2026-01-05 09:00:20,2026-01-05 09:02:00,"interact","q-service",\N,\N,\N,\N,\N,\N,\N,\N
    "c-voice",2,0,1,2026-01-05 09:02:00,2026-01-05 09:03:00,"hold","q-service",\N,\N,\N,\N,\N,\N,\N,\N
    "c-voice",2,0,2,2026-01-05 09:03:00,2026-01-05 09:06:30.250,"interact","q-service","transfer",\N,\N,\N,\N,\N,\N,\N
    "c-voice",2,0,3,2026-01-05 09:06:30.250,2026-01-05 09:07:10,"wrapup","q-service",\N,"w-moved","Moved to ""billing"",
    will call back","[]",\N,\N,\N,\N
    -- metric 8
    "c-voice",1,0,0,"nOffered",1,2026-01-05 09:00:00
    "c-voice",1,0,1,"tAcd",20000,2026-01-05 09:00:20
    "c-voice",2,0,0,"tTalk",100000,2026-01-05 09:02:00
    "c-voice",2,0,1,"tHeld",60000,2026-01-05 09:03:00
    "c-voice",2,0,2,"nBlindTransferred",1,2026-01-05 09:06:30.250
    "c-voice",2,0,3,"tTalk",210250,2026-01-05 09:06:30.250
    "c-voice",2,0,4,"tAcw",39750,2026-01-05 09:07:10
    "c-voice",2,0,5,"tHandle",410000,2026-01-05 09:07:10
    -- evaluation 1
    "c-voice",0,"e-1","f-1","Service v3","u-9","u-1","q-service",true,"Finished",87,90,false,false,2026-01-07 08:00:00.010
    -- survey 1
    "c-voice",0,"v-1","f-2","After the call","u-1","q-service","Finished","Web",80,9,2026-01-05 12:00:00,2026-01-05 12:00:01
    -- phone_number 2
    "tel:+12025550100","+12025550100"
    "tel:+12025550143","+12025550143"
    "#);
}

#[test]
fn an_open_email_has_no_ends_and_two_media() {
    insta::assert_snapshot!(flattened(fixture!("open_email")), @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c-open",2026-01-05 23:59:59.999,\N,"inbound",\N,\N,\N,\N,\N,"email,callback",3
    -- participant 3
    "c-open",0,"p-1",\N,"customer",\N,\N,\N,\N,\N
    "c-open",1,"p-2","u-2","agent",\N,\N,\N,\N,\N
    "c-open",2,"p-3","u-3","agent",\N,\N,\N,\N,\N
    -- session 3
    "c-open",0,0,"s-1",\N,"email",\N,\N,\N,\N,\N,"someone@example.com","help@example.com",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    "c-open",1,0,"s-2",\N,"callback",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    "c-open",1,1,"s-3",\N,"email",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    -- segment 1
    "c-open",0,0,0,2026-01-05 23:59:59.999,\N,"interact",\N,\N,\N,\N,\N,\N,\N,\N,\N
    "#);
}

#[test]
fn a_bot_only_message_with_unknown_properties_and_values_passes() {
    insta::assert_snapshot!(flattened(fixture!("bot_only_message")), @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c-bot",2026-01-05 08:00:00,2026-01-05 08:00:45.500,\N,"somebody new",\N,\N,true,true,"message",2
    -- participant 2
    "c-bot",0,"p-1",\N,"customer",\N,\N,\N,\N,\N
    "c-bot",1,"p-2",\N,"botflow",\N,\N,\N,\N,\N
    -- session 2
    "c-bot",0,0,"s-1",\N,"message","hologram","inbound",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N
    "c-bot",1,0,"s-2",\N,"message",\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,\N,"fl-1","Hello","BOT","FLOW_DISCONNECT","NONE",\N
    -- metric 2
    "c-bot",1,0,0,"tFlow",45500,2026-01-05 08:00:45.500
    "c-bot",1,0,1,"nNotYetInvented",\N,\N
    "#);
}

#[test]
fn attributes_stay_in_order_and_as_they_are() {
    insta::assert_snapshot!(flattened(fixture!("attributes")), @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c-attributes",2026-01-05 11:00:00,\N,\N,\N,\N,\N,\N,\N,\N,1
    -- participant 1
    "c-attributes",0,"p-1",\N,"customer",\N,\N,\N,\N,\N
    -- attribute 12
    "c-attributes",0,"zuerst","NA"
    "c-attributes",0,"Account","None"
    "c-attributes",0,"empty",""
    "c-attributes",0,"null",\N
    "c-attributes",0,"emoji","😀 😀 ünïcode"
    "c-attributes",0,"quotes","say ""hi"", 'twice'"
    "c-attributes",0,"line breaks","one
    two
    three"
    "c-attributes",0,"backslashes","C:\new \\N"
    "c-attributes",0,"spaces","  kept  "
    "c-attributes",0,"sfCaseId","500000000000001AAA"
    "c-attributes",0,"","a name may be empty"
    "c-attributes",0,"again","last"
    "#);
}

#[test]
fn the_text_that_means_null_is_refused_with_the_whole_record() {
    let error = write(fixture!("attribute_unstorable")).unwrap_err();
    insta::assert_snapshot!(error, @r"unstorable_value: staging.genesys_attribute.attribute_value: the text \N means null to COPY");
}

#[test]
fn the_emptiest_record_is_one_row() {
    insta::assert_snapshot!(flattened(&minimal(&json!({}))), @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c",2026-01-05 10:00:00,\N,\N,\N,\N,\N,\N,\N,\N,0
    "#);
}

#[test]
fn an_end_before_the_start_is_kept() {
    let csv = flattened(&minimal(
        &json!({"conversationEnd": "2026-01-05T09:00:00.000Z"}),
    ));
    insta::assert_snapshot!(csv, @r#"
    -- conversation 1
    2026-01-05 00:00:00,2026-01-06 00:00:00,"job","c",2026-01-05 10:00:00,2026-01-05 09:00:00,\N,\N,\N,\N,\N,\N,\N,0
    "#);
}

#[test]
fn text_without_escapes_is_borrowed() {
    let payload = minimal(&json!({}));
    let Record {
        conversation_id, ..
    } = record::parse(&payload).unwrap();
    assert!(matches!(conversation_id, std::borrow::Cow::Borrowed("c")));
}

#[test]
fn external_contacts_are_listed_as_they_occur() {
    let payload = minimal(&json!({"participants": [
        {"externalContactId": "x-1"}, {"purpose": "acd"}, {"externalContactId": ""}, {"externalContactId": "x-2"},
    ]}));
    let record = record::parse(&payload).unwrap();
    assert_eq!(
        record.external_contact_ids().collect::<Vec<_>>(),
        ["x-1", "x-2"]
    );
}

#[test]
fn refusals_name_place_value_and_rule() {
    let session = |session| json!({"participants": [{}, {"sessions": [session]}]});
    let refusals = [
        refusal(&json!({"conversationId": null})),
        refusal(&json!({"conversationId": ""})),
        refusal(&json!({"conversationStart": null})),
        refusal(&json!({"conversationStart": "5 January"})),
        refusal(
            &json!({"conversationStart": "2026-01-05 and then a very long text that goes on and on"}),
        ),
        refusal(&json!({"conversationEnd": ""})),
        refusal(&session(json!({"segments": [{}, {"segmentEnd": "soon"}]}))),
        refusal(&session(
            json!({"metrics": [{"name": "tTalk", "emitDate": "soon"}]}),
        )),
        refusal(&session(json!({"metrics": [{"value": 3}]}))),
        refusal(&session(json!({"ani": "x".repeat(2000)}))),
        refusal(&json!({"participants": [{"participantName": "a\u{0}b"}]})),
        refusal(&json!({"evaluations": [{"eventTime": "soon"}]})),
        refusal(&json!({"surveys": [{"surveyCompletedDate": "soon"}]})),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    missing_key: conversationId: must not be missing, null or empty
    missing_key: conversationId: must not be missing, null or empty
    missing_key: conversationStart: must not be missing, null or empty
    bad_time: conversationStart: "5 January" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: conversationStart: "2026-01-05 and then a very long text tha" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: conversationEnd: "" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: participants[1].sessions[0].segments[1].segmentEnd: "soon" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: participants[1].sessions[0].metrics[0].emitDate: "soon" is no instant of the form 2026-01-05T10:00:00.123Z
    missing_key: staging.genesys_metric.metric_name: must not be missing
    too_long: staging.genesys_session.ani: 2000 bytes, the column holds 1024
    unstorable_value: staging.genesys_participant.participant_name: holds a NUL character, which COPY takes for the end of the record
    bad_time: evaluations[0].eventTime: "soon" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: surveys[0].surveyCompletedDate: "soon" is no instant of the form 2026-01-05T10:00:00.123Z
    "#);
}

#[test]
fn a_refused_record_is_filed_under_its_id_where_it_has_one() {
    let known = minimal(&json!({"conversationStart": "soon", "participants": 5}));
    assert_eq!(record::natural_id_of(&known).as_deref(), Some("c"));
    for nameless in [
        r#"{"conversationId":"c""#,
        r#"{"conversationId":7}"#,
        r#"{"conversationId":""}"#,
        "[]",
    ] {
        assert_eq!(record::natural_id_of(nameless), None);
    }
}

#[test]
fn reference_entities_become_one_row_each() {
    let mut out = String::new();
    for (object, table, payload) in [
        (
            "queue",
            definition!("queue"),
            r#"{"id":"q-1","name":"Service","division":{"id":"d-1","name":"Home"},"dateModified":"2026-01-01T00:00:00.5Z","memberCount":3}"#,
        ),
        ("queue", definition!("queue"), r#"{"id":"q-2"}"#),
        (
            "user",
            definition!("user"),
            r#"{"id":"u-1","name":"Agent One","email":"one@example.com","state":"deleted","department":null,"title":"Agent","division":{"id":"d-1"},"routingStatus":{}}"#,
        ),
        (
            "wrapup_code",
            definition!("wrapup_code"),
            r#"{"id":"w-1","name":"Solved","division":{"id":"*"},"dateModified":"2026-01-01T00:00:00Z"}"#,
        ),
    ] {
        assert_eq!(record::reference::table(object), Some(table.name.as_str()));
        let mut rows = rows_for(vec![table]);
        record::reference::write_reference(object, payload, &mut rows).unwrap();
        out.push_str(&rows.take(0).0);
    }
    insta::assert_snapshot!(out, @r#"
    "r",1,2026-01-06 02:00:00,"q-1","Service","d-1","Home",2026-01-01 00:00:00.500
    "r",1,2026-01-06 02:00:00,"q-2",\N,\N,\N,\N
    "r",1,2026-01-06 02:00:00,"u-1","Agent One","one@example.com","deleted",\N,"Agent","d-1"
    "r",1,2026-01-06 02:00:00,"w-1","Solved","*",2026-01-01 00:00:00
    "#);
}

#[test]
fn reference_entities_without_id_or_of_another_object_are_refused() {
    let refusals = [
        ("queue", r#"{"name":"nameless"}"#),
        ("wrapup_code", r#"{"id":"w-1","dateModified":"last week"}"#),
        ("user", r#"{"id":7}"#),
        ("skill", r#"{"id":"k-1"}"#),
    ]
    .map(|(object, payload)| {
        let mut rows = rows_for(vec![definition!("wrapup_code")]);
        record::reference::write_reference(object, payload, &mut rows)
            .unwrap_err()
            .to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    missing_key: queue.id: must not be missing, null or empty
    bad_time: wrapup_code.dateModified: "last week" is no instant of the form 2026-01-05T10:00:00.123Z
    unreadable: id: invalid type: integer, expected an optionally borrowed string (line 1, column 7)
    bad_value: object "skill": must be queue, user, wrapup_code, division or campaign
    "#);
    assert_eq!(
        record::reference::natural_id("user", r#"{"id":"u-1"}"#).as_deref(),
        Some("u-1")
    );
    assert_eq!(record::reference::natural_id("user", r#"{"id":7}"#), None);
    assert_eq!(
        record::reference::natural_id("skill", r#"{"id":"k-1"}"#),
        None
    );
}

#[test]
fn the_numbers_of_customers_are_told_once_each_and_those_of_nobody_else() {
    let session = |ani: &str, dnis: &str| json!({"ani": ani, "dnis": dnis});
    let payload = minimal(&json!({"participants": [
        {"purpose": "customer", "sessions": [
            session("tel:+12025550143", "tel:+12025550100"),
            session("tel:+12025550143", "sip:4711@host"),
            {"addressFrom": "(202) 555-0177", "addressTo": "q-1", "remote": "+12025550188"},
        ]},
        {"purpose": "external", "sessions": [session("anonymous", "+44 20 7946 0958")]},
        {"purpose": "agent", "sessions": [session("tel:+12025550199", "tel:+12025550198")]},
        {"sessions": [session("tel:+12025550197", "tel:+12025550196")]},
    ]}));
    let (csv, count) = write(&payload).unwrap().take(8);
    assert_eq!(count, 4);
    insta::assert_snapshot!(csv, @r#"
    "r",1,2026-01-06 02:00:00,"(202) 555-0177","+12025550177"
    "r",1,2026-01-06 02:00:00,"+44 20 7946 0958","+442079460958"
    "r",1,2026-01-06 02:00:00,"tel:+12025550100","+12025550100"
    "r",1,2026-01-06 02:00:00,"tel:+12025550143","+12025550143"
    "#);
}

proptest! {
    #[test]
    fn any_attribute_survives_a_csv_reader(name in "\\PC{0,20}", value in "([^\0]|[\"\n\r\\\\,N]){0,40}") {
        prop_assume!(name != "\\N" && value != "\\N");
        let payload = minimal(&json!({"participants": [{"attributes": {name.as_str(): value.as_str()}}]}));
        let (csv, _) = write(&payload).unwrap().take(5);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), 1);
        prop_assert_eq!(&records[0][5], name.as_str());
        prop_assert_eq!(&records[0][6], value.as_str());
    }

    #[test]
    fn an_unknown_property_anywhere_changes_nothing(at in 0_usize..8, name in "new[A-Z][a-z]{1,8}", number: i32) {
        let addition = json!({"any": [number, "text", null, {"deeper": true}]});
        let mut record: serde_json::Value = serde_json::from_str(fixture!("voice_with_transfer")).unwrap();
        let places = [
            "", "/participants/0", "/participants/1/sessions/0", "/participants/1/sessions/0/segments/0",
            "/participants/1/sessions/0/metrics/0", "/participants/2", "/evaluations/0", "/surveys/0",
        ];
        record.pointer_mut(places[at]).unwrap()[&name] = addition;
        prop_assert_eq!(flattened(&record.to_string()), flattened(fixture!("voice_with_transfer")));
    }

    #[test]
    fn no_payload_makes_it_panic(cut in 0_usize..2000, junk in "\\PC{0,10}") {
        let whole = fixture!("voice_with_transfer");
        let cut = (0..=cut).rev().find(|&at| whole.is_char_boundary(at)).unwrap_or_default();
        let payload = format!("{}{junk}", &whole[..cut]);
        prop_assert!(record::parse(&payload).is_err());
    }
}
