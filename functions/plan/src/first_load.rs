//! First loads in slices: what has never been read of Salesforce may be tens of millions of records, more than a night, a
//! day's share of calls or a function's memory holds. Salesforce is asked how many there are and where in time they lie, and
//! each slice is a window of its own: what a night does not get to stays a gap of the ledger, and the next night reads that
//! and nothing else again.

mod cut;
mod room;
mod tell;

pub(crate) use tell::long_lists;

use crate::coverage::Ledger;
use crate::input::Checked;
use crate::windows::{BEHIND, Choice, Chosen, STEADY};
use crate::{PlanError, query};
use cut::{Cutter, Slice};
use model::settings::{CASE_COUNT, SALESFORCE_OBJECTS, Settings};
use model::{Classify, Kind, Source, Window};
use salesforce::{Api, ApiError};
use std::collections::BTreeSet;
use std::time::Duration;
use step::Deadline;
use tokio::time::timeout;

/// Counts of one plan beyond the first of each window: at the shipped pace of 100 calls a minute they take a minute and a half.
const MOST_COUNTS: u64 = 150;
/// What the rest of a plan may take: with less time left nothing is counted any more.
pub(crate) const REST_OF_PLAN: Duration = Duration::from_secs(100);
/// A count that takes longer is as good as none: the window is cut by time.
const LONGEST_COUNT: Duration = Duration::from_secs(20);
/// What may be asked, and for whom.
pub(crate) struct Asking<'a> {
    pub(crate) checked: &'a Checked,
    pub(crate) settings: &'a Settings,
    pub(crate) api: &'a Api,
    pub(crate) deadline: Deadline,
}

/// Windows of the run that are slices of something larger.
#[derive(Debug, Default)]
pub(crate) struct FirstLoads {
    /// In the order in which they should be read.
    slices: Vec<Choice>,
    /// Objects of which this run does not know whether it gets to the end.
    pub(crate) incomplete: BTreeSet<String>,
    /// Objects that interactions hang on, to be read in slices, of which nothing has been read so far.
    never: BTreeSet<String>,
    /// Counts that were asked for.
    pub(crate) calls: u64,
    /// What is read in slices, as a person reads it.
    in_slices: Vec<String>,
    /// What lies before the last day and is read as one window, likewise.
    holes: Vec<String>,
}

/// A window that is counted.
struct Counting {
    /// Its place in the choices.
    at: usize,
    object: String,
    window: Window,
    /// Something of the object has been read before.
    is_known: bool,
    /// It lies before what has been read, or is longer than any day's: what is left of a first load, or a large hole.
    is_hole: bool,
    cutter: Cutter,
    /// Nobody can say how many there are: it stays as it is, and the extractor says what is wrong.
    is_given_up: bool,
}

/// A window that has been counted, and its slices.
struct Cut {
    at: usize,
    window: Window,
    is_known: bool,
    is_hole: bool,
    slices: Vec<Slice>,
}

impl Cut {
    fn of(one: Counting) -> Self {
        let (window, records) = (one.window, None);
        let slices = if one.is_given_up {
            vec![Slice { window, records }]
        } else {
            one.cutter.slices()
        };
        Self {
            at: one.at,
            window,
            is_known: one.is_known,
            is_hole: one.is_hole,
            slices,
        }
    }
}

/// Counts the windows that may be large, and takes those out of `chosen` that are to be read in slices.
pub(crate) async fn cut(
    chosen: &mut Chosen,
    ledger: &Ledger,
    asking: &Asking<'_>,
) -> Result<FirstLoads, PlanError> {
    let mut first = FirstLoads::default();
    let mut counting = candidates(chosen, ledger, asking.settings);
    if counting.is_empty() {
        return Ok(first);
    }
    if let Err(cause) = asking.api.within_share() {
        return first.put_off(chosen, &counting, asking, cause);
    }
    for one in &mut counting {
        if !asking.deadline.is_near(REST_OF_PLAN) {
            first.ask(one, asking, &mut chosen.notices).await?;
        }
    }
    let mut left = MOST_COUNTS;
    while left > 0 {
        let mut has_asked = false;
        for one in counting.iter_mut().filter(|one| !one.is_given_up) {
            let may_ask = left > 0
                && !asking.deadline.is_near(REST_OF_PLAN)
                && asking.api.within_share().is_ok();
            if may_ask && first.ask(one, asking, &mut chosen.notices).await? {
                left -= 1;
                has_asked = true;
            }
        }
        if !has_asked {
            break;
        }
    }
    first.take(chosen, counting, asking);
    Ok(first)
}

