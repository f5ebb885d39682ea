//! What a nightly run does not look at any more: told, because no later night will.

use super::{Chosen, Run, Verdict, midnight};
use crate::coverage::Known;
use jiff::SignedDuration;
use model::Window;

/// So far back is looked for what the horizon has passed: as far as every run reads the ledger.
const DAYS: i64 = 30;

impl Run<'_> {
    /// Tells of windows that lie behind `interval` and were never read whole, or never for good.
    pub(super) fn tell_behind(
        &self,
        object: &str,
        interval: Window,
        width: SignedDuration,
        known: &Known,
        chosen: &mut Chosen,
    ) {
        let from = midnight(self.checked.at) - SignedDuration::from_hours(24 * DAYS);
        let Some(begin) = known.read.start().map(|start| start.max(from)) else {
            return;
        };
        let Ok(behind) = Window::new(begin, interval.start()) else {
            return;
        };
        let left: Vec<_> = behind
            .slices(width)
            .filter(|window| {
                let verdict = self.verdict(object, *window, known);
                !matches!(verdict, Verdict::Settled | Verdict::Young)
            })
            .collect();
        if let (Some(first), Some(last)) = (left.first(), left.last()) {
            chosen.notices.push(format!(
                "{object}: windows behind plan.horizon_days that were never read whole or never became final, {}; no nightly run will read them: start a backfill from {:.0} to {:.0}",
                left.len(),
                first.start(),
                last.end()
            ));
        }
    }

    /// Tells when the horizon is passed before a window can become final.
    pub(super) fn tell_short_horizon(&self, width: SignedDuration, chosen: &mut Chosen) {
        let horizon = i64::from(self.settings.plan.horizon_days) * 24;
        let needed = i64::from(self.settings.genesys.settle_hours) + width.as_hours();
        if horizon < needed {
            chosen.notices.push(format!(
                "settings tributary.toml: plan.horizon_days = {}: windows leave it before they are final (genesys.settle_hours = {}); no nightly run will settle them: make it at least {}",
                self.settings.plan.horizon_days,
                self.settings.genesys.settle_hours,
                needed.div_euclid(24) + i64::from(needed.rem_euclid(24) > 0)
            ));
        }
    }
}
