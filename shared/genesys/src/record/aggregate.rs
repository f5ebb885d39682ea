//! Aggregates: a record is a group with its buckets, each bucket with its metrics; a row is one metric of one bucket.

use super::instant::parse_instant;
use super::wire::Whole;
use super::write::whole;
use super::{missing, read};
use jiff::Timestamp;
use model::rows::{Refusal, Rows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_with::{BorrowCow, serde_as};
use std::borrow::Cow;

/// The staging table of user aggregates.
pub const USER_TABLE: &str = "staging.genesys_user_aggregate";
/// The staging table of queue aggregates.
pub const QUEUE_TABLE: &str = "staging.genesys_queue_aggregate";

type Text<'a> = Option<Cow<'a, str>>;

/// The dimensions the queries ask to group by; others pass by.
#[serde_as]
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    user_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    queue_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    media_type: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    conversation_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    evaluation_id: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    survey_id: Text<'a>,
}

#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow, default)]
    group: Option<Group<'a>>,
    #[serde(borrow, default)]
    data: Option<Vec<Bucket<'a>>>,
}

#[derive(Deserialize)]
struct Keyed<'a> {
    #[serde(borrow, default)]
    group: Option<Group<'a>>,
}

#[serde_as]
#[derive(Deserialize)]
struct Bucket<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    interval: Text<'a>,
    #[serde(borrow, default)]
    metrics: Option<Vec<Measured<'a>>>,
}

#[serde_as]
#[derive(Deserialize)]
struct Measured<'a> {
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    metric: Text<'a>,
    #[serde_as(as = "Option<BorrowCow>")]
    #[serde(borrow, default)]
    qualifier: Text<'a>,
    #[serde(borrow, default)]
    stats: Option<Stats<'a>>,
}

#[derive(Default, Deserialize)]
struct Stats<'a> {
    count: Option<Whole>,
    sum: Option<Whole>,
    min: Option<Whole>,
    max: Option<Whole>,
    #[serde(borrow, default)]
    ratio: Option<&'a RawValue>,
    numerator: Option<Whole>,
    denominator: Option<Whole>,
    #[serde(borrow, default)]
    target: Option<&'a RawValue>,
}

/// One metric of one bucket.
struct Cell<'a> {
    from: Timestamp,
    to: Timestamp,
    place: String,
    name: Text<'a>,
    qualifier: Text<'a>,
    stats: Stats<'a>,
}

