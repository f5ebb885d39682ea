use super::*;
use jiff::tz::TimeZone;
use landing::{LandingError, Object};
use model::RunId;
use std::cell::{Cell as Slot, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

const GOOD: &str = include_str!("../../../events/export-report/escalation-by-tier.json");
const UNKNOWN: &str = include_str!("../../../events/export-report/unknown-report.json");

fn settings() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/settings"))
}

/// A bucket in memory that remembers the order of writes, and refuses the write it is told to.
#[derive(Default)]
struct Bucket {
    objects: RefCell<BTreeMap<String, Vec<u8>>>,
    writes: RefCell<Vec<String>>,
    refuses: Slot<Option<&'static str>>,
}

impl Shelf for Bucket {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LandingError> {
        Ok(self.objects.borrow().get(key).cloned())
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, _: &str) -> Result<(), LandingError> {
        if self.refuses.get().is_some_and(|end| key.ends_with(end)) {
            return Err(LandingError::Store {
                action: "writing",
                bucket: "memory".to_owned(),
                key: key.to_owned(),
                cause: "SlowDown".to_owned(),
                is_transient: true,
            });
        }
        self.objects.borrow_mut().insert(key.to_owned(), bytes);
        self.writes.borrow_mut().push(key.to_owned());
        Ok(())
    }

