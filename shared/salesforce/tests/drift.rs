//! Descriptions against settings and against each other, and how the values of a query's fields are written.

#![allow(clippy::unwrap_used)] // helpers of tests

use model::settings::Settings;
use model::table::Table;
use model::{Classify, Kind};
use salesforce::{Api, Catalog, Description, JsonKind, Mapping, Usage, drift};
use serde_json::{Value, json};
use source_http::{Client, Repeat, Share, connections};
use std::time::Duration;
use step::Deadline;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn settings() -> Settings {
    Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
}

fn api(server: &MockServer) -> Api {
    let repeat = Repeat {
        times: 0,
        ..Repeat::default()
    };
    let share = Share {
        requests_per_minute: 6000,
        max_in_flight: 4,
    };
    let deadline = Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_secs(30),
    );
    let token = Some("hunter2".to_owned().into());
    let client = Client::with(
        connections().unwrap(),
        &server.uri(),
        share,
        deadline,
        token,
        repeat,
    );
    Api::over(client, &settings().salesforce)
}

fn field(name: &str, kind: &str, length: u32) -> Value {
    json!({"name": name, "type": kind, "length": length, "byteLength": length * 3, "nillable": true, "precision": 0, "referenceTo": []})
}

fn account() -> Vec<Value> {
    let mut fields: Vec<Value> = [
        ("Id", "id", 18),
        ("IsDeleted", "boolean", 0),
        ("SystemModstamp", "datetime", 0),
        ("CreatedDate", "datetime", 0),
        ("LastModifiedDate", "datetime", 0),
        ("MasterRecordId", "reference", 18),
        ("Name", "string", 255),
        ("Type", "picklist", 255),
        ("Industry", "picklist", 255),
        ("Customer_Tier__c", "picklist", 255),
        ("Phone", "phone", 40),
        ("ParentId", "reference", 18),
    ]
    .map(|(name, kind, length)| field(name, kind, length))
    .into();
    fields.push(json!({"name": "Lifetime_Value_USD__c", "type": "currency", "length": 0, "precision": 16, "scale": 2}));
    fields.push(json!({"name": "OwnerId", "type": "reference", "length": 18, "relationshipName": "Owner", "referenceTo": ["Group", "User"]}));
    fields
}

fn description(fields: &[Value]) -> Description {
    serde_json::from_value(json!({"name": "Account", "fields": fields})).unwrap()
}

fn catalog(sobject: &str, fields: &[Value]) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.learn(sobject, Some(description(fields)));
    catalog
}

#[test]
fn settings_that_salesforce_can_serve_pass() {
    let settings = settings().salesforce;
    drift::check(
        "account",
        &settings.objects["account"],
        "Account",
        &catalog("Account", &account()),
    )
    .unwrap();
}

#[test]
fn every_missing_field_is_named_with_its_place_in_the_settings() {
    let mut fields = account();
    fields.retain(|field| {
        let name = field["name"].as_str().unwrap();
        !["Customer_Tier__c", "OwnerId", "SystemModstamp"].contains(&name)
    });
    let mut settings = settings().salesforce.objects.remove("account").unwrap();
    settings.extra = vec!["Rating".to_owned(), "name".to_owned()];
    let missing = drift::check(
        "account",
        &settings,
        "Account",
        &catalog("Account", &fields),
    )
    .unwrap_err();
    let texts: Vec<_> = missing.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_user_needs_no_deletion_mark() {
    let names = [
        "Id",
        "SystemModstamp",
        "CreatedDate",
        "LastModifiedDate",
        "Name",
        "Email",
        "IsActive",
    ];
    let mut fields: Vec<_> = names.iter().map(|name| field(name, "string", 80)).collect();
    // Where Salesforce names no relationship, the field's own name says which one it is.
    fields.push(field("UserRoleId", "reference", 18));
    drift::check(
        "user",
        &settings().salesforce.objects["user"],
        "User",
        &catalog("User", &fields),
    )
    .unwrap();
}

#[test]
fn what_a_path_leads_to_is_described_only_while_it_decides_something() {
    let mut settings = settings().salesforce.objects.remove("account").unwrap();
    let mut known = catalog("Account", &account());
    // Any owner has a name; a field of its own is looked for in one object after the other.
    assert_eq!(drift::unknown(&settings, "Account", &known), None);
    settings.extra = vec!["Owner.Division".to_owned(), "Owner.Nmae".to_owned()];
    let mut asked = Vec::new();
    while let Some(sobject) = drift::unknown(&settings, "Account", &known) {
        let user = description(&[field("Division", "string", 80)]);
        known.learn(&sobject, Some(user).filter(|_| sobject == "User"));
        asked.push(sobject);
    }
    assert_eq!(asked, ["Group", "User"]);
    let missing = drift::check("account", &settings, "Account", &known).unwrap_err();
    let paths: Vec<_> = missing.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["Owner.Nmae"]);
}

