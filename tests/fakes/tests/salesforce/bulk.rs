//! Query jobs of Bulk API 2.0: their states, pages, dialect and refusals.

use crate::support::{JOBS, Page, Salesforce, parsed};
use fakes::control::Kind;
use fakes::salesforce::Options;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

const ACCOUNTS: &str = "SELECT Id, Name, IsDeleted, Owner.Name, Parent.Name, Lifetime_Value_USD__c, NumberOfEmployees, BillingStreet, SystemModstamp FROM Account";

/// A value of a REST answer as the bulk road would write it.
fn as_csv(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match text.strip_suffix("+0000") {
            Some(instant) if instant.len() == 23 => format!("{instant}Z"),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

#[tokio::test]
async fn both_roads_lead_to_the_same_records() {
    let server = Salesforce::start(Options {
        nul_percent: 20,
        ..Options::default()
    })
    .await;
    let rest = server.records(ACCOUNTS).await;
    let (id, info) = server.job(ACCOUNTS).await;
    assert_eq!(info["numberRecordsProcessed"], rest.len());
    let page = server.page(&id, &[]).await;
    assert_eq!(
        (page.locator.as_deref(), page.count),
        (Some("null"), rest.len())
    );
    let rows: HashMap<String, HashMap<String, String>> = parsed(&page.text)
        .into_iter()
        .map(|row| (row["Id"].clone(), row))
        .collect();
    assert_eq!(rows.len(), rest.len());
    let (mut nulls, mut breaks, mut quotes, mut spoiled, mut decimals) = (0, 0, 0, 0, 0);
    for record in &rest {
        let row = &rows[record["Id"].as_str().unwrap()];
        for name in [
            "Name",
            "IsDeleted",
            "Lifetime_Value_USD__c",
            "BillingStreet",
            "SystemModstamp",
        ] {
            assert_eq!(row[name], as_csv(&record[name]), "{name} of {record}");
        }
        for relation in ["Owner", "Parent"] {
            let name = format!("{relation}.Name");
            assert_eq!(
                row[&name],
                as_csv(&record[relation]["Name"]),
                "{name} of {record}"
            );
        }
        let employees = &row["NumberOfEmployees"];
        let whole = employees.strip_suffix(".0");
        assert_eq!(
            whole.unwrap_or(employees),
            as_csv(&record["NumberOfEmployees"])
        );
        decimals += usize::from(whole.is_some());
        nulls += usize::from(record["Parent"].is_null());
        breaks += usize::from(row["BillingStreet"].contains("\r\n"));
        quotes += usize::from(row["BillingStreet"].contains('"'));
        spoiled += usize::from(row["Name"].contains('\0'));
    }
    for (what, count) in [
        ("null", nulls),
        ("line break", breaks),
        ("quote", quotes),
        ("NUL", spoiled),
        ("decimal", decimals),
    ] {
        assert!(count > 0, "no {what}");
    }
    server.running.stop().await;
}

#[tokio::test]
async fn a_job_goes_through_its_states_and_has_no_results_before_it_is_complete() {
    let server = Salesforce::start(Options::default()).await;
    let body = json!({"operation": "query", "query": "SELECT Id FROM Account", "contentType": "CSV",
        "columnDelimiter": "PIPE", "lineEnding": "CRLF"});
    let (status, created) = server.send("POST", JOBS, &body).await;
    assert_eq!((status, &created["state"]), (200, &json!("UploadComplete")));
    assert_eq!(
        (&created["apiVersion"], &created["object"]),
        (&json!(66.0), &json!("Account"))
    );
    let id = created["id"].as_str().unwrap();
    let path = format!("{JOBS}/{id}");
    let mut seen = Vec::new();
    for _ in 0..3 {
        let early = server.page(id, &[]).await;
        assert_eq!(early.status, 400, "{}", early.text);
        seen.push(server.get(&path).await.1["state"].clone());
    }
    assert_eq!(
        json!(seen),
        json!(["UploadComplete", "InProgress", "JobComplete"])
    );
    let visible = server.count("query", "SELECT COUNT() FROM Account").await;
    assert_eq!(server.get(&path).await.1["numberRecordsProcessed"], visible);
    let page = server.page(id, &[("maxRecords", "3")]).await;
    assert_eq!(page.text.matches("\r\n").count(), 4);
    assert_eq!(page.text.lines().next(), Some("\"Id\""));
    let other = server
        .get(&format!("/services/data/v65.0/jobs/query/{id}/results"))
        .await;
    assert_eq!(other.0, 409);
    assert_eq!(server.send("DELETE", &path, &Value::Null).await.0, 204);
    assert_eq!(server.get(&path).await.0, 404);
    assert_eq!(
        server
            .running
            .control()
            .requests
            .to("GET /services/data/v66.0/jobs/query/{id}/results"),
        4
    );
    server.running.stop().await;
}

#[tokio::test]
async fn pages_repeat_the_header_and_end_with_the_word_null() {
    let server = Salesforce::start(Options::default()).await;
    let (id, info) = server.job("SELECT Id, CaseNumber FROM Case").await;
    let mut ids = HashSet::new();
    let mut locator: Option<String> = None;
    let mut again: Option<(String, String)> = None;
    let mut pages = 0;
    loop {
        let mut parameters = vec![("maxRecords", "70")];
        parameters.extend(locator.as_deref().map(|locator| ("locator", locator)));
        let Page {
            locator: next,
            count,
            text,
            ..
        } = server.page(&id, &parameters).await;
        assert!(text.starts_with("\"Id\",\"CaseNumber\"\n"));
        let rows = parsed(&text);
        assert_eq!(rows.len(), count);
        ids.extend(rows.into_iter().map(|row| row["Id"].clone()));
        pages += 1;
        if pages == 2 {
            again = locator.clone().map(|locator| (locator, text));
        }
        locator = next;
        if locator.as_deref() == Some("null") {
            break;
        }
    }
    assert_eq!(pages, 5);
    assert_eq!(info["numberRecordsProcessed"], ids.len());
    assert_eq!(ids.len(), server.world.rows(fakes::world::Object::Case));
    let (locator, text) = again.unwrap();
    let same = server
        .page(&id, &[("maxRecords", "70"), ("locator", &locator)])
        .await;
    assert_eq!(same.text, text);
    for parameters in [
        [("locator", "null")],
        [("locator", "x")],
        [("maxRecords", "0")],
    ] {
        assert_eq!(
            server.page(&id, &parameters).await.status,
            400,
            "{parameters:?}"
        );
    }
    server.running.stop().await;
}

#[tokio::test]
async fn result_pages_name_up_to_five_links() {
    let server = Salesforce::start(Options {
        bulk_page_records: 40,
        ..Options::default()
    })
    .await;
    let (id, _) = server.job("SELECT Id FROM Case").await;
    let (_, first) = server.get(&format!("{JOBS}/{id}/resultPages")).await;
    assert_eq!(
        (
            first["done"].as_bool(),
            first["resultPages"].as_array().unwrap().len()
        ),
        (Some(false), 5)
    );
    let (_, second) = server.get(first["nextRecordsUrl"].as_str().unwrap()).await;
    assert_eq!(second["done"], true);
    let mut rows = 0;
    for page in first["resultPages"]
        .as_array()
        .unwrap()
        .iter()
        .chain(second["resultPages"].as_array().unwrap())
    {
        let answer = server.raw(page["resultUrl"].as_str().unwrap(), &[]).await;
        rows += parsed(&answer.text().await.unwrap()).len();
    }
    assert_eq!(rows, 300);
    server.running.stop().await;
}

#[tokio::test]
async fn no_rows_are_a_header_alone_or_nothing_at_all() {
    for (bulk_empty_body, text) in [(false, "\"Id\"\n"), (true, "")] {
        let server = Salesforce::start(Options {
            bulk_empty_body,
            ..Options::default()
        })
        .await;
        let (id, info) = server
            .job("SELECT Id FROM Case WHERE CreatedDate < 1999-01-01T00:00:00Z")
            .await;
        assert_eq!(info["numberRecordsProcessed"], 0);
        let page = server.page(&id, &[]).await;
        assert_eq!(
            (page.status, page.locator.as_deref(), page.count),
            (200, Some("null"), 0)
        );
        assert_eq!(page.text, text);
        server.running.stop().await;
    }
}

#[tokio::test]
async fn what_bulk_queries_may_not_contain_is_refused_as_a_list_of_errors() {
    let server = Salesforce::start(Options::default()).await;
    for (query, code) in [
        (
            "SELECT AccountId, COUNT(Id) FROM Case GROUP BY AccountId",
            "API_ERROR",
        ),
        ("SELECT COUNT() FROM Case", "API_ERROR"),
        ("SELECT Id FROM Case LIMIT 10 OFFSET 10", "API_ERROR"),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "API_ERROR",
        ),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 200", "API_ERROR"),
        (
            "SELECT Id, BillingAddress FROM Account",
            "FUNCTIONALITY_NOT_ENABLED",
        ),
        ("SELECT Id, Name FROM UserRole", "INVALIDENTITY"),
        ("SELECT Id, Nope__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
    ] {
        let (status, body) = server
            .send("POST", JOBS, &json!({"operation": "query", "query": query}))
            .await;
        assert_eq!(
            (status, body[0]["errorCode"].as_str()),
            (400, Some(code)),
            "{query}: {body}"
        );
    }
    for body in [
        json!({"operation": "insert", "query": "SELECT Id FROM Account"}),
        json!({"operation": "query", "query": "SELECT Id FROM Account", "columnDelimiter": "SPACE"}),
        json!({"operation": "query", "query": "SELECT Id FROM Account", "lineEnding": "CR"}),
        json!({"operation": "query", "query": "SELECT Id FROM Account", "contentType": "JSON"}),
        json!({"operation": "query", "query": "SELECT Id FROM Account", "externalId": "x"}),
    ] {
        assert_eq!(server.send("POST", JOBS, &body).await.0, 400, "{body}");
    }
    let rest = server
        .query("query", "SELECT Id, BillingAddress FROM Account LIMIT 1")
        .await;
    assert!(
        rest.1["records"][0]["BillingAddress"]["city"].is_string(),
        "{}",
        rest.1
    );
    server.running.stop().await;
}

#[tokio::test]
async fn jobs_fail_and_are_aborted_and_only_then_deleted() {
    let server = Salesforce::start(Options::default()).await;
    for (kind, state) in [(Kind::FailJob, "Failed"), (Kind::AbortJob, "Aborted")] {
        server.fault("jobs/query", kind);
        let (id, info) = server.job("SELECT Id FROM Account").await;
        assert_eq!(info["state"], state);
        assert_eq!(info["errorMessage"].is_string(), state == "Failed");
        assert_eq!(server.page(&id, &[]).await.status, 400);
    }
    let body = json!({"operation": "query", "query": "SELECT Id FROM Account"});
    let (_, created) = server.send("POST", JOBS, &body).await;
    let path = format!("{JOBS}/{}", created["id"].as_str().unwrap());
    assert_eq!(server.send("DELETE", &path, &Value::Null).await.0, 400);
    let aborted = server
        .send("PATCH", &path, &json!({"state": "Aborted"}))
        .await;
    assert_eq!((aborted.0, &aborted.1["state"]), (200, &json!("Aborted")));
    assert_eq!(
        server
            .send("PATCH", &path, &json!({"state": "Aborted"}))
            .await
            .0,
        400
    );
    assert_eq!(server.get(&path).await.1["state"], "Aborted");
    assert_eq!(server.send("DELETE", &path, &Value::Null).await.0, 204);
    server.running.stop().await;
}

#[tokio::test]
async fn counts_pages_and_texts_go_wrong_on_demand_and_are_right_the_next_time() {
    let server = Salesforce::start(Options::default()).await;
    let (id, _) = server.job("SELECT Id, Name FROM Contact").await;
    let results = format!("{id}/results");
    let right = server.page(&id, &[("maxRecords", "50")]).await;
    server.fault(&results, Kind::WrongCount);
    let short = server.page(&id, &[("maxRecords", "50")]).await;
    assert_eq!((short.count, parsed(&short.text).len()), (50, 49));
    server.fault(&results, Kind::Truncate);
    let cut = server.page(&id, &[("maxRecords", "50")]).await;
    assert_eq!(cut.text, right.text[..right.text.len() / 2]);
    let locator = right.locator.as_deref().unwrap();
    server.fault(&results, Kind::RepeatPage);
    let repeated = server
        .page(&id, &[("maxRecords", "50"), ("locator", locator)])
        .await;
    assert_eq!(repeated.text, right.text);
    let fresh = server
        .page(&id, &[("maxRecords", "50"), ("locator", locator)])
        .await;
    assert_ne!(fresh.text, right.text);
    server.fault(&results, Kind::Reset);
    let url = format!("{}{JOBS}/{results}", server.running.url());
    let broken = server
        .http
        .get(url)
        .bearer_auth(&server.bearer)
        .send()
        .await;
    assert!(broken.is_err() || broken.unwrap().text().await.is_err());
    assert_eq!(
        server.page(&id, &[("maxRecords", "50")]).await.text,
        right.text
    );
    server.running.stop().await;
}

#[tokio::test]
async fn the_jobs_of_a_day_run_out() {
    let server = Salesforce::start(Options {
        bulk_jobs_per_day: 1,
        ..Options::default()
    })
    .await;
    server.job("SELECT Id FROM Account LIMIT 1").await;
    let limits = server.get("/services/data/v66.0/limits").await.1;
    assert_eq!(
        limits["DailyBulkV2QueryJobs"],
        json!({"Max": 1, "Remaining": 0})
    );
    let body = json!({"operation": "query", "query": "SELECT Id FROM Account"});
    let (status, refused) = server.send("POST", JOBS, &body).await;
    assert_eq!(
        (status, refused[0]["errorCode"].as_str()),
        (400, Some("LIMIT_EXCEEDED"))
    );
    server.running.stop().await;
}