    async fn put_new(&self, key: &str, bytes: Vec<u8>, kind: &str) -> Result<bool, LandingError> {
        if self.objects.borrow().contains_key(key) {
            return Ok(false);
        }
        self.put(key, bytes, kind).await.map(|()| true)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Object>, LandingError> {
        let objects = self.objects.borrow();
        let found = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(found
            .map(|(key, bytes)| Object {
                key: key.clone(),
                bytes: bytes.len() as u64,
            })
            .collect())
    }

    async fn link(&self, request: LinkRequest<'_>) -> Result<Link, LandingError> {
        Ok(Link {
            url: format!("memory:{}?as={}", request.key, request.file_name),
            // Credentials that end after an hour.
            expires_at: request.now + request.life.min(Duration::from_hours(1)),
        })
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn spec() -> Spec {
    specs::load(settings(), "escalation_by_tier").unwrap()
}

fn request() -> ExportRequest {
    serde_json::from_str(GOOD).unwrap()
}

fn prepared() -> (String, Receipt, Vec<Vec<u8>>) {
    let (request, spec) = (request(), spec());
    let read_at = at("2026-01-12T02:15:00Z");
    let reading = Reading {
        run_id: request.run_id.clone(),
        read_at,
        settle_hours: 96,
        unread: Vec::new(),
        is_final: true,
    };
    let row = ["Gold"].map(|tier| {
        vec![
            cell(Value::Text(tier.to_owned())),
            cell(Value::Integer(1_000)),
            cell(Value::Text("50".to_owned())),
            cell(Value::Integer(1)),
        ]
    });
    let report = Report::new(
        &spec,
        spec.period(request.at, TimeZone::UTC).unwrap(),
        reading,
        &row,
    )
    .unwrap();
    prepare(&request, &spec, &report, read_at).unwrap()
}

async fn stored(bucket: &Bucket, replaces: bool) -> Result<Receipt, LandingError> {
    let (folder, receipt, files) = prepared();
    let now = receipt.read_at;
    store(
        bucket,
        &folder,
        receipt,
        files,
        life(&spec()),
        now,
        replaces,
    )
    .await
}

#[test]
fn the_good_event_is_accepted() {
    let request = request();
    let spec = specs::load(settings(), &request.report).unwrap();
    let period = spec.period(request.at, TimeZone::UTC).unwrap();
    insta::assert_snapshot!(period.window(), @"2026-01-05T00:00:00Z/2026-01-12T00:00:00Z");
}

#[test]
fn an_unknown_report_is_refused_and_the_known_ones_are_named() {
    let request: ExportRequest = serde_json::from_str(UNKNOWN).unwrap();
    let error = specs::load(settings(), &request.report).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let text = error.to_string();
    assert!(text.starts_with(
        r#"request: report "escalation_by_moon_phase" is not in the settings; known reports: "#
    ));
    assert!(text.contains("escalation_by_tier"));
}

#[test]
fn a_report_name_cannot_leave_the_settings_folder() {
    for name in ["../tributary", "/etc/passwd", "", "Escalation", "a b"] {
        let error = specs::load(settings(), name).unwrap_err();
        assert!(matches!(error, ExportError::UnknownReport { .. }), "{name}");
    }
}

#[test]
fn an_unknown_field_is_refused() {
    let text = GOOD.replacen('{', "{\"formats\": [\"pdf\"],", 1);
    let error = serde_json::from_str::<ExportRequest>(&text).unwrap_err();
    assert!(error.to_string().starts_with("unknown field `formats`"));
}

#[tokio::test]
async fn files_come_first_then_the_receipt_then_the_pointer() {
    let bucket = Bucket::default();
    let receipt = stored(&bucket, false).await.unwrap();
    let writes: Vec<_> = bucket
        .writes
        .borrow()
        .iter()
        .map(|key| key.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        writes,
        [
            "report.csv",
            "report.json",
            "report.html",
            "receipt.json",
            "escalation_by_tier.json"
        ]
    );
    // The links' true end is the credentials', not the 24 hours asked for.
    assert_eq!(receipt.links_expire_at, at("2026-01-12T03:15:00Z"));
    for file in &receipt.files {
        let bytes = &bucket.objects.borrow()[&file.key];
        assert_eq!(file.bytes, bytes.len() as u64);
        assert_eq!(file.sha256, receipt::sha256(bytes));
        assert_eq!(file.rows, 1);
    }
}

#[tokio::test]
async fn the_same_run_finds_its_export_and_writes_nothing() {
    let bucket = Bucket::default();
    let receipt = stored(&bucket, false).await.unwrap();
    let found = find(&bucket, &receipt.run_id, &receipt.report)
        .await
        .unwrap();
    assert_eq!(found, Found::Whole(Box::new(receipt.clone())));
    let spec = spec();
    assert!(fits(
        &receipt,
        &spec,
        &spec.period(request().at, TimeZone::UTC).unwrap()
    ));
    let other = RunId::try_from("nightly-20260113t000000z".to_owned()).unwrap();
    let found = find(&bucket, &other, &receipt.report).await.unwrap();
    assert_eq!(found, Found::Nothing);
}

#[tokio::test]
async fn a_failed_export_leaves_no_visible_report() {
    for end in [
        "report.html",
        "receipt.json",
        "reports/escalation_by_tier.json",
    ] {
        let bucket = Bucket::default();
        bucket.refuses.set(Some(end));
        let error = stored(&bucket, false).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient);
        let run_id = request().run_id;
        let found = find(&bucket, &run_id, "escalation_by_tier").await.unwrap();
        assert_eq!(found, Found::Nothing, "{end}");
        bucket.refuses.set(None);
        stored(&bucket, false).await.unwrap();
        let found = find(&bucket, &run_id, "escalation_by_tier").await.unwrap();
        assert!(matches!(found, Found::Whole(_)), "{end}");
    }
}

#[tokio::test]
async fn of_two_exports_at_once_the_first_counts() {
    let bucket = Bucket::default();
    let first = stored(&bucket, false).await.unwrap();
    let second = stored(&bucket, false).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn an_export_that_lost_a_file_is_made_anew() {
    let bucket = Bucket::default();
    let first = stored(&bucket, false).await.unwrap();
    bucket.objects.borrow_mut().remove(&first.files[0].key);
    let found = find(&bucket, &first.run_id, &first.report).await.unwrap();
    assert_eq!(found, Found::Remains);
    let second = stored(&bucket, true).await.unwrap();
    assert_ne!(first.files[0].key, second.files[0].key);
    let found = find(&bucket, &first.run_id, &first.report).await.unwrap();
    assert_eq!(found, Found::Whole(Box::new(second)));
}

#[test]
fn folders_are_unguessable_and_never_the_same() {
    let (first, second) = (prepared().0, prepared().0);
    assert_ne!(first, second);
    let (start, name) = first.trim_end_matches('/').rsplit_once('/').unwrap();
    assert_eq!(
        start,
        "reports/escalation_by_tier/20260105T000000Z_20260112T000000Z"
    );
    assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[tokio::test]
async fn links_tell_name_end_rows_and_hash() {
    let (_, receipt, _) = prepared();
    let now = at("2026-01-12T02:15:00.5Z");
    let links = links(&Bucket::default(), &receipt, Duration::from_hours(24), now)
        .await
        .unwrap();
    let formats: Vec<_> = links.iter().map(|link| link.format.as_str()).collect();
    assert_eq!(formats, ["csv", "json", "html"]);
    assert!(
        links[0]
            .url
            .ends_with("?as=escalation_by_tier_2026-01-05_2026-01-11.csv")
    );
    assert_eq!(links[0].expires_at, at("2026-01-12T03:15:00Z"));
    assert_eq!((links[0].rows, links[0].sha256.len()), (1, 64));
}

#[test]
fn the_receipt_becomes_one_row_per_format_however_often_it_is_noted() {
    let (_, receipt, _) = prepared();
    let now = receipt.read_at;
    let (first, second) = (receipt.batch(now, 1), receipt.batch(now, 2));
    assert_eq!(
        (&first.statements, &first.parameters),
        (&second.statements, &second.parameters)
    );
    assert_ne!(first.token, second.token);
    assert_eq!(first.token.len(), 64);
    insta::assert_snapshot!(first.statements[..2].join(";\n"), @"
    delete from ops.report_receipt
    where batch_id = :batch_id and report_name = :report_name;
    insert into ops.report_receipt (
        batch_id, report_name, period_start, period_end, format, object_key,
        row_count, byte_count, sha256, is_settled, exported_at
    ) values (
        :batch_id, :report_name, cast(:period_start as timestamp), cast(:period_end as timestamp),
        'csv', :csv_key, cast(:csv_rows as bigint), cast(:csv_bytes as bigint),
        :csv_sha256, true, cast(:exported_at as timestamp)
    )
    ");
    // The Data API refuses a parameter that no statement uses.
    for (name, value) in &first.parameters {
        let sign = format!(":{name}");
        let is_used = first.statements.iter().any(|sql| {
            sql.match_indices(&sign).any(|(start, _)| {
                !sql[start + sign.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        });
        assert!(is_used && !value.is_empty(), "{name}");
    }
}
