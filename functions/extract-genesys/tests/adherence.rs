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
use support::{content, day_of, deadline, table};

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
    // As often as a call is repeated.
    let times = 4;
    let once = run(&task, "once");
    control.requests.reset();
    control.faults.add(Fault::new(state, answering(503), times));
    read(&fake, &once).await.unwrap();
    assert_eq!(content(&fake.world, &once), expected);
    let submitted = control.requests.counts().by_path[SUBMIT];
    assert_eq!(submitted, units().len() as u64 + 1);

    // While nobody is answered, nothing is said about the job: it is asked for once more.
    let kept = run(&task, "kept");
    control.requests.reset();
    for path in [state, "/managementunits"] {
        let fault = Fault::new(path, answering(503), times);
        let listed = u64::from(path != state);
        control.faults.add(fault.after(listed));
    }
    let error = read(&fake, &kept).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    read(&fake, &kept).await.unwrap();
    assert_eq!(content(&fake.world, &kept), expected);
    let submitted = control.requests.counts().by_path[SUBMIT];
    assert_eq!(submitted, units().len() as u64);

    let twice = run(&task, "twice");
    control.faults.add(Fault::new(state, answering(503), times));
    control
        .faults
        .add(Fault::new(state, answering(503), times).after(of_one));
    read(&fake, &twice).await.unwrap();
    let told = told(&fake, &twice);
    let said = format!("adherence | {} | unavailable", units()[0]);
    assert!(told.len() == 1 && told[0].starts_with(&said), "{told:?}");
    assert!(!fake.world.bucket.receipt(&twice).is_settled);
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
