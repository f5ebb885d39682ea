//! One budget per source, divided over the workers that run at once.
//!
//! The Map runs at most `plan.max_concurrency` windows of a source together, and never more than there are. Each of these
//! workers gets the same whole share, rounded down: together they never ask for more than the budget. A budget that does
//! not reach for one request in flight (or one a minute) each is refused with the settings (a rule of `model`), because the
//! Map would start that many workers all the same.

use model::Source;
use model::settings::Settings;
use source_http::Share;

/// All that may be asked of a source.
pub(crate) fn budget(settings: &Settings, source: Source) -> Share {
    match source {
        Source::Genesys => Share {
            requests_per_minute: settings.genesys.requests_per_minute,
            max_in_flight: settings.genesys.max_in_flight,
        },
        Source::Salesforce => Share {
            requests_per_minute: settings.salesforce.requests_per_minute,
            max_in_flight: settings.salesforce.max_in_flight,
        },
    }
}

/// One worker's part of the budget when there are `windows` windows.
pub(crate) fn share(settings: &Settings, source: Source, windows: usize) -> Share {
    let budget = budget(settings, source);
    let windows = u32::try_from(windows).unwrap_or(u32::MAX);
    let workers = settings.plan.max_concurrency.min(windows).max(1);
    Share {
        requests_per_minute: budget.requests_per_minute / workers,
        max_in_flight: budget.max_in_flight / workers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings() -> Settings {
        Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
    }

    proptest! {
        #[test]
        fn the_workers_together_stay_within_the_budget(
            workers in 1_u32..=40, windows in 1_usize..100, per_minute in 1_u32..1000, in_flight in 1_u32..100,
        ) {
            let mut settings = settings();
            settings.plan.max_concurrency = workers;
            settings.genesys.requests_per_minute = per_minute;
            settings.genesys.max_in_flight = in_flight;
            settings.salesforce.requests_per_minute = workers;
            settings.salesforce.max_in_flight = workers;
            prop_assume!(per_minute >= workers && in_flight >= workers);
            let running = workers.min(u32::try_from(windows).unwrap());
            let share = share(&settings, Source::Genesys, windows);
            prop_assert!(share.requests_per_minute >= 1 && share.max_in_flight >= 1);
            prop_assert!(share.requests_per_minute * running <= per_minute);
            prop_assert!(share.max_in_flight * running <= in_flight);
            // Nothing is kept back but what cannot be divided.
            prop_assert!((share.requests_per_minute + 1) * running > per_minute);
        }
    }
}
