//! Historical adherence: a record is one agent's result of a bulk job, with what it needs to be understood alone:
//! `{"managementUnitId":…,"startDate":…,"endDate":…,"timeZone":…,"userResult":…}`. A row is one day of it: of the zone that
//! was asked for, or what of it lies in the time that was asked for. Records that name no zone are older, and of UTC days.

use super::instant::parse_instant;
use super::wire::Whole;
use super::write::whole;
use super::{missing, quoted, read, required_id};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;
use std::collections::BTreeSet;

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
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    end_date: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    time_zone: Text<'a>,
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

/// What a job was asked for, as far as a record of it needs it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose agents.
    pub management_unit_id: String,
    /// Where the query begins: what offsets count from.
    pub start_date: String,
    /// Where it ends, exclusive.
    pub end_date: String,
    /// IANA name of the zone whose days the answer has.
    pub time_zone: String,
}

impl Asked {
    /// The record of one agent: the result's bytes as they came.
    pub fn wrap(&self, user_result: &str) -> String {
        format!(
            "{{\"managementUnitId\":{},\"startDate\":{},\"endDate\":{},\"timeZone\":{},\"userResult\":{user_result}}}",
            quoted(&self.management_unit_id),
            quoted(&self.start_date),
            quoted(&self.end_date),
            quoted(&self.time_zone),
        )
    }
}

/// Appends a row per day of one agent to table 0 of `rows`, whose definition is that of [`TABLE`]. A day that the answer
/// leaves out, after one that it has, comes as a row without values: the warehouse takes the next row for the end of a day.
pub fn write_adherence(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let wrapped: Wrapped<'_> = read(payload)?;
    let unit = required_id(wrapped.management_unit_id, "managementUnitId")?;
    let start = wrapped.start_date.ok_or_else(|| missing("startDate"))?;
    let start = parse_instant(&start, || "startDate".to_owned())?;
    let end = match &wrapped.end_date {
        Some(end) => Some(parse_instant(end, || "endDate".to_owned())?),
        None => None,
    };
    let zone = wrapped.time_zone.as_deref().map(zone).transpose()?;
    let user = wrapped.user_result.ok_or_else(|| missing("userResult"))?;
    let user_id = required_id(user.user_id, "userResult.userId")?;
    let mut begun = BTreeSet::new();
    for (at, day) in user.day_metrics.into_iter().flatten().enumerate() {
        let day_start = day_start(start, day.day_start_offset_seconds, at)?;
        if !begun.insert(day_start) {
            return Err(Refusal {
                reason: "bad_value",
                detail: format!(
                    "userResult.dayMetrics[{at}].dayStartOffsetSeconds: {day_start} has a day before this one; which of them counts is not known"
                ),
            });
        }
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
    let (Some(end), Some(zone)) = (end, zone) else {
        return Ok(());
    };
    let ends: BTreeSet<_> = begun.iter().filter_map(|at| next_day(*at, &zone)).collect();
    for left_out in ends.difference(&begun).filter(|at| **at < end) {
        rows.row(0)
            .text(Some(&unit))
            .text(Some(&user_id))
            .timestamp(Some(*left_out))
            .int(None)
            .int(None)
            .int(None)
            .int(None)
            .int(None)
            .end()?;
    }
    Ok(())
}

fn zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name).map_err(|_| Refusal {
        reason: "bad_value",
        detail: format!(
            "timeZone: {:?} is no IANA zone such as Europe/Berlin",
            name.chars().take(60).collect::<String>()
        ),
    })
}

/// The first instant of the day after the one that holds `at`; none at the end of time.
fn next_day(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let next = at.to_zoned(zone.clone()).tomorrow().ok()?;
    Some(next.start_of_day().ok()?.timestamp())
}

/// Offsets are seconds from the start of the query. A day that began before it is only known from there on.
fn day_start(start: Timestamp, offset: Option<Whole>, at: usize) -> Result<Timestamp, Refusal> {
    let place = format!("userResult.dayMetrics[{at}].dayStartOffsetSeconds");
    let Whole(offset) = offset.ok_or_else(|| missing(&place))?;
    let begins = start
        .checked_add(SignedDuration::from_secs(offset))
        .map_err(|_| Refusal {
            reason: "bad_time",
            detail: format!("{place}: {offset} seconds after {start} is no instant"),
        })?;
    let is_of_the_first_day = -DAY_SECONDS < offset && offset < 0;
    Ok(if is_of_the_first_day { start } else { begins })
}

/// The longest day there is, that of a clock set back: one that lies in the query began less than that before it.
const DAY_SECONDS: i64 = 25 * 3600;

/// Management unit and user, `<managementUnitId>/<userId>`, if nothing else of the record can be used.
pub fn natural_id(payload: &str) -> Option<String> {
    let keyed: Keyed<'_> = serde_json::from_str(payload).ok()?;
    let user_id = keyed.user_result?.user_id?;
    Some(format!("{}/{user_id}", keyed.management_unit_id?))
}
