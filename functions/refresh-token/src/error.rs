//! Why there is no token.

use model::region::UnknownRegion;
use model::{Classify, Kind};
use salesforce::{CredentialsError, OAuthError};
use source_http::SourceError;
use step::secrets::SecretError;

/// Why there is no token. No text holds a credential or a token.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// `GENESYS_REGION` is none.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// `GENESYS_LOGIN_URL` leads to another machine.
    #[error(
        "GENESYS_LOGIN_URL is set and does not point at this machine: the override is for the local twin; remove it, the region decides the host"
    )]
    Override,
    /// Secrets Manager, or a secret's form.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A key of the Genesys credentials.
    #[error("secret {secret}: key {key:?} {rule}; Genesys needs client_id and client_secret")]
    Key {
        /// Name or ARN of the secret.
        secret: String,
        /// The key.
        key: &'static str,
        /// `is missing`, `must be a text`, `is empty`.
        rule: &'static str,
    },
    /// The Salesforce credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Genesys refused, or could not be asked.
    #[error("asking Genesys Cloud for a token with the credentials of secret {secret}")]
    Genesys {
        /// Name or ARN of the secret.
        secret: String,
        /// What it said.
        #[source]
        cause: Box<SourceError>,
    },
    /// Salesforce refused, or could not be asked.
    #[error("using the credentials of secret {secret}")]
    Salesforce {
        /// Name or ARN of the secret.
        secret: String,
        /// What it said.
        #[source]
        cause: Box<OAuthError>,
    },
    /// The refresh token has been replaced, and its successor is lost. Asking again with the old one would revoke every
    /// token of the integration.
    #[error(
        "Salesforce replaced the refresh token and the new one could not be kept, so the one in secret {secret} is used up; authorise the integration again and put its refresh_token there"
    )]
    RotationLost {
        /// Name or ARN of the secret.
        secret: String,
        /// Why it could not be kept.
        #[source]
        cause: SecretError,
    },
}

impl Classify for RefreshError {
    fn kind(&self) -> Kind {
        match self {
            Self::Region(_) | Self::Override | Self::Key { .. } | Self::RotationLost { .. } => {
                Kind::Invalid
            }
            Self::Secret(cause) => cause.kind(),
            Self::Credentials(cause) => cause.kind(),
            Self::Genesys { cause, .. } => cause.kind(),
            Self::Salesforce { cause, .. } => cause.kind(),
        }
    }
}
