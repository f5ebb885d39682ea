//! Adherence of units that give nothing, for a while or for good: asked for again, set aside by name, or an outage.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod support;

use fakes::control::Fault;
use fakes::genesys::Options;
use model::{Classify, Kind};
use std::time::Duration;
use step::Deadline;
use support::aside::{answering, failing, read, run, told};
use support::seeded::{Fake, seeded, unlimited};
use support::{content, day_of, deadline, impatient, table};

const JOBS: &str = "/adherence/historical/bulk";
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
    for (status, bad) in [(500, 0), (404, 0), (500, 1)] {
        let unit = &units[bad];
        let fake = failing(50, std::slice::from_ref(unit), status).await;
        let counts = read(&fake, &task).await.unwrap();
        assert_eq!((counts.quarantined, counts.duplicates), (1, 0));
        let rows = table(&fake.world, &task, "staging.genesys_adherence");
        assert!(!rows.is_empty() && rows.iter().all(|row| row["management_unit_id"] != *unit));
        let told = told(&fake, &task);
        let said = format!("adherence | {unit} | unavailable | managementUnitId: status {status}");
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
async fn what_came_of_a_unit_before_an_outage_puts_no_blame_on_another_one() {
    let task = run(&day_of("adherence"), "late");
    let fake = failing(50, &[], 503).await;
    read(&fake, &task).await.unwrap();
    let expected = content(&fake.world, &task);
    let control = fake.server.control();
    let calls = || {
        let by_path = control.requests.counts().by_path;
        let calls = by_path.iter().filter(|(path, _)| path.contains(JOBS));
        calls.map(|(_, count)| count).sum::<u64>()
    };
    // All units take the same number.
    let of_one = calls() / units().len() as u64;
    for (path, of_all) in [(JOBS, of_one), ("/workforcemanagement/", of_one + 1)] {
        let again = run(&task, &format!("again-{}", path.len()));
        let fault = Fault::new(path, answering(503), u64::MAX).after(of_all);
        control.faults.add(fault);
        let error = read(&fake, &again).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
        control.faults.clear();
        read(&fake, &again).await.unwrap();
        assert_eq!(content(&fake.world, &again), expected);
    }
    fake.stop().await;
}

#[tokio::test]
async fn an_adherence_job_that_cannot_be_asked_for_costs_another_one_and_then_its_unit() {
    let task = run(&day_of("adherence"), "late");
    let fake = failing(50, &[], 503).await;
    read(&fake, &task).await.unwrap();
    let expected = content(&fake.world, &task);
    let control = fake.server.control();
    let state = "adherence/historical/bulk/jobs/";
    let by_path = control.requests.counts().by_path;
    let asked = by_path.iter().filter(|(path, _)| path.contains(state));
    let of_one = asked.map(|(_, count)| count).sum::<u64>() / units().len() as u64;
    // As often as a call is repeated: the job runs on meanwhile, and is asked for by the next call.
    let times = 4;
    let blip = run(&task, "blip");
    control.requests.reset();
    control.faults.add(Fault::new(state, answering(503), times));
    let error = read(&fake, &blip).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    read(&fake, &blip).await.unwrap();
    assert_eq!(content(&fake.world, &blip), expected);
    let submitted = || control.requests.counts().by_path[SUBMIT];
    assert_eq!(submitted(), units().len() as u64);

    let once = run(&task, "once");
    control.requests.reset();
    control.faults.add(Fault::new(state, answering(404), 1));
    read(&fake, &once).await.unwrap();
    assert_eq!(content(&fake.world, &once), expected);
    assert_eq!(submitted(), units().len() as u64 + 1);

    // While nobody is answered, nothing is said about the job: it is asked for once more.
    let kept = run(&task, "kept");
    control.requests.reset();
    control.faults.add(Fault::new(state, answering(404), 1));
    let fault = Fault::new("/managementunits", answering(503), times);
    control.faults.add(fault.after(1));
    let error = read(&fake, &kept).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    read(&fake, &kept).await.unwrap();
    assert_eq!(content(&fake.world, &kept), expected);
    assert_eq!(submitted(), units().len() as u64);

    let twice = run(&task, "twice");
    control.faults.add(Fault::new(state, answering(404), 1));
    control
        .faults
        .add(Fault::new(state, answering(404), 1).after(of_one));
    read(&fake, &twice).await.unwrap();
    let told = told(&fake, &twice);
    let said = format!("adherence | {} | unavailable", units()[0]);
    assert!(told.len() == 1 && told[0].starts_with(&said), "{told:?}");
    assert!(!fake.world.bucket.receipt(&twice).is_settled);
    fake.stop().await;
}

#[tokio::test]
async fn an_adherence_job_whose_status_fails_for_ever_is_given_up_after_hours() {
    let task = run(&day_of("adherence"), "late");
    let fake = failing(50, &[], 503).await;
    let extractor = fake.world.extractor().repeating(impatient());
    let control = fake.server.control();
    let submitted = || control.requests.counts().by_path[SUBMIT];
    let status = || Fault::new("adherence/historical/bulk/jobs/", answering(503), u64::MAX);
    let call = async |hours| {
        let at = deadline().now() + jiff::SignedDuration::from_hours(hours);
        let deadline = Deadline::after(at, Duration::from_mins(1));
        Box::pin(extractor.run(&task, deadline)).await
    };
    // Of the first unit alone: as often as a call is repeated.
    let once = || Fault::new("adherence/historical/bulk/jobs/", answering(503), 4);
    for (hours, fault, jobs) in [(0, status(), 1), (5, status(), 1), (7, once(), 0)] {
        control.faults.clear();
        control.faults.add(fault);
        let outcome = call(hours).await;
        if jobs > 0 {
            assert_eq!(outcome.unwrap_err().kind(), Kind::Transient);
            assert_eq!(submitted(), jobs, "after {hours} hours");
        } else {
            assert!(outcome.unwrap().done);
        }
    }
    // Given up, and asked for once more behind the others.
    assert_eq!(submitted(), units().len() as u64 + 1);
    assert_eq!(told(&fake, &task), [""; 0]);
    fake.stop().await;
}

#[tokio::test]
async fn a_unit_is_set_aside_though_the_others_came_under_a_version_that_did_not_keep_it() {
    let task = run(&day_of("adherence"), "late");
    let unit = units().pop().unwrap();
    let fake = failing(50, std::slice::from_ref(&unit), 500).await;
    let extractor = fake.world.extractor().repeating(impatient());
    let hasty = extractor.handing_back_at(Duration::from_hours(1));
    let left = || {
        let progress = fake.world.bucket.progress(&task);
        progress["state"]["stage"]["adherence"]
            .as_array()
            .unwrap()
            .len()
    };
    for call in 1.. {
        let outcome = Box::pin(hasty.run(&task, deadline())).await.unwrap();
        assert!(!outcome.done && call < 10);
        if left() == 1 {
            break;
        }
    }
    fake.world.bucket.edit_progress(&task, |progress| {
        let state = progress["state"].as_object_mut().unwrap();
        assert!(state.remove("came").is_some());
    });
    read(&fake, &task).await.unwrap();
    let told = told(&fake, &task);
    let said = format!("adherence | {unit} | unavailable");
    assert!(told.len() == 1 && told[0].starts_with(&said), "{told:?}");
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
    control
        .faults
        .add(Fault::new("/historicalAdherence/", answering(403), 2));
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
            && text.contains("the job has not ended after "),
        "{text}"
    );
    fake.stop().await;
}
