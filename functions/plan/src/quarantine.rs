//! The windows of a replay by reason: of what was landed just the lines that were refused for it.

use crate::PlanError;
use crate::input::Checked;
use crate::replay::BESIDE;
use crate::windows::{Choice, Chosen};
use jiff::{SignedDuration, Timestamp};
use landing::{Store, keys};
use model::payload::Lines;
use model::{Source, Window};
use std::collections::{BTreeMap, BTreeSet};
use step::Deadline;
use tokio::task::JoinSet;
use warehouse::{Value, Warehouse};

/// Lines that one run reads again; the others the next one.
const MOST: usize = 100_000;
/// The interval of a run that has none.
const EVER: (&str, &str) = ("1970-01-01 00:00:00", "9999-12-31 00:00:00");
/// Reasons that are named to somebody whose reason nothing has.
const NAMED: usize = 20;
/// Keys looked for at the same time.
const PARALLEL: usize = 16;

/// A refused record's place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    source: Source,
    object: String,
    window: Window,
    key: String,
    line: u64,
}

/// What waits for the reasons, as windows with their lines, and what a person should know of it.
pub(crate) async fn choose(
    warehouse: &Warehouse,
    store: &Store,
    checked: &Checked,
    deadline: Deadline,
) -> Result<Chosen, PlanError> {
    let mut refused = refused(warehouse, checked, deadline).await?;
    let mut chosen = Chosen::default();
    chosen.notices.extend(limit(&mut refused, MOST));
    // Whatever a list names would otherwise be taken for all there is.
    let lists = leave(&mut refused, |one| one.object.ends_with("_ids"));
    if lists > 0 {
        chosen.notices.push(format!(
            "{lists} of the refused records are rows of lists of Salesforce ids: a list is of use only whole, and the next one reads them"
        ));
    }
    let gone = gone(store, checked, &refused).await?;
    let lost = leave(&mut refused, |one| gone.contains(&one.key));
    if lost > 0 {
        chosen.notices.push(format!(
            "{lost} refused records lie in {} landed files that are gone (lifecycle?), the first {}: their windows must be read from the source again",
            gone.len(),
            gone.first().map_or("", String::as_str)
        ));
    }
    let (links, open) = open(warehouse, checked, deadline).await?;
    if refused.is_empty() && links == 0 && lists + lost == 0 {
        chosen.notices.push(nothing(checked, &open));
    }
    tracing::info!(
        records = refused.len(),
        links,
        "{} refused records are read again, {links} refused links are decided again",
        refused.len()
    );
    chosen.choices = choices(&refused);
    Ok(chosen)
}

/// Leaves the first ones, by the end of their windows, and says how to come to the others: the same ones would come first again if
/// they are refused again.
fn limit(refused: &mut Vec<Refused>, most: usize) -> Option<String> {
    let until = refused.get(most)?.window.end();
    refused.truncate(most);
    let from = until - SignedDuration::from_mins(1);
    Some(format!(
        "more than {most} records wait in quarantine for this: the {most} whose windows end first are read again; the others' windows end at {until:.0} or later: start another run, with from = {from:.0} and to = the present if these stay refused"
    ))
}

/// Takes those out of the list of which `is_left` holds: how many.
fn leave(refused: &mut Vec<Refused>, is_left: impl Fn(&Refused) -> bool) -> usize {
    let before = refused.len();
    refused.retain(|one| !is_left(one));
    before - refused.len()
}

