//! A file of adherence results: seconds of schedules and exceptions, by user and day.

use crate::world::World;
use crate::world::text::instant;
use crate::world::workforce::{Instead, Shift, Span, clip};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// What one download address leads to.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) unit_id: String,
    pub(super) span: Span,
    /// Beginnings of the days, in milliseconds.
    pub(super) days: Vec<i64>,
    pub(super) users: Vec<usize>,
    pub(super) exceptions: bool,
    pub(super) actuals: bool,
}

/// The beginnings of the calendar days of a zone in a span; the first is the span's own.
pub(super) fn days(span: Span, zone: &TimeZone) -> Vec<i64> {
    let mut days = vec![span.0];
    let mut date = crate::world::instant(span.0).to_zoned(zone.clone()).date();
    while let Ok(next) = date.tomorrow() {
        let Ok(midnight) = next.to_zoned(zone.clone()) else {
            break;
        };
        let at = midnight.timestamp().as_millisecond();
        if at >= span.1 {
            break;
        }
        days.push(at);
        date = next;
    }
    days
}

/// The file behind an address.
pub(super) fn result(world: &World, file: &File) -> Value {
    let users: Vec<Value> = file
        .users
        .iter()
        .map(|&user| user_result(world, file, user))
        .collect();
    json!({
        "startDate": instant(file.span.0), "endDate": instant(file.span.1), "managementUnitId": file.unit_id,
        "userResults": users, "lookupIdToSecondaryPresenceId": world.presences(),
    })
}

/// Seconds of one day or of all days.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    scheduled: i64,
    on_queue: i64,
    exceptions: i64,
    absent: i64,
    count: i64,
}

impl Sums {
    fn of(shifts: &[Shift], within: Span) -> Self {
        let seconds = |span: Span| clip(span, within).map_or(0, |(from, to)| (to - from) / 1000);
        let mut sums = Self::default();
        for shift in shifts {
            let scheduled = seconds(shift.span);
            sums.scheduled += scheduled;
            sums.on_queue += scheduled - seconds(shift.meal);
            for (span, kind) in &shift.exceptions {
                let lost = seconds(*span);
                sums.exceptions += lost;
                sums.count += i64::from(lost > 0);
                if *kind == Instead::Unavailable {
                    sums.absent += lost;
                }
            }
        }
        sums
    }

    fn percentages(&self, into: &mut Value) {
        if self.scheduled > 0 {
            into["adherencePercentage"] = percent(self.scheduled - self.exceptions, self.scheduled);
        }
        if self.on_queue > 0 {
            into["conformancePercentage"] = percent(self.on_queue - self.exceptions, self.on_queue);
        }
    }
}

/// A hundredth of a percent is the finest a result tells.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of a month fit a float exactly"
)]
fn percent(part: i64, whole: i64) -> Value {
    json!((part as f64 * 10_000.0 / whole as f64).round() / 100.0)
}

fn user_result(world: &World, file: &File, user: usize) -> Value {
    let shifts = world.shifts(user, file.span.0, file.span.1);
    let offset = |at: i64| (at - file.span.0) / 1000;
    let ends = file.days.iter().skip(1).chain([&file.span.1]);
    let mut days = Vec::new();
    for (&start, &end) in file.days.iter().zip(ends) {
        let sums = Sums::of(&shifts, (start, end));
        let mut day = json!({
            "dayStartOffsetSeconds": offset(start), "adherenceScheduleSeconds": sums.scheduled,
            "conformanceScheduleSeconds": sums.on_queue, "conformanceActualSeconds": sums.on_queue - sums.exceptions,
            "exceptionCount": sums.count, "exceptionDurationSeconds": sums.exceptions,
            "impactSeconds": sums.exceptions, "scheduleLengthSeconds": sums.scheduled,
            "actualLengthSeconds": sums.scheduled - sums.absent,
        });
        sums.percentages(&mut day);
        days.push(day);
    }
    let total = Sums::of(&shifts, file.span);
    let impact = if total.exceptions > 0 {
        "Negative"
    } else {
        "Neutral"
    };
    let mut one =
        json!({"userId": world.user_id(user).to_string(), "impact": impact, "dayMetrics": days});
    total.percentages(&mut one);
    if file.exceptions {
        let all = shifts.iter().flat_map(|shift| &shift.exceptions);
        let told = all.filter_map(|(span, kind)| {
            let (from, to) = clip(*span, file.span)?;
            Some(exception(world, offset(from), offset(to), *kind))
        });
        one["exceptionInfo"] = told.collect();
    }
    if file.actuals {
        let told = shifts.iter().flat_map(actuals).filter_map(|(span, what)| {
            let (from, to) = clip(span, file.span)?;
            let mut told = json!({"actualActivityCategory": what, "startOffsetSeconds": offset(from), "endOffsetSeconds": offset(to)});
            let lookup = match what {
                "Meal" => "1",
                "OnQueueWork" => "2",
                _ => return Some(told),
            };
            told["actualSecondaryPresenceLookupId"] = json!(lookup);
            Some(told)
        });
        one["actuals"] = told.collect();
    }
    one
}

fn exception(world: &World, from: i64, to: i64, kind: Instead) -> Value {
    let (activity, presence) = match kind {
        Instead::Meal => ("Meal", "Meal"),
        Instead::OffQueue => ("OffQueueWork", "Available"),
        Instead::Unavailable => ("Unavailable", "Offline"),
    };
    let mut told = json!({
        "startOffsetSeconds": from, "endOffsetSeconds": to, "scheduledActivityCodeId": world.activity_code_id(),
        "scheduledActivityCategory": "OnQueueWork", "actualActivityCategory": activity, "systemPresence": presence,
        "routingStatus": "OFF_QUEUE", "impact": "Negative",
    });
    if kind == Instead::Meal {
        told["secondaryPresenceLookupId"] = json!("1");
    }
    told
}

/// What an agent did in a shift, in order and without gaps; a late return prolongs the meal.
fn actuals(shift: &Shift) -> Vec<(Span, &'static str)> {
    let mut other = vec![(shift.meal, "Meal")];
    other.extend(shift.exceptions.iter().map(|(span, kind)| {
        let what = match kind {
            Instead::Meal => "Meal",
            Instead::OffQueue => "OffQueueWork",
            Instead::Unavailable => "Unavailable",
        };
        (*span, what)
    }));
    other.sort_unstable();
    let mut all: Vec<(Span, &'static str)> = Vec::new();
    let mut at = shift.span.0;
    for (span, what) in other {
        if at < span.0 {
            all.push(((at, span.0), "OnQueueWork"));
        }
        match all.last_mut() {
            Some((last, same)) if *same == what && last.1 == span.0 => last.1 = span.1,
            _ => all.push((span, what)),
        }
        at = span.1;
    }
    if at < shift.span.1 {
        all.push(((at, shift.span.1), "OnQueueWork"));
    }
    all
}
