//! Settings that decide what is read, kept from run to run: a change reaches what is read from then on, and nothing that has
//! been read before. Nobody would notice, so the first plan after it says what the change means and what reads the rest anew.

use crate::PlanError;
use crate::input::Checked;
use crate::ledger::{self, Entry};
use crate::windows::midnight;
use landing::{Store, keys};
use model::payload::Mode;
use model::settings::Settings;
use model::{RunId, Source};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use step::Deadline;
use warehouse::Warehouse;

/// A value longer than this is cut short in a notice.
const SHORT: usize = 160;

/// The values by their keys in `tributary.toml`. No secret is among them.
type Values = BTreeMap<String, Value>;

/// `state/reading.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The run that brought `now`; planned once more, it compares with `before` once more.
    run_id: RunId,
    before: Values,
    now: Values,
}

/// What has to be kept when the plan is made.
#[derive(Debug, Default)]
pub(crate) struct Reading(Option<Kept>);

impl Reading {
    /// Keeps the settings for the next run to compare with.
    pub(crate) async fn keep(&self, store: &Store) -> Result<(), PlanError> {
        let Some(kept) = &self.0 else {
            return Ok(());
        };
        let written = store.write_json(&keys::reading(), kept).await;
        written.map_err(|cause| PlanError::landing(&kept.run_id, cause))
    }
}

/// Compares the settings with those of the last run: what to keep, and what to tell.
pub(crate) async fn compare(
    checked: &Checked,
    settings: &Settings,
    store: &Store,
    warehouse: &Warehouse,
    ledger: &[Entry],
    deadline: Deadline,
) -> Result<(Reading, Vec<String>), PlanError> {
    let now = values(settings);
    let kept: Option<Kept> = store
        .read_json(&keys::reading(), "the settings of the last run")
        .await
        .map_err(|cause| PlanError::landing(&checked.run_id, cause))?;
    let before = match kept {
        Some(kept) if kept.run_id == checked.run_id => kept.before,
        Some(kept) if kept.now == now => return Ok((Reading::default(), Vec::new())),
        Some(kept) => kept.now,
        // Nothing is known of what was read under: this is where it begins.
        None => now.clone(),
    };
    let changes = changes(&before, &now);
    let mut notices = Vec::new();
    for change in changes
        .iter()
        .filter(|change| !change.key.starts_with("salesforce."))
    {
        let begins = match objects_of(change) {
            Some(objects) => ledger::begins(warehouse, &objects, deadline.left()).await?,
            None => None,
        };
        // Nothing was read under the old value.
        let Some(begins) = begins else {
            continue;
        };
        notices.push(of_genesys(change, begins, checked));
    }
    notices.extend(of_salesforce(&changes, checked, ledger));
    let run_id = checked.run_id.clone();
    let kept = Kept {
        run_id,
        before,
        now,
    };
    Ok((Reading(Some(kept)), notices))
}

/// What decides which records are read, and which of their fields.
fn values(settings: &Settings) -> Values {
    let genesys = &settings.genesys;
    let sorted = |list: &[String]| json!(list.iter().collect::<BTreeSet<_>>());
    let mut values = Values::from([
        ("genesys.filter".to_owned(), json!(genesys.filter)),
        ("genesys.objects".to_owned(), sorted(&genesys.objects)),
        (
            "genesys.management_units".to_owned(),
            sorted(&genesys.management_units),
        ),
        (
            "genesys.aggregate_minutes".to_owned(),
            json!(genesys.aggregate_minutes),
        ),
        (
            "business_time_zone".to_owned(),
            json!(settings.business_time_zone),
        ),
    ]);
    for (object, fields) in &settings.salesforce.objects {
        let key = |rest: &str| format!("salesforce.objects.{object}.{rest}");
        values.insert(key("sobject"), json!(fields.sobject));
        for (column, path) in &fields.columns {
            values.insert(key(&format!("columns.{column}")), json!(path));
        }
        for path in &fields.extra {
            values.insert(key(&format!("extra.{path}")), json!(path));
        }
    }
    for (object, sobject) in &settings.salesforce.history {
        values.insert(format!("salesforce.history.{object}"), json!(sobject));
    }
    values
}

