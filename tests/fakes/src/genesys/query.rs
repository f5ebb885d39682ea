//! `POST /analytics/conversations/details/query`.

use super::filter::Filters;
use super::interval::Interval;
use super::{FakeGenesys, Problem};
use crate::control::locked;
use crate::server::Reply;
use crate::world::{Form, World};
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// The last selections: the pages of one query share one.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<(String, Selection)>>);

type Selection = Arc<Vec<u32>>;

const REMEMBERED: usize = 32;

impl Recent {
    fn get(&self, key: &str, make: impl FnOnce() -> Vec<u32>) -> Selection {
        let found = locked(&self.0)
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, one)| Arc::clone(one));
        found.unwrap_or_else(|| {
            let fresh = Arc::new(make());
            let mut recent = locked(&self.0);
            recent.push_back((key.to_owned(), Arc::clone(&fresh)));
            if recent.len() > REMEMBERED {
                recent.pop_front();
            }
            fresh
        })
    }
}

impl FakeGenesys {
    pub(super) fn details_query(&self, body: &Value) -> Result<Reply, Problem> {
        let interval = Interval::parse(body["interval"].as_str().unwrap_or_default())?;
        let filters = Filters::read(body)?;
        // A week at once, a month with a filter.
        let interval = interval.within_days(if filters.is_empty() { 7 } else { 31 })?;
        let page = |name: &str, otherwise: u64| body["paging"][name].as_u64().unwrap_or(otherwise);
        let (size, number) = (page("pageSize", 25), page("pageNumber", 1));
        if body["paging"].is_object() && !(1..=100).contains(&size)
            || body["paging"]["pageSize"].as_i64() == Some(0)
        {
            return Err(Problem::bad(format!(
                "paging.pageSize {} must lie between 1 and 100",
                body["paging"]["pageSize"]
            )));
        }
        if number == 0
            || body["paging"]["pageNumber"]
                .as_i64()
                .is_some_and(|number| number < 1)
        {
            return Err(Problem::bad(format!(
                "paging.pageNumber {} must be at least 1",
                body["paging"]["pageNumber"]
            )));
        }
        let cap = self.options.result_cap;
        if number.saturating_mul(size) > cap {
            return Err(Problem::bad(format!(
                "Pagination may not exceed {cap} results.\n\n{TIP}"
            )));
        }
        let mut key = body.clone();
        key["paging"] = Value::Null;
        let selected = self.queries.get(&key.to_string(), || {
            select(&self.world, interval.days(), &filters, body)
        });
        let from = usize::try_from((number - 1).saturating_mul(size))
            .unwrap_or(usize::MAX)
            .min(selected.len());
        let to = (from + usize::try_from(size).unwrap_or(100)).min(selected.len());
        let mut out = String::with_capacity(4096 * (to - from) + 64);
        out.push('{');
        // Past the end the list is missing, not empty.
        if from < to {
            write_conversations(&self.world, &selected[from..to], Form::Query, &mut out);
            out.push(',');
        }
        let _ = write!(out, "\"totalHits\":{}}}", selected.len());
        Ok(Reply::json(200, out))
    }
}

/// Appends the `conversations` of a page.
pub(super) fn write_conversations(world: &World, page: &[u32], form: Form, out: &mut String) {
    out.push_str("\"conversations\":[");
    for (at, &index) in page.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        world.write_conversation(index as usize, form, out);
    }
    out.push(']');
}

fn select(world: &World, days: Interval, filters: &Filters, body: &Value) -> Vec<u32> {
    let started = world.started_in_ms(days.from, days.to);
    let mut selected: Vec<u32> = started
        .filter(|&index| filters.is_empty() || filters.hold(&world.build(index)))
        .filter_map(|index| u32::try_from(index).ok())
        .collect();
    order(world, &mut selected, body);
    selected
}

/// Brings a selection into the order a body asks for; as made, it is in the order of starts.
pub(super) fn order(world: &World, selected: &mut [u32], body: &Value) {
    if matches!(
        body["orderBy"].as_str(),
        Some("conversationEnd" | "segmentEnd")
    ) {
        selected
            .sort_by_cached_key(|&index| world.build(index as usize).end_ms.unwrap_or(i64::MAX));
    }
    if body["order"] == "desc" {
        selected.reverse();
    }
}

/// The rest of the message that the source sends with its cap, word for word.
const TIP: &str = "Tip: When extracting large chunks of data (multiple days/weeks), maximize pagination performance by \
    querying in smaller intervals. For example, paging through 1am-2am, then 2am-3am, then 3am-4am, and so forth will \
    outperform paging through one large interval that covers the same time frame.";
