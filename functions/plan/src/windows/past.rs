//! What a nightly run finds of the past: holes it fills, and windows it does not look at any more. Told once for all objects,
//! since one outage leaves a hole in each of them and one backfill mends them all.

use super::{Chosen, DAY, Run, Verdict, midnight};
use crate::coverage::Known;
use jiff::SignedDuration;
use model::Window;
use model::settings::Settings;

/// So far back is looked for what the horizon has passed: as far as every run reads the ledger.
const DAYS: i64 = 30;

/// Over all objects of a run.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Windows before the last day that had never been read whole and are read now, by object.
    holes: Vec<(String, u64)>,
    /// Windows behind the horizon that nobody will read, by object.
    behind: Vec<(String, usize)>,
    /// From the first of them to the last.
    span: Option<Window>,
    /// Objects among them of which the ledger has no window read, as far back as it is asked.
    unread: Vec<String>,
}

impl Past {
    /// Notes gaps of an object that has been read before. Each night has yesterday's: only what lies further back is news.
    pub(super) fn hole(&mut self, object: &str, interval: Window, windows: &[Window]) {
        let is_old = |window: &&Window| window.end() <= interval.end() - DAY;
        let old = windows.iter().filter(is_old).count() as u64;
        if old > 0 {
            self.holes.push((object.to_owned(), old));
        }
    }

    /// Notes windows that lie behind `interval` and were never read whole, or not for good.
    ///
    /// From the first window that should have been read: one that was left out is missing, also when none came before it.
    pub(super) fn behind(
        &mut self,
        run: &Run<'_>,
        object: &str,
        interval: Window,
        width: SignedDuration,
        known: &Known,
    ) {
        let from = midnight(run.checked.at) - SignedDuration::from_hours(24 * DAYS);
        let Some(begin) = known.wanted.map(|wanted| wanted.max(from)) else {
            return;
        };
        let Ok(behind) = Window::new(begin, interval.start()) else {
            return;
        };
        let left: Vec<_> = behind
            .slices(width)
            .filter(|window| {
                let verdict = run.verdict(object, *window, known);
                !matches!(verdict, Verdict::Settled | Verdict::Young)
            })
            .collect();
        let (Some(first), Some(last)) = (left.first(), left.last()) else {
            return;
        };
        self.behind.push((object.to_owned(), left.len()));
        let span = self.span.unwrap_or(*first);
        let (start, end) = (span.start().min(first.start()), span.end().max(last.end()));
        self.span = Window::new(start, end).ok();
        if known.read.is_empty() {
            self.unread.push(object.to_owned());
        }
    }

    pub(super) fn tell(self, chosen: &mut Chosen) {
        if !self.holes.is_empty() {
            chosen.notices.push(format!(
                "holes before the last day, windows that had never been read whole: {}; they are read now",
                list(&self.holes)
            ));
        }
        let Some(span) = self.span else {
            return;
        };
        let unread = if self.unread.is_empty() {
            String::new()
        } else {
            format!(
                "; of {} nothing of the last {DAYS} days has been read: what the organisation does not have, take out of genesys.objects",
                self.unread.join(", ")
            )
        };
        chosen.notices.push(format!(
            "windows behind plan.horizon_days that were never read whole or are not final: {}; no nightly run will read them: start a backfill from {:.0} to {:.0}{unread}",
            list(&self.behind),
            span.start(),
            span.end()
        ));
    }
}

/// `conversation 2, survey 1`.
pub(super) fn list<N: std::fmt::Display>(counts: &[(String, N)]) -> String {
    let one = |(object, count): &(String, N)| format!("{object} {count}");
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What to tell of a horizon that is passed before a window of this length can become final.
pub(crate) fn short_horizon(settings: &Settings, width: SignedDuration) -> Option<String> {
    let (days, hours) = (settings.plan.horizon_days, settings.genesys.settle_hours);
    let needed = i64::from(hours) + width.as_hours();
    (i64::from(days) * 24 < needed).then(|| {
        format!(
            "settings tributary.toml: plan.horizon_days = {days}: windows leave it before they are final (genesys.settle_hours = {hours}); no nightly run will settle them: make it at least {}",
            needed.div_euclid(24) + i64::from(needed.rem_euclid(24) > 0)
        )
    })
}

impl Run<'_> {
    /// Tells when the horizon is passed before a window can become final.
    pub(super) fn tell_short_horizon(&self, width: SignedDuration, chosen: &mut Chosen) {
        chosen.notices.extend(short_horizon(self.settings, width));
    }
}
