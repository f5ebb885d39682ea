//! The Salesforce REST and Bulk APIs, and records turned into rows.
//!
//! - [`Credentials`] asks for an access token, in one of three OAuth flows.
//! - [`Api`] pages through `queryAll`, hands out every record's JSON as it came, and runs bulk query jobs, whose CSV becomes
//!   the same JSON.
//! - [`Record`] or a bulk [`Row`], and [`Mapping`], make a staging row of a record, as the settings say.
//! - [`drift`] compares what Salesforce [describes](Api::describe) with the settings and with what it said before.

mod api;
mod bulk;
mod credentials;
mod csv;
mod describe;
pub mod drift;
mod error;
mod host;
mod jwt;
mod layout;
mod limits;
mod mapping;
mod oauth;
mod record;
mod soql;

pub use api::{Api, Page};
pub use bulk::{Job, JobInfo, JobPage, JobState};
pub use credentials::{Credentials, CredentialsError};
pub use csv::PageFault;
pub use describe::{Catalog, Description, FieldDescription};
pub use error::ApiError;
pub use host::{HostError, check_host};
pub use jwt::{KeyError, SigningKey};
pub use layout::Row;
pub use limits::Usage;
pub use mapping::{Mapping, MappingError};
pub use oauth::{Granted, OAuthError, TOKEN_LIFE};
pub use record::{Columns, Field, JsonKind, Record, Values};
pub use soql::{Select, SoqlError, literal};
