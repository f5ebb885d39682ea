//! What the source fails on for good, and what it counts and does not give: set aside by name, and nothing else is held up.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::{Fault, Kind as FaultKind};
use fakes::genesys::Options;
use fakes::world::{QualityEvent, QualityKind};
use model::payload::{Counts, WindowTask};
use model::{Classify, Kind};
use std::time::Duration;
use step::Deadline;
use support::seeded::{Fake, seeded, unlimited, world};
use support::{CONTACT, content, day_of, deadline, event, finish, impatient, table};

const CONTACTS: &str = "/externalcontacts/bulk/contacts";

/// A world in which these ids fail with this status.
async fn failing(conversations: usize, ids: &[String], status: u16) -> Fake {
    let options = Options {
        broken: ids.to_vec(),
        broken_status: status,
        ..unlimited()
    };
    start(conversations, options).await
}

async fn start(conversations: usize, options: Options) -> Fake {
    let mut fake = Fake::start(world(2, conversations), options).await;
    for (from, to) in [
        ("contact_batch_size = 50", "contact_batch_size = 10"),
        ("details_batch_size = 50", "details_batch_size = 6"),
    ] {
        assert!(fake.world.settings.contains(from));
        fake.world.settings = fake.world.settings.replace(from, to);
    }
    fake
}

async fn read(fake: &Fake, task: &WindowTask) -> Result<Counts, extract_genesys::ExtractError> {
    let extractor = fake.world.extractor().repeating(impatient());
    let outcome = Box::pin(extractor.run(task, deadline())).await?;
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    Ok(outcome.counts)
}

fn run(task: &WindowTask, name: &str) -> WindowTask {
    WindowTask {
        run_id: name.to_owned().try_into().unwrap(),
        // Old enough to be final.
        at: "2026-01-20T00:00:00Z".parse().unwrap(),
        ..task.clone()
    }
}

/// What was refused for one of these two reasons: object, id, reason, detail.
fn told(fake: &Fake, task: &WindowTask) -> Vec<String> {
    let rows = table(&fake.world, task, "staging.quarantine").into_iter();
    let rows = rows.filter(|row| ["unavailable", "not_found"].contains(&row["reason"].as_str()));
    let names = ["object", "natural_id", "reason", "detail"];
    rows.map(|row| names.map(|name| row[name].clone()).join(" | "))
        .collect()
}

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
    let down = FaultKind::Status {
        code: 503,
        retry_after: None,
        body: None,
    };
    let control = fake.server.control();
    control.faults.add(Fault::new(CONTACTS, down, u64::MAX));
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
    let counts = read(&fake, &task).await.unwrap();
    assert_eq!(
        (counts.quarantined, counts.staged + 1),
        (1, counts.api.unwrap())
    );
    assert!(told(&fake, &task)[0].starts_with(&format!(
        "conversation_attribute | {id} | unavailable | id: status 503"
    )));
    fake.stop().await;
}

const SUBMIT: &str = "POST /api/v2/workforcemanagement/adherence/historical/bulk";

fn units() -> Vec<String> {
    let units = seeded().management_units();
    let id = |unit: &serde_json::Value| unit["id"].as_str().unwrap().to_owned();
    units.iter().map(id).collect()
}

#[tokio::test]
async fn a_unit_that_fails_for_good_is_set_aside_and_all_of_them_are_an_outage() {
    let task = run(&day_of("adherence"), "late");
    let units = units();
    for status in [500, 404] {
        let fake = failing(50, &units[..1], status).await;
        let counts = read(&fake, &task).await.unwrap();
        assert_eq!(counts.quarantined, 1);
        let rows = table(&fake.world, &task, "staging.genesys_adherence");
        assert!(!rows.is_empty() && rows.iter().all(|row| row["management_unit_id"] != units[0]));
        let told = told(&fake, &task);
        let said = format!(
            "adherence | {} | unavailable | managementUnitId: status {status}",
            units[0]
        );
        assert!(told.len() == 1 && told[0].starts_with(&said), "{told:?}");
        assert!(!fake.world.bucket.receipt(&task).is_settled);
        fake.stop().await;
    }
    let fake = failing(50, &units, 500).await;
    assert_eq!(
        read(&fake, &task).await.unwrap_err().kind(),
        Kind::Transient
    );
    fake.stop().await;
}

#[tokio::test]
async fn links_that_do_not_open_cost_a_job_and_no_result() {
    let task = day_of("adherence");
    let fake = failing(50, &[], 503).await;
    read(&fake, &task).await.unwrap();
    let expected = content(&fake.world, &task);
    let control = fake.server.control();
    control.requests.reset();
    let closed = FaultKind::Status {
        code: 403,
        retry_after: None,
        body: None,
    };
    control
        .faults
        .add(Fault::new("/historicalAdherence/", closed, 2));
    let again = run(&task, "again");
    read(&fake, &again).await.unwrap();
    assert_eq!(content(&fake.world, &again), expected);
    let submitted = control.requests.counts().by_path[SUBMIT];
    assert_eq!(submitted, units().len() as u64 + 1);
    fake.stop().await;
}

#[tokio::test]
async fn an_adherence_job_that_never_ends_is_given_up_and_told() {
    let task = day_of("adherence");
    let options = Options {
        job_polls: u32::MAX,
        ..unlimited()
    };
    let mut fake = Fake::start(seeded(), options).await;
    let unit = format!("management_units = [{:?}]", units()[0]);
    fake.world.settings = fake.world.settings.replace("management_units = []", &unit);
    let hasty = fake
        .world
        .extractor()
        .handing_back_at(Duration::from_hours(1));
    let call = async |hours| {
        let at = deadline().now() + jiff::SignedDuration::from_hours(hours);
        let deadline = Deadline::after(at, Duration::from_mins(1));
        Box::pin(hasty.run(&task, deadline)).await
    };
    let submitted = || fake.server.control().requests.counts().by_path[SUBMIT];
    assert!(!call(0).await.unwrap().done && !call(5).await.unwrap().done);
    assert_eq!(submitted(), 1);
    // Given up, and asked for once more by the next call.
    assert!(!call(7).await.unwrap().done && !call(7).await.unwrap().done);
    assert_eq!(submitted(), 2);
    assert!(!call(12).await.unwrap().done);
    let error = call(15).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let text = step::Failure::from(error).to_string();
    assert!(
        text.contains("two attempts at a management unit came to nothing")
            && text.contains("the job has not ended after 7 hours"),
        "{text}"
    );
    fake.stop().await;
}
