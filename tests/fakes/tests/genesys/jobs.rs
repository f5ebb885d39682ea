//! Details jobs of the fake Genesys Cloud: their states, their results by cursor, and how they end too early.

use crate::support::{DAY, Genesys, JOBS, ids};
use fakes::control::Kind;
use fakes::genesys::Options;
use fakes::world::Form;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_posted_at_the_same_time_have_ids_of_their_own() {
    let server = std::sync::Arc::new(
        Genesys::start(
            50,
            Options {
                requests_per_minute: u32::MAX,
                ..Options::default()
            },
        )
        .await,
    );
    let posts: Vec<_> = (0..200)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { server.post(JOBS, &json!({"interval": DAY})).await.1 })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for post in posts {
        ids.insert(post.await.unwrap()["jobId"].to_string());
    }
    assert_eq!(ids.len(), 200);
}

#[tokio::test]
async fn a_job_goes_through_its_states_and_is_read_by_cursor() {
    let server = Genesys::start(
        400,
        Options {
            job_polls: 2,
            ..Options::default()
        },
    )
    .await;
    let (status, created) = server.post(JOBS, &json!({"interval": DAY})).await;
    assert_eq!(status, 202);
    let job = format!("{JOBS}/{}", created["jobId"].as_str().unwrap());
    assert_eq!(server.get(&format!("{job}/results")).await.0, 400);
    let mut seen_states = Vec::new();
    for _ in 0..3 {
        seen_states.push(
            server.get(&job).await.1["state"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(seen_states, ["QUEUED", "PENDING", "FULFILLED"]);
    let mut seen = Vec::new();
    let mut path = format!("{job}/results?pageSize=70");
    loop {
        let (status, page) = server.get(&path).await;
        assert_eq!(status, 200);
        assert_eq!(page["dataAvailabilityDate"], "2026-01-07T00:00:00Z");
        seen.extend(ids(&page));
        let Some(cursor) = page["cursor"].as_str() else {
            break;
        };
        path = format!("{job}/results?pageSize=70&cursor={cursor}");
    }
    let (from, to) = DAY.split_once('/').unwrap();
    let alive = server
        .world
        .alive_in(from.parse().unwrap(), to.parse().unwrap());
    let expected: Vec<String> = alive
        .into_iter()
        .map(|index| server.world.build(index).id)
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(
        server.get(&format!("{job}/results?pageSize=1001")).await.0,
        400
    );
    assert_eq!(
        server.get(&format!("{job}/results?cursor=bm9uZQ")).await.0,
        400
    );
    assert_eq!(server.delete(&job).await, 204);
    assert_eq!(server.get(&job).await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_job_by_start_holds_what_started_and_knows_nothing_past_its_data() {
    let noon = "2026-01-05T12:00:00Z";
    let server = Genesys::start(
        400,
        Options {
            availability: Some(noon.parse().unwrap()),
            ..Options::default()
        },
    )
    .await;
    let job = server
        .finished_job(&json!({"interval": DAY, "startOfDayIntervalMatching": true}))
        .await;
    let (_, page) = server.get(&format!("{JOBS}/{job}/results")).await;
    let expected = server.world.started_in(
        "2026-01-05T00:00:00Z".parse().unwrap(),
        noon.parse().unwrap(),
    );
    assert_eq!(ids(&page).len(), expected.len());
    let first: Value =
        serde_json::from_str(&server.world.conversation(expected.start, Form::Job)).unwrap();
    assert_eq!(page["conversations"][0], first);
    server.stop().await;
}

#[tokio::test]
async fn a_job_can_be_made_to_fail() {
    let server = Genesys::start(
        50,
        Options {
            job_polls: 0,
            ..Options::default()
        },
    )
    .await;
    server.fault("details/jobs", Kind::FailJob, 1);
    let (_, created) = server.post(JOBS, &json!({"interval": DAY})).await;
    let (_, state) = server
        .get(&format!("{JOBS}/{}", created["jobId"].as_str().unwrap()))
        .await;
    assert_eq!(state["state"], "FAILED");
    assert!(state["errorMessage"].is_string());
    server.stop().await;
}

/// A job of one day that is finished, and the path of its results.
async fn results(server: &Genesys) -> (String, String) {
    let job = server.finished_job(&json!({"interval": DAY})).await;
    let job = format!("{JOBS}/{job}");
    let results = format!("{job}/results?pageSize=70");
    (job, results)
}

#[tokio::test]
async fn no_more_jobs_are_under_way_than_the_organization_may_have() {
    let server = Genesys::start(
        50,
        Options {
            concurrent_jobs: 2,
            ..Options::default()
        },
    )
    .await;
    let body = json!({"interval": DAY});
    let first = server.post(JOBS, &body).await.1;
    assert_eq!(server.post(JOBS, &body).await.0, 202);
    let (status, refused) = server.post(JOBS, &body).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (429, Some("details.jobs.concurrent.access.max"))
    );
    let first = format!("{JOBS}/{}", first["jobId"].as_str().unwrap());
    assert_eq!(server.delete(&first).await, 204);
    // Neither a deleted job counts nor one that is over.
    server.finished_job(&body).await;
    server.finished_job(&body).await;
    server.stop().await;
}

#[tokio::test]
async fn a_job_expires_after_the_requests_it_was_given() {
    let server = Genesys::start(
        400,
        Options {
            job_life_requests: 3,
            ..Options::default()
        },
    )
    .await;
    let (job, results) = results(&server).await;
    assert_eq!(server.get(&results).await.0, 200);
    assert_eq!(server.get(&results).await.0, 200);
    let (status, gone) = server.get(&results).await;
    assert_eq!((status, gone["code"].as_str()), (404, Some("not.found")));
    let (status, state) = server.get(&job).await;
    assert_eq!((status, state["state"].as_str()), (200, Some("EXPIRED")));
    server.stop().await;
}

#[tokio::test]
async fn jobs_and_cursors_do_not_outlive_their_seconds() {
    let server = Genesys::start(
        400,
        Options {
            job_life_seconds: 4,
            cursor_seconds: 0,
            ..Options::default()
        },
    )
    .await;
    let (job, results) = results(&server).await;
    let (_, page) = server.get(&results).await;
    let cursor = page["cursor"].as_str().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let (status, refused) = server.get(&format!("{results}&cursor={cursor}")).await;
    assert_eq!(status, 400);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("[{cursor}] has expired")),
        "{message}"
    );
    tokio::time::sleep(std::time::Duration::from_millis(4100)).await;
    assert_eq!(server.get(&job).await.1["state"], "EXPIRED");
    server.stop().await;
}

#[tokio::test]
async fn a_job_can_be_made_to_expire_between_two_pages() {
    let server = Genesys::start(400, Options::default()).await;
    let (job, results) = results(&server).await;
    server.fault_after("/results", Kind::ExpireJob, 1);
    let (status, page) = server.get(&results).await;
    assert_eq!(status, 200);
    let cursor = page["cursor"].as_str().unwrap();
    assert_eq!(
        server.get(&format!("{results}&cursor={cursor}")).await.0,
        404
    );
    assert_eq!(server.get(&job).await.1["state"], "EXPIRED");
    server.stop().await;
}

#[tokio::test]
async fn a_cursor_can_be_made_to_expire_and_the_results_read_again() {
    let server = Genesys::start(400, Options::default()).await;
    let (_, results) = results(&server).await;
    server.fault("/results", Kind::ExpireCursor, 1);
    let (_, page) = server.get(&results).await;
    let cursor = page["cursor"].as_str().unwrap().to_owned();
    let second = format!("{results}&cursor={cursor}");
    let (status, refused) = server.get(&second).await;
    assert_eq!(status, 400);
    assert!(
        refused["message"].as_str().unwrap().contains(&cursor),
        "{refused}"
    );
    let again = server.get(&results).await.1;
    assert_eq!(ids(&again), ids(&page));
    assert_eq!(server.get(&second).await.0, 200);
    server.stop().await;
}
