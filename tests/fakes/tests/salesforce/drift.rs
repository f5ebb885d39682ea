//! Fields that appear, vanish and grow while the server runs.

use crate::support::{JOBS, Salesforce, parsed};
use fakes::salesforce::{AddedField, FieldChange, Options};
use fakes::world::crm::Table;
use serde_json::{Value, json};

async fn field(server: &Salesforce, object: &str, name: &str) -> Option<Value> {
    let (status, described) = server
        .get(&format!("/services/data/v66.0/sobjects/{object}/describe"))
        .await;
    assert_eq!(status, 200, "{described}");
    let mut fields = described["fields"].as_array().unwrap().iter();
    fields.find(|field| field["name"] == name).cloned()
}

#[tokio::test]
async fn every_object_is_described_and_all_it_describes_can_be_read() {
    let server = Salesforce::start(Options::default()).await;
    for table in Table::ALL {
        let mut names = Vec::new();
        for known in table.fields() {
            let field = field(&server, table.name(), known.name).await.unwrap();
            assert_eq!(
                (&field["type"], &field["length"]),
                (&json!(known.kind), &json!(known.length))
            );
            assert_eq!(field["calculated"], known.calculated);
            assert!(field["byteLength"].as_u64() >= field["length"].as_u64());
            names.push(known.name);
        }
        let text = format!("SELECT {} FROM {} LIMIT 3", names.join(", "), table.name());
        let rows = server.records(&text).await;
        assert_eq!(rows.len(), 3, "{text}");
        for row in rows {
            for name in &names {
                assert!(
                    row.get(*name).is_some(),
                    "{} has no {name}: {row}",
                    table.name()
                );
            }
        }
    }
    let health = field(&server, "Account", "Account_Health__c")
        .await
        .unwrap();
    assert_eq!(health["calculated"], true);
    let owner = field(&server, "Case", "OwnerId").await.unwrap();
    assert_eq!(
        (&owner["relationshipName"], &owner["referenceTo"]),
        (&json!("Owner"), &json!(["User"]))
    );
    assert_eq!(
        server
            .get("/services/data/v66.0/sobjects/Nope__c/describe")
            .await
            .0,
        404
    );
    server.running.stop().await;
}

#[tokio::test]
async fn a_hidden_field_is_no_field_and_comes_back() {
    let server = Salesforce::start(Options::default()).await;
    let crm = &server.running.control().crm;
    crm.schema("account", FieldChange::Hide("industry".to_owned()))
        .unwrap();
    assert!(field(&server, "Account", "Industry").await.is_none());
    for text in [
        "SELECT Id, Industry FROM Account",
        "SELECT Id FROM Account WHERE Industry = 'Retail'",
        "SELECT Id FROM Account ORDER BY Industry",
        "SELECT Id, Account.Industry FROM Case",
    ] {
        let (status, body) = server.query("query", text).await;
        assert_eq!(
            (status, body[0]["errorCode"].as_str()),
            (400, Some("INVALID_FIELD")),
            "{text}"
        );
        assert!(
            body[0]["message"].as_str().unwrap().contains("Industry'"),
            "{body}"
        );
        let job = server
            .send("POST", JOBS, &json!({"operation": "query", "query": text}))
            .await;
        assert_eq!(
            (job.0, job.1[0]["errorCode"].as_str()),
            (400, Some("INVALID_FIELD")),
            "{text}"
        );
    }
    crm.schema("Account", FieldChange::Show("Industry".to_owned()))
        .unwrap();
    assert_eq!(
        server
            .query("query", "SELECT Id, Industry FROM Account")
            .await
            .0,
        200
    );
    server.running.stop().await;
}

#[tokio::test]
async fn fields_are_added_and_widened_by_the_control_path() {
    let server = Salesforce::start(Options::default()).await;
    for body in [
        json!({"object": "Case", "add": {"name": "Channel_Detail__c", "length": 80, "value": "kiosk, \"left\""}}),
        json!({"object": "Case", "widen": {"name": "Subject", "length": 765}}),
        json!({"object": "Case", "widen": {"name": "Channel_Detail__c", "length": 90}}),
    ] {
        assert_eq!(
            server.send("POST", "/_fake/schema", &body).await.0,
            200,
            "{body}"
        );
    }
    let added = field(&server, "Case", "Channel_Detail__c").await.unwrap();
    assert_eq!(
        (&added["length"], &added["custom"]),
        (&json!(90), &json!(true))
    );
    let subject = field(&server, "Case", "Subject").await.unwrap();
    assert_eq!(
        (&subject["length"], &subject["byteLength"]),
        (&json!(765), &json!(2295))
    );
    let text = "SELECT Id, Channel_Detail__c FROM Case WHERE Channel_Detail__c != null LIMIT 2";
    assert_eq!(
        server.records(text).await[1]["Channel_Detail__c"],
        "kiosk, \"left\""
    );
    let (id, _) = server.job(text).await;
    let rows = parsed(&server.page(&id, &[]).await.text);
    assert_eq!(rows[0]["Channel_Detail__c"], "kiosk, \"left\"");
    for body in [
        json!({"object": "Nope", "hide": "Id"}),
        json!({"object": "Case", "hide": "Nope__c"}),
        json!({"object": "Case", "add": {"name": "Subject"}}),
        json!({"object": "Case"}),
        json!({"object": "Case", "hide": "Subject", "show": "Subject"}),
        json!({"object": "Case", "drop": "Subject"}),
    ] {
        assert_eq!(
            server.send("POST", "/_fake/schema", &body).await.0,
            400,
            "{body}"
        );
    }
    assert_eq!(
        server
            .send("POST", "/_fake/crm/reset", &Value::Null)
            .await
            .0,
        200
    );
    assert!(field(&server, "Case", "Channel_Detail__c").await.is_none());
    server.running.stop().await;
}

#[tokio::test]
async fn an_added_field_holds_nothing_unless_told_otherwise() {
    let server = Salesforce::start(Options::default()).await;
    let added = AddedField {
        name: "Score__c".to_owned(),
        kind: "double".to_owned(),
        length: 0,
        calculated: true,
        value: None,
    };
    server
        .running
        .control()
        .crm
        .schema("Contact", FieldChange::Add(added))
        .unwrap();
    assert_eq!(
        field(&server, "Contact", "Score__c").await.unwrap()["calculated"],
        true
    );
    let rows = server
        .records("SELECT Id, Score__c FROM Contact LIMIT 1")
        .await;
    assert_eq!(rows[0].get("Score__c"), Some(&Value::Null));
    server.running.stop().await;
}
