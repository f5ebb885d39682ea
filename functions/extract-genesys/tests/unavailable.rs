//! What the source fails on for good, and what it counts and does not give: set aside by name, and nothing else is held up.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::{Fault, Kind as FaultKind};
use fakes::genesys::Options;
use fakes::world::{QualityEvent, QualityKind};
use model::payload::WindowTask;
use model::{Classify, Kind};
use std::time::Duration;
use support::aside::{answering, failing, read, run, start, told};
use support::seeded::{Fake, seeded, unlimited, world};
use support::{CONTACT, content, day_of, event, finish, impatient, table};

const CONTACTS: &str = "/externalcontacts/bulk/contacts";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// The contacts that the conversations of a day name.
async fn contacts(conversations: usize) -> Vec<String> {
    let (fake, task) = (failing(conversations, &[], 503).await, event("day"));
    read(&fake, &task).await.unwrap();
    let world = fake.stop().await;
    let rows = table(&world, &task, CONTACT).into_iter();
    rows.map(|row| row["asked_id"].clone()).collect()
}

#[tokio::test]
async fn a_contact_that_fails_for_good_is_set_aside_and_holds_up_nothing() {
    let task = event("day");
    let all = contacts(300).await;
    assert!(all.len() > 20, "{}", all.len());
    let bad = &all[7];
    // 200: the call succeeds, and the contact's own result says that it could not be read.
    for (status, said) in [(503, 503), (400, 400), (404, 404), (200, 503)] {
        let fake = failing(300, std::slice::from_ref(bad), status).await;
        let counts = read(&fake, &task).await.unwrap();
        let receipt = fake.world.bucket.receipt(&task);
        let beside = receipt.beside[0].counts;
        assert!(counts.staged > 100 && beside.close());
        assert_eq!(beside.staged + 1, all.len() as u64, "{status}");
        assert_eq!(beside.quarantined, 1);
        let told = told(&fake, &task);
        assert_eq!(
            told,
            [format!(
                "external_contact | {bad} | unavailable | askedId: status {said} each time {bad} was asked for, while others are answered; the next window that names it asks again"
            )]
        );
        // Nothing is known of it: there is no row that says that nobody knows it.
        let rows = table(&fake.world, &task, CONTACT);
        assert!(rows.iter().all(|row| row["asked_id"] != *bad));
        // A replay refuses it again, and a window that is stopped after every page comes to the same.
        let again = fake.world.replay_of(&task);
        read(&fake, &again).await.unwrap();
        assert_eq!(self::told(&fake, &again), told);
        let stopped = run(&task, "stopped");
        let hasty = fake.world.extractor().repeating(impatient());
        finish(
            &hasty.handing_back_at(Duration::from_hours(1)),
            &stopped,
            99,
        )
        .await;
        assert_eq!(content(&fake.world, &stopped), content(&fake.world, &task));
        fake.stop().await;
    }
}

#[tokio::test]
async fn contacts_that_all_fail_are_an_outage_and_so_are_too_many_of_them() {
    let all = contacts(300).await;
    assert!(all.len() < 400);
    // The service is down for everybody.
    let (fake, task) = (failing(300, &[], 503).await, event("day"));
    let control = fake.server.control();
    control
        .faults
        .add(Fault::new(CONTACTS, answering(503), u64::MAX));
    assert_eq!(
        read(&fake, &task).await.unwrap_err().kind(),
        Kind::Transient
    );
    // A batch and an id nobody has, four times each: the ids are not tried one by one.
    let asked = control.requests.counts().by_path[&format!("POST /api/v2{CONTACTS}")];
    assert_eq!(asked, 8);
    control.faults.clear();
    read(&fake, &task).await.unwrap();
    assert!(told(&fake, &task).is_empty());
    // Everybody is refused, an id that nobody has like the others: some are set aside, and then it is too many.
    let refusal = Fault::new(CONTACTS, answering(422), u64::MAX);
    control.faults.add(refusal);
    let refused = read(&fake, &run(&task, "refused")).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    control.faults.clear();
    read(&fake, &run(&task, "refused")).await.unwrap();
    assert_eq!(told(&fake, &run(&task, "refused")).len(), 3);
    fake.stop().await;

    // Four of fewer than four hundred, though others are answered.
    let fake = failing(300, &all[..4], 503).await;
    assert_eq!(
        read(&fake, &task).await.unwrap_err().kind(),
        Kind::Transient
    );
    fake.stop().await;
    let fake = failing(300, &all[..3], 503).await;
    read(&fake, &task).await.unwrap();
    assert_eq!(told(&fake, &task).len(), 3);
    fake.stop().await;
}

