//! Values of a filter that nothing matches, as far as anybody knows: the run is green and has read nothing.

use crate::input::Checked;
use genesys::query::known_values;
use model::filter::{Filter, Group, Predicate};
use model::settings::Settings;

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// What to tell of the filter that a run reads conversations through. A notice and no refusal, because the platform adds values.
pub(crate) fn unknown(checked: &Checked, settings: &Settings) -> Vec<String> {
    match &checked.filter {
        Some(filter) => of_filter("input ", filter),
        None => of_settings(settings),
    }
}

/// The same of the settings' filter alone.
pub(crate) fn of_settings(settings: &Settings) -> Vec<String> {
    of_filter(
        "settings tributary.toml: genesys.",
        &settings.genesys.filter,
    )
}

fn of_filter(place: &str, filter: &Filter) -> Vec<String> {
    compared(filter)
        .into_iter()
        .filter_map(|(path, dimension, value)| {
            let known = known_values(dimension).filter(|known| !known.contains(&value))?;
            let shown: String = value.chars().take(SHOWN).collect();
            Some(format!(
                "{place}filter.{path} = {shown:?}: no value of {dimension} that the specification lists ({}); unless the platform has it by now, nothing matches it",
                known.join(", ")
            ))
        })
        .collect()
}

/// Path, dimension and value of everything a filter compares with a value.
fn compared(filter: &Filter) -> Vec<(String, &str, &str)> {
    let media = filter.media_types.iter().enumerate();
    let mut all: Vec<_> = media
        .map(|(at, value)| (format!("media_types[{at}]"), "mediaType", value.as_str()))
        .collect();
    for (side, groups) in [
        ("conversation", &filter.conversation),
        ("segment", &filter.segment),
    ] {
        for (at, group) in groups.iter().enumerate() {
            of_group(group, &format!("{side}[{at}]"), &mut all);
        }
    }
    all
}

fn of_group<'a>(group: &'a Group, path: &str, all: &mut Vec<(String, &'a str, &'a str)>) {
    let mut add = |predicates: &'a [Predicate], path: &str| {
        for (at, predicate) in predicates.iter().enumerate() {
            if let (Some(dimension), Some(value)) = (&predicate.dimension, &predicate.value) {
                let path = format!("{path}.predicates[{at}].value");
                all.push((path, dimension, value));
            }
        }
    };
    add(&group.predicates, path);
    for (at, clause) in group.clauses.iter().enumerate() {
        add(&clause.predicates, &format!("{path}.clauses[{at}]"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use serde_json::{Value, json};

    fn told(event: Option<Value>, of_settings: Value) -> String {
        let mut settings =
            Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap();
        settings.genesys.filter = serde_json::from_value(of_settings).unwrap();
        let mut input = json!({"mode": "nightly"});
        if let Some(filter) = event {
            input = json!({
                "mode": "backfill", "from": "2026-01-05T00:00:00Z", "to": "2026-01-06T00:00:00Z", "filter": filter,
            });
        }
        let input = serde_json::from_value(input).unwrap();
        let checked = input::check(&input, "2026-01-20T02:00:00Z".parse().unwrap()).unwrap();
        unknown(&checked, &settings).join("\n")
    }

    #[test]
    fn a_value_that_the_specification_does_not_list_is_told_with_those_it_lists() {
        let fax = json!({"media_types": ["voice", "fax"]});
        insta::assert_snapshot!(told(None, fax.clone()), @r#"settings tributary.toml: genesys.filter.media_types[1] = "fax": no value of mediaType that the specification lists (callback, chat, cobrowse, email, internalmessage, message, screenmonitoring, screenshare, unknown, video, voice); unless the platform has it by now, nothing matches it"#);
        let event = json!({
            "conversation": [{"type": "and", "predicates": [{"dimension": "originatingDirection", "value": "Inbound"}]}],
            "segment": [{"type": "or", "clauses": [{"type": "and", "predicates": [
                {"dimension": "queueId", "value": "anything"},
                {"dimension": "mediaType", "value": "voice"},
                {"dimension": "direction", "value": "sideways"},
            ]}]}],
        });
        // The event's filter stands in place of the settings'.
        insta::assert_snapshot!(told(Some(event), fax), @r#"
        input filter.conversation[0].predicates[0].value = "Inbound": no value of originatingDirection that the specification lists (inbound, outbound); unless the platform has it by now, nothing matches it
        input filter.segment[0].clauses[0].predicates[2].value = "sideways": no value of direction that the specification lists (inbound, outbound); unless the platform has it by now, nothing matches it
        "#);
    }

    #[test]
    fn known_values_and_those_of_the_customer_need_no_word() {
        let fine = json!({
            "queue_ids": ["fax"], "media_types": ["voice", "message"], "direction": "inbound",
            "segment": [{"type": "and", "predicates": [{"dimension": "mediaType", "operator": "exists"}]}],
        });
        assert_eq!(told(None, fine), "");
    }
}
