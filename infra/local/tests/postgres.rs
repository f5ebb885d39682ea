//! A PostgreSQL of our own, started and ended.
#![allow(clippy::unwrap_used)] // in a test, a panic is the report

use std::time::{Duration, Instant};

use local::postgres::Postgres;

/// A process that has ended but was not yet collected has no command line.
fn is_alive(pid: u32) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test]
async fn it_starts_again_over_its_data_and_leaves_no_process() {
    let folder = std::env::temp_dir().join(format!("tributary-postgres-{}", std::process::id()));
    let binaries = local::setup::postgres_alone().await.unwrap();
    assert!(binaries.version() >= 15);
    let begun = Instant::now();
    let first = Postgres::start_with(&folder, &binaries).unwrap();
    first.prepare().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
    let pid = first.pid();
    let client = connect(&first.url()).await;
    client
        .batch_execute("create table kept as select nvl(null::text, 'a') as a")
        .await
        .unwrap();
    let wrong = first.url().replace("tributary:", "tributary:x");
    assert!(
        tokio_postgres::connect(&wrong, tokio_postgres::NoTls)
            .await
            .is_err(),
        "the password counts"
    );
    std::mem::forget(first); // as if this process had been killed

    let second = Postgres::start_with(&folder, &binaries).unwrap();
    assert!(!is_alive(pid), "the server left behind is ended");
    second.prepare().await.unwrap();
    let rows = connect(&second.url())
        .await
        .query("select a from kept", &[])
        .await
        .unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "a");
    let pid = second.pid();
    second.stop();
    assert!(!is_alive(pid));
    std::fs::remove_dir_all(folder).unwrap();
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}