/// Windows of Salesforce that span more than a day or two, are the first of their object, or lie before what has been read of it:
/// what is left of a first load may be a million records of one afternoon. Lists of ids stay whole: only a
/// complete one tells which records are gone.
fn candidates(chosen: &Chosen, ledger: &Ledger, settings: &Settings) -> Vec<Counting> {
    let most = settings.salesforce.first_load_records;
    let choices = chosen.choices.iter().enumerate();
    choices
        .filter(|(_, choice)| {
            choice.source == Source::Salesforce
                && !choice.object.ends_with("_ids")
                && choice.object != CASE_COUNT
                && choice.ids.is_empty()
        })
        .filter_map(|(at, choice)| {
            let read = ledger
                .known(Source::Salesforce.as_str(), &choice.object)
                .read;
            let is_known = !read.is_empty();
            let length = choice.window.duration();
            let is_hole = is_known
                && is_of_a_night(choice, settings)
                && (Some(choice.window.end()) < read.end() || length > STEADY);
            let may_be_large = !is_known || is_hole || length > BEHIND;
            may_be_large.then(|| Counting {
                at,
                object: choice.object.clone(),
                window: choice.window,
                is_known,
                is_hole,
                cutter: Cutter::new(choice.window, most),
                is_given_up: false,
            })
        })
        .collect()
}

impl FirstLoads {
    /// Asks the next question about a window; `false` when there is none.
    async fn ask(
        &mut self,
        one: &mut Counting,
        asking: &Asking<'_>,
        notices: &mut Vec<String>,
    ) -> Result<bool, PlanError> {
        let Some(window) = one.cutter.asks() else {
            return Ok(false);
        };
        let Some(select) = query::of(asking.settings, &one.object, window)? else {
            one.is_given_up = true;
            return Ok(false);
        };
        self.calls += 1;
        let within = asking.deadline.left().saturating_sub(REST_OF_PLAN);
        let counted = timeout(within.min(LONGEST_COUNT), asking.api.count(&select)).await;
        let uncounted = |cause: &dyn std::fmt::Display| {
            tracing::warn!("Cutting {window} of {} uncounted: {cause}", one.object);
        };
        match counted {
            Ok(Ok(records)) => one.cutter.told(Some(records)),
            Err(elapsed) => {
                uncounted(&elapsed);
                one.cutter.told(None);
            }
            Ok(Err(cause)) if cause.kind() == Kind::Transient => {
                uncounted(&cause);
                one.cutter.told(None);
            }
            // What can be mended by waiting or by a new token is: this plan is made again.
            Ok(Err(cause)) if cause.kind() != Kind::Invalid => {
                return Err(PlanError::Salesforce {
                    action: "asking Salesforce for the number of records of",
                    sobject: one.object.clone(),
                    cause: Box::new(cause),
                });
            }
            Ok(Err(cause)) => {
                one.is_given_up = true;
                notices.push(format!(
                    "{}: Salesforce does not say how many records there are ({cause}); {} is read as one window, whatever it holds",
                    one.object, one.window
                ));
            }
        }
        Ok(true)
    }

    /// Replaces what is to be read in several windows, and writes the counts to the others.
    fn take(&mut self, chosen: &mut Chosen, counting: Vec<Counting>, asking: &Asking<'_>) {
        let mut objects: Vec<(String, Vec<Cut>)> = Vec::new();
        for one in counting {
            let object = one.object.clone();
            let cut = Cut::of(one);
            match objects.iter_mut().find(|(known, _)| *known == object) {
                Some((_, cuts)) => cuts.push(cut),
                None => objects.push((object, vec![cut])),
            }
        }
        let mut gone = BTreeSet::new();
        let mut slices = Vec::new();
        for (object, cuts) in &objects {
            slices.push(self.take_object(chosen, object, cuts, asking, &mut gone));
        }
        let mut at = 0;
        chosen.choices.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
        self.slices = room::newest_first(slices, &self.never);
    }