#[tokio::test]
async fn the_only_contact_of_a_window_is_not_set_aside_when_everybody_is_refused_alike() {
    let mut few = 1;
    while contacts(few).await.len() != 1 {
        few += 1;
        assert!(few < 100);
    }
    let only = contacts(few).await;
    let task = event("day");
    for status in [400, 404] {
        let fake = failing(few, &[], 503).await;
        let control = fake.server.control();
        control
            .faults
            .add(Fault::new(CONTACTS, answering(status), u64::MAX));
        let answer = read(&fake, &task).await;
        control.faults.clear();
        if status == 404 {
            // Nobody is there, as far as it says.
            answer.unwrap();
            assert_eq!(told(&fake, &task).len(), 1);
        } else {
            assert_eq!(answer.unwrap_err().kind(), Kind::Invalid);
            read(&fake, &task).await.unwrap();
            assert!(told(&fake, &task).is_empty());
        }
        fake.stop().await;
        // It alone is refused.
        let fake = failing(few, &only, status).await;
        read(&fake, &task).await.unwrap();
        assert_eq!(told(&fake, &task).len(), 1, "{status}");
        fake.stop().await;
    }
}

/// What happened on the day, to conversations of which nothing else did.
fn events(kind: QualityKind) -> Vec<QualityEvent> {
    let window = event("day").window;
    let all = world(2, 1200).quality_events(window.start(), window.end());
    let all: Vec<_> = all.into_iter().filter(|it| it.kind == kind).collect();
    let is_alone = |one: &&QualityEvent| {
        let same = all
            .iter()
            .filter(|it| it.conversation_id == one.conversation_id);
        same.count() == 1
    };
    all.iter().filter(is_alone).cloned().collect()
}

#[tokio::test]
async fn what_is_counted_and_does_not_come_is_named_and_keeps_the_window_open() {
    for (object, kind) in [
        ("evaluation", QualityKind::Evaluation),
        ("survey", QualityKind::Survey),
    ] {
        let task = run(&day_of(object), "late");
        let events = events(kind);
        let [late, lost, broken, ..] = &events[..] else {
            panic!("{} events", events.len());
        };
        let mut counts = Vec::new();
        for (left_out, lost, broken) in [
            (vec![], vec![], vec![]),
            (vec![late.id.clone()], vec![], vec![]),
            (vec![], vec![lost.id.clone()], vec![]),
            (vec![], vec![], vec![broken.conversation_id.clone()]),
        ] {
            let is_whole = lost.is_empty() && broken.is_empty();
            let options = Options {
                left_out,
                lost,
                broken,
                // The aggregates come in several parts.
                aggregate_points: 60,
                ..unlimited()
            };
            let fake = start(1200, options).await;
            let came = read(&fake, &task).await.unwrap();
            let receipt = fake.world.bucket.receipt(&task);
            assert_eq!(receipt.is_settled, is_whole, "{object}");
            counts.push((came.api, came.staged, told(&fake, &task)));
            let again = fake.world.replay_of(&task);
            read(&fake, &again).await.unwrap();
            assert_eq!(told(&fake, &again), counts.last().unwrap().2);
            fake.stop().await;
        }
        let (api, staged, _) = counts[0].clone();
        let seeded = world(2, 1200);
        let named = seeded.quality_events(task.window.start(), task.window.end());
        let named = named.iter().filter(|it| it.kind == kind).count() as u64;
        // However many calls name them, each counts once.
        assert_eq!(api, Some(named));
        // What a conversation lacks among others comes when it is asked for alone.
        assert_eq!(counts[1], (api, staged, vec![]));
        let lost = format!(
            "{object} | {0} | not_found | {object}Id: the source counts {0} and does not give it with its conversation; a later reading of the window asks again",
            lost.id
        );
        assert_eq!(counts[2], (api, staged - 1, vec![lost]));
        let broken = format!(
            "{object} | {0} | unavailable | conversationId: status 503 each time {0} was asked for, while others are answered; the next window that names it asks again",
            broken.conversation_id
        );
        assert_eq!(counts[3].2, [broken]);
        assert!(counts[3].1 < staged);
    }
}

