//! What the sources count beside what is here, from `mart.reconciliation`.

use crate::twin::Twin;
use anyhow::{Context, Result};
use model::RunId;
use serde::Serialize;

/// How far figures differ from those of their sources.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reconciliation {
    /// Windows of the run.
    pub windows: u64,
    /// Of these, how many have five points that close.
    pub closed: u64,
    /// Figures of queues and cases that were compared, or could not be.
    pub comparisons: u64,
    /// Both sides say the same.
    pub agree: u64,
    /// They do not, and nothing that is known explains it.
    pub differ: u64,
    /// Nothing can be said yet; the view has the reason.
    pub not_comparable: u64,
    /// What each kind of comparison comes to.
    pub variances: Vec<Variance>,
    /// The comparisons that differ, the largest variances first, at most 20.
    pub differing: Vec<Differing>,
}

/// A kind of comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variance {
    /// `queue_offered`, `cases_closed`, …
    pub comparison: String,
    /// Comparisons that agree or differ.
    pub compared: u64,
    /// Comparisons of which nothing can be said yet.
    pub not_comparable: u64,
    /// The source's figure, summed over those that were compared (of a percentage, the mean).
    pub source: Option<f64>,
    /// Ours.
    pub ours: Option<f64>,
    /// The largest variance of one comparison, percent.
    pub largest_percent: Option<f64>,
}

/// A comparison that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// `queue_offered`, …
    pub comparison: String,
    /// The day, UTC.
    pub date: String,
    /// The queue and media type, or `Case`.
    pub subject: String,
    /// The source's figure.
    pub source: Option<f64>,
    /// Ours.
    pub ours: Option<f64>,
    /// Percent of the source's figure.
    pub variance_percent: Option<f64>,
}

/// A row of an answer.
struct Row(Vec<Option<String>>);

impl Row {
    fn text(&self, at: usize) -> String {
        self.0.get(at).cloned().flatten().unwrap_or_default()
    }

    fn count(&self, at: usize) -> Result<u64> {
        let text = self.text(at);
        text.parse()
            .with_context(|| format!("mart.reconciliation counts {text:?}"))
    }

    fn figure(&self, at: usize) -> Result<Option<f64>> {
        let text = self.0.get(at).cloned().flatten();
        let parse = |text: String| {
            text.parse()
                .with_context(|| format!("mart.reconciliation has the figure {text:?}"))
        };
        text.map(parse).transpose()
    }
}

async fn rows(twin: &Twin, statement: &str) -> Result<Vec<Row>> {
    Ok(twin.sql(statement).await?.into_iter().map(Row).collect())
}

/// Reads the view, for a run's windows and for every figure that has been compared.
pub(super) async fn read(twin: &Twin, run_id: &RunId) -> Result<Reconciliation> {
    let mut all = Reconciliation::default();
    // The run's id is made of letters, digits and hyphens: it cannot end its quotes.
    let windows = format!(
        "select count(*), coalesce(sum(case when verdict = 'agrees' then 1 else 0 end), 0) from mart.reconciliation \
         where comparison = 'window' and batch_id = '{run_id}'"
    );
    for row in rows(twin, &windows).await? {
        (all.windows, all.closed) = (row.count(0)?, row.count(1)?);
    }
    let kinds = "select comparison, sum(case when verdict = 'agrees' then 1 else 0 end), \
         sum(case when verdict = 'differs' then 1 else 0 end), sum(case when verdict = 'not_comparable' then 1 else 0 end), \
         case when comparison like '%percent' then avg(case when verdict <> 'not_comparable' then source_figure end) \
         else sum(case when verdict <> 'not_comparable' then source_figure end) end, \
         case when comparison like '%percent' then avg(case when verdict <> 'not_comparable' then our_figure end) \
         else sum(case when verdict <> 'not_comparable' then our_figure end) end, \
         max(case when verdict <> 'not_comparable' then coalesce(variance_percent, 0) end) \
         from mart.reconciliation where comparison <> 'window' group by comparison order by comparison";
    for row in rows(twin, kinds).await? {
        let (agree, differ, not_comparable) = (row.count(1)?, row.count(2)?, row.count(3)?);
        all.comparisons += agree + differ + not_comparable;
        all.agree += agree;
        all.differ += differ;
        all.not_comparable += not_comparable;
        all.variances.push(Variance {
            comparison: row.text(0),
            compared: agree + differ,
            not_comparable,
            source: row.figure(4)?,
            ours: row.figure(5)?,
            largest_percent: row.figure(6)?,
        });
    }
    let differing = "select comparison, compared_date, subject, source_figure, our_figure, variance_percent \
         from mart.reconciliation where comparison <> 'window' and verdict = 'differs' \
         order by variance_percent desc, compared_date, comparison, subject limit 20";
    for row in rows(twin, differing).await? {
        all.differing.push(Differing {
            comparison: row.text(0),
            date: row.text(1),
            subject: row.text(2),
            source: row.figure(3)?,
            ours: row.figure(4)?,
            variance_percent: row.figure(5)?,
        });
    }
    Ok(all)
}

