//! The three flows.

use crate::support::Salesforce;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fakes::salesforce::Options;
use serde_json::{Value, json};

#[tokio::test]
async fn a_refresh_token_works_once_and_its_second_use_revokes_everything() {
    let server = Salesforce::start(Options::default()).await;
    let refresh = |token: String| {
        let server = &server;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", "twin-client"),
                ("client_secret", "twin-secret"),
                ("refresh_token", &token),
            ];
            server.token(&form).await
        }
    };
    let (status, first) = refresh("twin-refresh-token".to_owned()).await;
    assert_eq!(status, 200);
    let next = first["refresh_token"].as_str().unwrap().to_owned();
    let (status, second) = refresh(next.clone()).await;
    assert_eq!(status, 200);
    let (status, refused) = refresh(next).await;
    assert_eq!(
        (status, refused["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    assert_eq!(
        refresh(second["refresh_token"].as_str().unwrap().to_owned())
            .await
            .0,
        400
    );
    let url = format!("{}/services/data/v66.0/limits", server.running.url());
    let revoked = server
        .http
        .get(url)
        .bearer_auth(second["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(revoked.status(), 401);
    server.running.stop().await;
}

#[tokio::test]
async fn an_assertion_is_taken_only_when_claims_and_signature_are_right() {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = key.public_key().as_ref().to_vec();
    let server = Salesforce::start(Options {
        jwt_public_key: Some(public),
        ..Options::default()
    })
    .await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = |sub: &str, aud: &str, exp: u64| json!({"iss": "twin-client", "sub": sub, "aud": aud, "exp": exp});
    let (user, host) = ("integration@example.com", "https://login.salesforce.com");
    for (claims, tampered, error) in [
        (claims(user, host, now + 180), false, None),
        (
            claims(user, host, now + 180),
            true,
            Some("invalid assertion"),
        ),
        (
            claims("nobody", host, now + 180),
            false,
            Some("user hasn't approved this consumer"),
        ),
        (
            claims(user, "https://example.com", now + 180),
            false,
            Some("audience is invalid"),
        ),
        (
            claims(user, host, now - 10),
            false,
            Some("expired authorization code"),
        ),
        (
            claims(user, host, now * 1000),
            false,
            Some("invalid assertion"),
        ),
    ] {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256"})), part(&claims));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .unwrap();
        if tampered {
            signature[7] ^= 1;
        }
        let assertion = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.as_str()),
        ];
        let (status, body) = server.token(&form).await;
        assert_eq!(
            (status, body["error_description"].as_str()),
            (if error.is_none() { 200 } else { 400 }, error),
            "{claims}"
        );
        assert!(body.get("refresh_token").is_none());
    }
    server.running.stop().await;
}
