//! How much a contact centre talks, asked before the first estimate: one guess for all of them is wrong tenfold for most.

use crate::estimate::Volume;
use crate::first_load::REST_OF_PLAN;
use crate::windows::Choice;
use genesys::api::Api;
use jiff::{SignedDuration, Timestamp};
use model::filter::Filter;
use model::{Source, Window};
use std::time::Duration;
use step::Deadline;
use tokio::time::timeout;

/// The longest interval the vendor takes in a details query without a filter.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Parts of the interval that are asked for: a call each, and seasons show.
const MOST: usize = 4;
/// An answer that takes longer is as good as none.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// Conversations until `at` where `choices` lie; `None` when no conversations are to be read, or Genesys does not tell in time: a
/// plan does not fail for an estimate.
///
/// From the `totalHits` of the details query, which is approximate, for at most four weeks spread over the interval. A query
/// that is not told otherwise selects whole UTC days, so whole days are asked for.
pub(crate) async fn ask(
    api: &Api,
    choices: &[Choice],
    filter: &Filter,
    at: Timestamp,
    deadline: Deadline,
) -> Option<Volume> {
    let parts = parts(span(choices)?);
    let mut volume = Volume::default();
    for part in spread(&parts) {
        if deadline.is_near(REST_OF_PLAN) {
            return None;
        }
        let page = api.query_page(part, false, Some(filter), 1, 1);
        let told = match timeout(LONGEST_ANSWER, page).await {
            Ok(Ok(page)) => page.total_hits,
            Ok(Err(cause)) => {
                tracing::warn!("Estimating without a count of conversations: {cause}");
                None
            }
            Err(elapsed) => {
                tracing::warn!("Estimating without a count of conversations: {elapsed}");
                None
            }
        };
        volume.conversations += told?;
        volume.seconds += past(part, at);
    }
    Some(volume)
}

/// Seconds of an interval that have been: of the day that is under way, nobody can say how it goes on.
fn past(part: Window, at: Timestamp) -> u64 {
    let seconds = part.end().min(at).duration_since(part.start()).as_secs();
    u64::try_from(seconds).unwrap_or(0)
}

/// Whole UTC days around the windows of conversations.
fn span(choices: &[Choice]) -> Option<Window> {
    let windows = || {
        let of_conversations =
            |choice: &&Choice| choice.source == Source::Genesys && choice.object == "conversation";
        let choices = choices.iter().filter(of_conversations);
        choices.map(|choice| choice.window)
    };
    let start = crate::windows::midnight(windows().map(Window::start).min()?);
    let end = windows().map(Window::end).max()?;
    let midnight = crate::windows::midnight(end);
    let end = if midnight < end {
        midnight + SignedDuration::from_hours(24)
    } else {
        end
    };
    Window::new(start, end).ok()
}

fn parts(span: Window) -> Vec<Window> {
    span.slices(LONGEST).collect()
}

/// The first, the last, and some between.
fn spread(parts: &[Window]) -> Vec<Window> {
    if parts.len() <= MOST {
        return parts.to_vec();
    }
    (0..MOST)
        .map(|no| parts[no * (parts.len() - 1) / (MOST - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(object: &str, start: &str, end: &str) -> Choice {
        let at = |day: &str| format!("2025-{day}Z").parse().unwrap();
        let window = Window::new(at(start), at(end)).unwrap();
        Choice::new(Source::Genesys, object, window)
    }

    #[test]
    fn whole_days_are_asked_for_and_of_a_year_four_weeks() {
        let hours = [choice("conversation", "03-04T10:00:00", "03-04T11:00:00")];
        let day = span(&hours).unwrap();
        assert_eq!(day.to_string(), "2025-03-04T00:00:00Z/2025-03-05T00:00:00Z");
        // At one o'clock 5 conversations are 5 an hour.
        assert_eq!(past(day, "2025-03-04T01:00:00Z".parse().unwrap()), 3600);
        assert_eq!(past(day, day.end() + LONGEST), 86_400);
        let year = [
            choice("conversation", "01-01T00:00:00", "01-02T00:00:00"),
            choice("user", "01-01T00:00:00", "12-31T20:00:00"),
            choice("conversation", "12-30T00:00:00", "12-31T00:00:00"),
        ];
        let parts = parts(span(&year).unwrap());
        assert_eq!(parts.len(), 52);
        let asked = spread(&parts);
        assert_eq!(asked.len(), MOST);
        assert_eq!((asked[0], asked[3]), (parts[0], parts[51]));
        assert!(asked.iter().all(|part| part.duration() <= LONGEST));
        assert_eq!(spread(&parts[..2]), parts[..2]);
        assert_eq!(span(&year[1..2]), None);
    }
}