#[test]
fn changes_are_told_in_words() {
    let before = description(&account());
    let mut fields = account();
    fields.retain(|field| field["name"] != "Phone");
    for field in &mut fields {
        match field["name"].as_str().unwrap() {
            "Name" => field["length"] = json!(1300),
            "Type" => field["length"] = json!(40),
            "Industry" => field["type"] = json!("multipicklist"),
            "Lifetime_Value_USD__c" => field["precision"] = json!(18),
            _ => {}
        }
    }
    fields.push(field("Rating", "picklist", 255));
    let changes = drift::changes(&before, &description(&fields));
    let told = |most| drift::notice("Account", &changes, most).unwrap();
    insta::assert_snapshot!(told(10).replace("; ", "\n"));
    insta::assert_snapshot!(told(1), @"Salesforce Account: Industry changed its type from picklist to multipicklist; and 5 more; a value longer than its column is quarantined; name a new field in the settings to read it");
    assert_eq!(drift::changes(&before, &before), []);
    assert_eq!(drift::notice("Account", &[], 10), None);
}

#[tokio::test]
async fn a_description_comes_with_the_use_of_the_daily_allocation() {
    let server = MockServer::start().await;
    let body = json!({"name": "Account", "label": "Account", "queryable": true, "fields": account(), "childRelationships": []});
    Mock::given(path("/services/data/v66.0/sobjects/Account/describe"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("Sforce-Limit-Info", "api-usage=18/5000")
                .set_body_json(body),
        )
        .expect(1)
        .mount(&server)
        .await;
    let api = api(&server);
    assert_eq!(api.usage(), None);
    assert_eq!(
        api.describe("Account").await.unwrap(),
        description(&account())
    );
    assert_eq!(
        api.usage(),
        Some(Usage {
            used: 18,
            limit: 5000
        })
    );
    assert_eq!(
        api.describe("Account/../x").await.unwrap_err().kind(),
        Kind::Invalid
    );
    assert_eq!(api.calls(), 1);
}

#[tokio::test]
async fn the_values_of_a_query_are_typed_over_its_relationships() {
    let server = MockServer::start().await;
    let user = json!({"name": "User", "fields": [field("Name", "string", 121), field("IsActive", "boolean", 0)]});
    for (name, answer) in [
        (
            "Account",
            ResponseTemplate::new(200)
                .set_body_json(json!({"name": "Account", "fields": account()})),
        ),
        ("User", ResponseTemplate::new(200).set_body_json(user)),
        // Not described to this user: its fields are texts.
        (
            "Group",
            ResponseTemplate::new(404)
                .set_body_json(json!([{"errorCode": "NOT_FOUND", "message": "none"}])),
        ),
    ] {
        Mock::given(path(format!(
            "/services/data/v66.0/sobjects/{name}/describe"
        )))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    }
    let mut settings = settings().salesforce.objects.remove("account").unwrap();
    settings.extra = vec!["Owner.IsActive".to_owned()];
    let table = Table::parse(include_str!(
        "../../warehouse/sql/staging/salesforce_account.sql"
    ))
    .unwrap();
    let mapping = Mapping::new("account", &settings, &table).unwrap();
    let kinds = api(&server).kinds(&mapping).await.unwrap();
    let typed: Vec<_> = mapping
        .fields()
        .zip(kinds)
        .filter(|(_, kind)| *kind != JsonKind::Text)
        .collect();
    assert_eq!(
        typed,
        [
            ("IsDeleted", JsonKind::Boolean),
            ("SystemModstamp", JsonKind::Instant),
            ("CreatedDate", JsonKind::Instant),
            ("LastModifiedDate", JsonKind::Instant),
            ("Lifetime_Value_USD__c", JsonKind::Number),
            ("Owner.IsActive", JsonKind::Boolean),
        ]
    );
}
