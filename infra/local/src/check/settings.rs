//! What is wrong with `tributary.toml`: every value that breaks a rule, and a filter the API would not take.

use genesys::query::{aggregate_filter, check_filter};
use model::settings::{Settings, SettingsError};

/// More wrong values than this are not looked for.
const MOST: usize = 40;
/// One of these keeps almost any rule: put in the place of a wrong value, it lets the next one be found.
const HARMLESS: [&str; 9] = [
    "1", "24", "60", "100", "1000", "30.0", "\"UTC\"", "\"warn\"", "[]",
];

/// The settings, when they can be used, and everything that is wrong with them. What is no TOML, or has an unknown key, hides
/// whatever comes after it.
pub(super) fn problems(text: &str) -> (Option<Settings>, Vec<String>) {
    let mut problems = Vec::new();
    let mut tried = text.to_owned();
    let mut settings = None;
    while problems.len() < MOST {
        match Settings::parse(&tried) {
            Ok(found) => {
                settings = Some(found);
                break;
            }
            Err(error) => {
                problems.push(chain(&error));
                let Some(next) = without(&tried, &error) else {
                    return (None, problems);
                };
                tried = next;
            }
        }
    }
    if let Some(settings) = &settings {
        let genesys = &settings.genesys;
        if let Err(error) = check_filter(&genesys.filter) {
            problems.push(format!("genesys.{error}"));
        } else if genesys.objects.iter().any(|name| name == "queue_aggregate")
            && let Err(error) = aggregate_filter(&genesys.filter)
        {
            problems.push(format!(
                "genesys.{error}; or take queue_aggregate out of genesys.objects"
            ));
        }
    }
    let is_sound = problems.is_empty();
    (settings.filter(|_| is_sound), problems)
}

/// The same text with a harmless value in the place of the wrong one; `None` when there is no telling where it stands.
fn without(text: &str, error: &SettingsError) -> Option<String> {
    let SettingsError::Value { key, .. } = error else {
        return None;
    };
    let before = error.to_string();
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let at = line_of(text, table, name)?;
    HARMLESS.iter().find_map(|value| {
        let lines = text.lines().enumerate().map(|(no, line)| {
            if no == at {
                format!("{name} = {value}\n")
            } else {
                format!("{line}\n")
            }
        });
        let tried: String = lines.collect();
        match Settings::parse(&tried) {
            Ok(_) => Some(tried),
            Err(next @ SettingsError::Value { .. }) if !same_key(&before, &next.to_string()) => {
                Some(tried)
            }
            Err(_) => None,
        }
    })
}

fn same_key(one: &str, other: &str) -> bool {
    one.split(" = ").next() == other.split(" = ").next()
}

/// The line on which a table's key has its value.
fn line_of(text: &str, table: &str, name: &str) -> Option<usize> {
    let mut current = String::new();
    for (no, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            header.trim_matches('[').clone_into(&mut current);
        } else if current == table
            && let Some((key, _)) = line.split_once('=')
            && key.trim() == name
        {
            return Some(no);
        }
    }
    None
}

fn chain(error: &SettingsError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        text = format!("{text}: {one}");
        cause = one.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../settings/tributary.toml");

    #[test]
    fn the_shipped_settings_are_sound() {
        assert_eq!(problems(SHIPPED).1, Vec::<String>::new());
    }

    #[test]
    fn every_wrong_value_is_told_at_once() {
        let text = SHIPPED
            .replace("window_hours = 24", "window_hours = 7")
            .replace("query_page_size = 100", "query_page_size = 500")
            .replace(
                "business_time_zone = \"UTC\"",
                "business_time_zone = \"Mars\"",
            )
            .replace(
                "unlinked_severity = \"warn\"",
                "unlinked_severity = \"pass\"",
            );
        let (settings, found) = problems(&text);
        assert!(settings.is_none());
        assert_eq!(found.len(), 4, "{found:#?}");
        for key in [
            "business_time_zone",
            "plan.window_hours",
            "genesys.query_page_size",
            "check.unlinked_severity",
        ] {
            assert!(
                found.iter().any(|one| one.contains(key)),
                "{key}: {found:#?}"
            );
        }
    }

    #[test]
    fn an_unknown_key_ends_the_search() {
        let (settings, found) = problems(&format!("colour = \"red\"\n{SHIPPED}"));
        assert!(settings.is_none());
        assert!(found[0].contains("colour"), "{found:?}");
    }

    #[test]
    fn a_filter_on_a_dimension_that_does_not_exist_is_named_with_its_place() {
        let text = SHIPPED.replace(
            "division_ids = []\n",
            "division_ids = []\n[[genesys.filter.segment]]\ntype = \"and\"\npredicates = [{dimension = \"queueID\", value = \"q\"}]\n",
        );
        let (_, found) = problems(&text);
        assert!(
            found[0].starts_with("genesys.filter.segment[0].predicates[0].dimension = \"queueID\""),
            "{found:?}"
        );
    }
}
