//! Workforce management: units, who belongs to them, when agents are to work, and when they do something else.
//!
//! A shift follows from the agent and the calendar day alone, so that any two queries agree about it.

use super::World;
use super::reference::USERS;
use super::rng::{Rng, Uuid, tag};
use super::text::{DAY_MS, instant};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Management units: name, time zone, division.
const UNITS: [(&str, &str, usize); 2] = [
    ("Service North", "Europe/Berlin", 0),
    ("Partners West", "America/Chicago", 1),
];
/// Presences a lookup id of a result may stand for.
const PRESENCES: [&str; 2] = ["Meal", "On Queue"];
const HOUR_MS: i64 = 3_600_000;

/// A stretch of time in milliseconds, half open.
pub(crate) type Span = (i64, i64);

/// What an agent is doing in place of what the schedule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Still at lunch.
    Meal,
    /// Busy with something that is not the queue.
    OffQueue,
    /// Not there.
    Unavailable,
}

/// One day of an agent's work.
#[derive(Debug, Clone)]
pub(crate) struct Shift {
    /// The whole of it.
    pub(crate) span: Span,
    /// The scheduled meal in it.
    pub(crate) meal: Span,
    /// Where the agent did something else, in order, never in the meal.
    pub(crate) exceptions: Vec<(Span, Instead)>,
}

impl World {
    fn unit_id(&self, unit: usize) -> Uuid {
        Uuid::new(self.seed, tag::MANAGEMENT_UNIT, unit as u64)
    }

    /// The place of a management unit's id.
    pub(crate) fn find_unit(&self, id: &str) -> Option<usize> {
        let id = Uuid::parse(id)?;
        (0..UNITS.len()).find(|&unit| self.unit_id(unit) == id)
    }

    /// Business units as `GET /workforcemanagement/businessunits` lists them.
    pub fn business_units(&self) -> Vec<Value> {
        let id = Uuid::new(self.seed, tag::BUSINESS_UNIT, 0).to_string();
        vec![json!({
            "id": id, "name": "Contact center", "authorized": true,
            "division": {"id": self.division_id(0).to_string()},
            "selfUri": format!("/api/v2/workforcemanagement/businessunits/{id}"),
        })]
    }

    /// Management units as `GET /workforcemanagement/managementunits` lists them.
    pub fn management_units(&self) -> Vec<Value> {
        let business = Uuid::new(self.seed, tag::BUSINESS_UNIT, 0).to_string();
        let unit = |(place, (name, zone, division)): (usize, &(&str, &str, usize))| {
            let id = self.unit_id(place).to_string();
            json!({
                "id": id, "name": name, "timeZone": zone, "startDayOfWeek": "Monday", "version": 1,
                "businessUnit": {"id": business},
                "division": {"id": self.division_id(*division).to_string()},
                "dateModified": instant(self.begin_ms - 40 * DAY_MS),
                "selfUri": format!("/api/v2/workforcemanagement/managementunits/{id}"),
            })
        };
        UNITS.iter().enumerate().map(unit).collect()
    }

    /// The users of a management unit, by their places: three of four belong to the first.
    pub(crate) fn unit_users(unit: usize) -> impl Iterator<Item = usize> {
        (0..USERS).filter(move |user| usize::from(user % 4 == 3) == unit && user % 15 != 11)
    }

    /// The id of the activity code a schedule names.
    pub(crate) fn activity_code_id(&self) -> String {
        Uuid::new(self.seed, tag::ACTIVITY, 0).to_string()
    }

    /// Presence ids by their lookup ids.
    pub(crate) fn presences(&self) -> Value {
        let mut all = serde_json::Map::new();
        for place in 0..PRESENCES.len() {
            let id = Uuid::new(self.seed, tag::PRESENCE, place as u64).to_string();
            all.insert((place + 1).to_string(), json!(id));
        }
        Value::Object(all)
    }

    /// The shift of a user that begins on a day in the user's own time zone; none on days off.
    pub(crate) fn shift(&self, user: usize, day: Date) -> Option<Shift> {
        let (_, zone, _) = UNITS[usize::from(user % 4 == 3)];
        let zone = TimeZone::get(zone).ok()?;
        let days_off = if user.is_multiple_of(3) {
            [Weekday::Monday, Weekday::Tuesday]
        } else {
            [Weekday::Saturday, Weekday::Sunday]
        };
        if days_off.contains(&day.weekday()) {
            return None;
        }
        let number =
            i64::from(day.year()) * 372 + i64::from(day.month()) * 31 + i64::from(day.day());
        let place = (user as u64) << 32 | number.unsigned_abs();
        let mut rng = Rng::new(self.seed, tag::SHIFT, place);
        let hour = [7, 8, 9, 13][user / 4 % 4];
        let start = day.at(hour, 0, 0, 0).to_zoned(zone).ok()?;
        let start = start.timestamp().as_millisecond();
        let (meal, end) = (start + 4 * HOUR_MS, start + 8 * HOUR_MS);
        let mut exceptions = Vec::new();
        if rng.percent(30) {
            let late = rng.between(2, 25) * 60_000;
            exceptions.push(((start, start + late), Instead::Unavailable));
        }
        if rng.percent(35) {
            let longer = rng.between(1, 16) * 60_000;
            let from = meal + HOUR_MS;
            exceptions.push(((from, from + longer), Instead::Meal));
        }
        if rng.percent(40) {
            let from = end - rng.between(40, 120) * 60_000;
            let seconds = rng.between(60, 1800);
            exceptions.push(((from, from + seconds * 1000), Instead::OffQueue));
        }
        Some(Shift {
            span: (start, end),
            meal: (meal, meal + HOUR_MS),
            exceptions,
        })
    }

    /// The shifts of a user that touch `[from, to)`, in order.
    pub(crate) fn shifts(&self, user: usize, from: i64, to: i64) -> Vec<Shift> {
        let day = |millis: i64| super::instant(millis).to_zoned(TimeZone::UTC).date();
        let mut shifts = Vec::new();
        // A day more on both sides: zones are at most that far from UTC.
        let (mut date, last) = (day(from - DAY_MS), day(to + DAY_MS));
        while date <= last {
            shifts.extend(self.shift(user, date));
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        shifts.retain(|shift| shift.span.0 < to && shift.span.1 > from);
        shifts
    }
}

/// The part of a stretch that lies within another.
pub(crate) fn clip((from, to): Span, within: Span) -> Option<Span> {
    let part = (from.max(within.0), to.min(within.1));
    (part.0 < part.1).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::WorldOptions;

    #[test]
    fn exceptions_lie_in_the_shift_and_outside_the_meal() {
        let world = World::generate(WorldOptions {
            seed: 7,
            end: "2026-01-07T00:00:00Z".parse().unwrap(),
            days: 2,
            conversations: 10,
        });
        let mut seen = 0;
        for user in 0..USERS {
            for shift in world.shifts(user, world.begin_ms, world.begin_ms + 28 * DAY_MS) {
                for pair in shift.exceptions.windows(2) {
                    assert!(pair[0].0.1 <= pair[1].0.0, "{shift:?}");
                }
                for (span, _) in &shift.exceptions {
                    assert_eq!(clip(*span, shift.span), Some(*span), "{shift:?}");
                    assert_eq!(clip(*span, shift.meal), None, "{shift:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 500, "{seen}");
    }
}