/// The data of so many days have days among them that are read for good.
const SETTLED_DAYS: i64 = 6;

/// What does not agree with the sources. `left_out`: windows that failed, which are told elsewhere; `days`: how long the data are.
pub(super) fn problems(one: &Reconciliation, left_out: u64, days: i64) -> Vec<String> {
    let mut problems = Vec::new();
    let open = one.windows.saturating_sub(one.closed + left_out);
    if open > 0 {
        problems.push(format!(
            "{open} of {} windows do not close: mart.reconciliation says which point",
            one.windows
        ));
    }
    if one.differ > 0 {
        problems.push(format!(
            "{} of {} figures of queues and cases differ from those of their source",
            one.differ, one.comparisons
        ));
    }
    if one.agree + one.differ == 0 && days >= SETTLED_DAYS {
        problems.push(format!(
            "none of {} figures of queues and cases could be compared with its source",
            one.comparisons
        ));
    }
    problems
}

/// For a person: one line, and one for each comparison that differs.
pub fn lines(one: &Reconciliation) -> Vec<String> {
    let mut lines = Vec::new();
    if one.windows == 0 && one.comparisons == 0 {
        return lines;
    }
    lines.push(format!(
        "Reconciliation: {} of {} windows close; of {} figures of queues and cases {} agree with their source, {} differ, {} cannot be compared yet",
        one.closed, one.windows, one.comparisons, one.agree, one.differ, one.not_comparable
    ));
    let figure =
        |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
    for differing in &one.differing {
        lines.push(format!(
            "  {} of {} on {}: {} at the source, {} here ({} %)",
            differing.comparison,
            differing.subject,
            differing.date,
            figure(differing.source),
            figure(differing.ours),
            figure(differing.variance_percent)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_agree_is_a_problem_and_so_is_that_nothing_was_compared() {
        let well = Reconciliation {
            windows: 12,
            closed: 11,
            comparisons: 7,
            agree: 5,
            not_comparable: 2,
            ..Reconciliation::default()
        };
        assert_eq!(problems(&well, 1, 8), Vec::<String>::new());
        let other = Reconciliation {
            agree: 4,
            differ: 1,
            ..well.clone()
        };
        assert_eq!(
            problems(&other, 0, 8),
            [
                "1 of 12 windows do not close: mart.reconciliation says which point",
                "1 of 7 figures of queues and cases differ from those of their source"
            ]
        );
        let early = Reconciliation {
            agree: 0,
            not_comparable: 7,
            ..well
        };
        assert_eq!(problems(&early, 1, 5), Vec::<String>::new());
        assert_eq!(
            problems(&early, 1, 6),
            ["none of 7 figures of queues and cases could be compared with its source"]
        );
    }

    #[test]
    fn what_differs_is_told_with_both_figures_and_nothing_is_told_of_nothing() {
        assert_eq!(lines(&Reconciliation::default()), Vec::<String>::new());
        let one = Reconciliation {
            windows: 12,
            closed: 11,
            comparisons: 7,
            agree: 4,
            differ: 1,
            not_comparable: 2,
            variances: Vec::new(),
            differing: vec![Differing {
                comparison: "queue_offered".to_owned(),
                date: "2026-01-12".to_owned(),
                subject: "Sales, voice".to_owned(),
                source: Some(3.0),
                ours: Some(2.0),
                variance_percent: Some(33.3333),
            }],
        };
        assert_eq!(
            lines(&one),
            [
                "Reconciliation: 11 of 12 windows close; of 7 figures of queues and cases 4 agree with their source, 1 differ, 2 cannot be compared yet",
                "  queue_offered of Sales, voice on 2026-01-12: 3 at the source, 2 here (33.3333 %)"
            ]
        );
    }
}
