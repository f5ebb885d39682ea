//! The operations of the Platform API that extraction uses. Every call goes through [`source_http::Client::send`].

mod contacts;
mod job;
mod listing;
mod login;
mod page;
mod query;

pub use contacts::{Contact, ContactSources, Resolved};
pub use job::{JobState, Waited};
pub use login::{Grant, client_credentials};
pub use page::Page;

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