/// A key whose value is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    key: String,
    old: Option<Value>,
    new: Option<Value>,
}

impl Change {
    /// `genesys.aggregate_minutes was 30 and is 15`.
    fn text(&self) -> String {
        let key = &self.key;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{key} was {} and is {}", short(old), short(new)),
            (None, Some(new)) => format!("{key} = {} is new", short(new)),
            (Some(old), None) => format!("{key} = {} is gone", short(old)),
            (None, None) => key.clone(),
        }
    }
}

/// Names in one list that are not in another.
fn names(of: Option<&Value>, but: Option<&Value>) -> Vec<String> {
    let list = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_str);
        names.map(ToOwned::to_owned).collect()
    };
    let but = list(but);
    let mut names = list(of);
    names.retain(|name| !but.contains(name));
    names
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHORT {
        return text;
    }
    let begin: String = text.chars().take(SHORT).collect();
    format!("{begin}…")
}

fn changes(before: &Values, now: &Values) -> Vec<Change> {
    let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let change = |key: &String| Change {
        key: key.clone(),
        old: before.get(key).cloned(),
        new: now.get(key).cloned(),
    };
    let all = keys.into_iter().map(change);
    // A key of Genesys that was not kept is one that an older version did not know.
    all.filter(|change| change.old != change.new)
        .filter(|change| change.old.is_some() || change.key.starts_with("salesforce."))
        .collect()
}

/// The objects whose windows were read under the old value; none for a change that nothing has to be said of.
fn objects_of(change: &Change) -> Option<Vec<&'static str>> {
    Some(match change.key.as_str() {
        "genesys.filter" => vec!["conversation", "queue_aggregate"],
        "genesys.objects" => vec!["conversation"],
        "genesys.management_units" | "business_time_zone" => vec!["adherence"],
        "genesys.aggregate_minutes" => vec!["user_aggregate", "queue_aggregate"],
        _ => return None,
    })
}

fn of_genesys(change: &Change, begins: jiff::Timestamp, checked: &Checked) -> String {
    let backfill = |force: &str| {
        format!(
            r#"{{"mode":"backfill","from":"{begins:.0}","to":"{:.0}"{force}}}"#,
            midnight(checked.at)
        )
    };
    let place = "settings tributary.toml";
    if change.key == "genesys.objects" {
        let mut text = format!("{place}: {}", change.text());
        let added = names(change.new.as_ref(), change.old.as_ref());
        if !added.is_empty() {
            text = format!(
                "{text}: {} is read from plan.horizon_days before a night on; for the days before start {}, which leaves alone what has been read for good",
                added.join(", "),
                backfill("")
            );
        }
        let gone = names(change.old.as_ref(), change.new.as_ref());
        if !gone.is_empty() {
            text = format!(
                "{text}: {} is not read any more, what was read stays",
                gone.join(", ")
            );
        }
        return text;
    }
    let what = match change.key.as_str() {
        "genesys.filter" => {
            "conversations and queue aggregates keep what the old filter let through"
        }
        "genesys.management_units" => "adherence keeps the units of the old list",
        "business_time_zone" => "adherence keeps the days of the old zone",
        _ => "user and queue aggregates keep buckets of the old length",
    };
    format!(
        "{place}: {}: it applies to what is read from now on, and in windows read before {what}; to read them anew start {}, or one that begins later",
        change.text(),
        backfill(r#","force":true"#)
    )
}

/// One notice for each object: a column, and what rows that were read before have in it.
fn of_salesforce(changes: &[Change], checked: &Checked, ledger: &[Entry]) -> Vec<String> {
    let mut by_object: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let mut parts = change.key.split('.');
        let object = match (parts.next(), parts.next(), parts.next()) {
            (Some("salesforce"), Some("objects"), Some(object)) => object.to_owned(),
            (Some("salesforce"), Some("history"), Some(object)) => format!("{object}_history"),
            _ => continue,
        };
        by_object.entry(object).or_default().push(change);
    }
    let was_read = |object: &str| {
        let mut entries = ledger.iter();
        entries.any(|one| one.source == Source::Salesforce.as_str() && one.object == object)
    };
    by_object
        .into_iter()
        .filter(|(object, _)| was_read(object))
        .map(|(object, changes)| {
            let texts: Vec<_> = changes.iter().map(|change| change.text()).collect();
            format!(
                "settings tributary.toml: {}: {}",
                texts.join(", "),
                meaning(&object, &changes, checked)
            )
        })
        .collect()
}

