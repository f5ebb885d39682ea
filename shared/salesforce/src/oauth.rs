//! Asking Salesforce for an access token.

use crate::credentials::{Credentials, Flow};
use crate::host::{HostError, check_host};
use crate::jwt::KeyError;
use jiff::{SignedDuration, Timestamp};
use model::{Classify, Kind};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use source_http::{Client, Connections, Request, Share, SourceError};
use std::fmt;
use step::Deadline;

/// How long a token is taken to live. Salesforce states no lifetime: the organisation's session policy decides, from 15
/// minutes up, 2 hours by default. Half an hour is what Airbyte's connector settled on (airbytehq/airbyte#80788); a
/// token that dies sooner is replaced once a call is refused.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(30);

const TOKEN_PATH: &str = "/services/oauth2/token";

/// What Salesforce handed out.
#[derive(Clone)]
pub struct Granted {
    /// The bearer token.
    pub access_token: SecretString,
    /// Base URL of the organisation, on one of Salesforce's hosts.
    pub instance_url: String,
    /// Refresh-token rotation: the token to use next time. The one used before is dead from now on.
    pub refresh_token: Option<SecretString>,
    /// Until when the access token is taken to live.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("instance_url", &self.instance_url)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// Salesforce refused the credentials, or could not be asked.
    #[error("asking Salesforce for a token with the flow {flow}")]
    Asked {
        /// The flow.
        flow: &'static str,
        /// What it said.
        #[source]
        cause: SourceError,
    },
    /// The assertion could not be signed.
    #[error("the assertion of the flow jwt_bearer: private_key {0}")]
    Key(KeyError),
    /// The answer names a host that is not Salesforce's.
    #[error("Salesforce's answer to the flow {flow} cannot be used")]
    Instance {
        /// The flow.
        flow: &'static str,
        /// Which host and why.
        #[source]
        cause: HostError,
    },
}

impl Classify for OAuthError {
    fn kind(&self) -> Kind {
        match self {
            // Salesforce's own "retry your request", sent as a 400.
            Self::Asked { cause, .. }
                if matches!(
                    cause.code(),
                    Some("unknown_error" | "server_error" | "temporarily_unavailable")
                ) =>
            {
                Kind::Transient
            }
            Self::Asked { cause, .. } => cause.kind(),
            Self::Key(_) | Self::Instance { .. } => Kind::Invalid,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    instance_url: String,
    #[serde(default)]
    refresh_token: Option<SecretString>,
}

impl Credentials {
    /// Asks for a token, once: whether a refresh token was used up by an answer that got lost cannot be known, and using
    /// it twice would revoke everything.
    pub async fn authorize(
        &self,
        connections: Connections,
        deadline: Deadline,
    ) -> Result<Granted, OAuthError> {
        let flow = self.flow.name();
        let now = deadline.now();
        let share = Share {
            requests_per_minute: 60,
            max_in_flight: 1,
        };
        let client = Client::new(connections, &self.login_url, share, deadline, None);
        let request = Request::post_form(TOKEN_PATH, self.form(now).map_err(OAuthError::Key)?);
        let answer = client
            .json::<Answer>(&request)
            .await
            .map_err(|cause| OAuthError::Asked { flow, cause })?
            .value;
        let instance_url = check_host("instance_url", &answer.instance_url)
            .map_err(|cause| OAuthError::Instance { flow, cause })?;
        Ok(Granted {
            access_token: answer.access_token,
            instance_url,
            refresh_token: answer.refresh_token,
            expires_at: now.saturating_add(TOKEN_LIFE).unwrap_or(now),
        })
    }

    fn form(&self, now: Timestamp) -> Result<Vec<(&'static str, String)>, KeyError> {
        let client_id = self.client_id.expose_secret();
        Ok(match &self.flow {
            Flow::ClientCredentials { client_secret } => vec![
                ("grant_type", "client_credentials".to_owned()),
                ("client_id", client_id.to_owned()),
                ("client_secret", client_secret.expose_secret().to_owned()),
            ],
            Flow::JwtBearer {
                username,
                audience,
                key,
            } => {
                let assertion =
                    key.assertion(client_id, username.expose_secret(), audience, now)?;
                vec![
                    (
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned(),
                    ),
                    ("assertion", assertion.expose_secret().to_owned()),
                ]
            }
            Flow::RefreshToken {
                client_secret,
                refresh_token,
            } => {
                let mut form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("client_id", client_id.to_owned()),
                    ("refresh_token", refresh_token.expose_secret().to_owned()),
                ];
                if let Some(secret) = client_secret {
                    form.push(("client_secret", secret.expose_secret().to_owned()));
                }
                form
            }
        })
    }
}
