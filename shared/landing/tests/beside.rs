//! Records of another object that come along with a window's own, and what the writer remembers for its caller.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod server;

use jiff::Timestamp;
use landing::{Companion, LandingError, Opened, WindowWriter, Written, envelope, keys};
use model::payload::{Extraction, Mode, WindowReceipt, WindowTask};
use model::rows::Refusal;
use model::{RunId, Source, Window};
use server::Server;
use std::collections::BTreeMap;
use std::io::Read;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn task() -> WindowTask {
    WindowTask {
        run_id: RunId::try_from("nightly-20260106".to_owned()).unwrap(),
        mode: Mode::Nightly,
        source: Source::Genesys,
        object: "queue".to_owned(),
        window: Window::new(at("2026-01-05T00:00:00Z"), at("2026-01-06T00:00:00Z")).unwrap(),
        window_no: 3,
        requests_per_minute: 75,
        max_in_flight: 3,
        at: at("2026-01-06T02:00:00Z"),
        landed: vec![],
        lines: std::collections::BTreeMap::new(),
        filter: None,
        is_partial: false,
        ids: Vec::new(),
        fails_alone: false,
    }
}

async fn open(server: &Server, task: &WindowTask) -> Result<Opened, LandingError> {
    let tables = ["staging.genesys_queue", "staging.genesys_division"];
    let tables = tables.map(|name| warehouse::sql::table(name).unwrap());
    let companion = Companion {
        object: "division",
        raw_table: "raw.genesys_record",
        extraction: Extraction::Lookup,
    };
    WindowWriter::open_with(
        &server.store(),
        task,
        Some("raw.genesys_record"),
        tables.to_vec(),
        warehouse::sql::table("staging.quarantine").unwrap(),
        Some(companion),
    )
    .await
}

async fn writing(server: &Server, task: &WindowTask) -> WindowWriter {
    match open(server, task).await.unwrap() {
        Opened::Writing(writer) => *writer,
        Opened::Done(_) => panic!("the window is done already"),
    }
}

const PAYLOAD: &str = r#"{"name":"Sales"}"#;

fn own(writer: &mut WindowWriter, id: &str) -> Written {
    let now = at("2026-01-06T02:00:01Z");
    let written = writer.record(id, PAYLOAD, now, |rows| {
        let row = rows.row(0).text(Some(id)).text(Some("Sales"));
        row.text(None).text(None).timestamp(None).end()
    });
    written.unwrap()
}

fn beside(writer: &mut WindowWriter, id: &str, name: &str) -> Written {
    let now = at("2026-01-06T02:00:01Z");
    let written = writer.record_beside(id, PAYLOAD, now, |rows| {
        rows.row(1).text(Some(id)).text(Some(name)).bool(None).end()
    });
    written.unwrap()
}

async fn finish(writer: WindowWriter) -> WindowReceipt {
    let finished = writer.finish(Extraction::Reference, true, at("2026-01-06T02:00:05Z"));
    finished.await.unwrap()
}

