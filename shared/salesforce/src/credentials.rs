//! The credentials secret, checked key by key before anything is sent.

use crate::host::{HostError, check_host};
use crate::jwt::{KeyError, SigningKey};
use model::{Classify, Kind};
use secrecy::SecretString;
use serde_json::Value;

/// What an integration needs to ask for an access token. Nothing of it prints but host and flow.
#[derive(Debug)]
pub struct Credentials {
    pub(crate) login_url: String,
    pub(crate) client_id: SecretString,
    pub(crate) flow: Flow,
}

/// The OAuth flow and what it alone needs.
#[derive(Debug)]
pub(crate) enum Flow {
    ClientCredentials {
        client_secret: SecretString,
    },
    JwtBearer {
        username: SecretString,
        audience: String,
        key: SigningKey,
    },
    RefreshToken {
        client_secret: Option<SecretString>,
        refresh_token: SecretString,
    },
}

impl Flow {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::ClientCredentials { .. } => "client_credentials",
            Self::JwtBearer { .. } => "jwt_bearer",
            Self::RefreshToken { .. } => "refresh_token",
        }
    }
}

/// Why a credentials secret cannot be used. No value but a host or a flow's name is shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Not an object.
    #[error("secret {secret}: is no JSON object; it needs the keys flow, login_url and client_id")]
    NotAnObject {
        /// Name or ARN of the secret.
        secret: String,
    },
    /// A key is missing, or has no text.
    #[error("secret {secret}: key {key:?} {rule}; {needed}")]
    Key {
        /// Name or ARN of the secret.
        secret: String,
        /// The key.
        key: &'static str,
        /// `is missing`, `must be a text`, `is empty`.
        rule: &'static str,
        /// What must stand in the secret.
        needed: &'static str,
    },
    /// An unknown flow.
    #[error(
        "secret {secret}: flow = {flow:?} is none of client_credentials, jwt_bearer, refresh_token"
    )]
    UnknownFlow {
        /// Name or ARN of the secret.
        secret: String,
        /// As given.
        flow: String,
    },
    /// A host that no secret is sent to.
    #[error("secret {secret}")]
    Host {
        /// Name or ARN of the secret.
        secret: String,
        /// Which and why.
        #[source]
        cause: HostError,
    },
    /// The flow is not served by the general login hosts.
    #[error(
        "secret {secret}: login_url = {login_url:?} does not serve the flow client_credentials; use the organisation's own host, https://<my-domain>.my.salesforce.com"
    )]
    NotMyDomain {
        /// Name or ARN of the secret.
        secret: String,
        /// As given.
        login_url: String,
    },
    /// A key that cannot sign.
    #[error("secret {secret}: private_key {cause}")]
    PrivateKey {
        /// Name or ARN of the secret.
        secret: String,
        /// Why.
        cause: KeyError,
    },
}

impl Classify for CredentialsError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

const ALL: &str = "every flow needs flow, login_url and client_id";
const CLIENT_CREDENTIALS: &str =
    "the flow client_credentials needs login_url, client_id and client_secret";
const JWT_BEARER: &str = "the flow jwt_bearer needs login_url, client_id, username and private_key";
const REFRESH_TOKEN: &str = "the flow refresh_token needs login_url, client_id and refresh_token";

/// Login hosts that serve every organisation.
const GENERAL_HOSTS: [&str; 2] = [
    "https://login.salesforce.com",
    "https://test.salesforce.com",
];

