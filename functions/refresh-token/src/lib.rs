//! Renews the access token of a source; the only writer of tokens.

mod error;
mod store;

pub use error::RefreshError;
pub use store::SecretStore;

use jiff::{SignedDuration, Timestamp};
use model::payload::{RefreshOutcome, RefreshRequest};
use model::region::{Region, is_loopback};
use model::{Classify, Kind, Source};
use salesforce::{Credentials, check_host};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use source_http::Connections;
use step::Deadline;
use step::secrets::Token;

/// A token that lives at least this long is kept.
const KEEP_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A refused token this young was renewed by another worker a moment ago.
const JUST_RENEWED: SignedDuration = SignedDuration::from_secs(60);

/// Environment of the function.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// Domain or AWS region of the Genesys Cloud organisation.
    pub genesys_region: String,
    /// The twin's login host; accepted only on this machine.
    #[serde(default)]
    pub genesys_login_url: Option<String>,
    /// Secret of the Genesys credentials.
    pub genesys_credentials_secret: String,
    /// Secret the Genesys token is kept in.
    pub genesys_token_secret: String,
    /// Secret of the Salesforce credentials.
    pub salesforce_credentials_secret: String,
    /// Secret the Salesforce token is kept in.
    pub salesforce_token_secret: String,
}

/// The function, with everything it needs.
#[derive(Debug)]
pub struct Refresher<S> {
    config: Config,
    genesys_login_url: String,
    secrets: S,
    connections: Connections,
}

impl<S: SecretStore> Refresher<S> {
    /// Over a store of secrets and a connection pool. The region is checked here, before any secret is read.
    pub fn new(config: Config, secrets: S, connections: Connections) -> Result<Self, RefreshError> {
        let region = Region::parse(&config.genesys_region)?;
        let genesys_login_url = match &config.genesys_login_url {
            Some(url) if is_loopback(url) => url.clone(),
            Some(_) => return Err(RefreshError::Override),
            None => region.login_url(),
        };
        Ok(Self {
            config,
            genesys_login_url,
            secrets,
            connections,
        })
    }

    /// Keeps the token if it still lives long enough and was not refused, else puts a new one in its place.
    pub async fn run(
        &self,
        request: RefreshRequest,
        deadline: Deadline,
    ) -> Result<RefreshOutcome, RefreshError> {
        let source = request.source;
        let (credentials, token) = match source {
            Source::Genesys => (
                &self.config.genesys_credentials_secret,
                &self.config.genesys_token_secret,
            ),
            Source::Salesforce => (
                &self.config.salesforce_credentials_secret,
                &self.config.salesforce_token_secret,
            ),
        };
        let may_keep = !request.refused || self.rotates(source, credentials).await?;
        if may_keep
            && let Some(expires_at) = self
                .present(source, token, request.refused, deadline.now())
                .await?
        {
            tracing::info!(%source, %expires_at, "Kept the {source} token, it lives until {expires_at}");
            return Ok(RefreshOutcome {
                source,
                expires_at,
                renewed: false,
            });
        }
        let renewed = match source {
            Source::Genesys => self.genesys(credentials, deadline).await?,
            Source::Salesforce => self.salesforce(credentials, deadline).await?,
        };
        self.write(token, &renewed).await?;
        let expires_at = renewed.expires_at;
        tracing::info!(%source, %expires_at, "Renewed the {source} token, it lives until {expires_at}");
        Ok(RefreshOutcome {
            source,
            expires_at,
            renewed: true,
        })
    }

    /// Whether a renewal uses up the refresh token. Several workers that meet the same refused token ask for a renewal one soon
    /// after the other; with single-use refresh tokens the second one would revoke everything, so it takes what the first one
    /// got. Two that overlap within one call to the login host are not kept apart: Secrets Manager has no compare-and-set.
    async fn rotates(&self, source: Source, secret: &str) -> Result<bool, RefreshError> {
        if source == Source::Genesys {
            return Ok(false);
        }
        let value = self.secrets.read(secret).await?;
        Ok(Credentials::parse(secret, &value)?.flow() == "refresh_token")
    }