#[tokio::test]
async fn what_does_not_come_is_counted_once_however_often_its_batch_is_asked_for() {
    let task = run(&day_of("evaluation"), "late");
    let mut lost = events(QualityKind::Evaluation);
    // The first batch has both.
    lost.sort_by(|a, b| a.conversation_id.cmp(&b.conversation_id));
    lost.truncate(2);
    let options = Options {
        lost: lost.iter().map(|it| it.id.clone()).collect(),
        ..unlimited()
    };
    let fake = start(1200, options).await;
    let control = fake.server.control();
    for event in &lost {
        let path = format!("/conversations/{}/details", event.conversation_id);
        control.faults.add(Fault::new(path, answering(403), 1));
    }
    // Whichever is asked for first, the second time its like has been missed before the other one fails.
    for _ in 0..2 {
        assert_eq!(read(&fake, &task).await.unwrap_err().kind(), Kind::Invalid);
        let progress = fake.world.bucket.progress(&task);
        assert_eq!(progress["state"]["missing"], 0, "{progress}");
    }
    assert!(control.faults.pending().is_empty());
    read(&fake, &task).await.unwrap();
    assert_eq!(told(&fake, &task).len(), 2);
    fake.stop().await;
}

#[tokio::test]
async fn a_live_conversation_that_fails_for_good_is_set_aside() {
    let mut task = day_of("conversation_attribute");
    let hour = r#"{"start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z"}"#;
    task.window = serde_json::from_str(hour).unwrap();
    let mut hour = seeded().started_in(task.window.start(), task.window.end());
    let id = seeded().build(hour.nth(3).unwrap()).id;
    let options = Options {
        broken: vec![id.clone()],
        ..unlimited()
    };
    let fake = Fake::start(seeded(), options).await;
    // An id that nobody has is answered for before the pause, and not behind it any more: the source went down meanwhile.
    let nobody = Fault::new(format!("/conversations/{NOBODY}"), answering(503), u64::MAX).after(1);
    fake.server.control().faults.add(nobody);
    let error = read(&fake, &task).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    fake.server.control().faults.clear();
    let counts = read(&fake, &task).await.unwrap();
    assert_eq!(
        (counts.quarantined, counts.staged + 1),
        (1, counts.api.unwrap())
    );
    assert!(told(&fake, &task)[0].starts_with(&format!(
        "conversation_attribute | {id} | unavailable | id: status 503"
    )));
    fake.stop().await;

    // Answers that never come whole, or are something else, are no better.
    let fake = Fake::start(seeded(), unlimited()).await;
    for (name, kind) in [("broken", FaultKind::Reset), ("page", FaultKind::Html)] {
        let task = WindowTask {
            run_id: name.to_owned().try_into().unwrap(),
            ..task.clone()
        };
        let faults = &fake.server.control().faults;
        faults.add(Fault::new(id.clone(), kind, u64::MAX));
        read(&fake, &task).await.unwrap();
        faults.clear();
        assert!(
            told(&fake, &task)[0].contains(&format!(
                "{id} | unavailable | id: no answer that can be read"
            )),
            "{name}"
        );
    }
    fake.stop().await;
}
