//! The operations of the Platform API that extraction uses. Every call goes through [`source_http::Client::send`].

mod aggregates;
mod contacts;
mod download;
mod job;
mod listing;
mod login;
mod page;
mod query;
mod workforce;

pub use crate::contact::{Contact, ContactSources};
pub use contacts::Resolved;
pub use download::{AdherenceFile, DownloadUrl, Downloads};
pub use job::{JobState, Waited};
pub use login::{Grant, client_credentials};
pub use page::Page;
pub use workforce::{AdherenceJob, AdherenceState, ManagementUnit};

use crate::query::QueryError;
use source_http::{Client, Request, SourceError};

/// The Platform API for one invocation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
}

impl Api {
    /// Over a client of `https://api.<region>` with a token.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// The client underneath: its count of calls and its deadline.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    async fn page(&self, request: &Request) -> Result<Page, SourceError> {
        Ok(self.client.send(request, Page::read).await?.value)
    }
}

/// Whether an id may become part of a path: an answer must not be able to lead a call elsewhere.
fn is_path_part(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn path_part<'a>(what: &str, id: &'a str) -> Result<&'a str, SourceError> {
    if is_path_part(id) {
        return Ok(id);
    }
    let shown: String = id.chars().take(60).collect();
    Err(SourceError::invalid(
        what,
        format!("{shown:?} is no id: letters, digits, '-' and '_' only"),
    ))
}

/// A query that was refused before it was sent.
fn refused(path: &str, error: &QueryError) -> SourceError {
    SourceError::invalid(format!("POST {path}"), error.to_string())
}
