//! What settings can get wrong in a plan, whoever else accepts them.

use crate::input::Checked;
use crate::{PlanError, quota, sources};
use genesys::query::{aggregate_filter, check_filter};
use jiff::Timestamp;
use model::filter::Filter;
use model::settings::Settings;

/// Settings under which intervals have no length: a run would succeed and have read nothing.
fn check_spans(settings: &Settings, at: Timestamp) -> Result<(), PlanError> {
    let refuse = |key, value: String, rule| Err(PlanError::Setting { key, value, rule });
    if settings.plan.intraday_lookback_hours == 0 {
        return refuse(
            "plan.intraday_lookback_hours",
            "0".to_owned(),
            "must be at least 1, or an intraday run reads nothing",
        );
    }
    let start = settings.salesforce.initial_start;
    if start >= at {
        return refuse(
            "salesforce.initial_start",
            start.to_string(),
            "must be before the run, or nothing of Salesforce is read",
        );
    }
    Ok(())
}

/// What the settings alone can get wrong in a plan.
pub(crate) fn check_settings(settings: &Settings, checked: &Checked) -> Result<(), PlanError> {
    check_spans(settings, checked.at)?;
    quota::check(settings)?;
    sources::check_columns(settings)?;
    let place = "settings tributary.toml: genesys.";
    let genesys = &settings.genesys;
    check_filter_of(place, &genesys.filter)?;
    if genesys.objects.iter().any(|name| name == "queue_aggregate") {
        // What the details know and the counts do not would make the two sides of the reconciliation differ for ever.
        aggregate_filter(&genesys.filter).map_err(|cause| PlanError::Filter {
            place,
            cause,
            advice: "; or take queue_aggregate out of genesys.objects",
        })?;
    }
    Ok(())
}

/// Refuses a filter that the API would refuse.
pub(crate) fn check_filter_of(place: &'static str, filter: &Filter) -> Result<(), PlanError> {
    check_filter(filter).map_err(|cause| PlanError::Filter {
        place,
        cause,
        advice: "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
    }

    #[test]
    fn settings_under_which_nothing_would_be_read_are_refused() {
        let at = "2026-01-20T02:00:00Z".parse().unwrap();
        check_spans(&settings(), at).unwrap();
        let mut blind = settings();
        blind.plan.intraday_lookback_hours = 0;
        insta::assert_snapshot!(check_spans(&blind, at).unwrap_err(), @"settings tributary.toml: plan.intraday_lookback_hours = 0: must be at least 1, or an intraday run reads nothing");
        let mut late = settings();
        late.salesforce.initial_start = "2036-01-01T00:00:00Z".parse().unwrap();
        insta::assert_snapshot!(check_spans(&late, at).unwrap_err(), @"settings tributary.toml: salesforce.initial_start = 2036-01-01T00:00:00Z: must be before the run, or nothing of Salesforce is read");
    }
}
