//! The landing zone against an S3 server that verifies header and presigned signatures.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

mod server;

use jiff::Timestamp;
use landing::{LandingError, LinkRequest, Opened, WindowWriter, Written, envelope, keys};
use model::payload::{Extraction, Lines, Mode, WindowReceipt, WindowTask};
use model::rows::Refusal;
use model::table::Table;
use model::{RunId, Source, Window};
use server::Server;
use std::io::Read;
use std::time::Duration;

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

fn tables() -> (Vec<Table>, Table) {
    (
        vec![warehouse::sql::table("staging.genesys_queue").unwrap()],
        warehouse::sql::table("staging.quarantine").unwrap(),
    )
}

async fn open(server: &Server, task: &WindowTask) -> Opened {
    let (tables, quarantine) = tables();
    WindowWriter::open(
        &server.store(),
        task,
        Some("raw.genesys_conversation"),
        tables,
        quarantine,
    )
    .await
    .unwrap()
}

async fn writing(server: &Server, task: &WindowTask) -> WindowWriter {
    match open(server, task).await {
        Opened::Writing(writer) => *writer,
        Opened::Done(_) => panic!("the window is done already"),
    }
}

fn write(writer: &mut WindowWriter, id: &str, name: &str) -> Written {
    let payload = serde_json::json!({"id": id, "name": name}).to_string();
    writer
        .record(id, &payload, at("2026-01-06T02:00:01.25Z"), |rows| {
            rows.row(0)
                .text(Some(id))
                .text(Some(name))
                .text(None)
                .text(None)
                .timestamp(None)
                .end()
        })
        .unwrap()
}

async fn finish(writer: WindowWriter) -> WindowReceipt {
    writer
        .finish(Extraction::Reference, true, at("2026-01-06T02:00:05Z"))
        .await
        .unwrap()
}

async fn text(server: &Server, receipt: &WindowReceipt, table: &str) -> String {
    let mut all = String::new();
    for file in receipt
        .files
        .iter()
        .filter(|file| file.table.as_deref() == Some(table))
    {
        let bytes = server.store().get(&file.key).await.unwrap().unwrap();
        assert_eq!(bytes.len() as u64, file.bytes);
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut all)
            .unwrap();
    }
    all
}

