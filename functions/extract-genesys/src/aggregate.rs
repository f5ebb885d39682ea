//! Aggregates: what the source itself counts, per group and bucket.

use crate::ExtractError;
use crate::conversation::slices::{is_cut_off, is_too_large, is_too_much};
use crate::object::Object;
use crate::run::{Progress, Run};
use crate::state::Stage;
use genesys::api::{Api, Page};
use genesys::query::{AggregateQuery, aggregate_filter};
use jiff::SignedDuration;
use model::Window;
use model::filter::{Group, Operator, Predicate};
use source_http::SourceError;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let mut slices = match run.state.stage.clone() {
        Stage::Aggregates { slices } => slices,
        _ => vec![run.task.window],
    };
    let minutes = run.settings.genesys.aggregate_minutes;
    while let Some(slice) = slices.pop() {
        let page = ask(run, api, &mut slices, slice, i64::from(minutes)).await?;
        let received_at = run.deadline.now();
        for payload in page.iter().flat_map(Page::records) {
            run.take(payload, received_at)?;
        }
        run.state.stage = Stage::Aggregates {
            slices: slices.clone(),
        };
        if run.is_late() && !slices.is_empty() {
            return Ok(Progress::HandBack);
        }
        if page.is_some() {
            run.checkpoint(api).await?;
        } else {
            // What is too much is told after minutes: a cut must not be come by twice.
            run.keep(api).await?;
        }
    }
    Ok(Progress::Complete)
}

/// The answer for `slice`; `None` when the source could not give it and `slices` has its halves now.
pub(crate) async fn ask(
    run: &mut Run<'_>,
    api: &Api,
    slices: &mut Vec<Window>,
    slice: Window,
    grain_minutes: i64,
) -> Result<Option<Page>, ExtractError> {
    let query = query(run, slice).map_err(|cause| run.source(cause))?;
    let left = run.deadline.left();
    match api.aggregates(&query).await {
        Ok(page) => Ok(Some(page)),
        Err(cause) => {
            // An aggregate has no pages: of what is more than is read at once, only a shorter interval helps.
            // How many groups and buckets an answer may have is not documented, nor how too many are refused: a 400 is met
            // with smaller parts too, a few calls deep.
            let may_fit = is_too_much(&cause)
                || is_too_large(&cause)
                || is_cut_off(&cause) && !run.is_own_end(&cause)
                || matches!(cause.status(), Some(400 | 413));
            let halves = may_fit.then(|| halves(slice, grain_minutes)).flatten();
            let Some((first, second)) = halves else {
                // What is left is asked for again by the next attempt.
                slices.push(slice);
                return Err(run.source(cause));
            };
            tracing::info!("Asking for aggregates of {slice} in two parts: {cause}");
            run.note_failure(left.saturating_sub(run.deadline.left()));
            slices.extend([second, first]);
            Ok(None)
        }
    }
}

fn query(run: &Run<'_>, slice: Window) -> Result<AggregateQuery, SourceError> {
    let minutes = run.settings.genesys.aggregate_minutes;
    Ok(match run.object {
        Object::Evaluation => AggregateQuery::evaluations(slice),
        Object::Survey => AggregateQuery::surveys(slice),
        Object::UserAggregate => AggregateQuery::routing_status(slice, minutes),
        _ => {
            let query = AggregateQuery::queues(slice, minutes);
            match run.filter() {
                None => query,
                // One group that joins everything with "and".
                Some(filter) => {
                    let group = aggregate_filter(filter).map_err(|error| {
                        SourceError::invalid("conversation aggregates", error.to_string())
                    })?;
                    query.filtered(group.map(only_queued))
                }
            }
        }
    })
}

/// What never met a queue has no place in its table.
fn only_queued(mut group: Group) -> Group {
    group.predicates.push(Predicate {
        dimension: Some("queueId".to_owned()),
        operator: Operator::Exists,
        ..Predicate::default()
    });
    group
}

/// Both halves of a slice, cut where a bucket begins: at whole hours, or at whole buckets where those do not fit into hours.
fn halves(slice: Window, grain_minutes: i64) -> Option<(Window, Window)> {
    let grain = if 60 % grain_minutes.max(1) == 0 {
        60
    } else {
        grain_minutes
    };
    let buckets = slice.duration().as_mins() / grain;
    if buckets < 2 {
        return None;
    }
    let middle = slice.start() + SignedDuration::from_mins(buckets.midpoint(1) * grain);
    let half = |start, end| Window::new(start, end).ok();
    Some((half(slice.start(), middle)?, half(middle, slice.end())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(length: i64, grain: i64) -> Option<(i64, i64)> {
        let start: jiff::Timestamp = "2026-01-05T10:15:00Z".parse().unwrap();
        let slice = Window::new(start, start + SignedDuration::from_mins(length)).unwrap();
        let (first, second) = halves(slice, grain)?;
        assert_eq!((first.start(), first.end()), (start, second.start()));
        assert_eq!(second.end(), slice.end());
        Some((first.duration().as_mins(), second.duration().as_mins()))
    }

    #[test]
    fn a_slice_is_halved_where_a_bucket_begins_and_not_below_an_hour() {
        assert_eq!(minutes(1440, 30), Some((720, 720)));
        assert_eq!(minutes(180, 30), Some((120, 60)));
        assert_eq!(minutes(119, 30), None);
        assert_eq!(minutes(1440, 1440), None);
        assert_eq!(minutes(360, 90), Some((180, 180)));
    }
}
