//! The views of `mart`: in which order they are made, which must be made anew, and what must go before.

use crate::MigrateError;
use crate::error::file;
use crate::units::Unit;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::sql;

/// A view, and the views it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) unit: Unit,
    pub(crate) reads: BTreeSet<String>,
}

impl View {
    pub(crate) fn new(unit: Unit) -> Self {
        let own = relation(&unit.name);
        let mut reads: BTreeSet<String> = unit
            .statements
            .iter()
            .flat_map(|text| views_in(text))
            .collect();
        reads.remove(&own);
        Self { unit, reads }
    }
}

/// `mart/join_rate.sql` → `mart.join_rate`.
pub(crate) fn relation(unit: &str) -> String {
    unit.trim_end_matches(".sql").replace('/', ".")
}

/// Every `mart.<name>` in a text.
fn views_in(text: &str) -> Vec<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices("mart.") {
        if text[..at]
            .chars()
            .next_back()
            .is_some_and(|before| is_name(before) || before == '.')
        {
            continue;
        }
        let name: String = text[at + 5..]
            .chars()
            .take_while(|&one| is_name(one))
            .collect();
        found.push(format!("mart.{name}"));
    }
    found
}

/// The views of `mart` and `others`, each behind those it reads.
pub(crate) fn views(others: Vec<Unit>) -> Result<Vec<View>, MigrateError> {
    let files = sql::folder("mart");
    let units = files
        .into_iter()
        .map(|file| Unit::new(file.path, file.statements()));
    sorted(units.chain(others).map(View::new).collect())
}

fn sorted(mut waiting: Vec<View>) -> Result<Vec<View>, MigrateError> {
    waiting.sort_by(|one, other| one.unit.name.cmp(&other.unit.name));
    let known: BTreeSet<String> = waiting
        .iter()
        .map(|view| relation(&view.unit.name))
        .collect();
    for view in &waiting {
        if let Some(missing) = view.reads.iter().find(|name| !known.contains(*name)) {
            return Err(file(
                &view.unit.name,
                format!("it reads {missing}, which no file makes"),
            ));
        }
    }
    let mut made: BTreeSet<String> = BTreeSet::new();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let Some(next) = waiting.iter().position(|view| view.reads.is_subset(&made)) else {
            let names: Vec<_> = waiting
                .iter()
                .map(|view| relation(&view.unit.name))
                .collect();
            return Err(file(
                "mart",
                format!("{} read each other in a circle", names.join(", ")),
            ));
        };
        let view = waiting.remove(next);
        made.insert(relation(&view.unit.name));
        order.push(view);
    }
    Ok(order)
}

/// What is recorded of a view: its fingerprint, and its place in the order in which views were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) sha256: String,
    pub(crate) place: usize,
}

/// What is to be done: views that go, in this order, and views that are made, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Renewal {
    /// Units of the views that go; a view that is made anew goes first.
    pub(crate) gone: Vec<String>,
    pub(crate) anew: Vec<View>,
}