#[tokio::test]
async fn records_of_another_object_land_under_its_name_and_count_apart() {
    let server = Server::start().await;
    let mut writer = writing(&server, &task()).await;
    // The same bytes: as the window's own record, and for two ids of the other object.
    assert_eq!(own(&mut writer, "q1"), Written::New);
    assert_eq!(own(&mut writer, "q1"), Written::Duplicate);
    assert_eq!(beside(&mut writer, "d1", "Home"), Written::New);
    assert_eq!(beside(&mut writer, "d2", "Home"), Written::New);
    writer.flush(&1).await.unwrap();

    let mut writer = writing(&server, &task()).await;
    assert_eq!(beside(&mut writer, "d2", "Home"), Written::Duplicate);
    assert_eq!(beside(&mut writer, "d3", "\\N"), Written::Quarantined);
    let refusal = Refusal {
        reason: "unreadable",
        detail: "no JSON".to_owned(),
    };
    let refused = writer.refuse_beside("d4", b"<html>", at("2026-01-06T02:00:02Z"), &refusal);
    assert_eq!(refused.unwrap(), Written::Quarantined);
    writer.counts_beside().unwrap().calls = 2;
    let receipt = finish(writer).await;

    let (counts, other) = (receipt.counts, &receipt.beside[0]);
    assert_eq!(
        (counts.received, counts.staged, counts.duplicates),
        (2, 1, 1)
    );
    assert_eq!(
        (other.object.as_str(), other.extraction),
        ("division", Extraction::Lookup)
    );
    assert_eq!((other.counts.received, other.counts.staged), (5, 2));
    assert_eq!((other.counts.duplicates, other.counts.quarantined), (1, 2));
    assert_eq!((counts.calls, other.counts.calls), (0, 2));
    assert!(counts.close() && other.counts.close());

    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for file in &receipt.files {
        let bytes = server.store().get(&file.key).await.unwrap().unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        if file.key.contains("landing/genesys/division/window=") {
            assert!(
                text.lines()
                    .all(|line| line.contains(r#""object":"division""#)),
                "{text}"
            );
            let mut ids = Vec::new();
            envelope::read(&server.store(), &file.key, |line| {
                assert_eq!(line.object, "division");
                ids.push(line.natural_id);
                Ok::<(), LandingError>(())
            })
            .await
            .unwrap();
            texts
                .entry("division ids".to_owned())
                .or_default()
                .push_str(&ids.concat());
        }
        texts
            .entry(file.table.clone().unwrap_or_default())
            .or_default()
            .push_str(&text);
    }
    assert_eq!(texts["division ids"], "d1d2d3d4");
    assert_eq!(texts["raw.genesys_record"].lines().count(), 3);
    let quarantined = &texts["staging.quarantine"];
    assert_eq!(
        quarantined.matches("\"division\"").count(),
        2,
        "{quarantined}"
    );
    // Record numbers are of the window, whichever object they are given to.
    assert!(texts["staging.genesys_queue"].contains(",3000000001,"));
    assert!(texts["staging.genesys_division"].contains(",3000000003,"));
}

#[tokio::test]
async fn marks_and_keys_are_kept_with_what_they_are_about() {
    let server = Server::start().await;
    let mut first = writing(&server, &task()).await;
    assert!(first.is_first("contact a") && !first.is_first("contact a"));
    assert!(first.mark(7, "c1") && first.mark(7, "c2") && first.mark(8, "c1"));
    first.flush(&"kept").await.unwrap();
    assert!(first.mark(7, "c3") && first.is_first("contact b"));
    drop(first);

    let mut second = writing(&server, &task()).await;
    assert_eq!(
        (second.marked(7), second.marked(8), second.marked(9)),
        (2, 1, 0)
    );
    assert!(second.is_marked(7, "c2") && !second.is_marked(7, "c3"));
    assert!(!second.is_first("contact a") && second.is_first("contact b"));
    second.forget(7);
    second.flush(&"again").await.unwrap();
    let third = writing(&server, &task()).await;
    assert_eq!((third.marked(7), third.marked(8)), (0, 1));
}

#[tokio::test]
async fn a_window_that_was_flushed_many_times_still_knows_its_records() {
    let server = Server::start().await;
    for call in 0..36 {
        let mut writer = writing(&server, &task()).await;
        let written = beside(&mut writer, &format!("d{call}"), "Home");
        assert_eq!(written, Written::New);
        writer.flush(&call).await.unwrap();
    }
    // One file grows with every flush, until it is as large as one may be.
    let progress = server.store().get(&keys::progress(&task())).await.unwrap();
    let progress: serde_json::Value = serde_json::from_slice(&progress.unwrap()).unwrap();
    let files = progress["seen"].as_array().unwrap();
    assert_eq!(files.len(), 1, "{files:?}");
    let digests = server.store().get(files[0].as_str().unwrap()).await;
    assert_eq!(digests.unwrap().unwrap().len(), 36 * 16);
    let mut writer = writing(&server, &task()).await;
    for call in 0..36 {
        let written = beside(&mut writer, &format!("d{call}"), "Home");
        assert_eq!(written, Written::Duplicate, "{call}");
    }
    let receipt = finish(writer).await;
    let counts = receipt.beside[0].counts;
    assert_eq!((counts.landed, counts.duplicates), (36, 36));
}

#[tokio::test]
async fn what_cannot_be_read_is_named_by_its_key() {
    let server = Server::start().await;
    for (key, expected) in [
        (keys::progress(&task()), "the progress of a window"),
        (keys::receipt(&task()), "a window receipt"),
    ] {
        server
            .store()
            .put(&key, b"{".to_vec(), "application/json")
            .await
            .unwrap();
        let error = open(&server, &task()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("s3://landing/{key} cannot be read as {expected}")
        );
    }
}
