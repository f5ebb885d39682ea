//! Bulk and REST bring the same records, rows and values.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use fakes::salesforce::Options;
use model::payload::{Extraction, Mode};
use serde_json::Value;
use support::staged;
use support::world::{Org, task};

/// The object of a window and its staging table.
const OBJECTS: [(&str, &str); 13] = [
    ("account", "salesforce_account"),
    ("contact", "salesforce_contact"),
    ("case", "salesforce_case"),
    ("opportunity", "salesforce_opportunity"),
    ("user", "salesforce_user"),
    ("account_history", "salesforce_history"),
    ("contact_history", "salesforce_history"),
    ("case_history", "salesforce_history"),
    ("opportunity_history", "salesforce_history"),
    ("account_ids", "salesforce_id"),
    ("contact_ids", "salesforce_id"),
    ("case_ids", "salesforce_id"),
    ("opportunity_ids", "salesforce_id"),
];

/// NUL characters, quotes, line breaks, emoji, whole numbers as `5.0`: what the fake is known for.
fn options() -> Options {
    Options {
        nul_percent: 20,
        bulk_polls: 1,
        page_size: 90,
        ..Options::default()
    }
}

/// Fields of every type, in the column that keeps further ones.
fn with_extra(settings: &mut model::settings::Settings) {
    let account = settings.salesforce.objects.get_mut("account").unwrap();
    account.extra = [
        "NumberOfEmployees",
        "BillingStreet",
        "Owner.IsActive",
        "Owner.CreatedDate",
    ]
    .map(str::to_owned)
    .into();
}

/// History values may be of any type in JSON and are texts in CSV: what they stand for is the same.
fn texts(payloads: &mut [Value]) {
    for payload in payloads {
        for field in ["OldValue", "NewValue"] {
            if let Some(value) = payload.get_mut(field)
                && !value.is_null()
                && !value.is_string()
            {
                *value = Value::String(value.to_string());
            }
        }
    }
}

#[tokio::test]
async fn both_roads_bring_the_same_records_and_rows() {
    for (object, table) in OBJECTS {
        let rest = Org::new(options(), |settings| {
            settings.salesforce.bulk_threshold = u64::MAX;
            with_extra(settings);
        })
        .await;
        let by_rest = rest.finish(&task(object), 600).await;
        let bulk = Org::new(options(), |settings| {
            settings.salesforce.bulk_threshold = 0;
            settings.salesforce.bulk_page_records = 77;
            with_extra(settings);
        })
        .await;
        let by_bulk = bulk.finish(&task(object), 600).await;

        let (mut rest_payloads, rest_rows) = rest.tables(table);
        let (bulk_payloads, bulk_rows) = bulk.tables(table);
        texts(&mut rest_payloads);
        assert!(rest_rows.len() > 10, "{object}: {} rows", rest_rows.len());
        assert_eq!(rest_payloads, bulk_payloads, "{object}");
        assert_eq!(rest_rows, bulk_rows, "{object}");

        let rows = rest_rows.len() as u64;
        for (counts, org) in [(by_rest.counts, &rest), (by_bulk.counts, &bulk)] {
            assert!(counts.close(), "{object}");
            assert_eq!(
                (counts.api, counts.received),
                (Some(rows), rows),
                "{object}"
            );
            assert_eq!((counts.staged, counts.quarantined), (rows, 0), "{object}");
            assert_eq!(counts.calls, org.requests("/services/data/"), "{object}");
        }
        assert_eq!(rest.receipt().extraction, Extraction::Rest);
        assert_eq!(bulk.receipt().extraction, Extraction::Bulk);
        assert_eq!(rest.requests("/jobs/"), 0);

        // What a bulk job brought can be replayed as what REST brought can.
        for (org, no) in [(&rest, 1), (&bulk, 2)] {
            let run = format!("replay-{no}");
            let mut replay = task(object);
            replay.run_id = run.clone().try_into().unwrap();
            replay.mode = Mode::Replay;
            replay.landed = org.files("raw.salesforce_record");
            org.finish(&replay, 600).await;
            let staged_files = org
                .objects
                .texts(&format!("staging/salesforce/{table}/run={run}/"), "");
            let keys: Vec<_> = staged_files.into_iter().map(|(key, _)| key).collect();
            assert_eq!(staged(&org.objects, &keys), rest_rows, "{object}");
        }
    }
}

#[tokio::test]
async fn a_count_of_cases_is_one_call_that_tells_of_every_case_and_can_be_replayed() {
    let listed = Org::new(options(), |_| {}).await;
    listed.finish(&task("case_ids"), 600).await;
    let (ids, _) = listed.tables("salesforce_id");
    let deleted = ids.iter().filter(|id| id["IsDeleted"] == true).count() as u64;

    let org = Org::new(options(), |settings| settings.salesforce.bulk_threshold = 0).await;
    let counts = org.finish(&task("case_count"), 600).await.counts;
    let (groups, rows) = org.tables("salesforce_case_count");
    let cases = |is_wanted: &dyn Fn(&Value) -> bool| -> u64 {
        let wanted = groups.iter().filter(|group| is_wanted(group));
        wanted.map(|group| group["cases"].as_u64().unwrap()).sum()
    };
    assert!(groups.len() > 10 && deleted > 0, "{groups:?}");
    assert_eq!(cases(&|_| true), ids.len() as u64);
    assert_eq!(cases(&|group| group["IsDeleted"] == true), deleted);
    // A day's instant is the earliest there is of its newest change.
    for group in &groups {
        let (day, changed) = (&group["created_date"], &group["changed_at"]);
        assert!(day.as_str() <= changed.as_str(), "{group}");
    }
    assert!(counts.close());
    assert_eq!(
        (counts.calls, org.requests("/services/data/")),
        (1, 1),
        "{counts:?}"
    );
    assert_eq!(
        (counts.staged, rows.len()),
        (groups.len() as u64, groups.len())
    );

    let mut replay = task("case_count");
    replay.run_id = "replay-1".to_owned().try_into().unwrap();
    replay.mode = Mode::Replay;
    replay.landed = org.files("raw.salesforce_record");
    org.finish(&replay, 600).await;
    let again = org
        .objects
        .texts("staging/salesforce/salesforce_case_count/run=replay-1/", "");
    let keys: Vec<_> = again.into_iter().map(|(key, _)| key).collect();
    assert_eq!(staged(&org.objects, &keys), rows);
}