/// Compares the views with what was made. A view is made anew when its text has changed, or a view it reads is made anew: a view
/// that others read cannot go alone. What was made last goes first, in the order of that time, which a changed text does not tell.
pub(crate) fn renewal(views: Vec<View>, made: &BTreeMap<String, Made>) -> Renewal {
    let mut stale: BTreeSet<String> = BTreeSet::new();
    let known: BTreeSet<String> = views.iter().map(|view| view.unit.name.clone()).collect();
    let mut anew = Vec::new();
    for view in views {
        let is_changed = made
            .get(&view.unit.name)
            .is_none_or(|one| one.sha256 != view.unit.sha256);
        if is_changed || view.reads.iter().any(|read| stale.contains(read)) {
            stale.insert(relation(&view.unit.name));
            anew.push(view);
        }
    }
    // What is not recorded may be there all the same: it was made last.
    let mut gone: Vec<(usize, String)> = anew
        .iter()
        .enumerate()
        .map(|(position, view)| {
            let place = made
                .get(&view.unit.name)
                .map_or(made.len() + position, |one| one.place);
            (place, view.unit.name.clone())
        })
        .collect();
    let removed = made.iter().filter(|(name, _)| !known.contains(*name));
    gone.extend(removed.map(|(name, one)| (one.place, name.clone())));
    gone.sort();
    gone.reverse();
    Renewal {
        gone: gone.into_iter().map(|(_, name)| name).collect(),
        anew,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, reads: &[&str]) -> View {
        let read: Vec<_> = reads.iter().map(|name| format!("mart.{name}")).collect();
        let text = format!(
            "create view mart.{name} as select 1 from {}",
            read.join(", ")
        );
        View::new(Unit::new(format!("mart/{name}.sql"), vec![text]))
    }

    fn names(views: &[View]) -> Vec<&str> {
        views.iter().map(|view| view.unit.name.as_str()).collect()
    }

    fn made(order: &[&View]) -> BTreeMap<String, Made> {
        let one = |(place, view): (usize, &&View)| {
            let sha256 = view.unit.sha256.clone();
            (view.unit.name.clone(), Made { sha256, place })
        };
        order.iter().enumerate().map(one).collect()
    }

    #[test]
    fn every_view_stands_behind_those_it_reads() {
        let views = views(Vec::new()).unwrap();
        let mut before = BTreeSet::new();
        for view in &views {
            assert!(view.reads.is_subset(&before), "{}", view.unit.name);
            before.insert(relation(&view.unit.name));
            assert_eq!(
                view.unit.statements.len(),
                1,
                "{}: one view a file",
                view.unit.name
            );
        }
        assert!(views.len() >= 6);
    }

    #[test]
    fn the_order_follows_from_the_texts() {
        let order = sorted(vec![view("a", &["c"]), view("b", &[]), view("c", &["b"])]).unwrap();
        assert_eq!(names(&order), ["mart/b.sql", "mart/c.sql", "mart/a.sql"]);
        let circle = sorted(vec![view("a", &["b"]), view("b", &["a"])]).unwrap_err();
        assert_eq!(
            circle.to_string(),
            "mart: mart.a, mart.b read each other in a circle"
        );
        let missing = sorted(vec![view("a", &["z"])]).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "mart/a.sql: it reads mart.z, which no file makes"
        );
    }

    #[test]
    fn what_has_changed_is_made_anew_with_all_that_reads_it_and_nothing_else() {
        let (a, b, c, d) = (
            view("a", &[]),
            view("b", &["a"]),
            view("c", &["b"]),
            view("d", &[]),
        );
        let before = made(&[&a, &view("b", &["a", "a"]), &c, &d]);
        let renewal = renewal(vec![a, b, c, d], &before);
        assert_eq!(renewal.gone, ["mart/c.sql", "mart/b.sql"]);
        assert_eq!(names(&renewal.anew), ["mart/b.sql", "mart/c.sql"]);
    }

    #[test]
    fn views_go_in_the_reverse_of_the_order_they_were_made_in_whatever_they_read_now() {
        // It was the other way round, and a third one is no more.
        let before = made(&[&view("b", &[]), &view("a", &["b"]), &view("old", &["a"])]);
        let renewal = renewal(vec![view("a", &[]), view("b", &["a"])], &before);
        assert_eq!(renewal.gone, ["mart/old.sql", "mart/a.sql", "mart/b.sql"]);
        assert_eq!(names(&renewal.anew), ["mart/a.sql", "mart/b.sql"]);
    }

    #[test]
    fn nothing_is_done_when_nothing_has_changed() {
        let (a, b) = (view("a", &[]), view("b", &["a"]));
        let before = made(&[&a, &b]);
        assert_eq!(renewal(vec![a, b], &before), Renewal::default());
    }
}
