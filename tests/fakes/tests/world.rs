//! The world: equal options make equal data, every awkward case is there, and records fit the published shapes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fakes::openapi::validate_definition;
use fakes::world::{
    Cell, Form, Object, QualityKind, Scenario, Settling, Shown, Via, View, World, WorldOptions,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const END: &str = "2026-01-07T00:00:00Z";

fn world(seed: u64, conversations: usize) -> World {
    World::generate(WorldOptions {
        seed,
        end: END.parse().unwrap(),
        days: 2,
        conversations,
    })
}

fn record(world: &World, index: usize, form: Form) -> Value {
    serde_json::from_str(&world.conversation(index, form)).unwrap()
}

#[test]
fn equal_options_make_equal_worlds_and_other_seeds_other_ones() {
    let (one, same, other) = (world(7, 300), world(7, 300), world(8, 300));
    for index in 0..300 {
        assert_eq!(
            one.conversation(index, Form::Job),
            same.conversation(index, Form::Job)
        );
    }
    assert_ne!(
        one.conversation(0, Form::Job),
        other.conversation(0, Form::Job)
    );
    for object in Object::ALL {
        assert_eq!(one.row(object, 5), same.row(object, 5));
        assert_ne!(one.salesforce_id(object, 5), other.salesforce_id(object, 5));
    }
}

#[test]
fn equal_views_show_equal_records_and_the_last_one_shows_everything() {
    let (one, same) = (world(7, 600), world(7, 600));
    let at = |text: &str| View::at(text.parse().unwrap(), Some(Settling::default()));
    let (early, last) = (at("2026-01-06T12:00:00Z"), at("2026-02-01T00:00:00Z"));
    let mut shown = HashMap::new();
    for index in 0..one.len() {
        let (mut first, mut second) = (String::new(), String::new());
        let is_there = one.write_conversation_at(index, Form::Job, &early, &mut first);
        same.write_conversation_at(index, Form::Job, &early, &mut second);
        assert_eq!(first, second);
        assert_eq!(is_there, !first.is_empty());
        *shown.entry(one.shown(index, &early)).or_insert(0) += 1;
        let mut whole = String::new();
        assert!(one.write_conversation_at(index, Form::Job, &last, &mut whole));
        assert_eq!(whole, one.conversation(index, Form::Job));
    }
    for kind in [Shown::NotYet, Shown::Hidden, Shown::Changed, Shown::Exact] {
        assert!(shown[&kind] > 10, "{shown:?}");
    }
    let visible = one.visible(one.begin(), one.end(), &early);
    assert_eq!(
        visible.shown(),
        shown[&Shown::Changed] + shown[&Shown::Exact]
    );
    assert_eq!(
        (visible.hidden, visible.not_yet),
        (shown[&Shown::Hidden], shown[&Shown::NotYet])
    );
}

#[test]
fn some_evaluations_and_surveys_come_days_later() {
    let world = world(7, 600);
    let late_end = "2026-01-20T00:00:00Z".parse().unwrap();
    let events = world.quality_events(world.begin(), late_end);
    let mut counts: HashMap<(QualityKind, bool), usize> = HashMap::new();
    for event in &events {
        let index = world.find_conversation(&event.conversation_id).unwrap();
        let ended = world.truth(index).ended_at.unwrap();
        assert_eq!(
            event.is_late,
            event.at.duration_since(ended).as_hours() >= 24
        );
        *counts.entry((event.kind, event.is_late)).or_default() += 1;
    }
    for kind in [QualityKind::Evaluation, QualityKind::Survey] {
        assert!(
            counts[&(kind, true)] > 15 && counts[&(kind, false)] > 15,
            "{counts:?}"
        );
    }
    let all: usize = (0..world.len())
        .map(|index| world.build(index))
        .map(|made| made.evaluations.len() + made.surveys.len())
        .sum();
    assert_eq!(events.len(), all);
}

#[test]
fn records_fit_the_published_shapes_but_for_the_values_that_are_meant_not_to() {
    let world = world(7, 400);
    let mut oddities = HashSet::new();
    for index in 0..world.len() {
        for (form, definition) in [
            (Form::Job, "AnalyticsConversation"),
            (Form::Query, "AnalyticsConversationWithoutAttributes"),
        ] {
            let Err(problems) = validate_definition(definition, &record(&world, index, form))
            else {
                continue;
            };
            for problem in problems {
                let known = [
                    "moodForecast: unknown property",
                    "addedNextYear: unknown property",
                    "holographicLayers: unknown property",
                    "mediaType: \"spatial\" is none",
                    "segmentType: \"preview\" is none",
                    "conversationStart: \"the day before",
                ];
                let oddity = known.iter().find(|known| problem.contains(**known));
                oddities
                    .insert(*oddity.unwrap_or_else(|| panic!("conversation {index}: {problem}")));
            }
        }
    }
    assert_eq!(oddities.len(), 6, "{oddities:?}");
}

#[test]
fn two_hundred_conversations_hold_every_awkward_case() {
    for seed in [1, 7, 42, 1234] {
        let world = world(seed, 200);
        let mut scenarios: HashMap<Scenario, usize> = HashMap::new();
        let (mut late_acw, mut late_quality, mut surveys, mut bare, mut short_ids, mut long_ids) =
            (0, 0, 0, 0, 0, 0);
        let mut whole_seconds = 0;
        let mut values = HashSet::new();
        for index in 0..world.len() {
            let made = world.build(index);
            *scenarios.entry(made.scenario).or_default() += 1;
            let segments = made
                .participants
                .iter()
                .flat_map(|one| &one.sessions)
                .flat_map(|one| &one.segments);
            let last = segments
                .filter(|one| one.kind == "wrapup")
                .filter_map(|one| one.end_ms)
                .max();
            late_acw += usize::from(last.zip(made.end_ms).is_some_and(|(acw, end)| acw > end));
            let days_after = |at: i64| at - made.start_ms > 86_400_000;
            late_quality += usize::from(made.evaluations.iter().any(|one| days_after(one.at)));
            surveys += made.surveys.len();
            bare += usize::from(made.participants.iter().all(|one| one.attributes.is_none()));
            for name in ["sfAccountId", "sfCaseId", "sfContactId"] {
                short_ids += made.attribute(name).filter(|id| id.len() == 15).count();
                long_ids += made.attribute(name).filter(|id| id.len() == 18).count();
            }
            whole_seconds += usize::from(made.start_ms % 1000 == 0);
            values.extend(
                made.participants
                    .iter()
                    .flat_map(|one| one.attributes.iter().flatten())
                    .map(|(_, value)| value.clone()),
            );
        }
        assert_eq!(scenarios.len(), 16, "seed {seed}: {scenarios:?}");
        for (what, count) in [
            ("late ACW", late_acw),
            ("late evaluation", late_quality),
            ("survey", surveys),
            ("no attributes", bare),
            ("15-character id", short_ids),
            ("18-character id", long_ids),
            ("whole second", whole_seconds),
        ] {
            assert!(count > 0, "seed {seed}: no {what}");
        }
        for value in [
            "NA",
            "None",
            "",
            "a,b,,c",
            "line one\nline two",
            "line one\r\nline two\r\n",
            "\"",
            "\\N",
        ] {
            assert!(
                values.contains(value),
                "seed {seed}: no attribute {value:?}"
            );
        }
        assert!(
            values.iter().any(|value| value.chars().count() == 1024),
            "seed {seed}"
        );
        assert_eq!(world.expected_quarantine(), 3, "seed {seed}");
    }
}

#[test]
fn about_four_in_five_lead_to_a_record_that_exists() {
    let world = world(7, 2000);
    let mut ids: HashMap<Object, HashSet<String>> = HashMap::new();
    for object in Object::ALL {
        let all: HashSet<String> = (0..world.rows(object))
            .map(|index| world.salesforce_id(object, index))
            .collect();
        assert_eq!(all.len(), world.rows(object));
        ids.insert(object, all);
    }
    let mut linkable = 0;
    let mut seen = HashSet::new();
    for index in 0..world.len() {
        let truth = world.truth(index);
        seen.insert(format!("{:?}", truth.via));
        linkable += usize::from(truth.is_linkable);
        for (object, id) in [
            (Object::Account, &truth.account_id),
            (Object::Contact, &truth.contact_id),
            (Object::Case, &truth.case_id),
        ] {
            assert!(
                id.as_ref().is_none_or(|id| ids[&object].contains(id)),
                "{index}: {id:?} is no {object:?}"
            );
        }
        if truth.via == Via::UnknownId {
            let made = world.build(index);
            let id = made.attribute("sfAccountId").next().unwrap().to_owned();
            assert!(
                !ids[&Object::Account]
                    .iter()
                    .any(|known| known.starts_with(&id))
            );
        }
    }
    assert!((1500..1700).contains(&linkable), "{linkable} of 2000");
    assert_eq!(seen.len(), 10, "{seen:?}");
}

#[test]
fn a_case_opened_for_a_conversation_lies_within_minutes_of_it() {
    let world = world(7, 2000);
    let created = World::column(Object::Case, "CreatedDate").unwrap();
    let starts: Vec<i64> = (0..world.len())
        .map(|index| world.build(index).start_ms)
        .collect();
    let near = (0..world.rows(Object::Case)).filter(|&case| {
        let Cell::Instant(at) = world.row(Object::Case, case)[created] else {
            panic!("no instant")
        };
        starts.iter().any(|start| (start - at).abs() <= 600_000)
    });
    assert!(near.count() >= world.rows(Object::Account));
}

#[test]
fn handle_time_is_talk_and_hold_and_after_contact_work() {
    let world = world(7, 500);
    let mut answered = 0;
    for index in 0..world.len() {
        let made = world.build(index);
        for session in made
            .participants
            .iter()
            .filter(|one| one.purpose == "agent")
            .flat_map(|one| &one.sessions)
        {
            let sum = |name: &str| {
                session
                    .metrics
                    .iter()
                    .filter(|one| one.name == name)
                    .map(|one| one.value)
                    .sum::<i64>()
            };
            let handled = sum("tHandle");
            answered += usize::from(handled > 0);
            if handled > 0 {
                assert_eq!(
                    handled,
                    sum("tTalk") + sum("tHeld") + sum("tAcw"),
                    "conversation {index}"
                );
                assert_eq!(sum("tTalk"), sum("tTalkComplete"));
            }
        }
    }
    assert!(answered > 200);
}

#[test]
fn no_ended_conversation_outlasts_the_reach_of_an_overlap_search() {
    let world = world(3, 3000);
    for index in 0..world.len() {
        let made = world.build(index);
        if let Some(end) = made.end_ms {
            assert!(
                end > made.start_ms && end - made.start_ms < 6 * 3_600_000,
                "conversation {index}"
            );
        }
    }
    let from = "2026-01-06T00:00:00Z".parse().unwrap();
    let to = "2026-01-06T01:00:00Z".parse().unwrap();
    let alive = world.alive_in(from, to);
    let expected: Vec<usize> = (0..world.len())
        .filter(|&index| {
            let truth = world.truth(index);
            truth.started_at < to && truth.ended_at.is_none_or(|end| end > from)
        })
        .collect();
    assert_eq!(alive, expected);
    assert!(alive.len() > world.started_in(from, to).len());
}

#[test]
fn salesforce_rows_are_older_than_the_end_and_hold_deletes_and_merges() {
    let world = world(7, 2000);
    let end = END.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    for object in Object::ALL {
        let column = |name: &str| World::column(object, name).unwrap();
        let mut oldest = end;
        for index in 0..world.rows(object) {
            let row = world.row(object, index);
            let [
                Cell::Instant(created),
                Cell::Instant(modified),
                Cell::Instant(stamp),
            ] = ["CreatedDate", "LastModifiedDate", "SystemModstamp"]
                .map(|name| row[column(name)].clone())
            else {
                panic!("no instants")
            };
            assert!(
                created <= modified && modified <= stamp && stamp < end,
                "{object:?} {index}"
            );
            oldest = oldest.min(created);
            let Cell::Text(id) = &row[0] else {
                panic!("no id")
            };
            assert_eq!(fakes::world::crm::checksum(&id[..15]), *id);
        }
        assert!(end - oldest > 600 * 86_400_000, "{object:?}");
        assert!((0..world.rows(object)).any(|index| World::is_deleted(object, index)));
    }
    for object in [Object::Account, Object::Contact, Object::Case] {
        let merged = (0..world.rows(object))
            .find(|&index| World::master_of(object, index).is_some())
            .unwrap();
        assert!(World::is_deleted(object, merged));
        assert!(!World::is_deleted(
            object,
            World::master_of(object, merged).unwrap()
        ));
    }
}
