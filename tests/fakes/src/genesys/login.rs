//! `POST /oauth/token`: the client credentials grant.

use super::FakeGenesys;
use crate::control::locked;
use crate::server::{Call, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tokens given out, with the end of their life.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<HashMap<String, Instant>>);

impl Logins {
    pub(super) fn knows(&self, token: &str) -> bool {
        locked(&self.0)
            .get(token)
            .is_some_and(|end| Instant::now() < *end)
    }

    /// Refuses every token given out so far.
    pub(super) fn forget_all(&self) {
        for end in locked(&self.0).values_mut() {
            *end = Instant::now();
        }
    }

    fn issue(&self, life: Duration) -> String {
        let mut tokens = locked(&self.0);
        let number = tokens.len() as u64;
        let token = format!(
            "genesys-token-{number}-{}",
            crate::world::rng::Uuid::new(number, 1, 1)
        );
        tokens.insert(token.clone(), Instant::now() + life);
        token
    }
}

impl FakeGenesys {
    pub(super) fn token(&self, call: &Call) -> Reply {
        let refused = |status, error: &str, description: &str| {
            let body = json!({"error": error, "error_description": description, "description": description});
            Reply::json(status, body.to_string())
        };
        if call.method != "POST" {
            return refused(405, "invalid_request", "use POST");
        }
        let form = call.header("content-type").unwrap_or_default();
        if !form.starts_with("application/x-www-form-urlencoded") {
            return refused(
                400,
                "invalid_request",
                "the body must be application/x-www-form-urlencoded",
            );
        }
        let grant = call
            .form()
            .into_iter()
            .find(|(name, _)| name == "grant_type")
            .map(|(_, value)| value);
        if grant.as_deref() != Some("client_credentials") {
            return refused(
                400,
                "unsupported_grant_type",
                "only client_credentials is known here",
            );
        }
        let basic = call
            .header("authorization")
            .and_then(|value| value.strip_prefix("Basic "));
        let pair = basic.and_then(|text| STANDARD.decode(text.trim()).ok());
        let expected = format!("{}:{}", self.options.client_id, self.options.client_secret);
        match pair {
            None => refused(
                400,
                "invalid_request",
                "client id and secret belong into the Authorization header (Basic)",
            ),
            Some(pair) if pair != expected.as_bytes() => refused(
                401,
                "invalid_client",
                "client not found or secret not right",
            ),
            Some(_) => {
                let seconds = self.options.token_seconds;
                let token = self.login.issue(Duration::from_secs(seconds));
                let body =
                    json!({"access_token": token, "token_type": "bearer", "expires_in": seconds});
                Reply::json(200, body.to_string())
            }
        }
    }
}
