//! One bucket.

use crate::LandingError;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Key.
    pub key: String,
    /// Size.
    pub bytes: u64,
}

/// What a link should be.
#[derive(Debug, Clone, Copy)]
pub struct LinkRequest<'a> {
    /// The object.
    pub key: &'a str,
    /// Life asked for, at most 7 days.
    pub life: Duration,
    /// `text/html; charset=utf-8`, …
    pub content_type: &'a str,
    /// File name a browser saves it under.
    pub file_name: &'a str,
    /// Shown in the browser (`true`) or saved (`false`).
    pub inline: bool,
    /// The present instant.
    pub now: Timestamp,
}

/// A presigned GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address. Whoever has it can read the object: never log it.
    pub url: String,
    /// The true end of its life: the earlier of what was asked and what the signing credentials allow.
    pub expires_at: Timestamp,
}

/// Session credentials that do not tell their own end (a Lambda's environment) are taken to live this long: the shortest
/// session AWS STS grants a role by default (`AssumeRole`, `DurationSeconds`: 3600).
const UNTOLD_SESSION: Duration = Duration::from_hours(1);

/// One bucket, and the credentials that sign its links.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    bucket: String,
    credentials: Option<SharedCredentialsProvider>,
}

impl Store {
    /// The bucket behind `client`.
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self {
            client,
            bucket: bucket.into(),
            credentials: None,
        }
    }

    /// The credentials `client` signs with: their end bounds the life of links.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Option<SharedCredentialsProvider>) -> Self {
        self.credentials = credentials;
        self
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    fn error<E, R>(&self, action: &'static str, key: &str, error: &SdkError<E, R>) -> LandingError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let code = error.code();
        let is_transient = match code {
            None => true, // no answer at all
            Some(code) => [
                "SlowDown",
                "InternalError",
                "ServiceUnavailable",
                "RequestTimeout",
                "ConditionalRequestConflict",
            ]
            .contains(&code),
        };
        let cause = code.map_or_else(|| DisplayErrorContext(error).to_string(), ToOwned::to_owned);
        LandingError::Store {
            action,
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            cause: cause.chars().take(400).collect(),
            is_transient,
        }
    }

    /// The error for an object that should be there.
    pub fn missing(&self, key: &str) -> LandingError {
        LandingError::Store {
            action: "reading",
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            cause: "NoSuchKey".to_owned(),
            is_transient: false,
        }
    }

    /// An object's bytes; `None` when there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LandingError> {
        Ok(self.get_tagged(key).await?.map(|(bytes, _)| bytes))
    }

    /// An object's bytes and its entity tag.
    pub(crate) async fn get_tagged(
        &self,
        key: &str,
    ) -> Result<Option<(Vec<u8>, String)>, LandingError> {
        let answer = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(self.error("reading", key, &error)),
        };
        let tag = answer.e_tag().unwrap_or_default().to_owned();
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| LandingError::Store {
                action: "reading",
                bucket: self.bucket.clone(),
                key: key.to_owned(),
                cause: error.to_string(),
                is_transient: true,
            })?;
        Ok(Some((bytes.to_vec(), tag)))
    }

    /// Writes an object, replacing what is there.
    pub async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<(), LandingError> {
        self.put_request(key, bytes, content_type)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| self.error("writing", key, &error))
    }

    /// Writes an object unless one is there; `false` when one is.
    pub async fn put_new(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<bool, LandingError> {
        Ok(self.put_if(key, bytes, content_type, None).await?.is_some())
    }

    /// Compare-and-set: replaces the object only if it still has `tag` (or does not exist, for `None`). The new tag, or
    /// `None` when someone else was faster.
    pub(crate) async fn put_if(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
        tag: Option<&str>,
    ) -> Result<Option<String>, LandingError> {
        let request = self.put_request(key, bytes, content_type);
        let request = match tag {
            Some(tag) => request.if_match(tag),
            None => request.if_none_match("*"),
        };
        match request.send().await {
            Ok(answer) => Ok(Some(answer.e_tag().unwrap_or_default().to_owned())),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(None),
            Err(error) => Err(self.error("writing", key, &error)),
        }
    }

    fn put_request(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(bytes))
    }

    /// Every object whose key begins with `prefix`, in key order.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, LandingError> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let answer = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|error| self.error("listing", prefix, &error))?;
            objects.extend(answer.contents().iter().filter_map(|object| {
                let bytes = u64::try_from(object.size().unwrap_or(0)).unwrap_or(0);
                Some(Object {
                    key: object.key()?.to_owned(),
                    bytes,
                })
            }));
            token = answer.next_continuation_token().map(ToOwned::to_owned);
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// A JSON object as `T`; `None` when there is none. `expected` names it in the error.
    pub async fn read_json<T: DeserializeOwned>(
        &self,
        key: &str,
        expected: &'static str,
    ) -> Result<Option<T>, LandingError> {
        let Some(bytes) = self.get(key).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|cause| LandingError::Content {
                bucket: self.bucket.clone(),
                key: key.to_owned(),
                expected,
                cause,
            })
    }

    /// Writes `value` as JSON, replacing what is there.
    pub async fn write_json<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), LandingError> {
        self.put(key, self.json(key, value)?, "application/json")
            .await
    }

    /// `value` as JSON bytes.
    pub(crate) fn json<T: Serialize>(&self, key: &str, value: &T) -> Result<Vec<u8>, LandingError> {
        serde_json::to_vec(value).map_err(|cause| LandingError::Content {
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            expected: "a value JSON can hold",
            cause,
        })
    }

    /// Signs a link. A browser that follows it gets the content type and file name asked for.
    pub async fn presign(&self, request: LinkRequest<'_>) -> Result<Link, LandingError> {
        let LinkRequest {
            key,
            life,
            content_type,
            file_name,
            inline,
            now,
        } = request;
        let signing = |cause: String| LandingError::Store {
            action: "signing",
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            cause,
            is_transient: false,
        };
        let disposition = if inline { "inline" } else { "attachment" };
        let config =
            PresigningConfig::expires_in(life).map_err(|error| signing(error.to_string()))?;
        let signed = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_type(content_type)
            .response_content_disposition(format!("{disposition}; filename=\"{file_name}\""))
            .presigned(config)
            .await
            .map_err(|error| self.error("signing", key, &error))?;
        let asked = now
            .checked_add(life)
            .map_err(|error| signing(error.to_string()))?;
        let allowed = self.credentials_end(now).await;
        Ok(Link {
            url: signed.uri().to_owned(),
            expires_at: allowed.map_or(asked, |end| end.min(asked)),
        })
    }

    /// When the signing credentials end, as far as they tell.
    async fn credentials_end(&self, now: Timestamp) -> Option<Timestamp> {
        let credentials = self
            .credentials
            .as_ref()?
            .provide_credentials()
            .await
            .ok()?;
        match credentials.expiry() {
            Some(end) => Timestamp::try_from(end).ok(),
            None if credentials.session_token().is_some() => now.checked_add(UNTOLD_SESSION).ok(),
            None => None,
        }
    }
}
