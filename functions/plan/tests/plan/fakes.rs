//! Plans against the strict fakes: what is asked here is nothing the vendors would turn down, and the shipped settings fit.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

use crate::{NIGHTLY, chain, support::World};
use fakes::control::{Fault, Kind as Answer};
use fakes::salesforce::{FakeSalesforce, FieldChange};
use fakes::world::{World as Seeded, WorldOptions};
use fakes::{genesys, salesforce, server::Running};
use jiff::Timestamp;
use model::{Classify, Kind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use source_http::{Client, Request, Share};
use std::sync::Arc;
use std::time::Duration;
use step::Deadline;

struct Sources {
    world: World,
    genesys: Running,
    salesforce: Running,
}

async fn sources() -> Sources {
    let end: Timestamp = "2026-01-20T00:00:00Z".parse().unwrap();
    let seeded = Arc::new(Seeded::generate(WorldOptions {
        seed: 7,
        end,
        days: 2,
        conversations: 50,
    }));
    let genesys =
        genesys::FakeGenesys::start(Arc::clone(&seeded), genesys::Options::default()).unwrap();
    let salesforce = FakeSalesforce::start(seeded, salesforce::Options::default()).unwrap();
    let mut world = World::new().await;
    world.genesys_url = genesys.url().to_owned();
    let deadline = Deadline::after(end, Duration::from_mins(5));
    let secret = SecretString::from("twin-secret");
    let connections = source_http::connections().unwrap();
    let grant = ::genesys::api::client_credentials(
        connections.clone(),
        genesys.url(),
        "twin-client",
        &secret,
        deadline,
    );
    let grant = grant.await.unwrap();
    world.token("genesys-token", grant.access_token.expose_secret(), None);
    let share = Share {
        requests_per_minute: 600,
        max_in_flight: 1,
    };
    let client = Client::new(connections, salesforce.url(), share, deadline, None);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "twin-client"),
        ("client_secret", "twin-secret"),
    ];
    let login = Request::post_form("/services/oauth2/token", form);
    let granted: Value = client.json(&login).await.unwrap().value;
    let token = granted["access_token"].as_str().unwrap();
    world.token("salesforce-token", token, Some(salesforce.url()));
    Sources {
        world,
        genesys,
        salesforce,
    }
}

#[tokio::test]
async fn the_shipped_settings_fit_and_a_hidden_field_or_a_refused_token_stops_the_plan() {
    let sources = sources().await;
    let world = &sources.world;
    let crm = &sources.salesforce.control().crm;
    for (object, field) in [("Case", "Priority"), ("UserRole", "Name")] {
        crm.schema(object, FieldChange::Hide(field.to_owned()))
            .unwrap();
    }
    let error = world.plan(NIGHTLY).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @r#"
    settings tributary.toml: salesforce.objects.case.columns.case_priority = "Priority": Case has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    settings tributary.toml: salesforce.objects.user.columns.user_role_name = "UserRole.Name": User has no such field, or the integration user may not read it; grant read access to it, or take it out of the settings
    "#);
    for (object, field) in [("Case", "Priority"), ("UserRole", "Name")] {
        crm.schema(object, FieldChange::Show(field.to_owned()))
            .unwrap();
    }
    for control in [sources.genesys.control(), sources.salesforce.control()] {
        let refused = Answer::Status {
            code: 401,
            retry_after: None,
            body: None,
        };
        control.faults.add(Fault::new("/", refused, 1));
        let error = world.plan(NIGHTLY).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unauthorized, "{}", chain(&error));
    }
    let plan = world.plan(NIGHTLY).await.unwrap();
    assert_eq!((plan.genesys_windows, plan.salesforce_windows), (47, 14));
    let share = plan.estimate.salesforce_daily_share_bp;
    assert!(share.is_some_and(|share| share > 0), "{:?}", plan.estimate);
    sources.genesys.stop().await;
    sources.salesforce.stop().await;
}
