//! As much of S3 and Secrets Manager as the function uses, in memory, on a free port of this machine.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// An entity tag and the bytes it stands for.
type Object = (u64, Vec<u8>);

/// Objects by path (`/bucket/key`).
#[derive(Clone, Default)]
pub struct Objects {
    by_path: Arc<Mutex<BTreeMap<String, Object>>>,
    writes: Arc<AtomicU64>,
}

struct Aws {
    objects: Objects,
    secret: String,
}

impl Respond for Aws {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request.headers.contains_key("x-amz-target") {
            let body = serde_json::json!({"Name": "token", "SecretString": self.secret});
            return ResponseTemplate::new(200)
                .set_body_raw(body.to_string(), "application/x-amz-json-1.1");
        }
        let mut objects = self.objects.by_path.lock().unwrap();
        let path = request.url.path().replace("%3D", "=");
        let present = objects.get(&path);
        match request.method.as_str() {
            "GET" => match present {
                Some((tag, bytes)) => ResponseTemplate::new(200)
                    .insert_header("etag", format!("\"{tag}\""))
                    .set_body_bytes(bytes.clone()),
                None => ResponseTemplate::new(404)
                    .set_body_raw("<Error><Code>NoSuchKey</Code></Error>", "application/xml"),
            },
            "PUT" => {
                self.objects.writes.fetch_add(1, Ordering::Relaxed);
                let header = |name: &str| {
                    request
                        .headers
                        .get(name)
                        .map(|value| value.to_str().unwrap().to_owned())
                };
                let tag = present.map(|(tag, _)| format!("\"{tag}\""));
                let is_taken = header("if-none-match").is_some() && tag.is_some();
                if is_taken || header("if-match").is_some_and(|wanted| Some(wanted) != tag) {
                    return ResponseTemplate::new(412).set_body_raw(
                        "<Error><Code>PreconditionFailed</Code></Error>",
                        "application/xml",
                    );
                }
                let next = objects.values().map(|(tag, _)| tag + 1).max().unwrap_or(1);
                objects.insert(path, (next, request.body.clone()));
                ResponseTemplate::new(200).insert_header("etag", format!("\"{next}\""))
            }
            _ => ResponseTemplate::new(405),
        }
    }
}

impl Objects {
    /// Writes so far.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Starts the server; `secret` is the text of every secret.
    pub async fn serve(&self, secret: &str) -> (MockServer, SdkConfig) {
        let server = MockServer::start().await;
        let aws = Aws {
            objects: self.clone(),
            secret: secret.to_owned(),
        };
        Mock::given(any()).respond_with(aws).mount(&server).await;
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(server.uri())
            .build();
        (server, config)
    }

    /// The objects whose key begins with `folder` and ends with `ending`, unpacked, in order of their keys.
    pub fn texts(&self, folder: &str, ending: &str) -> Vec<(String, String)> {
        let objects = self.by_path.lock().unwrap();
        let found = objects.iter().filter(|(path, _)| {
            path.starts_with(&format!("/bucket/{folder}")) && path.ends_with(ending)
        });
        found
            .map(|(path, (_, bytes))| {
                let mut text = String::new();
                // Two bytes that begin every gzip file.
                if bytes.starts_with(&[0x1f, 0x8b]) {
                    GzDecoder::new(bytes.as_slice())
                        .read_to_string(&mut text)
                        .unwrap();
                } else {
                    text = String::from_utf8(bytes.clone()).unwrap();
                }
                (path.trim_start_matches("/bucket/").to_owned(), text)
            })
            .collect()
    }
}
