//! Queries and their pages, limits, errors, descriptions.

use crate::support::Salesforce;
use fakes::salesforce::Options;
use fakes::world::Object;
use serde_json::{Value, json};
use std::collections::HashSet;

#[tokio::test]
async fn queries_hide_deleted_rows_and_query_all_follows_its_pages() {
    let server = Salesforce::start(Options {
        page_size: 30,
        ..Options::default()
    })
    .await;
    let text = "SELECT Id, Name, Owner.Name, IsDeleted, MasterRecordId, SystemModstamp FROM Account ORDER BY SystemModstamp, Id";
    let (_, mut page) = server.query("queryAll", text).await;
    let mut rows = Vec::new();
    loop {
        assert_eq!(page["totalSize"], 100);
        rows.extend(page["records"].as_array().unwrap().clone());
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            break;
        };
        assert!(next.starts_with("/services/data/v66.0/query/"), "{next}");
        page = server.raw(next, &[]).await.json().await.unwrap();
    }
    assert_eq!(page["done"], true);
    assert_eq!(rows.len(), 100);
    assert_eq!(
        rows.iter()
            .map(|row| row["Id"].to_string())
            .collect::<HashSet<_>>()
            .len(),
        100
    );
    assert!(rows.is_sorted_by_key(|row| row["SystemModstamp"].as_str().unwrap().to_owned()));
    assert!(
        rows.iter()
            .all(|row| row["Owner"]["Name"].is_string() && row["attributes"]["type"] == "Account")
    );
    let deleted = rows.iter().filter(|row| row["IsDeleted"] == true).count();
    assert!(deleted > 0 && rows.iter().any(|row| row["MasterRecordId"].is_string()));
    let (_, visible) = server.query("query", "SELECT COUNT() FROM Account").await;
    assert_eq!(visible["totalSize"], 100 - deleted);
    assert_eq!(visible["records"], json!([]));
    server.running.stop().await;
}

#[tokio::test]
async fn windows_over_the_modstamp_tile_the_object() {
    let server = Salesforce::start(Options::default()).await;
    for object in Object::ALL {
        let mut total = 0;
        for bounds in [
            ["2000-01-01T00:00:00Z", "2026-01-05T00:00:00Z"],
            ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00.000Z"],
            ["2026-01-06T00:00:00+00:00", "2026-01-07T00:00:00Z"],
        ] {
            let [from, to] = bounds;
            let text = format!(
                "SELECT COUNT() FROM {} WHERE SystemModstamp >= {from} AND SystemModstamp < {to}",
                object.name()
            );
            let (status, page) = server.query("queryAll", &text).await;
            assert_eq!(status, 200, "{page}");
            assert!(
                page["totalSize"].as_u64().unwrap() > 0,
                "{object:?} {bounds:?}"
            );
            total += page["totalSize"].as_u64().unwrap();
        }
        assert_eq!(total, server.world.rows(object) as u64);
    }
    server.running.stop().await;
}

#[tokio::test]
async fn an_id_is_found_by_both_of_its_forms_and_dates_have_the_form_of_the_rest_api() {
    let server = Salesforce::start(Options::default()).await;
    let id = server.world.salesforce_id(Object::Case, 4);
    for form in [id.as_str(), &id[..15]] {
        let text = format!(
            "SELECT Id, CreatedDate, Account.Name FROM Case WHERE Id IN ('{form}') LIMIT 5"
        );
        let (_, page) = server.query("query", &text).await;
        assert_eq!(page["records"][0]["Id"], id.as_str());
        assert!(
            page["records"][0]["CreatedDate"]
                .as_str()
                .unwrap()
                .ends_with(".000+0000")
        );
        assert!(page["records"][0]["Account"]["Name"].is_string());
    }
    server.running.stop().await;
}

#[tokio::test]
async fn errors_are_lists_with_the_code_of_the_mistake() {
    let server = Salesforce::start(Options::default()).await;
    for (text, code) in [
        ("SELECT Id, Nope__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nope__c = 1", "INVALID_FIELD"),
        (
            "SELECT Id FROM Account WHERE SystemModstamp >= '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
        ),
        ("SELECT Id FROM Lead", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        (
            "SELECT Id, (SELECT Id FROM Cases) FROM Account",
            "MALFORMED_QUERY",
        ),
        ("SELECT MasterRecordId FROM Opportunity", "INVALID_FIELD"),
    ] {
        let (status, body) = server.query("query", text).await;
        assert_eq!(
            (status, body[0]["errorCode"].as_str()),
            (400, Some(code)),
            "{text}"
        );
    }
    let unknown = server
        .raw("/services/data/v66.0/query/locator-9-2000", &[])
        .await;
    assert_eq!(
        unknown.json::<Value>().await.unwrap()[0]["errorCode"],
        "INVALID_QUERY_LOCATOR"
    );
    server.running.stop().await;
}

#[tokio::test]
async fn sessions_end_and_the_daily_allocation_runs_out() {
    let server = Salesforce::start(Options {
        session_seconds: 1,
        daily_requests: 3,
        ..Options::default()
    })
    .await;
    let answer = server.raw("/services/data/v66.0/limits", &[]).await;
    assert_eq!(answer.headers()["sforce-limit-info"], "api-usage=1/3");
    let limits: Value = answer.json().await.unwrap();
    assert_eq!(
        limits["DailyApiRequests"],
        json!({"Max": 3, "Remaining": 2})
    );
    for _ in 0..2 {
        assert_eq!(
            server.query("query", "SELECT COUNT() FROM Case").await.0,
            200
        );
    }
    let (status, body) = server.query("query", "SELECT COUNT() FROM Case").await;
    assert_eq!(
        (status, body[0]["errorCode"].as_str()),
        (403, Some("REQUEST_LIMIT_EXCEEDED"))
    );
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (status, body) = server.query("query", "SELECT COUNT() FROM Case").await;
    assert_eq!(
        (status, body[0]["errorCode"].as_str()),
        (401, Some("INVALID_SESSION_ID"))
    );
    server.running.stop().await;
}

#[tokio::test]
async fn a_description_names_fields_with_type_and_length() {
    let server = Salesforce::start(Options::default()).await;
    let described: Value = server
        .raw("/services/data/v66.0/sobjects/Account/describe", &[])
        .await
        .json()
        .await
        .unwrap();
    let fields = described["fields"].as_array().unwrap();
    let name = fields.iter().find(|field| field["name"] == "Name").unwrap();
    assert_eq!(
        (&name["type"], &name["length"], &name["nillable"]),
        (&json!("string"), &json!(255), &json!(false))
    );
    let versions: Value = server
        .http
        .get(format!("{}/services/data", server.running.url()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(
        versions
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["version"] == "66.0")
    );
    assert_eq!(
        server
            .raw("/services/data/v66.0/sobjects/Lead/describe", &[])
            .await
            .status(),
        404
    );
    server.running.stop().await;
}
