//! What is looked up by id: evaluations, surveys, attributes, contacts.

use super::written;
use genesys::api::ContactSources;
use genesys::record::{external_contact, live, update};
use serde_json::json;

/// Details with odd spacing, so that a copy that is not verbatim shows.
const DETAILS: &str = r#"{"conversationId":"c\"1", "evaluations":[ {"evaluationId":"e-1" ,"oTotalScore":87.0,
  "formName":"Caf\u00e9","released":true,"eventTime":"2026-01-09T10:00:00.5Z","new":{}}, {"userId":"u-1"} ],
  "surveys":[{"surveyId":"s-1","surveyStatus":"Finished","oSurveyTotalScore":90,"surveyPromoterScore":9,
  "surveyCompletedDate":"2026-01-08T10:00:00Z"}]}"#;

#[test]
fn evaluations_and_surveys_are_cut_out_byte_for_byte() {
    let evaluations = update::evaluations_of(DETAILS).unwrap();
    let surveys = update::surveys_of(DETAILS).unwrap();
    insta::assert_snapshot!(evaluations.join("\n"), @r#"
    {"conversationId":"c\"1","evaluation":{"evaluationId":"e-1" ,"oTotalScore":87.0,
      "formName":"Caf\u00e9","released":true,"eventTime":"2026-01-09T10:00:00.5Z","new":{}}}
    {"conversationId":"c\"1","evaluation":{"userId":"u-1"}}
    "#);
    assert_eq!(surveys.len(), 1);
    assert!(surveys[0].starts_with(r#"{"conversationId":"c\"1","survey":{"surveyId":"s-1","#));
    let evaluation = |payload: &String| {
        written(definition!("evaluation_update"), |rows| {
            update::write_evaluation_update(payload, rows)
        })
    };
    let survey = written(definition!("survey_update"), |rows| {
        update::write_survey_update(&surveys[0], rows)
    });
    let all = [
        evaluation(&evaluations[0]),
        survey,
        evaluation(&evaluations[1]),
        evaluation(
            &r#"{"conversationId":"c","evaluation":{"evaluationId":"e","eventTime":"then"}}"#
                .to_owned(),
        ),
        evaluation(
            &r#"{"conversationId":"c","evaluation":{"evaluationId":"e","oTotalScore":8.5}}"#
                .to_owned(),
        ),
        evaluation(&surveys[0]),
    ]
    .map(|written| written.unwrap_or_else(|refusal| refusal + "\n"));
    insta::assert_snapshot!(all.concat(), @r#"
    "c""1","e-1",\N,"Café",\N,\N,\N,true,\N,87,\N,\N,\N,2026-01-09 10:00:00.500
    "c""1","s-1",\N,\N,\N,\N,"Finished",\N,90,9,2026-01-08 10:00:00,\N
    missing_key: evaluation.evaluationId: must not be missing, null or empty
    bad_time: evaluation.eventTime: "then" is no instant of the form 2026-01-05T10:00:00.123Z
    unreadable: evaluation.oTotalScore: invalid value: floating point, expected a whole number of at most 64 bits (line 1, column 72)
    missing_key: evaluation: must not be missing, null or empty
    "#);
    assert_eq!(update::natural_id(&evaluations[0]).as_deref(), Some("e-1"));
    assert_eq!(update::natural_id(&evaluations[1]), None);
    assert_eq!(update::natural_id(&surveys[0]).as_deref(), Some("s-1"));
    // Details without either have no records; details without an id cannot be told apart.
    assert_eq!(
        update::evaluations_of(r#"{"conversationId":"c"}"#).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        update::surveys_of("{\"surveys\":[]}").unwrap_err().reason,
        "missing_key"
    );
}

fn attributes(payload: &str) -> Result<String, String> {
    written(definition!("conversation_attribute"), |rows| {
        live::write_conversation_attributes(payload, rows)
    })
}

#[test]
fn attributes_of_a_live_conversation_stay_what_they_are() {
    let payload = r#"{"id":"c-1","participants":[
        {"id":"p-0","purpose":"customer","attributes":{"tier":"Gold","note":"a\nb \"c\"","empty":"","tier":"NA"}},
        {"id":"p-1","purpose":"agent"},{"attributes":{"\u00e9":null}}],"divisions":[]}"#;
    insta::assert_snapshot!(attributes(payload).unwrap(), @r#"
    "c-1",0,"p-0","customer","note","a
    b ""c"""
    "c-1",0,"p-0","customer","empty",""
    "c-1",0,"p-0","customer","tier","NA"
    "c-1",2,\N,\N,"é",\N
    "#);
    assert_eq!(live::natural_id(payload).as_deref(), Some("c-1"));
    let long = json!({"id": "c", "participants": [{"attributes": {"a": "x".repeat(65_536)}}]});
    let refusals = [
        long.to_string(),
        r#"{"id":"c","participants":[{"attributes":{"a":"nul\u0000"}}]}"#.to_owned(),
        r#"{"id":"c","participants":[{},{"attributes":{"a":7}}]}"#.to_owned(),
        r#"{"participants":[]}"#.to_owned(),
    ]
    .map(|payload| attributes(&payload).unwrap_err());
    insta::assert_snapshot!(refusals.join("\n"), @"
    too_long: staging.genesys_conversation_attribute.attribute_value: 65536 bytes, the column holds 65535
    unstorable_value: staging.genesys_conversation_attribute.attribute_value: holds a NUL character, which COPY takes for the end of the record
    unreadable: participants[1].attributes.a: invalid type: integer, expected an optionally borrowed string (line 1, column 49)
    missing_key: id: must not be missing, null or empty
    ");
}

#[test]
fn a_contacts_record_can_be_read_again_without_the_api() {
    let sources = ContactSources::named(&["Salesforce".to_owned()]);
    let write = |payload: &str| {
        written(definition!("external_contact"), |rows| {
            external_contact::write_external_contact(payload, &sources, 0, rows)
        })
    };
    let result = r#"{"id":"x-2" ,"success":true,"entity":{"id":"x-2","type":"Curated","externalIds":[
        {"externalSource":{"id":"s-1"},"value":"003000000000001"}],"canonicalContact":{"id":"x-2"}}}"#;
    let wrapped = external_contact::wrap("x\"1", Some(result), &sources);
    assert_eq!(
        wrapped,
        format!("{{\"askedId\":\"x\\\"1\",\"result\":{result}}}")
    );
    // The source is named by its id alone: only a record that says whose id it is gives the Salesforce id.
    let known = wrapped.replace("\"result\"", "\"sourceIds\":[\"s-1\"],\"result\"");
    let unknown = external_contact::wrap("x-3", None, &sources);
    let refused = r#"{"id":"x-4","success":false,"status":404,"error":{"code":"not.found"}}"#;
    let refused = external_contact::wrap("x-4", Some(refused), &sources);
    let all = [
        write(&wrapped),
        write(&known),
        write(&unknown),
        write(&refused),
        write(r#"{"result":null}"#),
        write(r#"{"askedId":"x","result":[1]}"#),
        write(r#"{"askedId":"x","result":{"entity":{"id":7}}}"#),
    ]
    .map(|written| written.unwrap_or_else(|refusal| refusal + "\n"));
    insta::assert_snapshot!(all.concat(), @r#"
    "x""1","x-2","x-2","Curated",\N,\N,\N,"[
            {""externalSource"":{""id"":""s-1""},""value"":""003000000000001""}]"
    "x""1","x-2","x-2","Curated","003000000000001AAA",\N,\N,"[
            {""externalSource"":{""id"":""s-1""},""value"":""003000000000001""}]"
    "x-3",\N,\N,\N,\N,\N,\N,\N
    "x-4",\N,\N,\N,\N,\N,\N,\N
    missing_key: askedId: must not be missing, null or empty
    unreadable: result: the record is a JSON list, expected an object
    unreadable: result.entity: id: invalid type: integer, expected a string (line 1, column 7)
    "#);
    assert_eq!(
        external_contact::natural_id(&unknown).as_deref(),
        Some("x-3")
    );
}
