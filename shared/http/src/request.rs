//! One call: method, path, query, body, and whether it may be sent twice.

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use std::fmt;

/// How the call proves who is calling.
#[derive(Clone)]
pub(crate) enum Authentication {
    /// The client's bearer token.
    Bearer,
    /// HTTP Basic: a login.
    Basic {
        user: String,
        password: SecretString,
    },
    /// None, or within the body: a login.
    Nothing,
}

#[derive(Clone)]
pub(crate) enum Body {
    Empty,
    Json(Vec<u8>),
    Form(Vec<(String, SecretString)>),
}

/// One call to a source.
///
/// Its `Debug` and every error show method and path alone: a query string, a body and a secret never leave it.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) authentication: Authentication,
    pub(crate) is_repeatable: bool,
}

impl Request {
    fn new(method: Method, path: impl Into<String>, body: Body, is_repeatable: bool) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body,
            authentication: Authentication::Bearer,
            is_repeatable,
        }
    }

    /// A read. `path` is absolute and may carry a query string, as the "next page" links of the sources do.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Body::Empty, true)
    }

    /// A POST with a JSON body; not repeated unless [`Request::repeatable`] says that it only reads.
    pub fn post_json(path: impl Into<String>, body: &impl Serialize) -> Self {
        // The bodies sent here are structs and `json!` values with text keys: writing them cannot fail.
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        Self::new(Method::POST, path, Body::Json(bytes), false)
    }

    /// A POST of a form, as logins take it. Values are secrets until they are sent. Sent without the bearer token.
    pub fn post_form<K: Into<String>, V: Into<String>>(
        path: impl Into<String>,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let fields = fields
            .into_iter()
            .map(|(key, value)| (key.into(), SecretString::from(value.into())))
            .collect();
        let mut request = Self::new(Method::POST, path, Body::Form(fields), false);
        request.authentication = Authentication::Nothing;
        request
    }

    /// A PATCH with a JSON body. It names the state to end in, so it may be repeated.
    pub fn patch_json(path: impl Into<String>, body: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        Self::new(Method::PATCH, path, Body::Json(bytes), true)
    }

    /// A DELETE. Deleting twice ends in the same state, so it may be repeated.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, Body::Empty, true)
    }

    /// One query parameter; it is percent-encoded here.
    #[must_use]
    pub fn query(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// One more header, which must not be a secret.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// This call only reads (a query sent by POST): it may be sent again.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }

    /// HTTP Basic in place of the bearer token.
    #[must_use]
    pub fn basic(mut self, user: &str, password: &SecretString) -> Self {
        self.authentication = Authentication::Basic {
            user: user.to_owned(),
            password: password.clone(),
        };
        self
    }

    /// The secrets this call carries by itself.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let password = match &self.authentication {
            Authentication::Basic { password, .. } => Some(password),
            _ => None,
        };
        let fields: &[(String, SecretString)] = match &self.body {
            Body::Form(fields) => fields,
            _ => &[],
        };
        // `grant_type` and the like are words of the protocol, which a message may well quote.
        let fields = fields.iter().filter(|(key, _)| {
            key.contains("secret") || key.contains("token") || key == "assertion"
        });
        password.into_iter().chain(fields.map(|(_, value)| value))
    }

    /// `POST /api/v2/…`, without the query string.
    pub fn operation(&self) -> String {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation())
    }
}
