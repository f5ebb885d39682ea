//! What Salesforce says of its fields: what is missing stops a plan, what changed is told.

use crate::fields::FIELDS;
use crate::support::{World, ledger_row};
use crate::{COMPLETE, NIGHTLY, chain};
use model::{Classify, Kind};
use serde_json::json;

#[tokio::test]
async fn missing_fields_are_all_named_and_nothing_is_planned() {
    let world = World::with_sources(COMPLETE).await;
    world
        .describe(
            "Account",
            &[
                "MasterRecordId",
                "Name",
                "Type",
                "Industry",
                "Phone",
                "ParentId",
            ],
        )
        .await;
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(chain(&error), @r#"
    settings tributary.toml: salesforce.objects.account.columns.customer_tier = "Customer_Tier__c": Account has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.account.columns.ltv_usd = "Lifetime_Value_USD__c": Account has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.account.columns.owner_id = "OwnerId": Account has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.account.columns.owner_name = "Owner.Name": Account has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    "#);
    assert_eq!(world.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn fields_behind_relationships_are_looked_for_before_anything_is_read() {
    let world = World::with_sources(COMPLETE).await;
    world.edit(r#""Owner.Name""#, r#""Owner.Nmae""#);
    world.edit(r#""UserRole.Name""#, r#""UserRole.Titel""#);
    let extra = |sobject: &str, extra: &str| {
        let place = |extra| format!("sobject = {sobject:?}\nextra = [{extra}]");
        world.edit(&place(""), &place(extra));
    };
    extra(
        "Contact",
        r#""Account.Region__c", "Account.Name", "Account.Owner.Email""#,
    );
    // The owner of a case may be a queue: what any owner has needs nobody to be asked, and nobody may describe queues.
    extra(
        "Case",
        r#""Owner.Title", "Owner.IsActive", "Owner.Division""#,
    );
    extra("Opportunity", r#""Campaign.Name""#);
    let mut fields = FIELDS[3].1.to_vec();
    fields.push("CampaignId");
    world.describe("Opportunity", &fields).await;
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(chain(&error), @r#"
    settings tributary.toml: salesforce.objects.account.columns.owner_name = "Owner.Nmae": Account has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.case.extra = "Owner.Division": Case has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.contact.extra = "Account.Region__c": Contact has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.opportunity.extra = "Campaign.Name": Opportunity has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.user.columns.user_role_name = "UserRole.Titel": User has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    "#);
    // Besides the roles, queues and campaigns, each once.
    assert_eq!(world.calls().await, (0, FIELDS.len() + 2));
    assert_eq!(world.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_history_without_the_field_that_names_its_record_is_refused() {
    let world = World::with_sources(COMPLETE).await;
    let fields = [
        "ParentId",
        "Field",
        "DataType",
        "OldValue",
        "NewValue",
        "CreatedById",
    ];
    world.describe("CaseHistory", &fields).await;
    let error = world.plan(NIGHTLY).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @r#"settings tributary.toml: salesforce.history.case = "CaseId": CaseHistory has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings"#);
}

#[tokio::test]
async fn an_object_that_does_not_exist_is_named_with_its_key() {
    let world = World::new().await;
    world
        .available(200, &json!({"dataAvailabilityDate": COMPLETE}))
        .await;
    for (sobject, fields) in FIELDS.iter().filter(|(name, _)| *name != "CaseHistory") {
        world.describe(sobject, fields).await;
    }
    let error = world.plan(NIGHTLY).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(chain(&error), @r#"settings tributary.toml: salesforce.history.case = "CaseHistory": Salesforce has no such object, or the integration user may not read it; grant read access to it, or correct the settings"#);
}

#[tokio::test]
async fn what_changed_at_salesforce_is_told_once_for_each_object_and_after_all_else() {
    let world = World::with_sources(COMPLETE).await;
    world.plan(NIGHTLY).await.unwrap();
    let forced =
        |second| format!(r#"{{"mode":"nightly","force":true,"at":"2026-01-20T02:1{second}:00Z"}}"#);
    // As an API version does that brings new fields to every object; and on that day somebody edits the settings.
    let new: Vec<_> = (10..21).map(|number| format!("New_{number}__c")).collect();
    for (sobject, fields) in &FIELDS[..4] {
        let mut fields = fields.to_vec();
        fields.extend(new.iter().map(String::as_str));
        fields.retain(|field| *field != "Industry");
        if *sobject == "Account" {
            fields.push("Industry=255");
        }
        world.describe(sobject, &fields).await;
    }
    world.edit("industry = \"Industry\"\n", "");
    let list = ["2000-01-01 00:00:00", "2026-01-20 00:00:00"];
    let row = ledger_row("nightly-20260120", "nightly", "salesforce", "account", list);
    world.rows("plan/ledger", json!([row]));
    let plan = world.plan(&forced(1)).await.unwrap();
    insta::assert_snapshot!(plan.notices.join("\n"), @r#"
    settings tributary.toml: salesforce.objects.account.columns.industry = "Industry" is gone: rows read before keep what is gone until their record changes
    Salesforce Account: Industry was widened from 80 to 255; New_10__c (string) is new; New_11__c (string) is new; New_12__c (string) is new; New_13__c (string) is new; New_14__c (string) is new; New_15__c (string) is new; New_16__c (string) is new; New_17__c (string) is new; New_18__c (string) is new; and 2 more; a value longer than its column is quarantined; name a new field in the settings to read it
    Salesforce Case: New_10__c (string) is new; New_11__c (string) is new; New_12__c (string) is new; New_13__c (string) is new; New_14__c (string) is new; New_15__c (string) is new; New_16__c (string) is new; New_17__c (string) is new; New_18__c (string) is new; New_19__c (string) is new; and 1 more; name a new field in the settings to read it
    Salesforce Contact: New_10__c (string) is new; New_11__c (string) is new; New_12__c (string) is new; New_13__c (string) is new; New_14__c (string) is new; New_15__c (string) is new; New_16__c (string) is new; New_17__c (string) is new; New_18__c (string) is new; New_19__c (string) is new; and 1 more; name a new field in the settings to read it
    Salesforce Opportunity: New_10__c (string) is new; New_11__c (string) is new; New_12__c (string) is new; New_13__c (string) is new; New_14__c (string) is new; New_15__c (string) is new; New_16__c (string) is new; New_17__c (string) is new; New_18__c (string) is new; New_19__c (string) is new; and 1 more; name a new field in the settings to read it
    "#);
    let plan = world.plan(&forced(2)).await.unwrap();
    assert_eq!(plan.notices, Vec::<String>::new());
}
