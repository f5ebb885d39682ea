//! How many slices of first loads a run has calls for.

use super::{FirstLoads, is_of_a_night, tell};
use crate::estimate::Estimator;
use crate::windows::{Choice, Chosen};
use salesforce::Usage;
use std::collections::{BTreeMap, BTreeSet};

impl FirstLoads {
    /// Adds as many slices to the run as the day's share of calls has room for, and tells of the others. At least one, unless
    /// nothing is left at all: an estimate may be wrong, and something must go on.
    pub(crate) fn add(
        self,
        chosen: &mut Chosen,
        estimator: &Estimator<'_>,
        usage: Option<Usage>,
        is_forced: bool,
    ) {
        let share = u64::from(estimator.settings.salesforce.daily_share_percent);
        let others = estimator.salesforce_calls(&chosen.choices);
        let room = usage
            .filter(|usage| usage.limit > 0 && !is_forced)
            .map(|usage| (usage.limit * share / 100).saturating_sub(usage.used + others));
        let mut left = room.unwrap_or(u64::MAX);
        let (mut taken, mut late) = (0_usize, BTreeMap::<String, (usize, u64)>::new());
        let mut never = self.never;
        for choice in self.slices {
            let calls = estimator.salesforce_calls(std::slice::from_ref(&choice));
            let has_room = late.is_empty() && (calls <= left || taken == 0 && left > 0);
            let is_taken = has_room || !is_of_a_night(&choice, estimator.settings);
            if is_taken {
                left = left.saturating_sub(calls);
                taken += 1;
                never.remove(&choice.object);
                chosen.choices.push(choice);
            } else {
                chosen.put_off.push(choice.clone());
                let (slices, records) = late.entry(choice.object.clone()).or_default();
                *slices += 1;
                *records += choice.records.unwrap_or(0);
            }
        }
        if !self.in_slices.is_empty() {
            tracing::info!("Read in slices: {}", self.in_slices.join(", "));
        }
        if !self.holes.is_empty() {
            chosen
                .notices
                .push(tell::holes(&self.holes, !late.is_empty()));
        }
        let (Some(usage), false) = (usage, late.is_empty()) else {
            return;
        };
        if !never.is_empty() {
            let calls = estimator.salesforce_calls(&chosen.choices);
            chosen
                .notices
                .push(tell::without(&never, usage, calls, share));
        }
        let late = tell::late(&late, &self.in_slices, share);
        chosen.notices.push(late);
    }
}

/// The newest slice of every object, then the second newest, and so on: what people look at first is there first, and no
/// object waits for the last records of another. Those of which nothing is there at all come before the others: a night
/// may have calls for a few slices only.
pub(super) fn newest_first(mut objects: Vec<Vec<Choice>>, never: &BTreeSet<String>) -> Vec<Choice> {
    for slices in &mut objects {
        slices.sort_by_key(|choice| choice.window);
    }
    let has_any = |slices: &Vec<Choice>| {
        let mut choices = slices.iter();
        choices.all(|choice| !never.contains(&choice.object))
    };
    objects.sort_by_key(has_any);
    let mut ordered = Vec::new();
    loop {
        let next: Vec<_> = objects.iter_mut().filter_map(Vec::pop).collect();
        if next.is_empty() {
            return ordered;
        }
        ordered.extend(next);
    }
}