    /// The slices of an object; none when each of its windows stays one. `gone`: choices that are not to be read as they are.
    fn take_object(
        &mut self,
        chosen: &mut Chosen,
        object: &str,
        cuts: &[Cut],
        asking: &Asking<'_>,
        gone: &mut BTreeSet<usize>,
    ) -> Vec<Choice> {
        let is_forced = asking.checked.force;
        let all = cuts.iter().flat_map(|cut| &cut.slices);
        let records = all.map(|slice| slice.records.unwrap_or(0)).sum();
        let is_cut = cuts.iter().any(|cut| cut.slices.len() > 1);
        // By force, everything has been read before.
        let is_incomplete = !is_forced && (is_cut || cuts.iter().any(|cut| cut.is_hole));
        if is_cut {
            self.in_slices.push(tell::slices(object, records, cuts));
        }
        if is_incomplete {
            self.incomplete.insert(object.to_owned());
        }
        if is_cut && is_core(object) && !cuts.iter().any(|cut| cut.is_known) {
            self.never.insert(object.to_owned());
        }
        let mut slices = Vec::new();
        for cut in cuts {
            let choice = &mut chosen.choices[cut.at];
            // A gap stays one, and the next night reads it. What is read again by force is none, and must not fail
            // unnoticed; nor must the first load of an object of which there is nothing.
            choice.fails_alone |= !is_forced && cut.is_hole;
            if cut.is_hole && cut.window.duration() > STEADY && !is_forced {
                self.holes.push(tell::hole(object, cut));
            }
            if is_cut {
                gone.insert(cut.at);
                slices.extend(cut.slices.iter().map(|slice| {
                    let mut choice = Choice {
                        window: slice.window,
                        records: slice.records,
                        ..choice.clone()
                    };
                    choice.fails_alone |= !is_forced && is_of_a_night(&choice, asking.settings);
                    choice
                }));
                continue;
            }
            choice.records = cut.slices.first().and_then(|slice| slice.records);
        }
        // A list made now would name every record that later nights read as one that was missed.
        let list = format!("{object}_ids");
        for (at, choice) in chosen.choices.iter_mut().enumerate() {
            if choice.object == list {
                // Of an object that is known in part, the gaps alone have been counted.
                if !cuts.iter().any(|cut| cut.is_known) {
                    choice.records = Some(records);
                }
                if is_incomplete {
                    gone.insert(at);
                }
            }
        }
        slices
    }

    /// The day's share of calls is used up before anything was asked. What belongs to objects that have been read before can
    /// wait for another night, and histories can; without anything of an object itself there is nothing to run for.
    fn put_off(
        mut self,
        chosen: &mut Chosen,
        counting: &[Counting],
        asking: &Asking<'_>,
        cause: ApiError,
    ) -> Result<Self, PlanError> {
        let cannot_wait = |one: &&Counting| {
            let is_of_a_night = is_of_a_night(&chosen.choices[one.at], asking.settings);
            asking.checked.force || !is_of_a_night || is_core(&one.object) && !one.is_known
        };
        if let Some(one) = counting.iter().find(cannot_wait) {
            return Err(PlanError::Salesforce {
                action: "before the first load of",
                sobject: one.object.clone(),
                cause: Box::new(cause),
            });
        }
        for one in counting.iter().rev() {
            let choice = chosen.choices.remove(one.at);
            chosen.put_off.push(choice);
            self.incomplete.insert(one.object.clone());
        }
        chosen.notices.push(tell::put_off(counting, &cause));
        let listed = |choice: &Choice| {
            let object = choice.object.strip_suffix("_ids");
            object.is_some_and(|object| self.incomplete.contains(object))
        };
        chosen.choices.retain(|choice| !listed(choice));
        Ok(self)
    }
}

/// Whether a nightly run would find it as a gap: what a backfill reads before the settings' beginning nobody else reads, so it
/// is waited for and never left out.
fn is_of_a_night(choice: &Choice, settings: &Settings) -> bool {
    choice.window.start() >= settings.salesforce.initial_start
}

/// What a customer's interaction hangs on; without it a run shows less than it could.
fn is_core(object: &str) -> bool {
    SALESFORCE_OBJECTS.contains(&object)
}
