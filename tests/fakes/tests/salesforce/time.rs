//! The clock, records that become visible late, and records that are gone for good.

use crate::support::Salesforce;
use fakes::salesforce::{Late, Options};
use fakes::world::Object;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {row}"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn ids(server: &Salesforce, text: &str) -> HashSet<String> {
    let rows = server.records(text).await;
    rows.iter()
        .map(|row| row["Id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn before_a_change_the_record_is_what_it_was() {
    let server = Salesforce::start(Options::default()).await;
    let query = "SELECT Id, IsDeleted, MasterRecordId, Status, IsClosed, ClosedDate, OwnerId, Owner.Name, CreatedDate, LastModifiedDate, SystemModstamp FROM Case";
    let end = server.records(query).await;
    let noon = "2026-01-05T12:00:00.000+0000";
    server
        .running
        .control()
        .set_now(Some(at("2026-01-05T12:00:00Z")));
    let then = server.records(query).await;
    assert!(then.len() < end.len());
    let now: BTreeMap<&str, &Value> = then.iter().map(|row| (text(row, "Id"), row)).collect();
    let (mut older, mut reopened, mut undeleted) = (0, 0, 0);
    for row in &end {
        let Some(before) = now.get(text(row, "Id")) else {
            assert!(text(row, "CreatedDate") > noon, "{row}");
            continue;
        };
        assert!(text(before, "SystemModstamp") <= noon, "{before}");
        assert!(text(before, "LastModifiedDate") <= text(before, "SystemModstamp"));
        assert!(text(before, "CreatedDate") <= text(before, "LastModifiedDate"));
        if text(row, "SystemModstamp") <= noon {
            assert_eq!(*before, row);
            continue;
        }
        older += 1;
        assert!(
            before["ClosedDate"]
                .as_str()
                .is_none_or(|closed| closed <= noon)
        );
        assert_eq!(
            before["IsClosed"] == true,
            before["Status"] == "Closed",
            "{before}"
        );
        assert_eq!(before["IsClosed"] == true, before["ClosedDate"].is_string());
        reopened += usize::from(row["IsClosed"] == true && before["IsClosed"] == false);
        undeleted += usize::from(row["IsDeleted"] == true && before["IsDeleted"] == false);
    }
    assert!(
        older > 0 && reopened > 0 && undeleted > 0,
        "{older} {reopened} {undeleted}"
    );
    server.running.control().set_now(None);
    assert_eq!(server.records(query).await, end);
    server.running.stop().await;
}

#[tokio::test]
async fn what_history_says_of_a_time_is_what_the_records_said() {
    let server = Salesforce::start(Options::default()).await;
    for (object, history, parent, field) in [
        ("Account", "AccountHistory", "AccountId", "Customer_Tier__c"),
        ("Case", "CaseHistory", "CaseId", "Status"),
        ("Case", "CaseHistory", "CaseId", "Priority"),
        (
            "Opportunity",
            "OpportunityFieldHistory",
            "OpportunityId",
            "StageName",
        ),
        ("Contact", "ContactHistory", "ContactId", "Owner"),
    ] {
        let column = if field == "Owner" { "OwnerId" } else { field };
        let mut values: Vec<HashSet<String>> = Vec::new();
        for time in [
            "2025-06-01T00:00:00",
            "2025-12-01T00:00:00",
            "2026-01-05T08:00:00",
            "2026-01-07T00:00:00",
        ] {
            server
                .running
                .control()
                .set_now(Some(at(&format!("{time}Z"))));
            let rows = server
                .records(&format!("SELECT {parent}, NewValue, DataType, CreatedDate FROM {history} WHERE Field = '{field}' ORDER BY CreatedDate"))
                .await;
            let rows: Vec<&Value> = rows
                .iter()
                .filter(|row| row["DataType"] != "Text")
                .collect();
            assert!(
                rows.iter()
                    .all(|row| text(row, "CreatedDate") <= format!("{time}.000+0000").as_str())
            );
            let records = server
                .records(&format!("SELECT Id, {column} FROM {object}"))
                .await;
            let said: BTreeMap<&str, &Value> = records
                .iter()
                .map(|row| (text(row, "Id"), &row[column]))
                .collect();
            let last: BTreeMap<&str, &Value> = rows
                .iter()
                .map(|row| (text(row, parent), &row["NewValue"]))
                .collect();
            for (id, value) in &last {
                assert_eq!(said[id], *value, "{history} {field} {id} at {time}");
            }
            values.push(
                last.iter()
                    .map(|(id, value)| format!("{id} {value}"))
                    .collect(),
            );
        }
        assert!(
            values[3].difference(&values[0]).count() > 0,
            "{history}: nothing changed"
        );
    }
    server.running.stop().await;
}

#[tokio::test]
async fn a_query_keeps_the_view_it_began_with() {
    let server = Salesforce::start(Options {
        page_size: 50,
        ..Options::default()
    })
    .await;
    server
        .running
        .control()
        .set_now(Some(at("2026-01-06T00:00:00Z")));
    let (_, first) = server
        .query("queryAll", "SELECT Id, SystemModstamp FROM Account")
        .await;
    let (job, info) = server.job("SELECT Id, SystemModstamp FROM Account").await;
    server.running.control().set_now(None);
    let next = server
        .get(first["nextRecordsUrl"].as_str().unwrap())
        .await
        .1;
    for row in next["records"].as_array().unwrap() {
        assert!(text(row, "SystemModstamp") <= "2026-01-06T00:00:00.000+0000");
    }
    let page = server.page(&job, &[]).await;
    assert_eq!(info["numberRecordsProcessed"], page.count);
    assert!(!page.text.contains("2026-01-06T"));
    server.running.stop().await;
}

#[tokio::test]
async fn late_changes_lie_below_the_mark_and_are_there_when_their_time_has_come() {
    let late = Late {
        percent: 50,
        seconds: 600,
    };
    let server = Salesforce::start(Options {
        late: Some(late),
        ..Options::default()
    })
    .await;
    let mut missed = 0;
    for hour in 0..48 {
        let mark = at("2026-01-05T00:00:00Z") + jiff::SignedDuration::from_hours(hour);
        let low = mark - jiff::SignedDuration::from_secs(600);
        let window = |from: Timestamp, to: Timestamp| {
            format!(
                "SELECT Id FROM Contact WHERE SystemModstamp >= {from} AND SystemModstamp < {to}"
            )
        };
        server.running.control().set_now(Some(mark));
        let early = ids(&server, &window(low, mark)).await;
        let settled = ids(
            &server,
            &window(low - jiff::SignedDuration::from_secs(3600), low),
        )
        .await;
        server
            .running
            .control()
            .set_now(Some(mark + jiff::SignedDuration::from_secs(601)));
        // A record that changed again since then has left the window, which is no lateness.
        let later = ids(&server, &window(low, mark)).await;
        let same = ids(
            &server,
            &window(low - jiff::SignedDuration::from_secs(3600), low),
        )
        .await;
        missed += later.difference(&early).count();
        assert!(same.difference(&settled).count() == 0, "{mark}");
    }
    assert!(missed > 0);
    server.running.stop().await;
}

#[tokio::test]
async fn lateness_counts_from_the_end_of_the_data_when_no_clock_is_set() {
    let server = Salesforce::start(Options::default()).await;
    let query = "SELECT Id FROM Contact WHERE SystemModstamp >= 2026-01-06T12:00:00Z";
    let all = ids(&server, query).await;
    assert_eq!(
        server
            .send(
                "POST",
                "/_fake/late",
                &json!({"percent": 100, "seconds": 43_200})
            )
            .await
            .0,
        200
    );
    let early = ids(&server, query).await;
    assert!(
        early.len() < all.len() && early.is_subset(&all),
        "{} of {}",
        early.len(),
        all.len()
    );
    assert_eq!(
        server.send("POST", "/_fake/late", &Value::Null).await.0,
        200
    );
    assert_eq!(ids(&server, query).await, all);
    assert_eq!(
        server
            .send("POST", "/_fake/late", &json!({"hours": 1}))
            .await
            .0,
        400
    );
    server.running.stop().await;
}

#[tokio::test]
async fn purged_records_are_in_no_answer_any_more() {
    let server = Salesforce::start(Options::default()).await;
    let gone = [3, 7].map(|index| server.world.salesforce_id(Object::Account, index));
    let before = ids(&server, "SELECT Id FROM Account").await;
    let history = server
        .count("queryAll", "SELECT COUNT() FROM AccountHistory")
        .await;
    let body = json!({"object": "Account", "ids": [gone[0], gone[1][..15]]});
    assert_eq!(server.send("POST", "/_fake/purge", &body).await.0, 200);
    let after = ids(&server, "SELECT Id FROM Account").await;
    assert_eq!(
        before.difference(&after).cloned().collect::<HashSet<_>>(),
        HashSet::from(gone.clone())
    );
    assert_eq!(
        server
            .count(
                "queryAll",
                &format!("SELECT COUNT() FROM Account WHERE Id IN ('{}')", gone[0])
            )
            .await,
        0
    );
    assert!(
        server
            .count("queryAll", "SELECT COUNT() FROM AccountHistory")
            .await
            < history
    );
    let (_, info) = server.job("SELECT Id FROM Account").await;
    assert_eq!(info["numberRecordsProcessed"], after.len());
    let crm = &server.running.control().crm;
    crm.reveal("Account", &gone[1..]).unwrap();
    assert!(
        ids(&server, "SELECT Id FROM Account")
            .await
            .contains(&gone[1])
    );
    assert!(
        crm.purge("Account", &["0035g0000000000AAA".to_owned()])
            .is_err()
    );
    assert!(crm.purge("Account", &["short".to_owned()]).is_err());
    crm.reset();
    assert_eq!(ids(&server, "SELECT Id FROM Account").await, before);
    server.running.stop().await;
}