/// The open records with one of the reasons, and in the interval if there is one; those whose windows end first.
async fn refused(
    warehouse: &Warehouse,
    checked: &Checked,
    deadline: Deadline,
) -> Result<Vec<Refused>, PlanError> {
    let query = format!(
        "select object_key, line from mart.quarantine where is_open and is_record \
         and strpos(:reasons, ',' || reason || ',') > 0 \
         and window_start < cast(:until as timestamp) and window_end > cast(:since as timestamp) \
         order by window_end, last_seen_at, quarantine_key limit {}",
        MOST + 1
    );
    let text = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (since, until) = checked.range.map_or_else(
        || (EVER.0.to_owned(), EVER.1.to_owned()),
        |range| (text(range.start()), text(range.end())),
    );
    let values = [
        ("reasons", format!(",{},", checked.reasons.join(","))),
        ("since", since),
        ("until", until),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let rows = warehouse
        .query("plan/quarantine", &query, &values, deadline.left())
        .await
        .map_err(|cause| PlanError::warehouse("reading what was refused", cause))?;
    let mut all = Vec::new();
    for row in &rows {
        let one = record(row).ok_or_else(|| PlanError::Quarantine(format!("{row:?}")))?;
        let touches =
            |range: Window| range.start() < one.window.end() && one.window.start() < range.end();
        if checked.range.is_none_or(touches) {
            all.push(one);
        }
    }
    Ok(all)
}

/// A row's place, which its key tells whole.
fn record(row: &[Value]) -> Option<Refused> {
    let key = row.first().and_then(Value::text)?;
    let (source, object, window) = keys::landed(&key)?;
    // What came along with a window is read with it.
    let object = if BESIDE.contains(&object) {
        "conversation"
    } else {
        object
    };
    Some(Refused {
        source,
        object: object.to_owned(),
        window,
        line: u64::try_from(row.get(1)?.integer()?).ok()?,
        key,
    })
}

/// How many refused links have one of the reasons, and the reasons for which anything waits, the most frequent first.
async fn open(
    warehouse: &Warehouse,
    checked: &Checked,
    deadline: Deadline,
) -> Result<(i64, Vec<String>), PlanError> {
    let query = "select reason, sum(case when is_record then 0 else 1 end), count(*) from mart.quarantine \
                 where is_open group by reason order by count(*) desc, reason";
    let rows = warehouse
        .query("plan/reasons", query, &[], deadline.left())
        .await
        .map_err(|cause| PlanError::warehouse("reading what was refused", cause))?;
    let (mut links, mut open) = (0, Vec::new());
    for row in &rows {
        let Some(reason) = row.first().and_then(Value::text) else {
            continue;
        };
        if checked.reasons.contains(&reason) {
            links += row.get(1).and_then(Value::integer).unwrap_or(0);
        }
        open.push(reason);
    }
    Ok((links, open))
}

/// What is said when there is nothing to do, which is no failure.
fn nothing(checked: &Checked, open: &[String]) -> String {
    let asked = checked.reasons.join(", ");
    let within = checked
        .range
        .map_or_else(String::new, |range| format!(" in {range}"));
    let there = if open.is_empty() {
        "nothing at all does".to_owned()
    } else {
        let named: Vec<_> = open.iter().take(NAMED).map(String::as_str).collect();
        format!("what waits has the reasons {}", named.join(", "))
    };
    format!("nothing waits in quarantine for {asked}{within}, and nothing is read again; {there}")
}

/// The keys of `refused` that are in the bucket no more.
async fn gone(
    store: &Store,
    checked: &Checked,
    refused: &[Refused],
) -> Result<BTreeSet<String>, PlanError> {
    let keys: BTreeSet<_> = refused.iter().map(|one| one.key.clone()).collect();
    let mut wanted = keys.into_iter();
    let (mut gone, mut running) = (BTreeSet::new(), JoinSet::new());
    loop {
        while running.len() < PARALLEL
            && let Some(key) = wanted.next()
        {
            let store = store.clone();
            running.spawn(async move { (store.list(&key).await, key) });
        }
        let Some(ended) = running.join_next().await else {
            return Ok(gone);
        };
        let landing = |cause| PlanError::landing(&checked.run_id, cause);
        let Ok((found, key)) = ended else {
            return Err(landing(
                store.missing("a landed file nobody could look for"),
            ));
        };
        if !found.map_err(landing)?.iter().any(|one| one.key == key) {
            gone.insert(key);
        }
    }
}

/// One window for each that lines were refused of.
fn choices(refused: &[Refused]) -> Vec<Choice> {
    let mut windows: BTreeMap<_, BTreeMap<&str, Vec<u64>>> = BTreeMap::new();
    for one in refused {
        let window = (one.source, one.object.as_str(), one.window);
        let files = windows.entry(window).or_default();
        files.entry(&one.key).or_default().push(one.line);
    }
    let choices = windows
        .into_iter()
        .map(|((source, object, window), files)| {
            let mut choice = Choice::new(source, object, window);
            // Some lines of a window are not the window: it does not count as read.
            choice.is_partial = true;
            choice.landed = files.keys().map(|&key| key.to_owned()).collect();
            let lines = files.into_iter();
            choice.lines = lines
                .map(|(key, lines)| (key.to_owned(), Lines::from_iter(lines)))
                .collect();
            choice
        });
    choices.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_told_of_more_is_told_how_to_come_to_them() {
        let one = |day: u32, line| Refused {
            source: Source::Genesys,
            object: "conversation".to_owned(),
            window: Window::new(
                format!("2026-01-{day:02}T00:00:00Z").parse().unwrap(),
                format!("2026-01-{:02}T00:00:00Z", day + 1).parse().unwrap(),
            )
            .unwrap(),
            key: "k".to_owned(),
            line,
        };
        let all = [one(5, 1), one(5, 2), one(7, 1)];
        let mut refused = all.to_vec();
        assert_eq!(limit(&mut refused, 3), None);
        assert_eq!(refused, all);
        let told = limit(&mut refused, 2).unwrap();
        assert_eq!(refused, all[..2]);
        insta::assert_snapshot!(told, @r#"more than 2 records wait in quarantine for this: the 2 whose windows end first are read again; the others' windows end at 2026-01-08T00:00:00Z or later: start another run, with from = 2026-01-07T23:59:00Z and to = the present if these stay refused"#);
    }
}
