//! When a token is kept, when it is replaced, and what is written in which order.

#![allow(clippy::unwrap_used)] // helpers of tests

use jiff::Timestamp;
use model::payload::{RefreshOutcome, RefreshRequest};
use model::{Classify, Kind};
use refresh_token::{Config, RefreshError, Refresher, SecretStore};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use step::secrets::SecretError;
use step::{Deadline, Failure};
use wiremock::matchers::{body_string, body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const GENESYS: &str = include_str!("../../../events/refresh-token/genesys.json");
const SALESFORCE: &str = include_str!("../../../events/refresh-token/salesforce.json");
const REFUSED: &str = include_str!("../../../events/refresh-token/refused.json");

/// Secrets by name, what was written in order, and a name that cannot be written.
#[derive(Clone, Default)]
struct Memory {
    secrets: Rc<RefCell<BTreeMap<String, Value>>>,
    written: Rc<RefCell<Vec<String>>>,
    read_only: Option<&'static str>,
    unreachable: Option<&'static str>,
}

impl Memory {
    fn with(self, id: &str, value: Value) -> Self {
        self.secrets.borrow_mut().insert(id.to_owned(), value);
        self
    }

    fn get(&self, id: &str) -> Value {
        self.secrets.borrow()[id].clone()
    }
}

fn store_error(id: &str, action: &'static str, cause: &str, is_transient: bool) -> SecretError {
    SecretError::Store {
        id: id.to_owned(),
        action,
        cause: cause.to_owned(),
        is_transient,
    }
}

impl SecretStore for Memory {
    async fn read(&self, id: &str) -> Result<Value, SecretError> {
        if self.unreachable == Some(id) {
            return Err(store_error(id, "reading", "no connection", true));
        }
        let secrets = self.secrets.borrow();
        secrets
            .get(id)
            .cloned()
            .ok_or_else(|| store_error(id, "reading", "ResourceNotFoundException", false))
    }

    async fn write(&self, id: &str, value: &Value) -> Result<(), SecretError> {
        if self.read_only == Some(id) {
            return Err(store_error(id, "writing", "AccessDeniedException", false));
        }
        self.secrets
            .borrow_mut()
            .insert(id.to_owned(), value.clone());
        self.written.borrow_mut().push(id.to_owned());
        Ok(())
    }
}

fn config(login_url: Option<String>) -> Config {
    Config {
        genesys_region: "mypurecloud.de".to_owned(),
        genesys_login_url: login_url,
        genesys_credentials_secret: "genesys/credentials".to_owned(),
        genesys_token_secret: "genesys/token".to_owned(),
        salesforce_credentials_secret: "salesforce/credentials".to_owned(),
        salesforce_token_secret: "salesforce/token".to_owned(),
    }
}

async fn run(
    memory: &Memory,
    server: &MockServer,
    event: &str,
) -> Result<RefreshOutcome, RefreshError> {
    let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let request: RefreshRequest = serde_json::from_str(event).unwrap();
    let refresher = Refresher::new(
        config(Some(server.uri())),
        memory.clone(),
        source_http::connections().unwrap(),
    )?;
    refresher
        .run(request, Deadline::after(now, Duration::from_secs(30)))
        .await
}

fn text(error: RefreshError) -> String {
    let failure = Failure::from(error).to_string();
    assert!(
        !failure.contains("hunter2") && !failure.contains("5Aep"),
        "{failure}"
    );
    failure
}

fn genesys_secrets() -> Memory {
    Memory::default().with(
        "genesys/credentials",
        json!({"client_id": "abc", "client_secret": "hunter2"}),
    )
}

fn salesforce_secrets(server: &MockServer) -> Memory {
    Memory::default().with(
        "salesforce/credentials",
        json!({"flow": "refresh_token", "login_url": server.uri(), "client_id": "3MVG9", "refresh_token": "5Aep-1", "note": "keep me"}),
    )
}

fn token(server: &MockServer, expires_at: &str) -> Value {
    json!({"access_token": "hunter2", "expires_at": expires_at, "instance_url": server.uri()})
}

async fn genesys(times: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .and(header("authorization", "Basic YWJjOmh1bnRlcjI="))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string("grant_type=client_credentials"))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"access_token": "new", "token_type": "bearer", "expires_in": 86400}),
        ))
        .expect(times)
        .mount(&server)
        .await;
    server
}

