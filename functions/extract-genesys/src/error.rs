//! Why a window could not be read.

use crate::Request;
use crate::object::Object;
use genesys::query::QueryError;
use landing::LandingError;
use model::region::UnknownRegion;
use model::{Classify, Kind, Window};
use source_http::SourceError;
use step::secrets::SecretError;
use warehouse::WarehouseError;

/// Why a window could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The request breaks a rule; no call was made.
    #[error("request: {field} = {value}: {rule}")]
    Request {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule and what to do.
        rule: String,
    },
    /// `GENESYS_REGION` is unknown.
    #[error(transparent)]
    Region(#[from] UnknownRegion),
    /// `GENESYS_API_URL` points to another machine.
    #[error(
        "GENESYS_API_URL {0:?}: only an address of this machine is accepted; leave it out and set GENESYS_REGION"
    )]
    Url(String),
    /// The HTTP stack cannot start.
    #[error("preparing the connections to the source")]
    Connections(#[source] SourceError),
    /// The Platform API.
    #[error("reading {object} of window {window}")]
    Source {
        /// What was read.
        object: String,
        /// The window.
        window: Window,
        /// What came of it.
        #[source]
        cause: Box<SourceError>,
    },
    /// The OAuth client lacks a permission.
    #[error(
        "reading {object} of window {window}: the OAuth client is not permitted; its role needs {permissions}{without}"
    )]
    Forbidden {
        /// What was read.
        object: &'static str,
        /// The window.
        window: Window,
        /// What the vendor documents for these calls.
        permissions: &'static str,
        /// How to do without the object, where that is possible.
        without: String,
        /// What the source said.
        #[source]
        cause: Box<SourceError>,
    },
    /// The filter cannot be asked for; no call was made.
    #[error("{origin}: {cause}")]
    Filter {
        /// Where the filter comes from.
        origin: &'static str,
        /// Place, value and rule.
        cause: QueryError,
    },
    /// The landing zone.
    #[error(transparent)]
    Landing(#[from] LandingError),
    /// The token.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The table definitions.
    #[error(transparent)]
    Table(#[from] WarehouseError),
}

impl ExtractError {
    pub(crate) fn source_of(task: &Request, object: Object, cause: SourceError) -> Self {
        if !matches!(cause, SourceError::Forbidden(_)) {
            return Self::Source {
                object: task.object.clone(),
                window: task.window,
                cause: Box::new(cause),
            };
        }
        let without = if object.is_optional() {
            let name = object.name();
            format!(
                "; to do without, take {name:?} out of objects under [genesys] in tributary.toml"
            )
        } else {
            String::new()
        };
        Self::Forbidden {
            object: object.name(),
            window: task.window,
            permissions: object.permissions(),
            without,
            cause: Box::new(cause),
        }
    }
}

impl Classify for ExtractError {
    fn kind(&self) -> Kind {
        match self {
            Self::Request { .. }
            | Self::Region(_)
            | Self::Url(_)
            | Self::Connections(_)
            | Self::Filter { .. }
            | Self::Forbidden { .. } => Kind::Invalid,
            Self::Source { cause, .. } => cause.kind(),
            Self::Landing(cause) => cause.kind(),
            Self::Secret(cause) => cause.kind(),
            Self::Table(cause) => cause.kind(),
        }
    }
}
