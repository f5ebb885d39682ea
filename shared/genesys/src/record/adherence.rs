//! Historical adherence: a record is one agent's result of a bulk job, with what it needs to be understood alone:
//! `{"managementUnitId":…,"startDate":…,"userResult":…}`. A row is one day of it.

use super::instant::parse_instant;
use super::wire::Whole;
use super::write::whole;
use super::{missing, quoted, read, required_id};
use jiff::{SignedDuration, Timestamp};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;

/// The staging table.
pub const TABLE: &str = "staging.genesys_adherence";

type Text<'a> = Option<Cow<'a, str>>;

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    management_unit_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    start_date: Text<'a>,
    #[serde(borrow, default)]
    user_result: Option<UserResult<'a>>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserResult<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    user_id: Text<'a>,
    day_metrics: Option<Vec<Schedule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    day_start_offset_seconds: Option<Whole>,
    adherence_schedule_seconds: Option<Whole>,
    conformance_schedule_seconds: Option<Whole>,
    conformance_actual_seconds: Option<Whole>,
    exception_count: Option<Whole>,
    exception_duration_seconds: Option<Whole>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keyed<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    management_unit_id: Text<'a>,
    #[serde(borrow, default)]
    user_result: Option<KeyedUser<'a>>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyedUser<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    user_id: Text<'a>,
}

/// The record of one agent: the result's bytes as they came.
pub fn wrap(management_unit_id: &str, start_date: &str, user_result: &str) -> String {
    format!(
        "{{\"managementUnitId\":{},\"startDate\":{},\"userResult\":{user_result}}}",
        quoted(management_unit_id),
        quoted(start_date)
    )
}

/// Appends a row per day of one agent to table 0 of `rows`, whose definition is that of [`TABLE`].
pub fn write_adherence(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let wrapped: Wrapped<'_> = read(payload)?;
    let unit = required_id(wrapped.management_unit_id, "managementUnitId")?;
    let start = wrapped.start_date.ok_or_else(|| missing("startDate"))?;
    let start = parse_instant(&start, || "startDate".to_owned())?;
    let user = wrapped.user_result.ok_or_else(|| missing("userResult"))?;
    let user_id = required_id(user.user_id, "userResult.userId")?;
    for (at, day) in user.day_metrics.into_iter().flatten().enumerate() {
        let day_start = day_start(start, day.day_start_offset_seconds, at)?;
        rows.row(0)
            .text(Some(&unit))
            .text(Some(&user_id))
            .timestamp(Some(day_start))
            .int(whole(day.adherence_schedule_seconds))
            .int(whole(day.conformance_schedule_seconds))
            .int(whole(day.conformance_actual_seconds))
            .int(whole(day.exception_count))
            .int(whole(day.exception_duration_seconds))
            .end()?;
    }
    Ok(())
}

/// Offsets are seconds from the start of the query.
fn day_start(start: Timestamp, offset: Option<Whole>, at: usize) -> Result<Timestamp, Refusal> {
    let place = format!("userResult.dayMetrics[{at}].dayStartOffsetSeconds");
    let Whole(offset) = offset.ok_or_else(|| missing(&place))?;
    start
        .checked_add(SignedDuration::from_secs(offset))
        .map_err(|_| Refusal {
            reason: "bad_time",
            detail: format!("{place}: {offset} seconds after {start} is no instant"),
        })
}

/// Management unit and user, `<managementUnitId>/<userId>`, if nothing else of the record can be used.
pub fn natural_id(payload: &str) -> Option<String> {
    let keyed: Keyed<'_> = serde_json::from_str(payload).ok()?;
    let user_id = keyed.user_result?.user_id?;
    Some(format!("{}/{user_id}", keyed.management_unit_id?))
}
