//! `POST /services/oauth2/token`: client credentials, JWT bearer, and refresh tokens that work once.

use super::{FakeSalesforce, Options};
use crate::control::locked;
use crate::server::{Call, Reply};
use crate::world::rng::Uuid;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Access tokens and the one refresh token that works.
#[derive(Debug)]
pub(super) struct Sessions(Mutex<State>);

#[derive(Debug)]
struct State {
    /// End of life of each access token, and whether it came from a refresh token.
    access: HashMap<String, (Instant, bool)>,
    /// None once a used token was used again.
    refresh: Option<String>,
    issued: u64,
}

impl Sessions {
    pub(super) fn new(options: &Options) -> Self {
        let refresh = Some(options.refresh_token.clone());
        Self(Mutex::new(State {
            access: HashMap::new(),
            refresh,
            issued: 0,
        }))
    }

    /// Takes back every access token.
    pub(super) fn end_all(&self) {
        locked(&self.0).access.clear();
    }

    pub(super) fn knows(&self, token: &str) -> bool {
        locked(&self.0)
            .access
            .get(token)
            .is_some_and(|(end, _)| Instant::now() < *end)
    }
}

/// A refusal: error and description.
type Refused = (&'static str, String);

fn refuse<T>(error: &'static str, description: impl Into<String>) -> Result<T, Refused> {
    Err((error, description.into()))
}

impl FakeSalesforce {
    pub(super) fn token(&self, call: &Call) -> Reply {
        let answer = if call.method == "POST" {
            self.grant(call)
        } else {
            refuse("invalid_request", "must use HTTP POST")
        };
        match answer {
            Ok(body) => Reply::json(200, body.to_string()),
            Err((error, description)) => {
                let body = json!({"error": error, "error_description": description});
                Reply::json(400, body.to_string())
            }
        }
    }

    fn grant(&self, call: &Call) -> Result<Value, Refused> {
        let kind = call.header("content-type").unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return refuse(
                "invalid_request",
                "the body must be application/x-www-form-urlencoded",
            );
        }
        let form = call.form();
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        match field("grant_type") {
            Some("client_credentials") => {
                self.check_client(call, &field, true)?;
                Ok(self.issue(false, None))
            }
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
                self.check_assertion(field("assertion").unwrap_or_default())?;
                Ok(self.issue(false, None))
            }
            Some("refresh_token") => {
                self.check_client(call, &field, false)?;
                self.refresh(field("refresh_token").unwrap_or_default())
            }
            _ => refuse("unsupported_grant_type", "grant type not supported"),
        }
    }

    fn check_client<'a>(
        &self,
        call: &Call,
        field: &impl Fn(&str) -> Option<&'a str>,
        secret_required: bool,
    ) -> Result<(), Refused> {
        let basic = call
            .header("authorization")
            .and_then(|value| value.strip_prefix("Basic "));
        let basic =
            basic.and_then(|text| String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok());
        let (id, secret) = match basic.as_deref().and_then(|pair| pair.split_once(':')) {
            Some((id, secret)) => (Some(id), Some(secret)),
            None => (field("client_id"), field("client_secret")),
        };
        if id != Some(self.options.client_id.as_str()) {
            return refuse("invalid_client_id", "client identifier invalid");
        }
        if secret.map_or(secret_required, |secret| {
            secret != self.options.client_secret
        }) {
            return refuse("invalid_client", "invalid client credentials");
        }
        Ok(())
    }

    fn check_assertion(&self, assertion: &str) -> Result<(), Refused> {
        let invalid = || ("invalid_grant", "invalid assertion".to_owned());
        let (signed, signature) = assertion.rsplit_once('.').ok_or_else(invalid)?;
        let (header, claims) = signed.split_once('.').ok_or_else(invalid)?;
        let json = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        let (header, claims) = (
            json(header).ok_or_else(invalid)?,
            json(claims).ok_or_else(invalid)?,
        );
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid())?;
        if header["alg"] != "RS256" || signature.is_empty() {
            return Err(invalid());
        }
        if let Some(key) = &self.options.jwt_public_key {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
                .verify(signed.as_bytes(), &signature)
                .map_err(|_| invalid())?;
        }
        if claims["iss"] != self.options.client_id.as_str() {
            return refuse("invalid_client_id", "client identifier invalid");
        }
        if claims["sub"] != self.options.username.as_str() {
            return refuse("invalid_grant", "user hasn't approved this consumer");
        }
        let audiences = [
            "https://login.salesforce.com",
            "https://test.salesforce.com",
            self.url.as_str(),
        ];
        if !claims["aud"]
            .as_str()
            .is_some_and(|aud| audiences.contains(&aud))
        {
            return refuse("invalid_grant", "audience is invalid");
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| age.as_secs());
        match claims["exp"].as_u64() {
            Some(end) if end <= now => refuse("invalid_grant", "expired authorization code"),
            // Minutes at most; a number of milliseconds lies far in the future.
            Some(end) if end <= now + 600 => Ok(()),
            _ => Err(invalid()),
        }
    }

    fn refresh(&self, given: &str) -> Result<Value, Refused> {
        let mut state = locked(&self.sessions.0);
        if state.refresh.as_deref() != Some(given) {
            // A token that was used before: whoever holds its successor may be a thief.
            let was_ours = given == self.options.refresh_token || given.starts_with("refresh-");
            if was_ours && self.options.rotates_refresh_tokens {
                state.refresh = None;
                state.access.retain(|_, (_, refreshed)| !*refreshed);
            }
            return refuse("invalid_grant", "expired access/refresh token");
        }
        let next = self
            .options
            .rotates_refresh_tokens
            .then(|| format!("refresh-{}", Uuid::new(state.issued, 3, 3)));
        if next.is_some() {
            state.refresh.clone_from(&next);
        }
        drop(state);
        Ok(self.issue(true, next))
    }

    fn issue(&self, refreshed: bool, refresh_token: Option<String>) -> Value {
        let mut state = locked(&self.sessions.0);
        state.issued += 1;
        let token = format!("00D5g0000000001!{}", Uuid::new(state.issued, 2, 2));
        let end = Instant::now() + Duration::from_secs(self.options.session_seconds);
        state.access.insert(token.clone(), (end, refreshed));
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |age| age.as_millis());
        let mut body = json!({
            "access_token": token, "signature": "c2lnbmF0dXJl", "token_format": "opaque", "instance_url": self.url,
            "id": format!("{}/id/00D5g0000000001EAA/0055g0000000001AAA", self.url), "token_type": "Bearer",
            "issued_at": now.to_string(), "scope": "api",
        });
        if let Some(next) = refresh_token {
            body["refresh_token"] = json!(next);
        }
        body
    }
}