#[tokio::test]
async fn a_window_lands_verbatim_and_staged_and_refused_records_are_kept() {
    let server = Server::start().await;
    let mut writer = writing(&server, &task()).await;
    assert_eq!(
        write(&mut writer, "q1", "Sales \"EMEA\"\r\nline two"),
        Written::New
    );
    assert_eq!(
        write(&mut writer, "q1", "Sales \"EMEA\"\r\nline two"),
        Written::Duplicate
    );
    assert_eq!(write(&mut writer, "q2", "\\N"), Written::Quarantined);
    let refusal = Refusal {
        reason: "unreadable",
        detail: "name: expected a string".to_owned(),
    };
    writer
        .refuse(
            None,
            b"\xff\xfe not json",
            at("2026-01-06T02:00:01Z"),
            &refusal,
        )
        .unwrap();
    writer.skip_out_of_window();
    let receipt = finish(writer).await;

    let counts = receipt.counts;
    assert_eq!(
        (counts.received, counts.duplicates, counts.out_of_window),
        (5, 1, 1)
    );
    assert_eq!(
        (counts.landed, counts.staged, counts.quarantined),
        (3, 1, 2)
    );
    assert!(counts.close());
    let staged = text(&server, &receipt, "staging.genesys_queue").await;
    assert!(
        staged.starts_with("batch_id,record_no,extracted_at,queue_id,queue_name,"),
        "{staged}"
    );
    assert!(
        staged.contains(
            "3000000001,2026-01-06 02:00:01.250,\"q1\",\"Sales \"\"EMEA\"\"\r\nline two\",\\N"
        ),
        "{staged}"
    );
    let landed = text(&server, &receipt, "raw.genesys_conversation").await;
    assert_eq!(
        landed.lines().count(),
        1,
        "refused records are not loaded into raw"
    );
    assert!(
        landed.contains(r#""natural_id":"q1""#)
            && landed.contains(r#""payload":{"id":"q1","name":"Sales \"EMEA\"\r\nline two"}"#)
    );
    let quarantine = text(&server, &receipt, "staging.quarantine").await;
    assert!(
        quarantine.contains("\"unstorable_value\"") && quarantine.contains("\"unreadable\""),
        "{quarantine}"
    );

    let refused = receipt
        .files
        .iter()
        .find(|file| file.key.contains("/quarantine-"))
        .unwrap();
    let mut payloads = Vec::new();
    envelope::read(&server.store(), &refused.key, |line| {
        payloads.push(line.payload);
        Ok::<(), LandingError>(())
    })
    .await
    .unwrap();
    assert_eq!(
        payloads[1], b"\xff\xfe not json",
        "bytes that are no JSON survive too"
    );

    let some = async |lines: &[u64]| {
        let (store, lines) = (server.store(), lines.iter().copied().collect::<Lines>());
        let mut found = Vec::new();
        envelope::read_some(&store, &refused.key, Some(&lines), |line| {
            found.push(line.payload);
            Ok::<(), LandingError>(())
        })
        .await
        .map(|()| found)
    };
    assert_eq!(some(&[2]).await.unwrap(), payloads[1..]);
    assert_eq!(some(&[1, 2]).await.unwrap(), payloads);
    let error = some(&[1, 3]).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("line 3 is asked for, and there are 2"),
        "{error}: {cause}"
    );
}

#[tokio::test]
async fn a_window_that_is_done_is_not_written_again() {
    let server = Server::start().await;
    let mut writer = writing(&server, &task()).await;
    write(&mut writer, "q1", "Sales");
    let receipt = finish(writer).await;
    assert!(matches!(open(&server, &task()).await, Opened::Done(again) if *again == receipt));
}

#[tokio::test]
async fn a_window_goes_on_where_it_was_flushed_and_forgets_what_was_not() {
    let server = Server::start().await;
    let mut first = writing(&server, &task()).await;
    write(&mut first, "q1", "Sales");
    first.flush(&"page 2").await.unwrap();
    write(&mut first, "q2", "lost with the process");
    drop(first);

    let mut second = writing(&server, &task()).await;
    assert_eq!(second.state::<String>().as_deref(), Some("page 2"));
    assert_eq!(
        write(&mut second, "q1", "Sales"),
        Written::Duplicate,
        "what was flushed is remembered"
    );
    assert_eq!(
        write(&mut second, "q2", "lost with the process"),
        Written::New
    );
    let receipt = finish(second).await;
    let staged = text(&server, &receipt, "staging.genesys_queue").await;
    assert_eq!(staged.matches("\"q1\"").count(), 1);
    assert_eq!(staged.matches("\"q2\"").count(), 1);
    assert_eq!((receipt.counts.staged, receipt.counts.duplicates), (2, 1));
}

#[tokio::test]
async fn of_two_workers_on_one_window_one_wins() {
    let server = Server::start().await;
    let mut one = writing(&server, &task()).await;
    let mut two = writing(&server, &task()).await;
    write(&mut one, "q1", "Sales");
    write(&mut two, "q1", "Sales");
    one.flush(&1).await.unwrap();
    let error = two.flush(&1).await.unwrap_err();
    assert!(matches!(error, LandingError::Contended { .. }), "{error}");
    let receipt = finish(one).await;
    let staged = text(&server, &receipt, "staging.genesys_queue").await;
    assert_eq!(
        staged.matches("\"q1\"").count(),
        1,
        "the loser has overwritten nothing"
    );
}

#[tokio::test]
async fn a_link_opens_with_its_name_and_type_and_a_tampered_one_does_not() {
    let server = Server::start().await;
    let store = server.store();
    store
        .put("reports/a.html", b"<p>hello</p>".to_vec(), "text/html")
        .await
        .unwrap();
    let now = server::now();
    let request = LinkRequest {
        key: "reports/a.html",
        life: Duration::from_hours(24),
        content_type: "text/html; charset=utf-8",
        file_name: "a.html",
        inline: true,
        now,
    };
    let link = store.presign(request).await.unwrap();
    assert_eq!(link.expires_at, now + Duration::from_hours(24));
    let answer = reqwest::get(&link.url).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(
        answer.headers()["content-disposition"],
        "inline; filename=\"a.html\""
    );
    assert_eq!(answer.text().await.unwrap(), "<p>hello</p>");
    let longer = link
        .url
        .replace("X-Amz-Expires=86400", "X-Amz-Expires=604800");
    assert_ne!(longer, link.url);
    assert_eq!(reqwest::get(longer).await.unwrap().status(), 403);
    let other = link.url.replace("reports/a.html", "reports/b.html");
    assert_eq!(reqwest::get(other).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_wrong_secret_is_told_with_bucket_key_and_code() {
    let server = Server::start().await;
    let error = server
        .store_with_secret("wrong")
        .put(&keys::plan(&task().run_id), vec![1], "text/plain")
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with(
            "writing s3://landing/runs/nightly-20260106/plan.json: SignatureDoesNotMatch"
        ),
        "{error}"
    );
}
