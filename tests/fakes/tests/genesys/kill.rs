//! A fault that ends the client's process. The client is this test binary, run once more as a process of its own.

use crate::support::{DAY, Genesys, JOBS};
use fakes::control::Kind;
use fakes::genesys::Options;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const URL: &str = "FAKES_TEST_URL";
const TOKEN: &str = "FAKES_TEST_TOKEN";

/// Not a test of its own: posts one job and reads the answer to its end.
#[test]
#[ignore = "run by the tests of this file, as a process of its own"]
fn a_client() {
    let (Ok(url), Ok(token)) = (std::env::var(URL), std::env::var(TOKEN)) else {
        return;
    };
    let host = url.trim_start_matches("http://");
    let body = json!({"interval": DAY}).to_string();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST {JOBS} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

fn client(server: &Genesys) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::a_client", "--ignored"])
        .env(URL, server.url())
        .env(TOKEN, server.token())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How the process ended: its exit code, none when a signal ended it.
async fn ended(mut client: Child) -> Option<i32> {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = client.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > patience {
            client.kill().unwrap();
            client.wait().unwrap();
            panic!("the client did not end");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_client_dies_before_or_after_its_request_is_carried_out() {
    for after in [false, true] {
        // One job may be under way: whether the first was created shows in the second being refused.
        let server = Genesys::start(
            50,
            Options {
                concurrent_jobs: 1,
                ..Options::default()
            },
        )
        .await;
        server.fault("details/jobs", Kind::Kill { after }, 1);
        assert_eq!(ended(client(&server)).await, None, "no signal ended it");
        // The server counts when the client is dead: whoever waits for the death may be a moment ahead.
        let counts = || server.running.control().requests.counts();
        let patience = Instant::now() + Duration::from_secs(20);
        while (counts().killed == 0 || counts().total < 2) && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let counts = counts();
        assert_eq!((counts.killed, counts.total), (1, 2), "{counts:?}");
        let second = server.post(JOBS, &json!({"interval": DAY})).await.0;
        assert_eq!(second, if after { 429 } else { 202 });
        server.stop().await;
    }
}

#[tokio::test]
async fn a_client_lives_until_so_many_requests_have_passed() {
    let server = Genesys::start(50, Options::default()).await;
    server.fault_after("details/jobs", Kind::Kill { after: true }, 2);
    let mut ends = Vec::new();
    for _ in 0..4 {
        ends.push(ended(client(&server)).await);
    }
    assert_eq!(ends, [Some(0), Some(0), None, Some(0)]);
    server.stop().await;
}

#[tokio::test]
async fn the_server_never_kills_itself() {
    let server = Genesys::start(50, Options::default()).await;
    server.fault("details/jobs", Kind::Kill { after: false }, 1);
    assert_eq!(server.post(JOBS, &json!({"interval": DAY})).await.0, 500);
    assert_eq!(server.running.control().requests.counts().killed, 0);
    server.stop().await;
}
