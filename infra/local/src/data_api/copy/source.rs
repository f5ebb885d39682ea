//! Where COPY reads its objects from.

use std::future::Future;
use std::pin::Pin;

use anyhow::Context as _;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;

/// What a source promises to answer.
pub type SourceFuture<'a, T> = Pin<Box<dyn Future<Output = anyhow::Result<T>> + Send + 'a>>;

/// Objects by bucket and key: S3, or a map in a test.
pub trait ObjectSource: Send + Sync + 'static {
    /// The bytes of an object; `None` if there is none.
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> SourceFuture<'a, Option<Vec<u8>>>;

    /// The keys that begin with `prefix`, in order.
    fn list<'a>(&'a self, bucket: &'a str, prefix: &'a str) -> SourceFuture<'a, Vec<String>>;
}

/// S3 itself.
#[derive(Debug, Clone)]
pub struct S3Source(pub Client);

impl ObjectSource for S3Source {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> SourceFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            match self.0.get_object().bucket(bucket).key(key).send().await {
                Ok(object) => {
                    let bytes = object
                        .body
                        .collect()
                        .await
                        .with_context(|| format!("reading s3://{bucket}/{key}"))?;
                    Ok(Some(bytes.to_vec()))
                }
                Err(error) if matches!(error.code(), Some("NoSuchKey" | "NotFound")) => Ok(None),
                Err(error) => {
                    let said = error.message().unwrap_or("no message").to_owned();
                    let code = error.code().unwrap_or("no answer").to_owned();
                    Err(anyhow::Error::new(error)).context(format!(
                        "S3ServiceException:{said},Error {code},s3://{bucket}/{key}"
                    ))
                }
            }
        })
    }

    fn list<'a>(&'a self, bucket: &'a str, prefix: &'a str) -> SourceFuture<'a, Vec<String>> {
        Box::pin(async move {
            let mut pages = self
                .0
                .list_objects_v2()
                .bucket(bucket)
                .prefix(prefix)
                .into_paginator()
                .send();
            let mut keys = Vec::new();
            while let Some(page) = pages.next().await {
                let page = page.with_context(|| format!("listing s3://{bucket}/{prefix}"))?;
                keys.extend(
                    page.contents()
                        .iter()
                        .filter_map(|o| o.key().map(str::to_owned)),
                );
            }
            Ok(keys)
        })
    }
}

/// `s3://bucket/key` in its two parts.
pub(super) fn location(url: &str) -> Option<(&str, &str)> {
    let (bucket, key) = url.strip_prefix("s3://")?.split_once('/')?;
    (!bucket.is_empty() && !key.is_empty()).then_some((bucket, key))
}
