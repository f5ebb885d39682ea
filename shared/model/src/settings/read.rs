//! The text of `tributary.toml` as settings. Every key that cannot be read is told: in its place a usual value lets the
//! reading, and the rules, go on to the next.

use super::{Settings, SettingsError, Wrong, rules};
use serde_path_to_error::Segment;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use toml::{Table, Value};

/// Not `infra/settings`: whoever edits that file in its place would have the mistake in both.
const STAND_IN: &str = include_str!("stand_in.toml");
/// More keys that cannot be read are not looked for.
const MOST: usize = 100;
/// What is said of keys whose form serde tells in words of its own.
const FORMS: [(&str, &str); 6] = [
    ("check.unlinked_severity", "must be warn or fail"),
    ("check.variance_severity", "must be warn or fail"),
    ("salesforce.initial_start", AN_INSTANT),
    ("match.wider.from", AN_INSTANT),
    ("match.wider.to", AN_INSTANT),
    (
        "match.wider.minutes",
        "must be a whole number of minutes, without quotes",
    ),
];
const AN_INSTANT: &str =
    "must be an instant with date, time and zone, in quotes, as \"2000-01-01T00:00:00Z\"";

/// What a text says, as far as it can be read.
#[derive(Debug, Clone)]
pub struct Read {
    /// Not sound while anything is wrong, and with a usual value in the place of what could not be read; `None` when
    /// nothing is known of them.
    pub settings: Option<Settings>,
    /// Everything that is wrong.
    pub wrong: Vec<Wrong>,
    unread: BTreeSet<String>,
}

impl Read {
    /// Whether the value of this key is what the text says.
    pub fn has(&self, key: &str) -> bool {
        self.settings.is_some() && has(&self.unread, key)
    }
}

/// Whether neither the key nor a table above it was replaced.
fn has(unread: &BTreeSet<String>, key: &str) -> bool {
    let of = |table: &String| key.strip_prefix(table.as_str());
    let replaced = unread.iter().filter_map(of);
    !replaced
        .into_iter()
        .any(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Settings {
    /// Reads and checks the text of `tributary.toml`.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let read = Self::read(text)?;
        match read.settings {
            Some(settings) if read.wrong.is_empty() => Ok(settings),
            _ => Err(SettingsError::Values(read.wrong)),
        }
    }

    /// The same with everything that is wrong beside what could be read. An error only when the text is no TOML.
    pub fn read(text: &str) -> Result<Read, SettingsError> {
        let mut table: Table = toml::from_str(text)?;
        let usual: Table = toml::from_str(STAND_IN)?;
        let mut unread = BTreeSet::new();
        let mut wrong = Vec::new();
        let settings = loop {
            let error = match serde_path_to_error::deserialize(Value::Table(table.clone())) {
                Ok(settings) => break Some(settings),
                Err(error) => error,
            };
            let error: serde_path_to_error::Error<toml::de::Error> = error;
            let (path, found) = told(&error, &table, &usual);
            wrong.push(found);
            match mend(&mut table, &path, &usual) {
                Some(key) if wrong.len() < MOST => _ = unread.insert(key),
                _ => {
                    wrong.push(Wrong {
                        key: "the rest".to_owned(),
                        value: None,
                        rule: "is not looked at before these are mended".to_owned(),
                    });
                    break None;
                }
            }
        };
        if let Some(settings) = &settings {
            let known = |key: &str| has(&unread, key);
            let mut broken = rules::broken(settings);
            broken.extend(rules::broken_between(settings, known));
            wrong.extend(broken.into_iter().filter(|one| known(&one.key)));
        }
        Ok(Read {
            settings,
            wrong,
            unread,
        })
    }
}

/// Where it is, by keys down to the first list, and what is wrong.
fn told(
    error: &serde_path_to_error::Error<toml::de::Error>,
    table: &Table,
    usual: &Table,
) -> (Vec<String>, Wrong) {
    let message = error.inner().message();
    let mut full: Vec<Segment> = error.path().iter().cloned().collect();
    let named = |start: &str| {
        let rest = message.strip_prefix(start)?;
        rest.split_once('`')
    };
    let mut keyed = |name: &str| {
        let last = full.last();
        if !matches!(last, Some(Segment::Map { key }) if key == name) {
            let key = name.to_owned();
            full.push(Segment::Map { key });
        }
    };
    let rule = if let Some((name, others)) = named("unknown field `") {
        keyed(name);
        let others = others.trim_start_matches(", expected ").replace('`', "");
        let others = others.trim_start_matches("one of ");
        format!("unknown field `{name}`; known here: {others}")
    } else if let Some((name, _)) = named("missing field `") {
        keyed(name);
        "is missing".to_owned()
    } else {
        String::new()
    };
    let keys: Vec<String> = full
        .iter()
        .map_while(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            _ => None,
        })
        .collect();
    let key = written(&full);
    let wrong = match rule.as_str() {
        "" => {
            let value = at(table, &full);
            // What a filter compares with may be somebody's number.
            let is_value = matches!(full.last(), Some(Segment::Map { key }) if key == "value");
            let is_secret = is_value && key.starts_with("genesys.filter.");
            Wrong {
                value: (!is_secret).then(|| value.map_or_else(|| "?".to_owned(), shown)),
                rule: expected(&key, message, value)
                    .or_else(|| of_text(table, &full))
                    .unwrap_or_else(|| message.to_owned()),
                key,
            }
        }
        "is missing" => Wrong {
            value: None,
            rule: match at(usual, &full) {
                Some(Value::Table(_)) => "this table is missing".to_owned(),
                Some(value) => {
                    format!("is missing; {} is usual", shown(value))
                }
                None => rule,
            },
            key,
        },
        _ => Wrong {
            value: None,
            rule,
            key,
        },
    };
    (keys, wrong)
}

