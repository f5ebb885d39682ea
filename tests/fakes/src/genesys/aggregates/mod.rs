//! Aggregates queries: what they ask for, and the table of numbers they are answered from.
//!
//! Nothing is kept: every number is counted from the records when it is asked for. A metric lies in the bucket in
//! which it was emitted, and where nothing happened there is no number, not a zero.

mod conversations;
mod quality;
mod users;

use super::interval::Interval;
use super::{Options, Problem};
use crate::server::Reply;
use crate::world::instant;
use crate::world::text::instant as written;
use jiff::Span;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Finest buckets, in milliseconds: finer ones are refused.
const FINEST_MS: i64 = 60_000;

/// What an aggregates query asks for.
#[derive(Debug)]
struct Ask {
    interval: Interval,
    /// Where its buckets begin, and where the last one ends.
    bounds: Vec<i64>,
    metrics: Vec<String>,
    group_by: Vec<String>,
    most_points: usize,
}

impl Ask {
    fn read(body: &Value, options: &Options, groups: &[&str]) -> Result<Self, Problem> {
        let interval = Interval::parse(body["interval"].as_str().unwrap_or_default())?
            .within_days(i64::from(options.aggregate_days))?;
        let listed = |name: &str| -> Vec<String> {
            let all = body[name].as_array().into_iter().flatten();
            all.filter_map(|one| one.as_str().map(str::to_owned))
                .collect()
        };
        let (metrics, group_by) = (listed("metrics"), listed("groupBy"));
        if metrics.is_empty() {
            return Err(Problem::bad("metrics must name at least one metric"));
        }
        if let Some(other) = group_by.iter().find(|one| !groups.contains(&one.as_str())) {
            return Err(Problem::bad(format!(
                "The fake does not group by {other:?}; it knows {}.",
                groups.join(", ")
            )));
        }
        let is_plain = matches!(body["queryType"].as_str(), None | Some("groupBy"));
        let has_views = body["views"].as_array().is_some_and(|all| !all.is_empty());
        if !is_plain || has_views {
            return Err(Problem::bad(
                "The fake serves neither views nor a queryType other than groupBy.",
            ));
        }
        let name = body["timeZone"].as_str().unwrap_or("UTC");
        let zone = TimeZone::get(name)
            .map_err(|_| Problem::bad(format!("timeZone {name:?} is no IANA time zone")))?;
        let bounds = match body["granularity"].as_str() {
            None => vec![interval.from, interval.to],
            Some(text) => bounds(interval, text, zone)?,
        };
        Ok(Self {
            interval,
            bounds,
            metrics,
            group_by,
            most_points: options.aggregate_points,
        })
    }

    fn wants(&self, metric: &str) -> bool {
        self.metrics.iter().any(|one| one == metric)
    }

    /// The bucket an instant lies in.
    fn bucket(&self, at: i64) -> Option<usize> {
        if !(self.interval.from..self.interval.to).contains(&at) {
            return None;
        }
        Some(self.bounds.partition_point(|&bound| bound <= at) - 1)
    }

    /// The values to group by, from what a record says of each dimension; one it does not have is left out.
    fn group(&self, says: impl Fn(&str) -> Option<String>) -> Group {
        let pairs = self.group_by.iter();
        pairs
            .filter_map(|name| Some((name.clone(), says(name)?)))
            .collect()
    }

    fn answer(&self, table: Table) -> Result<Reply, Problem> {
        let points = table.0.len().saturating_mul(self.bounds.len() - 1);
        if points > self.most_points {
            return Err(Problem::bad(format!(
                "The query would return up to {points} data points, more than {}. Ask for a shorter interval, a coarser granularity or fewer groups.",
                self.most_points
            )));
        }
        let results: Vec<Value> = table
            .0
            .into_iter()
            .map(|(group, buckets)| {
                let data: Vec<Value> = buckets
                    .into_iter()
                    .map(|(bucket, metrics)| {
                        let interval = format!(
                            "{}/{}",
                            written(self.bounds[bucket]),
                            written(self.bounds[bucket + 1])
                        );
                        let metrics: Vec<Value> = metrics.iter().map(shown).collect();
                        json!({"interval": interval, "metrics": metrics})
                    })
                    .collect();
                json!({"group": group, "data": data})
            })
            .collect();
        // Where nothing happened at all there is no list either.
        let body = if results.is_empty() {
            json!({})
        } else {
            json!({"results": results})
        };
        Ok(Reply::json(200, body.to_string()))
    }
}

