//! What a source says about a refusal, in any of the shapes it may come in.

use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::fmt;

/// The vendor's words about a failed call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vendor {
    /// Its message, shortened, or what came in its place (`an HTML page`).
    pub message: String,
    /// Its error code: `bad.request`, `INVALID_FIELD`, `invalid_client`.
    pub code: Option<String>,
    /// What its support asks for.
    pub correlation_id: Option<String>,
}

/// Long enough for every documented message, short enough that no body fits in it.
const MESSAGE_CHARS: usize = 600;

/// Genesys `ErrorBody`, OAuth's error object and the elements of Salesforce's array, laid over each other.
#[derive(Deserialize)]
struct ErrorObject {
    message: Option<String>,
    code: Option<String>,
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
    #[serde(rename = "contextId")]
    context_id: Option<String>,
    error: Option<serde_json::Value>,
    error_description: Option<String>,
    description: Option<String>,
    #[serde(rename = "messageWithParams")]
    message_with_params: Option<String>,
}

impl Vendor {
    /// Reads an error's headers and body. Never fails: a body that is no error object is described, not quoted.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let mut vendor = parse(body).unwrap_or_else(|| Self {
            message: shape(body).to_owned(),
            ..Self::default()
        });
        let header = headers
            .get("inin-correlation-id")
            .and_then(|value| value.to_str().ok());
        vendor.correlation_id = header.map(clean).or(vendor.correlation_id);
        vendor
    }

    /// A failure that is ours to describe.
    pub(crate) fn said(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// Takes `secret` out of the text, should a source ever quote it.
    pub(crate) fn redact(&mut self, secret: &str) {
        if secret.len() >= 4 && self.message.contains(secret) {
            self.message = self.message.replace(secret, "***");
        }
    }
}

fn parse(body: &[u8]) -> Option<Vendor> {
    let object: ErrorObject = match body.trim_ascii_start().first()? {
        b'{' => serde_json::from_slice(body).ok()?,
        b'[' => serde_json::from_slice::<Vec<ErrorObject>>(body)
            .ok()?
            .into_iter()
            .next()?,
        _ => return None,
    };
    let error = object
        .error
        .and_then(|error| error.as_str().map(ToOwned::to_owned));
    let message = object
        .message
        .or(object.message_with_params)
        .or(object.error_description)
        .or(object.description)
        .or_else(|| error.clone());
    let code = object.code.or(object.error_code).or(error);
    if message.is_none() && code.is_none() {
        return None;
    }
    Some(Vendor {
        message: clean(&message.unwrap_or_default()),
        code: code.as_deref().map(clean),
        correlation_id: object.context_id.as_deref().map(clean),
    })
}

fn shape(body: &[u8]) -> &'static str {
    match body.trim_ascii_start().first() {
        None => "an empty body",
        Some(b'<') => "an HTML page",
        Some(b'{' | b'[') => "JSON without a message",
        Some(_) => "a body that is no JSON",
    }
}

/// One line, without control characters, of bounded length.
fn clean(text: &str) -> String {
    let mut line = String::new();
    for (chars, char) in text.trim().chars().enumerate() {
        if chars == MESSAGE_CHARS {
            line.push('…');
            break;
        }
        let char = if char.is_control() { ' ' } else { char };
        if char != ' ' || !line.ends_with(' ') {
            line.push(char);
        }
    }
    line
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (&self.code, &self.correlation_id) {
            (Some(code), Some(id)) => write!(f, " (code {code}, correlation id {id})"),
            (Some(code), None) => write!(f, " (code {code})"),
            (None, Some(id)) => write!(f, " (correlation id {id})"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> String {
        Vendor::read(&HeaderMap::new(), body.as_bytes()).to_string()
    }

    #[test]
    fn every_shape_of_error_is_understood() {
        let shapes = [
            r#"{"message":"Pagination may not exceed 100000 results.\n\nTip: slice","code":"bad.request","status":400,"contextId":"c-1","details":[],"errors":[]}"#,
            r#"[{"message":"No such column 'X__c'","errorCode":"INVALID_FIELD"}]"#,
            r#"{"error":"invalid_client","error_description":"client not found"}"#,
            r#"{"error":"invalid_grant"}"#,
            "<html><body>Bad gateway</body></html>",
            "",
            "upstream connect error",
            r#"{"status":500}"#,
            r#"{"message":"cut off"#,
        ];
        insta::assert_snapshot!(shapes.map(read).join("\n"), @r"
        Pagination may not exceed 100000 results. Tip: slice (code bad.request, correlation id c-1)
        No such column 'X__c' (code INVALID_FIELD)
        client not found (code invalid_client)
        invalid_grant (code invalid_grant)
        an HTML page
        an empty body
        a body that is no JSON
        JSON without a message
        JSON without a message
        ");
    }

    #[test]
    fn a_message_stays_one_short_line() {
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5000));
        assert_eq!(read(&long).chars().count(), MESSAGE_CHARS + 1);
        assert_eq!(read("{\"message\":\"a\\r\\n\\tb\"}"), "a b");
    }
}