    /// Until when the present token lives, if it can be used and lives long enough. A secret without a token (a new
    /// deployment) is none.
    async fn present(
        &self,
        source: Source,
        secret: &str,
        was_refused: bool,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, RefreshError> {
        let value = match self.secrets.read(secret).await {
            Ok(value) => value,
            Err(error) if error.kind() == Kind::Invalid => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ok(token) = Token::deserialize(&value) else {
            return Ok(None);
        };
        let has_host = token
            .instance_url
            .is_some_and(|url| check_host("instance_url", &url).is_ok());
        let is_usable = !token.access_token.expose_secret().is_empty()
            && (source == Source::Genesys || has_host)
            && token.expires_at.duration_since(now) >= KEEP_FOR
            && (!was_refused
                || token
                    .issued_at
                    .is_some_and(|issued_at| now.duration_since(issued_at) < JUST_RENEWED));
        Ok(is_usable.then_some(token.expires_at))
    }

    async fn genesys(&self, secret: &str, deadline: Deadline) -> Result<Token, RefreshError> {
        let credentials = self.secrets.read(secret).await?;
        let client_id = key(secret, &credentials, "client_id")?;
        let client_secret = SecretString::from(key(secret, &credentials, "client_secret")?);
        let asked_at = deadline.now();
        let grant = genesys::api::client_credentials(
            self.connections.clone(),
            &self.genesys_login_url,
            &client_id,
            &client_secret,
            deadline,
        )
        .await
        .map_err(|cause| RefreshError::Genesys {
            secret: secret.to_owned(),
            cause: Box::new(cause),
        })?;
        Ok(Token {
            access_token: grant.access_token,
            expires_at: asked_at
                .checked_add(grant.expires_in)
                .unwrap_or(Timestamp::MAX),
            issued_at: Some(asked_at),
            instance_url: None,
        })
    }

    async fn salesforce(&self, secret: &str, deadline: Deadline) -> Result<Token, RefreshError> {
        let mut value = self.secrets.read(secret).await?;
        let credentials = Credentials::parse(secret, &value)?;
        let granted = credentials
            .authorize(self.connections.clone(), deadline)
            .await
            .map_err(|cause| RefreshError::Salesforce {
                secret: secret.to_owned(),
                cause: Box::new(cause),
            })?;
        // A new refresh token means that the old one is dead: it is kept before anything else can fail.
        if let Some(successor) = &granted.refresh_token
            && value["refresh_token"].as_str() != Some(successor.expose_secret())
        {
            value["refresh_token"] = successor.expose_secret().into();
            self.secrets.write(secret, &value).await.map_err(|cause| {
                RefreshError::RotationLost {
                    secret: secret.to_owned(),
                    cause,
                }
            })?;
            tracing::info!("Kept the Salesforce refresh token that replaces the one used");
        }
        Ok(Token {
            access_token: granted.access_token,
            expires_at: granted.expires_at,
            issued_at: Some(deadline.now()),
            instance_url: Some(granted.instance_url),
        })
    }

    async fn write(&self, secret: &str, token: &Token) -> Result<(), RefreshError> {
        let mut value = serde_json::json!({
            "access_token": token.access_token.expose_secret(),
            "expires_at": token.expires_at,
        });
        if let Some(issued_at) = token.issued_at {
            value["issued_at"] = issued_at.to_string().into();
        }
        if let Some(instance_url) = &token.instance_url {
            value["instance_url"] = instance_url.as_str().into();
        }
        Ok(self.secrets.write(secret, &value).await?)
    }
}

/// A text of the Genesys credentials.
fn key(secret: &str, credentials: &Value, key: &'static str) -> Result<String, RefreshError> {
    let refuse = |rule| {
        Err(RefreshError::Key {
            secret: secret.to_owned(),
            key,
            rule,
        })
    };
    match &credentials[key] {
        Value::Null => refuse("is missing"),
        Value::String(text) if text.trim().is_empty() => refuse("is empty"),
        Value::String(text) => Ok(text.trim().to_owned()),
        _ => refuse("must be a text"),
    }
}
