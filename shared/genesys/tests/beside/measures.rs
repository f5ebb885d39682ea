//! What is measured: aggregates and adherence.

use super::written;
use genesys::record::adherence::Asked;
use genesys::record::{adherence, aggregate};
use serde_json::{Value, json};

fn user_aggregate(payload: &Value) -> Result<String, String> {
    let payload = payload.to_string();
    written(definition!("user_aggregate"), |rows| {
        aggregate::write_user_aggregate(&payload, rows)
    })
}

fn queue_aggregate(payload: &str) -> Result<String, String> {
    written(definition!("queue_aggregate"), |rows| {
        aggregate::write_queue_aggregate(payload, rows)
    })
}

#[test]
fn a_users_statuses_become_a_row_per_bucket_and_status() {
    let status = |qualifier: &str, sum: i64| {
        json!({
            "metric": "tAgentRoutingStatus", "qualifier": qualifier, "stats": {"count": 2, "sum": sum, "max": 7},
        })
    };
    let record = json!({"group": {"userId": "u-1"}, "data": [
        {"interval": "2026-01-05T10:00:00.000Z/2026-01-05T10:30:00.000Z",
            "metrics": [status("IDLE", 100), status("INTERACTING", 1_700_000)]},
        {"interval": "2026-01-05T10:30:00.000Z/2026-01-05T11:00:00.000Z",
            "metrics": [{"metric": "tSystemPresence"}], "views": []},
        {"interval": "2026-01-05T11:00:00.000Z/2026-01-05T11:30:00.000Z"},
    ]});
    insta::assert_snapshot!(user_aggregate(&record).unwrap(), @r#"
    "u-1",2026-01-05 10:00:00,2026-01-05 10:30:00,"tAgentRoutingStatus","IDLE",2,100
    "u-1",2026-01-05 10:00:00,2026-01-05 10:30:00,"tAgentRoutingStatus","INTERACTING",2,1700000
    "u-1",2026-01-05 10:30:00,2026-01-05 11:00:00,"tSystemPresence",\N,\N,\N
    "#);
    // A group without buckets is a record without rows.
    assert_eq!(
        user_aggregate(&json!({"group": {"userId": "u-1"}})).unwrap(),
        ""
    );
    assert_eq!(
        aggregate::user_natural_id(&record.to_string()).as_deref(),
        Some("u-1")
    );
    let bucket = |interval: Value, metric: Value| {
        user_aggregate(&json!({"group": {"userId": "u-1"}, "data": [{"interval": interval, "metrics": [metric]}]}))
            .unwrap_err()
    };
    let hour = json!("2026-01-05T10:00:00Z/2026-01-05T11:00:00Z");
    let refusals = [
        user_aggregate(&json!({"group": {"queueId": "q-1"}, "data": []})).unwrap_err(),
        bucket(json!(null), json!({})),
        bucket(json!("2026-01-05T10:00:00Z"), json!({})),
        bucket(json!("2026-01-05T10:00:00Z/then"), json!({})),
        bucket(
            json!("2026-01-05T10:00:00Z/2026-01-05T10:00:00Z"),
            json!({}),
        ),
        bucket(hour.clone(), json!({})),
        bucket(
            hour,
            json!({"metric": "tAgentRoutingStatus", "stats": {"sum": 1.5}}),
        ),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    missing_key: group.userId: must not be missing, null or empty
    missing_key: data[0].interval: must not be missing, null or empty
    bad_time: data[0].interval: "2026-01-05T10:00:00Z" is no interval start/end
    bad_time: data[0].interval: "then" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: data[0].interval: "2026-01-05T10:00:00Z/2026-01-05T10:00:00Z" does not end after its start
    missing_key: staging.genesys_user_aggregate.metric: must not be missing
    unreadable: data[0].metrics[0].stats.sum: invalid value: floating point, expected a whole number of at most 64 bits (line 1, column 126)
    "#);
}

#[test]
fn a_queues_counts_keep_their_parts_and_ratios() {
    let record = r#"{"group":{"queueId":"q-1","mediaType":"voice"},"data":[{
        "interval":"2026-01-05T10:00:00.000Z/2026-01-05T10:30:00.000Z","metrics":[
        {"metric":"nOffered","stats":{"count":3}},
        {"metric":"tHandle","stats":{"max":334586.0,"min":1,"count":2,"sum":381750}},
        {"metric":"oServiceLevel","stats":{"ratio":0.3333333333333333,"numerator":1,"denominator":3,"target":0.8}},
        {"metric":"oServiceLevel","stats":{"ratio":1e-7,"numerator":0,"denominator":3.0,"target":null}}]}]}"#;
    insta::assert_snapshot!(queue_aggregate(record).unwrap(), @r#"
    "q-1","voice",2026-01-05 10:00:00,2026-01-05 10:30:00,"nOffered",\N,3,\N,\N,\N,\N,\N,\N,\N
    "q-1","voice",2026-01-05 10:00:00,2026-01-05 10:30:00,"tHandle",\N,2,381750,1,334586,\N,\N,\N,\N
    "q-1","voice",2026-01-05 10:00:00,2026-01-05 10:30:00,"oServiceLevel",\N,\N,\N,\N,\N,0.3333333333333333,1,3,0.8
    "q-1","voice",2026-01-05 10:00:00,2026-01-05 10:30:00,"oServiceLevel",\N,\N,\N,\N,\N,0.000000,0,3,\N
    "#);
    assert_eq!(
        aggregate::queue_natural_id(record).as_deref(),
        Some("q-1/voice")
    );
    assert_eq!(
        aggregate::queue_natural_id(r#"{"group":{"queueId":"q"}}"#).as_deref(),
        Some("q/")
    );
    assert_eq!(
        aggregate::queue_natural_id(r#"{"group":{"mediaType":"voice"}}"#),
        None
    );
    let ratio =
        |ratio: &str| queue_aggregate(&record.replace("0.3333333333333333", ratio)).unwrap_err();
    insta::assert_snapshot!([ratio("\"high\""), ratio("1e300"), ratio("1000000000000.0")].join("\n"), @"
    bad_value: data[0].metrics[2].stats.ratio: is no number
    bad_value: data[0].metrics[2].stats.ratio: the column holds numbers below 10^12
    bad_value: data[0].metrics[2].stats.ratio: the column holds numbers below 10^12
    ");
    let update = r#"{"group":{"conversationId":"c-1","evaluationId":"e-1"},"data":[]}"#;
    assert_eq!(aggregate::conversation_id(update).as_deref(), Some("c-1"));
    assert_eq!(aggregate::conversation_id("{}"), None);
}

fn adherent(payload: &str) -> Result<String, String> {
    written(definition!("adherence"), |rows| {
        adherence::write_adherence(payload, rows)
    })
}

/// The record of a query that begins at `start`, ends at `end` and has the days of `zone`.
fn of_days(start: &str, end: &str, zone: &str, user: &str) -> String {
    Asked {
        management_unit_id: "m-1".to_owned(),
        start_date: start.to_owned(),
        end_date: end.to_owned(),
        time_zone: zone.to_owned(),
    }
    .wrap(user)
}

fn days_of(offsets: &[i64]) -> String {
    let days: Vec<_> = offsets
        .iter()
        .map(|offset| {
            format!(r#"{{"dayStartOffsetSeconds":{offset},"adherenceScheduleSeconds":1}}"#)
        })
        .collect();
    format!(r#"{{"userId":"u-1","dayMetrics":[{}]}}"#, days.join(","))
}

#[test]
fn days_of_adherence_begin_at_their_offset_from_the_start_of_the_query() {
    let user = r#"{"userId":"u-1" ,"adherencePercentage":96.25,"dayMetrics":[
        {"dayStartOffsetSeconds":0,"adherenceScheduleSeconds":28800,"conformanceScheduleSeconds":25200,
         "conformanceActualSeconds":23760,"exceptionCount":2,"exceptionDurationSeconds":1440},
        {"dayStartOffsetSeconds":86400,"exceptionCount":0}]}"#;
    let (start, end) = ("2026-03-02T06:00:00.000Z", "2026-03-04T06:00:00.000Z");
    let payload = of_days(start, end, "America/Chicago", user);
    assert!(payload.ends_with(&format!("\"userResult\":{user}}}")));
    insta::assert_snapshot!(adherent(&payload).unwrap(), @r#"
    "m-1","u-1",2026-03-02 06:00:00,28800,25200,23760,2,1440
    "m-1","u-1",2026-03-03 06:00:00,\N,\N,\N,0,\N
    "#);
    assert_eq!(adherence::natural_id(&payload).as_deref(), Some("m-1/u-1"));
    assert_eq!(adherence::natural_id("{\"userResult\":{}}"), None);
    let unscheduled = of_days(start, end, "America/Chicago", r#"{"userId":"u-2"}"#);
    assert_eq!(adherent(&unscheduled).unwrap(), "");
}

#[test]
fn a_day_ends_where_the_next_one_begins_also_when_the_answer_leaves_that_one_out() {
    let of = |start: &str, end: &str, zone: &str, offsets: &[i64]| {
        let payload = of_days(start, end, zone, &days_of(offsets));
        format!(
            "{zone} {start} {offsets:?}\n{}",
            adherent(&payload).unwrap()
        )
    };
    // An older record names no zone: its days are UTC's, and end with the window.
    let older = format!(
        r#"{{"managementUnitId":"m-1","startDate":"2026-03-08T00:00:00Z","userResult":{}}}"#,
        days_of(&[0])
    );
    let told = [
        of(
            "2026-03-08T00:00:00Z",
            "2026-03-09T00:00:00Z",
            "America/Chicago",
            &[0, 21600],
        ),
        of(
            "2026-03-08T00:00:00Z",
            "2026-03-09T00:00:00Z",
            "America/Chicago",
            &[0],
        ),
        // The query begins within a day, and the answer counts from that day's beginning.
        of(
            "2026-03-08T00:00:00Z",
            "2026-03-09T00:00:00Z",
            "America/Chicago",
            &[-64800, 21600],
        ),
        of("2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", "UTC", &[0]),
        // Days of 23 and 25 hours.
        of(
            "2026-03-08T06:00:00Z",
            "2026-03-10T05:00:00Z",
            "America/Chicago",
            &[0],
        ),
        of(
            "2026-10-25T00:00:00Z",
            "2026-10-26T00:00:00Z",
            "Europe/Berlin",
            &[0],
        ),
        // A day that begins at one o'clock.
        of(
            "2026-04-23T00:00:00Z",
            "2026-04-25T00:00:00Z",
            "Africa/Cairo",
            &[0],
        ),
        adherent(&older).unwrap(),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    America/Chicago 2026-03-08T00:00:00Z [0, 21600]
    "m-1","u-1",2026-03-08 00:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-03-08 06:00:00,1,\N,\N,\N,\N

    America/Chicago 2026-03-08T00:00:00Z [0]
    "m-1","u-1",2026-03-08 00:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-03-08 06:00:00,\N,\N,\N,\N,\N

    America/Chicago 2026-03-08T00:00:00Z [-64800, 21600]
    "m-1","u-1",2026-03-08 00:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-03-08 06:00:00,1,\N,\N,\N,\N

    UTC 2026-03-08T00:00:00Z [0]
    "m-1","u-1",2026-03-08 00:00:00,1,\N,\N,\N,\N

    America/Chicago 2026-03-08T06:00:00Z [0]
    "m-1","u-1",2026-03-08 06:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-03-09 05:00:00,\N,\N,\N,\N,\N

    Europe/Berlin 2026-10-25T00:00:00Z [0]
    "m-1","u-1",2026-10-25 00:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-10-25 23:00:00,\N,\N,\N,\N,\N

    Africa/Cairo 2026-04-23T00:00:00Z [0]
    "m-1","u-1",2026-04-23 00:00:00,1,\N,\N,\N,\N
    "m-1","u-1",2026-04-23 22:00:00,\N,\N,\N,\N,\N

    "m-1","u-1",2026-03-08 00:00:00,1,\N,\N,\N,\N
    "#);
}

#[test]
fn adherence_that_cannot_be_placed_is_refused_with_the_field() {
    let day =
        |day: &str| format!(r#"{{"userId":"u-1","dayMetrics":[{{}},{day}]}}"#).replace("{},", "");
    let user = days_of(&[0]);
    let (start, end) = ("2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z");
    let refusals = [
        of_days("yesterday", end, "UTC", &user),
        of_days(start, "tomorrow", "UTC", &user),
        of_days(start, end, "Mars", &user),
        of_days(start, end, "UTC", &user).replace("m-1", ""),
        of_days(start, end, "UTC", "{}"),
        of_days(start, end, "UTC", "null"),
        of_days(start, end, "America/Chicago", &days_of(&[-3600, 0])),
        of_days(start, end, "UTC", &day(r#"{"exceptionCount":1}"#)),
        of_days(
            start,
            end,
            "UTC",
            &day(r#"{"dayStartOffsetSeconds":9223372036854775807}"#),
        ),
        of_days(
            start,
            end,
            "UTC",
            &day(r#"{"dayStartOffsetSeconds":0,"exceptionCount":"2"}"#),
        ),
    ]
    .map(|payload| adherent(&payload).unwrap_err());
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    bad_time: startDate: "yesterday" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_time: endDate: "tomorrow" is no instant of the form 2026-01-05T10:00:00.123Z
    bad_value: timeZone: "Mars" is no IANA zone such as Europe/Berlin
    missing_key: managementUnitId: must not be missing, null or empty
    missing_key: userResult.userId: must not be missing, null or empty
    missing_key: userResult: must not be missing, null or empty
    bad_value: userResult.dayMetrics[1].dayStartOffsetSeconds: 2026-03-02T06:00:00Z has a day before this one; which of them counts is not known
    missing_key: userResult.dayMetrics[0].dayStartOffsetSeconds: must not be missing, null or empty
    bad_time: userResult.dayMetrics[0].dayStartOffsetSeconds: 9223372036854775807 seconds after 2026-03-02T06:00:00Z is no instant
    unreadable: userResult.dayMetrics[0].exceptionCount: invalid type: string, expected a whole number of at most 64 bits (line 1, column 201)
    "#);
}
