//! Users, and the history of records: it leads from what a record was to what it is.

use crate::support::{Salesforce, parsed};
use fakes::salesforce::Options;
use fakes::world::Object;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

const OBJECTS: [(Object, &str, &str, &[&str]); 4] = [
    (
        Object::Account,
        "AccountHistory",
        "AccountId",
        &["Customer_Tier__c"],
    ),
    (Object::Contact, "ContactHistory", "ContactId", &[]),
    (
        Object::Case,
        "CaseHistory",
        "CaseId",
        &["Status", "Priority"],
    ),
    (
        Object::Opportunity,
        "OpportunityFieldHistory",
        "OpportunityId",
        &["StageName"],
    ),
];

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {row}"))
}

#[tokio::test]
async fn owners_are_users_and_users_have_no_deletions() {
    let server = Salesforce::start(Options::default()).await;
    let users = server
        .records("SELECT Id, Name, Email, IsActive, UserRole.Name, CreatedDate, LastModifiedDate, SystemModstamp FROM User")
        .await;
    assert_eq!(users.len(), 14);
    let names: HashMap<&str, &Value> = users
        .iter()
        .map(|user| (text(user, "Id"), &user["Name"]))
        .collect();
    for object in Object::ALL {
        let query = format!("SELECT OwnerId, Owner.Name FROM {}", object.name());
        for record in server.records(&query).await {
            assert_eq!(
                &record["Owner"]["Name"],
                names[text(&record, "OwnerId")],
                "{record}"
            );
        }
    }
    assert!(users.iter().any(|user| user["IsActive"] == false));
    assert!(users.iter().any(|user| user["UserRole"].is_null()));
    assert!(
        users
            .iter()
            .any(|user| user["UserRole"]["Name"].is_string())
    );
    assert!(
        users
            .iter()
            .all(|user| text(user, "CreatedDate") <= text(user, "SystemModstamp"))
    );
    let (status, body) = server
        .query("queryAll", "SELECT Id, IsDeleted FROM User")
        .await;
    assert_eq!(
        (status, body[0]["errorCode"].as_str()),
        (400, Some("INVALID_FIELD"))
    );
    assert_eq!(
        server
            .count("query", "SELECT COUNT() FROM User WHERE IsActive = true")
            .await,
        12
    );
    server.running.stop().await;
}

#[tokio::test]
async fn the_last_change_of_each_field_leads_to_the_value_the_record_has() {
    let server = Salesforce::start(Options::default()).await;
    for (object, history, parent, fields) in OBJECTS {
        let columns = [
            &[
                "Id",
                "OwnerId",
                "CreatedDate",
                "LastModifiedDate",
                "IsDeleted",
            ],
            fields,
        ]
        .concat();
        let query = format!("SELECT {} FROM {}", columns.join(", "), object.name());
        let records = server.records(&query).await;
        let records: HashMap<&str, &Value> =
            records.iter().map(|one| (text(one, "Id"), one)).collect();
        let query = format!(
            "SELECT Id, {parent}, Field, DataType, OldValue, NewValue, CreatedDate, CreatedById, IsDeleted FROM {history} ORDER BY CreatedDate"
        );
        let rows = server.records(&query).await;
        assert_eq!(
            rows.iter()
                .map(|row| text(row, "Id"))
                .collect::<HashSet<_>>()
                .len(),
            rows.len()
        );
        let created = rows.iter().filter(|row| row["Field"] == "created").count();
        assert_eq!(created, server.world.rows(object));
        let mut last: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
        let mut changes = 0;
        for row in &rows {
            let record = records[text(row, parent)];
            assert_eq!(row["IsDeleted"], record["IsDeleted"]);
            assert!(
                text(row, "CreatedDate") >= text(record, "CreatedDate"),
                "{row}"
            );
            assert!(
                text(row, "CreatedDate") <= text(record, "LastModifiedDate"),
                "{row} {record}"
            );
            let field = text(row, "Field");
            if matches!(field, "created" | "ownerAssignment") || row["DataType"] == "Text" {
                continue;
            }
            changes += 1;
            assert_ne!(row["OldValue"], row["NewValue"], "{row}");
            if let Some(before) = last.insert((text(row, parent), field), row) {
                assert_eq!(before["NewValue"], row["OldValue"], "{before} {row}");
            }
        }
        assert!(changes > 10, "{history}: {changes}");
        for ((id, field), row) in last {
            let field = if field == "Owner" { "OwnerId" } else { field };
            assert_eq!(row["NewValue"], records[id][field], "{row}");
        }
    }
    server.running.stop().await;
}

