//! Secrets Manager: credentials and tokens as JSON. No value of a secret reaches a log or an error text.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata};
use jiff::Timestamp;
use model::{Classify, Kind};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager refused or could not be reached.
    #[error("secret {id}: {action} failed: {cause}")]
    Store {
        /// Name or ARN of the secret.
        id: String,
        /// `reading` or `writing`.
        action: &'static str,
        /// What Secrets Manager said.
        cause: String,
        /// Whether a repetition may help.
        is_transient: bool,
    },
    /// The secret's text is not what is expected. The text itself is not shown.
    #[error("secret {id}: {rule}; put a JSON object as README.md, Deploying, shows")]
    Content {
        /// Name or ARN of the secret.
        id: String,
        /// What is wrong: `missing key client_id`.
        rule: String,
    },
}

impl Classify for SecretError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store {
                is_transient: true, ..
            } => Kind::Transient,
            _ => Kind::Invalid,
        }
    }
}

/// What `refresh-token` writes and the extract functions read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// The bearer token.
    #[serde(serialize_with = "expose")]
    pub access_token: SecretString,
    /// Until when it is taken to live.
    pub expires_at: Timestamp,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    /// Salesforce: base URL of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_url: Option<String>,
}

/// Writing a token into its secret is the one place where its text is needed.
fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// Reads and writes secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// Over the account the configuration names.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
        }
    }

    /// The secret's JSON as `T`.
    pub async fn read<T: DeserializeOwned>(&self, id: &str) -> Result<T, SecretError> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .map_err(|error| {
                store_error(
                    id,
                    "reading",
                    error.code(),
                    &DisplayErrorContext(&error).to_string(),
                )
            })?;
        parse(id, answer.secret_string().unwrap_or_default())
    }

    /// Replaces the secret's text by `value` as JSON.
    pub async fn write<T: Serialize + Sync>(&self, id: &str, value: &T) -> Result<(), SecretError> {
        let text = serde_json::to_string(value).map_err(|_| SecretError::Content {
            id: id.to_owned(),
            rule: "cannot be written as JSON".to_owned(),
        })?;
        self.client
            .put_secret_value()
            .secret_id(id)
            .secret_string(text)
            .send()
            .await
            .map_err(|error| {
                store_error(
                    id,
                    "writing",
                    error.code(),
                    &DisplayErrorContext(&error).to_string(),
                )
            })?;
        Ok(())
    }
}

fn store_error(id: &str, action: &'static str, code: Option<&str>, context: &str) -> SecretError {
    let is_transient = match code {
        None => true, // no answer at all
        Some(code) => code.contains("Throttl") || code.contains("InternalService"),
    };
    let cause = code.map_or_else(|| context.chars().take(300).collect(), ToOwned::to_owned);
    SecretError::Store {
        id: id.to_owned(),
        action,
        cause,
        is_transient,
    }
}

/// Parses without ever quoting the text: serde's own message may show a value, so only the shape of the problem is kept.
fn parse<T: DeserializeOwned>(id: &str, text: &str) -> Result<T, SecretError> {
    let content = |rule: String| SecretError::Content {
        id: id.to_owned(),
        rule,
    };
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|_| content("is not JSON".to_owned()))?;
    if !value.is_object() {
        return Err(content("is not a JSON object".to_owned()));
    }
    T::deserialize(value).map_err(|error| {
        let message = error.to_string();
        let rule = message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next())
            .map_or_else(
                || "a key has the wrong form".to_owned(),
                |key| format!("missing key {key}"),
            );
        content(rule)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_named_and_no_value_is_shown() {
        let error =
            parse::<Token>("tributary/genesys/token", r#"{"access_token":"s3cr3t"}"#).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("missing key expires_at") && !text.contains("s3cr3t"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_value_is_not_quoted() {
        let error =
            parse::<Token>("t", r#"{"access_token":"a","expires_at":"s3cr3t"}"#).unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"));
    }

    #[test]
    fn a_token_does_not_print() {
        let token: Token = serde_json::from_str(
            r#"{"access_token":"s3cr3t","expires_at":"2026-01-05T00:00:00Z"}"#,
        )
        .unwrap();
        assert!(!format!("{token:?}").contains("s3cr3t"));
        assert!(serde_json::to_string(&token).unwrap().contains("s3cr3t"));
    }
}
