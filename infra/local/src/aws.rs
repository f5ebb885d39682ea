//! Signed calls to the emulator. Six services in a few calls each: the signature is borrowed from the SDK, the rest is JSON.

use anyhow::{Context, Result, bail};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use std::time::SystemTime;

/// The region everything on the twin lives in.
pub const REGION: &str = "us-east-1";
/// The account everything on the twin belongs to.
pub const ACCOUNT: &str = "000000000000";
/// The key pair of the account's root user on the emulator: not a secret, it opens nothing else.
pub const ACCESS_KEY: &str = "test";
/// See [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "test";

/// The emulator's services.
#[derive(Debug, Clone)]
pub struct Aws {
    endpoint: String,
    http: reqwest::Client,
}

/// What a signed call sends.
struct Call<'a> {
    service: &'a str,
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Aws {
    /// Services behind `endpoint`, `http://127.0.0.1:<port>`.
    pub fn new(endpoint: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_mins(2))
            .build()
            .context("building the HTTP client of the emulator")?;
        Ok(Self {
            endpoint: endpoint.to_owned(),
            http,
        })
    }

    /// Where the emulator answers.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// An S3 client with path-style addresses.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new(REGION))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "twin"))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Step Functions.
    pub async fn states(&self, action: &str, body: &Value) -> Result<Value> {
        self.json("states", "1.0", &format!("AWSStepFunctions.{action}"), body)
            .await
    }

    /// Secrets Manager.
    pub async fn secrets(&self, action: &str, body: &Value) -> Result<Value> {
        self.json(
            "secretsmanager",
            "1.1",
            &format!("secretsmanager.{action}"),
            body,
        )
        .await
    }

    /// CloudWatch Logs.
    pub async fn logs(&self, action: &str, body: &Value) -> Result<Value> {
        self.json("logs", "1.1", &format!("Logs_20140328.{action}"), body)
            .await
    }

    /// SQS.
    pub async fn sqs(&self, action: &str, body: &Value) -> Result<Value> {
        self.json("sqs", "1.0", &format!("AmazonSQS.{action}"), body)
            .await
    }

    /// Lambda's `CreateFunction`.
    pub async fn create_function(&self, body: &Value) -> Result<Value> {
        let answer = self
            .send(Call {
                service: "lambda",
                method: "POST",
                path: "/2015-03-31/functions",
                headers: vec![("content-type", "application/json".to_owned())],
                body: serde_json::to_vec(body)?,
            })
            .await?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// IAM, in the form-encoded protocol; answers XML.
    pub async fn iam(&self, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        self.query("iam", "2010-05-08", action, fields).await
    }

    /// SNS, in the form-encoded protocol; answers XML.
    pub async fn sns(&self, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        self.query("sns", "2010-03-31", action, fields).await
    }

    async fn json(
        &self,
        service: &str,
        version: &str,
        target: &str,
        body: &Value,
    ) -> Result<Value> {
        let answer = self
            .send(Call {
                service,
                method: "POST",
                path: "/",
                headers: vec![
                    ("content-type", format!("application/x-amz-json-{version}")),
                    ("x-amz-target", target.to_owned()),
                ],
                body: serde_json::to_vec(body)?,
            })
            .await?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&answer).with_context(|| format!("{target} did not answer JSON"))
    }

    async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<String> {
        let mut form = vec![("Action", action), ("Version", version)];
        form.extend_from_slice(fields);
        let body = self
            .http
            .post(&self.endpoint)
            .form(&form)
            .build()?
            .body()
            .and_then(reqwest::Body::as_bytes)
            .context("a form has bytes")?
            .to_vec();
        self.send(Call {
            service,
            method: "POST",
            path: "/",
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body,
        })
        .await
    }

    async fn send(&self, call: Call<'_>) -> Result<String> {
        let Call {
            service,
            method,
            path,
            headers,
            body,
        } = call;
        let url = format!("{}{path}", self.endpoint);
        let identity = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "twin").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableRequest::new(
            method,
            &url,
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(&body),
        )?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let mut request = self
            .http
            .request(reqwest::Method::from_bytes(method.as_bytes())?, &url);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        let what = headers
            .iter()
            .find(|(name, _)| *name == "x-amz-target")
            .map_or_else(|| format!("{service} {path}"), |(_, target)| target.clone());
        let response = request
            .body(body)
            .send()
            .await
            .with_context(|| format!("calling {what} on the emulator"))?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{what} answered {status}: {text}");
        }
        Ok(text)
    }
}

/// The text between `<tag>` and `</tag>`: all that is needed of IAM's and SNS's XML.
pub fn xml_text<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{tag}>"))? + tag.len() + 2;
    let end = xml[start..].find(&format!("</{tag}>"))? + start;
    Some(&xml[start..end])
}