#[tokio::test]
async fn a_change_of_owner_has_a_row_with_ids_and_a_row_with_names() {
    let server = Salesforce::start(Options::default()).await;
    let rows = server
        .records("SELECT AccountId, DataType, OldValue, NewValue, CreatedDate FROM AccountHistory WHERE Field = 'Owner'")
        .await;
    assert!(!rows.is_empty());
    let users = server.records("SELECT Id, Name FROM User").await;
    let names: HashMap<&str, &Value> = users
        .iter()
        .map(|user| (text(user, "Id"), &user["Name"]))
        .collect();
    let (ids, texts): (Vec<&Value>, Vec<&Value>) =
        rows.iter().partition(|row| row["DataType"] == "EntityId");
    assert_eq!(ids.len(), texts.len());
    for (id, by_name) in ids.iter().zip(texts) {
        assert_eq!(
            (&id["AccountId"], &id["CreatedDate"]),
            (&by_name["AccountId"], &by_name["CreatedDate"])
        );
        assert_eq!(names[text(id, "OldValue")], &by_name["OldValue"]);
        assert_eq!(names[text(id, "NewValue")], &by_name["NewValue"]);
    }
    server.running.stop().await;
}

#[tokio::test]
async fn history_is_read_by_creation_and_cannot_be_searched_by_value() {
    let server = Salesforce::start(Options::default()).await;
    for (_, history, ..) in OBJECTS {
        let all = server
            .count("queryAll", &format!("SELECT COUNT() FROM {history}"))
            .await;
        let before = server
            .count(
                "queryAll",
                &format!("SELECT COUNT() FROM {history} WHERE CreatedDate < 2025-09-01T00:00:00Z"),
            )
            .await;
        let after = server
            .count(
                "queryAll",
                &format!("SELECT COUNT() FROM {history} WHERE CreatedDate >= 2025-09-01T00:00:00Z"),
            )
            .await;
        assert!(before > 0 && after > 0);
        assert_eq!(before + after, all);
        assert!(
            server
                .count("query", &format!("SELECT COUNT() FROM {history}"))
                .await
                < all
        );
        let old = format!("SELECT COUNT() FROM {history} WHERE CreatedDate < 2024-07-01T00:00:00Z");
        assert!(server.count("queryAll", &old).await > 0);
        assert_eq!(server.count("query", &old).await, 0);
        for field in ["OldValue", "NewValue", "DataType"] {
            let (status, body) = server
                .query(
                    "queryAll",
                    &format!("SELECT Id FROM {history} WHERE {field} = 'Gold'"),
                )
                .await;
            assert_eq!(
                (status, body[0]["errorCode"].as_str()),
                (400, Some("INVALID_FIELD")),
                "{body}"
            );
        }
        let (status, _) = server
            .query(
                "queryAll",
                &format!("SELECT Id, SystemModstamp FROM {history}"),
            )
            .await;
        assert_eq!(status, 400);
        let query = format!("SELECT Id, OldValue, CreatedBy.Name FROM {history}");
        let (id, _) = server.job(&query).await;
        let rows = parsed(&server.page(&id, &[]).await.text);
        assert_eq!(rows.len() as u64, all);
        assert!(rows.iter().all(|row| !row["CreatedBy.Name"].is_empty()));
    }
    server.running.stop().await;
}