async fn salesforce(rotated: Option<&str>, times: u64) -> MockServer {
    let server = MockServer::start().await;
    let mut answer = json!({"access_token": "new", "instance_url": server.uri()});
    if let Some(rotated) = rotated {
        answer["refresh_token"] = json!(rotated);
    }
    Mock::given(path("/services/oauth2/token"))
        .and(body_string_contains("grant_type=refresh_token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(times)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_first_token_is_asked_for_and_kept_with_its_end() {
    let server = genesys(1).await;
    let memory = genesys_secrets();
    let outcome = run(&memory, &server, GENESYS).await.unwrap();
    assert!(outcome.renewed);
    let kept = memory.get("genesys/token");
    assert_eq!(kept["access_token"], "new");
    assert!(
        kept["expires_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-01-06T10:00:00")
    );
    assert!(kept.get("instance_url").is_none());
    assert_eq!(
        serde_json::to_value(outcome.expires_at).unwrap(),
        kept["expires_at"]
    );
}

#[tokio::test]
async fn a_token_is_kept_while_it_lives_five_minutes_more() {
    let server = genesys(0).await;
    let memory = genesys_secrets().with("genesys/token", token(&server, "2026-01-05T10:05:30Z"));
    let outcome = run(&memory, &server, GENESYS).await.unwrap();
    assert!(!outcome.renewed && memory.written.borrow().is_empty());

    let server = genesys(1).await;
    let memory = genesys_secrets().with("genesys/token", token(&server, "2026-01-05T10:04:59Z"));
    assert!(run(&memory, &server, GENESYS).await.unwrap().renewed);
}

#[tokio::test]
async fn a_refused_token_is_replaced_whatever_its_age() {
    let server = salesforce(None, 1).await;
    let memory = salesforce_secrets(&server)
        .with("salesforce/token", token(&server, "2026-01-05T12:00:00Z"));
    let outcome = run(&memory, &server, REFUSED).await.unwrap();
    assert!(outcome.renewed);
    assert_eq!(*memory.written.borrow(), ["salesforce/token"]);
    assert_eq!(memory.get("salesforce/token")["instance_url"], server.uri());
    assert_eq!(memory.get("salesforce/token")["access_token"], "new");
}

#[tokio::test]
async fn a_token_secret_that_cannot_be_used_counts_as_none() {
    for present in [
        json!({}),
        json!({"access_token": "", "expires_at": "2026-01-06T00:00:00Z"}),
        json!({"access_token": "x", "expires_at": "2026-01-06T00:00:00Z"}),
        json!({"access_token": "x", "expires_at": "2026-01-06T00:00:00Z", "instance_url": "https://evil.example"}),
    ] {
        let server = salesforce(None, 1).await;
        let memory = salesforce_secrets(&server).with("salesforce/token", present);
        assert!(run(&memory, &server, SALESFORCE).await.unwrap().renewed);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_no_reason_to_ask_for_a_token() {
    let server = salesforce(None, 0).await;
    let memory = Memory {
        unreachable: Some("salesforce/token"),
        ..salesforce_secrets(&server)
    };
    assert_eq!(
        run(&memory, &server, SALESFORCE).await.unwrap_err().kind(),
        Kind::Transient
    );
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_before_the_access_token() {
    let server = salesforce(Some("5Aep-2"), 1).await;
    let memory = salesforce_secrets(&server);
    run(&memory, &server, SALESFORCE).await.unwrap();
    assert_eq!(
        *memory.written.borrow(),
        ["salesforce/credentials", "salesforce/token"]
    );
    let kept = memory.get("salesforce/credentials");
    assert_eq!(
        (&kept["refresh_token"], &kept["note"], &kept["flow"]),
        (&json!("5Aep-2"), &json!("keep me"), &json!("refresh_token"))
    );
}

#[tokio::test]
async fn a_worker_that_comes_soon_after_another_takes_the_token_that_one_got() {
    let server = salesforce(Some("5Aep-2"), 1).await;
    let memory = salesforce_secrets(&server);
    let refused = r#"{"source":"salesforce","refused":true}"#;
    assert!(run(&memory, &server, refused).await.unwrap().renewed);
    assert!(!run(&memory, &server, refused).await.unwrap().renewed);
}

#[tokio::test]
async fn an_unchanged_refresh_token_is_not_written_again() {
    let server = salesforce(Some("5Aep-1"), 1).await;
    let memory = salesforce_secrets(&server);
    run(&memory, &server, SALESFORCE).await.unwrap();
    assert_eq!(*memory.written.borrow(), ["salesforce/token"]);
}

#[tokio::test]
async fn a_rotated_refresh_token_that_cannot_be_kept_stops_everything_and_says_so() {
    let server = salesforce(Some("5Aep-2"), 1).await;
    let memory = Memory {
        read_only: Some("salesforce/credentials"),
        ..salesforce_secrets(&server)
    };
    let error = run(&memory, &server, SALESFORCE).await.unwrap_err();
    assert!(memory.written.borrow().is_empty());
    insta::assert_snapshot!(text(error), @"Invalid: Salesforce replaced the refresh token and the new one could not be kept, so the one in secret salesforce/credentials is used up; authorise the integration again and put its refresh_token there: secret salesforce/credentials: writing failed: AccessDeniedException");
}

#[tokio::test]
async fn refused_credentials_name_the_secret_the_flow_and_the_vendors_words() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(400).set_body_json(
        json!({"error": "invalid_grant", "error_description": "expired access/refresh token"}),
    );
    Mock::given(method("POST"))
        .respond_with(refusal)
        .expect(2)
        .mount(&server)
        .await;
    let mut texts = vec![text(
        run(&salesforce_secrets(&server), &server, SALESFORCE)
            .await
            .unwrap_err(),
    )];
    texts.push(text(
        run(&genesys_secrets(), &server, GENESYS).await.unwrap_err(),
    ));
    insta::assert_snapshot!(texts.join("\n"), @r"
    Invalid: using the credentials of secret salesforce/credentials: asking Salesforce for a token with the flow refresh_token: POST /services/oauth2/token: 400: expired access/refresh token (code invalid_grant)
    Invalid: asking Genesys Cloud for a token with the credentials of secret genesys/credentials: POST /oauth/token: 400: expired access/refresh token (code invalid_grant)
    ");
}

#[tokio::test]
async fn credentials_that_cannot_be_used_are_refused_before_any_call() {
    let server = genesys(0).await;
    let with = |id: &str, value: Value| Memory::default().with(id, value);
    let cases = [
        (GENESYS, Memory::default()),
        (
            GENESYS,
            with("genesys/credentials", json!({"client_id": "abc"})),
        ),
        (
            GENESYS,
            with(
                "genesys/credentials",
                json!({"client_id": "abc", "client_secret": " "}),
            ),
        ),
        (
            GENESYS,
            with(
                "genesys/credentials",
                json!({"client_id": ["abc"], "client_secret": "hunter2"}),
            ),
        ),
        (
            SALESFORCE,
            with(
                "salesforce/credentials",
                json!({"client_id": "abc", "client_secret": "hunter2"}),
            ),
        ),
        (
            SALESFORCE,
            with(
                "salesforce/credentials",
                json!({"flow": "password", "login_url": server.uri(), "client_id": "abc"}),
            ),
        ),
        (
            SALESFORCE,
            with(
                "salesforce/credentials",
                json!({"flow": "refresh_token", "login_url": "https://evil.example", "client_id": "abc", "refresh_token": "5Aep"}),
            ),
        ),
    ];
    let mut texts = Vec::new();
    for (event, memory) in cases {
        let error = run(&memory, &server, event).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
        texts.push(text(error));
    }
    insta::assert_snapshot!(texts.join("\n"), @r#"
    Invalid: secret genesys/credentials: reading failed: ResourceNotFoundException
    Invalid: secret genesys/credentials: key "client_secret" is missing; Genesys needs client_id and client_secret
    Invalid: secret genesys/credentials: key "client_secret" is empty; Genesys needs client_id and client_secret
    Invalid: secret genesys/credentials: key "client_id" must be a text; Genesys needs client_id and client_secret
    Invalid: secret salesforce/credentials: key "flow" is missing; every flow needs flow, login_url and client_id
    Invalid: secret salesforce/credentials: flow = "password" is none of client_credentials, jwt_bearer, refresh_token
    Invalid: secret salesforce/credentials: login_url = "https://evil.example": this host is not Salesforce's, so no secret is sent to it; use https:// and a host under salesforce.com or force.com, such as https://acme.my.salesforce.com
    "#);
}

#[test]
fn a_region_or_override_that_could_leak_the_secret_is_refused_at_start() {
    let refused = |config: Config| {
        let refresher = Refresher::new(
            config,
            Memory::default(),
            source_http::connections().unwrap(),
        );
        text(refresher.err().unwrap())
    };
    let region = refused(Config {
        genesys_region: "mypurecloud.evil".to_owned(),
        ..config(None)
    });
    assert!(
        region.starts_with(r#"Invalid: GENESYS_REGION "mypurecloud.evil" is no known region"#),
        "{region}"
    );
    let text = refused(config(Some("https://login.evil.example".to_owned())));
    assert!(
        text.starts_with("Invalid: GENESYS_LOGIN_URL is set and does not point at this machine"),
        "{text}"
    );
}

#[test]
fn events_are_accepted_or_refused_as_they_are_named() {
    let request: RefreshRequest = serde_json::from_str(REFUSED).unwrap();
    assert!(request.refused);
    for event in [GENESYS, SALESFORCE] {
        assert!(
            !serde_json::from_str::<RefreshRequest>(event)
                .unwrap()
                .refused
        );
    }
    let refused = |event: &str| {
        serde_json::from_str::<RefreshRequest>(event)
            .unwrap_err()
            .to_string()
    };
    let source = refused(include_str!(
        "../../../events/refresh-token/unknown-source.json"
    ));
    assert!(
        source.starts_with("unknown variant `zendesk`, expected `genesys` or `salesforce`"),
        "{source}"
    );
    let field = refused(include_str!(
        "../../../events/refresh-token/unknown-field.json"
    ));
    assert!(
        field.starts_with("unknown field `token`, expected `source` or `refused`"),
        "{field}"
    );
}
