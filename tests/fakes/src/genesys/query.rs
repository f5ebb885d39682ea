//! `POST /analytics/conversations/details/query`.

use super::filter::Filters;
use super::interval::Interval;
use super::{FakeGenesys, Problem, StartFilter};
use crate::control::{Kind, locked};
use crate::server::{Call, Reply};
use crate::world::rng::{Rng, mix, tag};
use crate::world::{Form, Shown, View, World};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// The last selections: the pages of one query share one.
#[derive(Debug, Default)]
pub(super) struct Recent {
    selections: Mutex<VecDeque<(String, Selection)>>,
    /// Places of the records that are to turn up between two pages, by the query they are kept from.
    kept: Mutex<HashMap<String, usize>>,
}

/// What a query has found, and what could be seen when it was first asked.
#[derive(Debug, Clone)]
struct Selection {
    found: Arc<Vec<u32>>,
    view: View,
}

const REMEMBERED: usize = 32;

impl Recent {
    fn get(&self, key: &str, make: impl FnOnce() -> Selection) -> Selection {
        let found = locked(&self.selections)
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, one)| one.clone());
        found.unwrap_or_else(|| {
            let fresh = make();
            let mut recent = locked(&self.selections);
            recent.push_back((key.to_owned(), fresh.clone()));
            if recent.len() > REMEMBERED {
                recent.pop_front();
            }
            fresh
        })
    }
}

impl FakeGenesys {
    pub(super) fn details_query(&self, call: &Call, body: &Value) -> Result<Reply, Problem> {
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
        let asks_for_start = filters.name("conversationStart");
        if asks_for_start && self.options.start_filter == StartFilter::Refused {
            return Err(Problem::bad(
                "conversationFilters: dimension conversationStart cannot be filtered by",
            ));
        }
        let view = self.view();
        let mut key = body.clone();
        key["paging"] = Value::Null;
        let key = format!("{key} {}", self.moment());
        let Selection { found, view } = self.queries.get(&key, || {
            let days = interval.days();
            let started = self.world.started_in_ms(days.from, days.to);
            let mut found = self.selected(started, &filters, &view);
            if asks_for_start && self.options.start_filter == StartFilter::Misread {
                found.clear();
            }
            order(&self.world, &mut found, body);
            let found = Arc::new(found);
            Selection { found, view }
        });
        if found.len() as u64 > self.options.slow_above {
            return Err(Problem::standard(self.options.slow_status));
        }
        let selected = self.shifted(call, &key, found, interval, (size, number));
        let from = usize::try_from((number - 1).saturating_mul(size))
            .unwrap_or(usize::MAX)
            .min(selected.len());
        let to = (from + usize::try_from(size).unwrap_or(100)).min(selected.len());
        let mut out = String::with_capacity(4096 * (to - from) + 64);
        out.push('{');
        // Past the end the list is missing, not empty.
        if from < to {
            let page = &selected[from..to];
            write_conversations(&self.world, page, Form::Query, &view, &mut out);
            out.push(',');
        }
        let _ = write!(out, "\"totalHits\":{}}}", selected.len());
        Ok(Reply::json(200, out))
    }

    /// The conversations among these that a view shows and that satisfy all filters.
    pub(super) fn selected(
        &self,
        chosen: impl IntoIterator<Item = usize>,
        filters: &Filters,
        view: &View,
    ) -> Vec<u32> {
        let is_wanted = |&index: &usize| {
            if filters.is_empty() {
                matches!(self.world.shown(index, view), Shown::Changed | Shown::Exact)
            } else {
                let made = self.world.build_at(index, view);
                made.is_some_and(|made| filters.hold(&made))
            }
        };
        let wanted = chosen.into_iter().filter(is_wanted);
        wanted
            .filter_map(|index| u32::try_from(index).ok())
            .collect()
    }

    /// What the pages of a query are cut from. While a shift is asked for, one of the records of the first page is
    /// kept back until a later page is read: from there on it is in its place, and every other one moves on by one.
    fn shifted(
        &self,
        call: &Call,
        key: &str,
        found: Arc<Vec<u32>>,
        interval: Interval,
        (size, number): (u64, u64),
    ) -> Arc<Vec<u32>> {
        let is_shift = |kind: &Kind| *kind == Kind::ShiftPages;
        let faults = &self.control.faults;
        let mut kept = locked(&self.queries.kept);
        let turns_up = number > 1 && faults.take(&call.full, is_shift).is_some();
        if turns_up || !faults.is_pending(&call.full, is_shift) {
            kept.remove(key);
            return found;
        }
        let first = usize::try_from(size).unwrap_or(usize::MAX).min(found.len());
        if number == 1 && first < found.len() && !kept.contains_key(key) {
            // Whole days are selected: the record may lie outside the interval, and then nobody misses it.
            let text = key.bytes().fold(0, |sum, byte| mix(sum ^ u64::from(byte)));
            let mut rng = Rng::new(self.world.seed, tag::SHIFTING, text);
            let within = rng.percent(50);
            let started = |place: &usize| {
                let start = self.world.starts[found[*place] as usize];
                (interval.from..interval.to).contains(&start) == within
            };
            let places: Vec<usize> = (0..first).filter(started).collect();
            let place = if places.is_empty() {
                rng.index(first)
            } else {
                rng.pick(&places)
            };
            kept.insert(key.to_owned(), place);
        }
        match kept.get(key) {
            Some(&place) if place < found.len() => {
                let mut without = found.as_ref().clone();
                without.remove(place);
                Arc::new(without)
            }
            _ => found,
        }
    }

    /// What the pages of one query have in common: the clock when it was set, else the minute if time matters.
    fn moment(&self) -> String {
        match self.control.now() {
            Some(now) => now.to_string(),
            None if self.time_matters() => (self.control.time().as_second() / 60).to_string(),
            None => String::new(),
        }
    }
}

/// Appends the `conversations` of a page.
pub(super) fn write_conversations(
    world: &World,
    page: &[u32],
    form: Form,
    view: &View,
    out: &mut String,
) {
    out.push_str("\"conversations\":[");
    for (at, &index) in page.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        world.write_conversation_at(index as usize, form, view, out);
    }
    out.push(']');
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