/// What would do, in the place of serde's words for it.
fn expected(key: &str, message: &str, value: Option<&Value>) -> Option<String> {
    if let Some(number) = rules::of_number(key) {
        // Whole, and larger than its place: out of its range like any other.
        if let Some(Value::Integer(1..)) = value {
            return Some(number.rule_for_large());
        }
        return Some(match number.rule.strip_prefix("must be ") {
            Some(range) => format!("must be a whole number, {range}"),
            None => format!("must be a whole number: {}", number.rule),
        });
    }
    let keyed = unnumbered(key);
    if let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == keyed) {
        return Some((*form).to_owned());
    }
    let wanted = message.rsplit_once("expected ").map(|(_, wanted)| wanted);
    let form = match wanted {
        Some("a string") => "must be a text, in quotes",
        Some("a boolean") => "must be true or false, without quotes",
        Some("a sequence") => "must be a list, as [\"one\", \"another\"]",
        Some("f64" | "f32") => "must be a number, without quotes",
        Some("i64") => "must be a whole number, without quotes",
        Some(wanted) if wanted.starts_with("struct ") || wanted == "a map" => "must be a table",
        Some(wanted) if message.starts_with("unknown variant") => {
            return Some(format!("must be {}", wanted.replace('`', "")));
        }
        _ => return None,
    };
    Some(form.to_owned())
}

/// `match.wider.from` of `match.wider[3].from`.
fn unnumbered(key: &str) -> String {
    let of_list = |part: &str| {
        part.split_once(']')
            .map_or(part.len(), |(no, _)| no.len() + 1)
    };
    let mut parts = key.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |key, part| key + &part[of_list(part)..])
}

/// What is said of a text in this place: where one of some words is wanted, these are named only for a text.
fn of_text(table: &Table, path: &[Segment]) -> Option<String> {
    let mut whole = Value::Table(table.clone());
    let place = path
        .iter()
        .try_fold(&mut whole, |value, segment| match segment {
            Segment::Map { key } => value.get_mut(key),
            Segment::Seq { index } => value.get_mut(index),
            _ => None,
        })?;
    *place = Value::String(String::new());
    let read: Result<Settings, _> = serde_path_to_error::deserialize(whole);
    let error: serde_path_to_error::Error<toml::de::Error> = read.err()?;
    let message = error.inner().message();
    let is_of_words = message.starts_with("unknown variant")
        && written(&error.path().iter().cloned().collect::<Vec<_>>()) == written(path);
    is_of_words.then(|| expected("", message, None))?
}

/// Puts the usual value in the place of what cannot be read, or takes that away: the key it was done at.
fn mend(table: &mut Table, path: &[String], usual: &Table) -> Option<String> {
    let (mut here, mut there) = (table, usual);
    for (depth, key) in path.iter().enumerate() {
        let done = || Some(path[..=depth].join("."));
        let Some(stand_in) = there.get(key) else {
            return here.remove(key).and_then(|_| done());
        };
        let is_last = depth + 1 == path.len();
        match (here.get(key), stand_in) {
            (Some(Value::Table(_)), Value::Table(below)) if !is_last => there = below,
            (before, _) if before == Some(stand_in) => return None,
            _ => {
                here.insert(key.clone(), stand_in.clone());
                return done();
            }
        }
        here = here.get_mut(key)?.as_table_mut()?;
    }
    None
}

/// `genesys.filter.segment[0].type`.
pub(crate) fn written(path: &[Segment]) -> String {
    let mut key = String::new();
    for segment in path {
        match segment {
            Segment::Map { key: name } => {
                if !key.is_empty() {
                    key.push('.');
                }
                key.push_str(name);
            }
            Segment::Seq { index } => _ = write!(key, "[{index}]"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    key
}

fn at<'a>(table: &'a Table, path: &[Segment]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let Segment::Map { key } = first else {
        return None;
    };
    rest.iter()
        .try_fold(table.get(key)?, |value, segment| match segment {
            Segment::Map { key } => value.get(key),
            Segment::Seq { index } => value.get(index),
            _ => None,
        })
}

/// A value as it stands in the file, cut where it is no longer of use.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(is) => is.to_string(),
        Value::Datetime(instant) => instant.to_string(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(shown).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Table(_) => "a table".to_owned(),
    };
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests;