/// Every metric of every bucket, in order.
fn cells(data: Option<Vec<Bucket<'_>>>) -> Result<Vec<Cell<'_>>, Refusal> {
    let mut cells = Vec::new();
    for (at, bucket) in data.into_iter().flatten().enumerate() {
        let (from, to) = bounds(bucket.interval.as_deref(), at)?;
        for (no, metric) in bucket.metrics.into_iter().flatten().enumerate() {
            cells.push(Cell {
                from,
                to,
                place: format!("data[{at}].metrics[{no}]"),
                name: metric.metric,
                qualifier: metric.qualifier,
                stats: metric.stats.unwrap_or_default(),
            });
        }
    }
    Ok(cells)
}

fn bounds(interval: Option<&str>, at: usize) -> Result<(Timestamp, Timestamp), Refusal> {
    let place = || format!("data[{at}].interval");
    let interval = interval.ok_or_else(|| missing(&place()))?;
    let shown = || interval.chars().take(60).collect::<String>();
    let (from, to) = interval.split_once('/').ok_or_else(|| Refusal {
        reason: "bad_time",
        detail: format!("{}: {:?} is no interval start/end", place(), shown()),
    })?;
    let (from, to) = (parse_instant(from, place)?, parse_instant(to, place)?);
    if from >= to {
        return Err(Refusal {
            reason: "bad_time",
            detail: format!("{}: {:?} does not end after its start", place(), shown()),
        });
    }
    Ok((from, to))
}

/// Appends the rows of one user's aggregates to table 0 of `rows`, whose definition is that of [`USER_TABLE`].
pub fn write_user_aggregate(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let element: Element<'_> = read(payload)?;
    let group = element.group.unwrap_or_default();
    let user = super::required_id(group.user_id, "group.userId")?;
    for cell in cells(element.data)? {
        rows.row(0)
            .text(Some(&user))
            .timestamp(Some(cell.from))
            .timestamp(Some(cell.to))
            .text(cell.name.as_deref())
            .text(cell.qualifier.as_deref())
            .int(whole(cell.stats.count))
            .int(whole(cell.stats.sum))
            .end()?;
    }
    Ok(())
}

/// Appends the rows of one queue's and media type's aggregates to table 0 of `rows`, whose definition is that of
/// [`QUEUE_TABLE`].
pub fn write_queue_aggregate(payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
    let element: Element<'_> = read(payload)?;
    let group = element.group.unwrap_or_default();
    let queue = super::required_id(group.queue_id, "group.queueId")?;
    for cell in cells(element.data)? {
        let stats = &cell.stats;
        let (ratio, target) = (
            decimal(stats.ratio, &cell.place, "ratio")?,
            decimal(stats.target, &cell.place, "target")?,
        );
        rows.row(0)
            .text(Some(&queue))
            .text(group.media_type.as_deref())
            .timestamp(Some(cell.from))
            .timestamp(Some(cell.to))
            .text(cell.name.as_deref())
            .text(cell.qualifier.as_deref())
            .int(whole(stats.count))
            .int(whole(stats.sum))
            .int(whole(stats.min))
            .int(whole(stats.max))
            .literal(ratio.as_deref())
            .int(whole(stats.numerator))
            .int(whole(stats.denominator))
            .literal(target.as_deref())
            .end()?;
    }
    Ok(())
}

/// A number for a `decimal(18, 6)` column. Digits beyond the sixth are rounded as the column does; an exponent, which not
/// every reader takes, is written out.
fn decimal<'a>(
    raw: Option<&'a RawValue>,
    place: &str,
    field: &str,
) -> Result<Option<Cow<'a, str>>, Refusal> {
    // Twelve digits before the point.
    const TOO_LARGE: f64 = 1e12;
    let Some(text) = raw.map(RawValue::get) else {
        return Ok(None);
    };
    let refuse = |rule: &str| Refusal {
        reason: "bad_value",
        detail: format!("{place}.stats.{field}: {rule}"),
    };
    // A text in quotes is no number, whatever it says.
    let value: f64 = text.parse().map_err(|_| refuse("is no number"))?;
    if !value.is_finite() || value.abs() >= TOO_LARGE - 0.5 {
        return Err(refuse("the column holds numbers below 10^12"));
    }
    if text.len() <= 18 && !text.contains(['e', 'E']) {
        return Ok(Some(Cow::Borrowed(text)));
    }
    Ok(Some(Cow::Owned(format!("{value:.6}"))))
}

/// The user of a user aggregate, if nothing else of the record can be used.
pub fn user_natural_id(payload: &str) -> Option<String> {
    group(payload)?.user_id.map(Cow::into_owned)
}

/// Queue and media type of a queue aggregate, `<queueId>/<mediaType>`, if nothing else of the record can be used.
pub fn queue_natural_id(payload: &str) -> Option<String> {
    let group = group(payload)?;
    let media_type = group.media_type.unwrap_or_default();
    Some(format!("{}/{media_type}", group.queue_id?))
}

/// The conversation an element of evaluations or surveys aggregates is about.
pub fn conversation_id(payload: &str) -> Option<String> {
    let id = group(payload)?.conversation_id;
    id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}

/// The evaluation or survey an element of evaluations or surveys aggregates is about.
pub fn event_id(payload: &str) -> Option<String> {
    let group = group(payload)?;
    let id = group.evaluation_id.or(group.survey_id);
    id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}

fn group(payload: &str) -> Option<Group<'_>> {
    serde_json::from_str::<Keyed<'_>>(payload).ok()?.group
}
