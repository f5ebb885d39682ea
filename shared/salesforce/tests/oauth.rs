//! The three OAuth flows against a login server.

#![allow(clippy::unwrap_used)] // helpers of tests

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use model::{Classify, Kind};
use salesforce::{Credentials, OAuthError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use source_http::connections;
use std::time::Duration;
use step::{Deadline, Failure};
use wiremock::matchers::{body_string, body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn deadline() -> Deadline {
    let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    Deadline::after(now, Duration::from_secs(30))
}

async fn login(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/services/oauth2/token"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    server
}

fn refresh(server: &MockServer) -> Credentials {
    let secret = json!({"flow": "refresh_token", "login_url": server.uri(), "client_id": "3MVG9", "client_secret": "s3cr3t", "refresh_token": "5Aep"});
    Credentials::parse("s", &secret).unwrap()
}

async fn refused(answer: ResponseTemplate) -> OAuthError {
    let server = login(answer).await;
    refresh(&server)
        .authorize(connections().unwrap(), deadline())
        .await
        .unwrap_err()
}

fn granted(server: &MockServer) -> Value {
    json!({"access_token": "00Dxx!AQ", "signature": "x", "token_format": "opaque", "instance_url": server.uri(), "id": "x", "token_type": "Bearer", "issued_at": "1"})
}

#[tokio::test]
async fn client_credentials_are_sent_as_a_form() {
    let server = MockServer::start().await;
    Mock::given(body_string(
        "grant_type=client_credentials&client_id=3MVG9&client_secret=a%26b",
    ))
    .respond_with(ResponseTemplate::new(200).set_body_json(granted(&server)))
    .expect(1)
    .mount(&server)
    .await;
    let secret = json!({"flow": "client_credentials", "login_url": server.uri(), "client_id": "3MVG9", "client_secret": "a&b"});
    let granted = Credentials::parse("s", &secret)
        .unwrap()
        .authorize(connections().unwrap(), deadline())
        .await
        .unwrap();
    assert_eq!(granted.access_token.expose_secret(), "00Dxx!AQ");
    assert_eq!(granted.instance_url, server.uri());
    assert!(granted.refresh_token.is_none());
    let life = granted
        .expires_at
        .duration_since("2026-01-05T10:00:00Z".parse().unwrap());
    assert!(life >= SignedDuration::from_mins(30) && life < SignedDuration::from_mins(31));
    assert!(!format!("{granted:?}").contains("00Dxx!AQ"));
}

#[tokio::test]
async fn the_jwt_bearer_flow_sends_an_assertion_for_the_login_host() {
    let server = MockServer::start().await;
    Mock::given(body_string_contains(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=",
    ))
    .respond_with(ResponseTemplate::new(200).set_body_json(granted(&server)))
    .expect(1)
    .mount(&server)
    .await;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        BASE64_STANDARD.encode(der.as_ref())
    );
    let secret = json!({"flow": "jwt_bearer", "login_url": server.uri(), "client_id": "3MVG9", "username": "etl@acme.example", "private_key": pem});
    let credentials = Credentials::parse("s", &secret).unwrap();
    let granted = credentials
        .authorize(connections().unwrap(), deadline())
        .await
        .unwrap();
    assert_eq!(granted.access_token.expose_secret(), "00Dxx!AQ");
    let sent =
        String::from_utf8(server.received_requests().await.unwrap()[0].body.clone()).unwrap();
    let claims = sent.rsplit('=').next().unwrap().split('.').nth(1).unwrap();
    let claims: Value =
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(
        (&claims["aud"], &claims["iss"]),
        (&json!(server.uri()), &json!("3MVG9"))
    );
}

#[tokio::test]
async fn a_rotated_refresh_token_is_handed_over() {
    let server = MockServer::start().await;
    let mut answer = granted(&server);
    answer["refresh_token"] = json!("5Aep-next");
    Mock::given(body_string_contains("refresh_token=5Aep"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    let granted = refresh(&server)
        .authorize(connections().unwrap(), deadline())
        .await
        .unwrap();
    assert_eq!(
        granted
            .refresh_token
            .as_ref()
            .map(ExposeSecret::expose_secret),
        Some("5Aep-next")
    );
    assert!(!format!("{granted:?}").contains("5Aep"));
}

#[tokio::test]
async fn a_refused_credential_is_told_with_the_vendors_words_and_not_sent_again() {
    let error = refused(ResponseTemplate::new(400).set_body_json(
        json!({"error": "invalid_grant", "error_description": "expired access/refresh token 5Aep"}),
    ))
    .await;
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(Failure::from(error), @"Invalid: asking Salesforce for a token with the flow refresh_token: POST /services/oauth2/token: 400: expired access/refresh token *** (code invalid_grant)");

    let error = refused(ResponseTemplate::new(401).set_body_json(
        json!({"error": "invalid_client", "error_description": "invalid client credentials"}),
    ))
    .await;
    assert_eq!(error.kind(), Kind::Invalid);
}

#[tokio::test]
async fn a_fault_of_the_login_host_is_transient_and_a_login_is_never_repeated_by_itself() {
    for answer in [
        ResponseTemplate::new(503),
        ResponseTemplate::new(200).set_body_raw("<html>maintenance</html>", "text/html"),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": "hunter2"})),
        ResponseTemplate::new(400).set_body_json(
            json!({"error": "unknown_error", "error_description": "retry your request"}),
        ),
    ] {
        let error = refused(answer).await;
        assert_eq!(error.kind(), Kind::Transient, "{error}");
        assert!(!Failure::from(error).message.contains("hunter2"));
    }
}

#[tokio::test]
async fn a_login_host_does_not_send_us_elsewhere() {
    let error =
        refused(ResponseTemplate::new(302).insert_header("location", "https://evil.example/"))
            .await;
    assert_eq!(error.kind(), Kind::Invalid);
    let error =
        refused(ResponseTemplate::new(200).set_body_json(
            json!({"access_token": "hunter2", "instance_url": "https://evil.example"}),
        ))
        .await;
    assert_eq!(error.kind(), Kind::Invalid);
    insta::assert_snapshot!(Failure::from(error), @r#"Invalid: Salesforce's answer to the flow refresh_token cannot be used: instance_url = "https://evil.example": this host is not Salesforce's, so no secret is sent to it; use https:// and a host under salesforce.com or force.com, such as https://acme.my.salesforce.com"#);
}