impl Credentials {
    /// Reads the JSON of the secret called `secret`.
    pub fn parse(secret: &str, value: &Value) -> Result<Self, CredentialsError> {
        let owned = || secret.to_owned();
        let object = value
            .as_object()
            .ok_or_else(|| CredentialsError::NotAnObject { secret: owned() })?;
        let find = |key: &'static str, needed: &'static str| {
            let refuse = |rule| CredentialsError::Key {
                secret: owned(),
                key,
                rule,
                needed,
            };
            match object.get(key) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) if text.trim().is_empty() => Err(refuse("is empty")),
                Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
                Some(_) => Err(refuse("must be a text")),
            }
        };
        let need = |key: &'static str, needed: &'static str| {
            find(key, needed)?.ok_or_else(|| CredentialsError::Key {
                secret: owned(),
                key,
                rule: "is missing",
                needed,
            })
        };
        let host = |key: &str, url: &str| {
            check_host(key, url).map_err(|cause| CredentialsError::Host {
                secret: owned(),
                cause,
            })
        };
        let flow = need("flow", ALL)?;
        let login_url = host("login_url", &need("login_url", ALL)?)?;
        let client_id = need("client_id", ALL)?;
        let flow = match flow.as_str() {
            "client_credentials" => {
                if GENERAL_HOSTS.contains(&login_url.as_str()) {
                    return Err(CredentialsError::NotMyDomain {
                        secret: owned(),
                        login_url,
                    });
                }
                Flow::ClientCredentials {
                    client_secret: need("client_secret", CLIENT_CREDENTIALS)?.into(),
                }
            }
            "jwt_bearer" => {
                let key = need("private_key", JWT_BEARER)?.into();
                let key =
                    SigningKey::from_pem(&key).map_err(|cause| CredentialsError::PrivateKey {
                        secret: owned(),
                        cause,
                    })?;
                let audience = match find("audience", JWT_BEARER)? {
                    Some(audience) => host("audience", &audience)?,
                    None => audience_of(&login_url),
                };
                Flow::JwtBearer {
                    username: need("username", JWT_BEARER)?.into(),
                    audience,
                    key,
                }
            }
            "refresh_token" => Flow::RefreshToken {
                client_secret: find("client_secret", REFRESH_TOKEN)?.map(Into::into),
                refresh_token: need("refresh_token", REFRESH_TOKEN)?.into(),
            },
            other => {
                return Err(CredentialsError::UnknownFlow {
                    secret: owned(),
                    flow: other.chars().take(40).collect(),
                });
            }
        };
        Ok(Self {
            login_url,
            client_id: client_id.into(),
            flow,
        })
    }

    /// Where the token is asked for.
    pub fn login_url(&self) -> &str {
        &self.login_url
    }

    /// `client_credentials`, `jwt_bearer` or `refresh_token`.
    pub const fn flow(&self) -> &'static str {
        self.flow.name()
    }
}

/// The audience of an assertion is a general login host, even where the token is asked for at the organisation's own.
fn audience_of(login_url: &str) -> String {
    if model::region::is_loopback(login_url) || GENERAL_HOSTS.contains(&login_url) {
        login_url.to_owned()
    } else if login_url.contains(".sandbox.my.") {
        GENERAL_HOSTS[1].to_owned()
    } else {
        GENERAL_HOSTS[0].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(secret: &Value) -> String {
        let error = Credentials::parse("tributary/salesforce/credentials", secret).unwrap_err();
        let mut text = error.to_string();
        if let Some(cause) = std::error::Error::source(&error) {
            text = format!("{text}: {cause}");
        }
        assert!(
            !text.contains("hunter2") && !format!("{error:?}").contains("hunter2"),
            "{text}"
        );
        text
    }

    #[test]
    fn every_flow_is_read() {
        let base = json!({"flow": "client_credentials", "login_url": "https://acme.my.salesforce.com/", "client_id": "3MVG9", "client_secret": "hunter2"});
        let credentials = Credentials::parse("s", &base).unwrap();
        assert_eq!(
            (credentials.flow(), credentials.login_url()),
            ("client_credentials", "https://acme.my.salesforce.com")
        );
        assert!(!format!("{credentials:?}").contains("hunter2"));
        let refresh = json!({"flow": "refresh_token", "login_url": "https://login.salesforce.com", "client_id": "3MVG9", "refresh_token": "hunter2"});
        assert_eq!(
            Credentials::parse("s", &refresh).unwrap().flow(),
            "refresh_token"
        );
    }

    #[test]
    fn a_secret_that_cannot_be_used_says_which_key_and_why() {
        let texts = [
            json!("hunter2"),
            json!({"login_url": "https://acme.my.salesforce.com", "client_id": "hunter2"}),
            json!({"flow": "password", "login_url": "https://acme.my.salesforce.com", "client_id": "hunter2"}),
            json!({"flow": "client_credentials", "login_url": "https://acme.my.salesforce.com", "client_id": "hunter2"}),
            json!({"flow": "client_credentials", "login_url": "https://login.salesforce.com", "client_id": "c", "client_secret": "hunter2"}),
            json!({"flow": "client_credentials", "login_url": "https://crm.evil.example", "client_id": "c", "client_secret": "hunter2"}),
            json!({"flow": "jwt_bearer", "login_url": "https://login.salesforce.com", "client_id": "c", "username": "u", "private_key": "hunter2"}),
            json!({"flow": "jwt_bearer", "login_url": "https://login.salesforce.com", "client_id": "c", "username": "u"}),
            json!({"flow": "refresh_token", "login_url": "https://login.salesforce.com", "client_id": "c", "refresh_token": ""}),
            json!({"flow": "refresh_token", "login_url": "https://login.salesforce.com", "client_id": 7, "refresh_token": "hunter2"}),
        ]
        .map(|secret| refusal(&secret));
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn an_assertion_names_a_general_login_host() {
        for (login, audience) in [
            (
                "https://acme.my.salesforce.com",
                "https://login.salesforce.com",
            ),
            (
                "https://acme--uat.sandbox.my.salesforce.com",
                "https://test.salesforce.com",
            ),
            ("https://test.salesforce.com", "https://test.salesforce.com"),
            ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
        ] {
            assert_eq!(audience_of(login), audience);
        }
    }
}