/// Buckets of a period from the beginning of an interval on, along the calendar of a zone; the last may be shorter.
fn bounds(interval: Interval, granularity: &str, zone: TimeZone) -> Result<Vec<i64>, Problem> {
    let wrong = || {
        Problem::bad(format!(
            "granularity {granularity:?} must be an ISO-8601 period of at least a minute"
        ))
    };
    let period: Span = granularity.parse().map_err(|_| wrong())?;
    let begin = instant(interval.from).to_zoned(zone);
    let mut bounds = vec![interval.from];
    for step in 1_i64.. {
        let span = period.checked_mul(step).map_err(|_| wrong())?;
        let next = begin.checked_add(span).map_err(|_| wrong())?;
        let next = next.timestamp().as_millisecond();
        if next - bounds[bounds.len() - 1] < FINEST_MS {
            return Err(wrong());
        }
        bounds.push(next.min(interval.to));
        if next >= interval.to {
            break;
        }
    }
    Ok(bounds)
}

type Group = BTreeMap<String, String>;
type Name = (&'static str, Option<&'static str>);

/// Numbers by group, bucket, and metric with its qualifier.
#[derive(Debug, Default)]
struct Table(BTreeMap<Group, BTreeMap<usize, BTreeMap<Name, Stats>>>);

impl Table {
    /// The numbers of a metric.
    fn at(&mut self, group: &Group, bucket: usize, name: Name) -> &mut Stats {
        if !self.0.contains_key(group) {
            self.0.insert(group.clone(), BTreeMap::new());
        }
        let buckets = self.0.entry(group.clone()).or_default();
        buckets.entry(bucket).or_default().entry(name).or_default()
    }
}

/// Numbers of one metric.
#[derive(Debug, Default, Clone, Copy)]
struct Stats {
    count: i64,
    sum: i64,
    min: i64,
    max: i64,
    /// How many of them were in time, for a service level.
    in_time: i64,
}

impl Stats {
    fn add(&mut self, value: i64) {
        if self.count == 0 {
            (self.min, self.max) = (value, value);
        }
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

/// The share of interactions that are to be answered in time.
const TARGET: f64 = 0.8;

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of interactions fit a float exactly"
)]
fn shown((&(metric, qualifier), stats): (&Name, &Stats)) -> Value {
    let numbers = match metric {
        "oServiceLevel" => json!({
            "ratio": stats.in_time as f64 / stats.count as f64,
            "numerator": stats.in_time, "denominator": stats.count, "target": TARGET,
        }),
        // Times by status carry a sum alone.
        "tAgentRoutingStatus" => json!({"sum": stats.sum}),
        _ if metric.starts_with('n') => json!({"count": stats.count}),
        _ => {
            json!({"count": stats.count, "sum": stats.sum, "min": stats.min, "max": stats.max})
        }
    };
    let mut one = json!({"metric": metric, "stats": numbers});
    if let Some(qualifier) = qualifier {
        one["qualifier"] = json!(qualifier);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_the_calendar_of_the_zone() {
        let interval = Interval::parse("2026-03-28T00:00:00Z/2026-03-31T00:00:00Z").unwrap();
        let hours = |zone: &str| -> Vec<i64> {
            let bounds = bounds(interval, "P1D", TimeZone::get(zone).unwrap()).unwrap();
            bounds
                .windows(2)
                .map(|pair| (pair[1] - pair[0]) / 3_600_000)
                .collect()
        };
        assert_eq!(hours("UTC"), [24, 24, 24]);
        assert_eq!(hours("Europe/Berlin"), [24, 23, 24, 1]);
    }

    #[test]
    fn a_period_that_never_gets_anywhere_is_refused() {
        let interval = Interval::parse("2026-03-28T00:00:00Z/2026-03-31T00:00:00Z").unwrap();
        for text in ["PT0S", "PT1S", "-P1D", "P", "hourly"] {
            assert!(bounds(interval, text, TimeZone::UTC).is_err(), "{text}");
        }
    }
}
