//! The Salesforce REST API, and records turned into rows.
//!
//! - [`Credentials`] asks for an access token, in one of three OAuth flows.
//! - [`Api`] pages through `queryAll` and hands out every record's JSON as it came.
//! - [`Record`] and [`Mapping`] make a staging row of such a record, as the settings say.

mod api;
mod credentials;
mod host;
mod jwt;
mod limits;
mod mapping;
mod oauth;
mod record;
mod soql;

pub use api::{Api, ApiError, Page};
pub use credentials::{Credentials, CredentialsError};
pub use host::{HostError, check_host};
pub use jwt::{KeyError, SigningKey};
pub use limits::Usage;
pub use mapping::{Mapping, MappingError};
pub use oauth::{Granted, OAuthError, TOKEN_LIFE};
pub use record::Record;
pub use soql::{Select, SoqlError, literal};
