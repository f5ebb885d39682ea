//! The settings a twin runs with: the shipped ones, fitted to its data, or a folder of a deployer's own, as it is.

use crate::setup::Places;
use crate::twin::TwinOptions;
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use model::settings::Settings;
use std::path::Path;

/// Whether a folder can stand in the place of `infra/settings`; the error names everything that is missing or wrong.
#[allow(clippy::disallowed_methods)] // whether a start lies in the future is asked of the present
pub fn ensure_usable(folder: &Path) -> Result<()> {
    let problems = plan::settings::judge(folder).problems(Timestamp::now());
    ensure!(
        problems.is_empty(),
        "--settings {} cannot be used:\n  {}",
        folder.display(),
        problems.join("\n").replace('\n', "\n  ")
    );
    Ok(())
}

/// The days after which a window of the shipped settings is final. With a shorter horizon no nightly run would settle anything,
/// and `plan` says so.
pub fn days_until_final(places: &Places) -> Result<u32> {
    let path = places.infra("settings/tributary.toml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let settings = Settings::parse(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok((settings.genesys.settle_hours + settings.plan.window_hours).div_ceil(24))
}

/// The text of `tributary.toml` as the twin's functions read it.
pub(crate) fn fit(text: &str, options: &TwinOptions) -> Result<String> {
    let mut fitted = text.to_owned();
    // Shipped settings look back for a week, also where there are data of two days; a deployer's own are what is tried.
    if options.settings_folder.is_none() {
        let days = options.horizon_days.unwrap_or(options.days);
        fitted = with(&fitted, "horizon_days", days)?;
    }
    if let Some(workers) = options.max_concurrency {
        fitted = with(&fitted, "max_concurrency", workers)?;
    }
    for (from, to) in &options.settings {
        ensure!(
            fitted.matches(from.as_str()).count() == 1,
            "tributary.toml does not have exactly one \"{from}\""
        );
        fitted = fitted.replacen(from.as_str(), to, 1);
    }
    Ok(fitted)
}

/// The settings with two partners, each with a queue of the twin's data; a deployer's own have the partners they have.
pub(crate) fn with_partners(text: &str, queues: &[String], options: &TwinOptions) -> String {
    let mut text = text.to_owned();
    if options.settings_folder.is_none() {
        for (name, queue) in ["acme", "beta"].iter().zip(queues) {
            let partner = format!("\n[[partner]]\nname = \"{name}\"\nqueue_ids = [\"{queue}\"]\n");
            text.push_str(&partner);
        }
    }
    text
}

/// The text with another number on the line of a key.
fn with(text: &str, key: &str, value: u32) -> Result<String> {
    let shipped = text
        .lines()
        .find(|line| line.starts_with(key))
        .with_context(|| format!("tributary.toml has no line {key}"))?;
    Ok(text.replacen(shipped, &format!("{key} = {value}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../settings/tributary.toml");

    #[test]
    fn a_folder_is_used_only_when_it_is_whole_and_sound() {
        let folder = std::env::temp_dir().join(format!("own-settings-{}", std::process::id()));
        let place = folder.to_string_lossy().into_owned();
        let refused = || {
            let error = ensure_usable(&folder).unwrap_err().to_string();
            error.replace(&place, "DIR")
        };
        insta::assert_snapshot!(refused(), @r"
        --settings DIR cannot be used:
          settings folder DIR does not exist: it must hold tributary.toml and the folder reports, as infra/settings does
        ");
        std::fs::create_dir_all(&folder).unwrap();
        insta::assert_snapshot!(refused(), @r"
        --settings DIR cannot be used:
          settings folder DIR has no tributary.toml: it must hold tributary.toml and the folder reports, as infra/settings does
          settings folder DIR has no folder reports: it must hold tributary.toml and the folder reports, as infra/settings does
        ");
        let settings = folder.join("tributary.toml");
        let wrong = SHIPPED.replace("settle_hours = 96", "settle_hours = -1");
        std::fs::write(&settings, wrong).unwrap();
        insta::assert_snapshot!(refused(), @r"
        --settings DIR cannot be used:
          settings tributary.toml: genesys.settle_hours = -1: must be a whole number, 1 to 720: so many hours after its end a nightly run reads a window for the last time
          settings folder DIR has no folder reports: it must hold tributary.toml and the folder reports, as infra/settings does
        ");
        std::fs::create_dir(folder.join("reports")).unwrap();
        std::fs::write(&settings, SHIPPED).unwrap();
        ensure_usable(&folder).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn shipped_settings_are_fitted_to_the_data_and_a_folder_of_ones_own_is_left_alone() {
        let options = TwinOptions {
            days: 2,
            ..TwinOptions::default()
        };
        let horizon = |options: &TwinOptions| {
            let settings = Settings::parse(&fit(SHIPPED, options).unwrap()).unwrap();
            settings.plan.horizon_days
        };
        assert_eq!(horizon(&options), 2);
        let places = Places::of_this_repository().unwrap();
        let settles = TwinOptions {
            horizon_days: Some(days_until_final(&places).unwrap()),
            ..options.clone()
        };
        assert_eq!(horizon(&settles), 5);
        let own = TwinOptions {
            settings_folder: Some("anywhere".into()),
            ..options
        };
        assert_eq!(fit(SHIPPED, &own).unwrap(), SHIPPED);
        assert_eq!(with_partners(SHIPPED, &["q".to_owned()], &own), SHIPPED);
    }
}