fn meaning(object: &str, changes: &[&Change], checked: &Checked) -> String {
    if object.ends_with("_history") && changes.iter().all(|change| change.new.is_none()) {
        return format!("{object} is not read any more, what was read stays");
    }
    let is_new = |change: &&Change| change.old.is_none();
    let is_gone = |change: &&Change| change.new.is_none();
    let mut rows = Vec::new();
    if changes.iter().copied().any(|change| is_new(&change)) {
        rows.push("rows read before have null in what is new");
    }
    if changes.iter().any(|one| !is_new(one) && !is_gone(one)) {
        rows.push("rows read before keep what the old setting read");
    }
    if changes.iter().any(is_gone) {
        rows.push("rows read before keep what is gone until their record changes");
    }
    let rows = rows.join(", ");
    if changes.iter().all(is_gone) {
        return rows;
    }
    if checked.force && checked.mode == Mode::Nightly {
        return format!("{rows}; this run reads every record anew");
    }
    // With `at` it is one run however often it is started. A backfill would read Genesys from the same beginning.
    format!(
        r#"{rows}; {object} is read anew, with every other object of Salesforce, by {{"mode":"nightly","force":true,"at":"{:.0}"}}, which costs a first load"#,
        checked.at
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use model::Window;

    const SHIPPED: &str = include_str!("../../../infra/settings/tributary.toml");

    fn after(edits: &[(&str, &str)]) -> Vec<Change> {
        let mut text = SHIPPED.to_owned();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let values = |text: &str| values(&Settings::parse(text).unwrap());
        changes(&values(SHIPPED), &values(&text))
    }

    fn checked(json: &str) -> Checked {
        let at = "2026-01-20T02:15:00Z".parse().unwrap();
        input::check(&serde_json::from_str(json).unwrap(), at).unwrap()
    }

    fn told(edits: &[(&str, &str)], json: &str) -> String {
        let at = |text: &str| text.parse().unwrap();
        let entry = |object: &str| Entry {
            batch_id: RunId::try_from("nightly-1".to_owned()).unwrap(),
            mode: "nightly".to_owned(),
            source: "salesforce".to_owned(),
            object: object.to_owned(),
            window: Window::new(at("2000-01-01T00:00:00Z"), at("2026-01-19T00:00:00Z")).unwrap(),
            is_settled: true,
            received: 1,
            calls: 1,
        };
        let ledger = [entry("account"), entry("account_history")];
        let changes = after(edits);
        let mut notices: Vec<_> = changes
            .iter()
            .filter(|change| objects_of(change).is_some())
            .map(|change| of_genesys(change, at("2025-03-01T00:00:00Z"), &checked(json)))
            .collect();
        notices.extend(of_salesforce(&changes, &checked(json), &ledger));
        notices.join("\n")
    }

    const NIGHTLY: &str = r#"{"mode":"nightly"}"#;

    #[test]
    fn a_changed_reading_of_genesys_names_the_run_that_reads_the_rest_anew() {
        insta::assert_snapshot!(told(&[("media_types = []", "media_types = [\"voice\"]")], NIGHTLY), @r#"settings tributary.toml: genesys.filter was {} and is {"media_types":["voice"]}: it applies to what is read from now on, and in windows read before conversations and queue aggregates keep what the old filter let through; to read them anew start {"mode":"backfill","from":"2025-03-01T00:00:00Z","to":"2026-01-20T00:00:00Z","force":true}, or one that begins later"#);
        insta::assert_snapshot!(told(&[("management_units = []", "management_units = [\"u\"]"), ("aggregate_minutes = 30", "aggregate_minutes = 15")], NIGHTLY), @r#"
        settings tributary.toml: genesys.aggregate_minutes was 30 and is 15: it applies to what is read from now on, and in windows read before user and queue aggregates keep buckets of the old length; to read them anew start {"mode":"backfill","from":"2025-03-01T00:00:00Z","to":"2026-01-20T00:00:00Z","force":true}, or one that begins later
        settings tributary.toml: genesys.management_units was [] and is ["u"]: it applies to what is read from now on, and in windows read before adherence keeps the units of the old list; to read them anew start {"mode":"backfill","from":"2025-03-01T00:00:00Z","to":"2026-01-20T00:00:00Z","force":true}, or one that begins later
        "#);
        insta::assert_snapshot!(told(&[(r#""survey", "#, "")], NIGHTLY), @r#"settings tributary.toml: genesys.objects was ["adherence","conversation_attribute","evaluation","queue_aggregate","survey","user_aggregate"] and is ["adherence","conversation_attribute","evaluation","queue_aggregate","user_aggregate"]: survey is not read any more, what was read stays"#);
        insta::assert_snapshot!(told(&[("business_time_zone = \"UTC\"", "business_time_zone = \"Asia/Kolkata\"")], NIGHTLY), @r#"settings tributary.toml: business_time_zone was "UTC" and is "Asia/Kolkata": it applies to what is read from now on, and in windows read before adherence keeps the days of the old zone; to read them anew start {"mode":"backfill","from":"2025-03-01T00:00:00Z","to":"2026-01-20T00:00:00Z","force":true}, or one that begins later"#);
        let changes = after(&[(r#""survey", "#, "")]);
        let back = Change {
            old: changes[0].new.clone(),
            new: changes[0].old.clone(),
            ..changes[0].clone()
        };
        let text = of_genesys(
            &back,
            "2025-03-01T00:00:00Z".parse().unwrap(),
            &checked(NIGHTLY),
        );
        insta::assert_snapshot!(text.split(" is [").nth(1).unwrap(), @r#""adherence","conversation_attribute","evaluation","queue_aggregate","survey","user_aggregate"]: survey is read from plan.horizon_days before a night on; for the days before start {"mode":"backfill","from":"2025-03-01T00:00:00Z","to":"2026-01-20T00:00:00Z"}, which leaves alone what has been read for good"#);
    }

    #[test]
    fn a_column_that_is_new_is_told_with_what_rows_lack_and_what_reads_them_anew() {
        let edits = [
            ("industry = \"Industry\"\n", "industry = \"Sector__c\"\n"),
            (
                "phone = \"Phone\"\nowner_id = \"OwnerId\"\nowner_name",
                "owner_id = \"OwnerId\"\nowner_name",
            ),
            (
                "sobject = \"Account\"\nextra = []",
                "sobject = \"Account\"\nextra = [\"Region__c\"]",
            ),
        ];
        insta::assert_snapshot!(told(&edits, NIGHTLY), @r#"settings tributary.toml: salesforce.objects.account.columns.industry was "Industry" and is "Sector__c", salesforce.objects.account.columns.phone = "Phone" is gone, salesforce.objects.account.extra.Region__c = "Region__c" is new: rows read before have null in what is new, rows read before keep what the old setting read, rows read before keep what is gone until their record changes; account is read anew, with every other object of Salesforce, by {"mode":"nightly","force":true,"at":"2026-01-20T02:15:00Z"}, which costs a first load"#);
        insta::assert_snapshot!(told(&edits[2..], r#"{"mode":"nightly","force":true}"#), @r#"settings tributary.toml: salesforce.objects.account.extra.Region__c = "Region__c" is new: rows read before have null in what is new; this run reads every record anew"#);
    }

    #[test]
    fn what_was_never_read_has_nothing_to_be_read_anew() {
        // Only accounts have been read.
        assert_eq!(told(&[("case_origin = \"Origin\"\n", "")], NIGHTLY), "");
        insta::assert_snapshot!(told(&[("account = \"AccountHistory\"\n", "")], NIGHTLY), @r#"settings tributary.toml: salesforce.history.account = "AccountHistory" is gone: account_history is not read any more, what was read stays"#);
    }

    #[test]
    fn what_an_older_version_did_not_keep_has_not_changed() {
        let now = values(&Settings::parse(SHIPPED).unwrap());
        let mut before = now.clone();
        before.remove("genesys.management_units");
        assert_eq!(changes(&before, &now), []);
        before.remove("salesforce.objects.account.columns.industry");
        assert_eq!(changes(&before, &now).len(), 1);
    }
}
