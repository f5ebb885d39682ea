//! A token for client credentials.

use secrecy::SecretString;
use serde::Deserialize;
use source_http::{Client, Connections, Request, Share, SourceError};
use std::time::Duration;
use step::Deadline;

/// What the login host grants.
#[derive(Debug)]
pub struct Grant {
    /// The bearer token.
    pub access_token: SecretString,
    /// Its life from now on.
    pub expires_in: Duration,
}

#[derive(Deserialize)]
struct Reply {
    access_token: Option<SecretString>,
    expires_in: Option<u64>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Asks the login host (`https://login.<region>`) for a token: HTTP Basic, a form. Refused credentials are `Invalid`.
pub async fn client_credentials(
    connections: Connections,
    login_url: &str,
    client_id: &str,
    client_secret: &SecretString,
    deadline: Deadline,
) -> Result<Grant, SourceError> {
    let share = Share {
        requests_per_minute: 60,
        max_in_flight: 1,
    };
    let client = Client::new(connections, login_url, share, deadline, None);
    let request = Request::post_form("/oauth/token", [("grant_type", "client_credentials")])
        .basic(client_id, client_secret);
    let operation = request.operation();
    let reply: Reply = client.json(&request).await?.value;
    if let Some(error) = reply.error {
        let text = reply.error_description.unwrap_or_default();
        return Err(SourceError::invalid(operation, format!("{error}: {text}")));
    }
    match (reply.access_token, reply.expires_in) {
        (Some(access_token), Some(seconds)) => Ok(Grant {
            access_token,
            expires_in: Duration::from_secs(seconds),
        }),
        (None, _) => Err(SourceError::transient(
            operation,
            "the answer has no access_token",
        )),
        (_, None) => Err(SourceError::transient(
            operation,
            "the answer has no expires_in",
        )),
    }
}
