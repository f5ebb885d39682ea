//! Why a window could not be read.

use crate::Request;
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
    pub(crate) fn source_of(task: &Request, cause: SourceError) -> Self {
        Self::Source {
            object: task.object.clone(),
            window: task.window,
            cause: Box::new(cause),
        }
    }
}

impl Classify for ExtractError {
    fn kind(&self) -> Kind {
        match self {
            Self::Request { .. } | Self::Region(_) | Self::Url(_) | Self::Connections(_) => {
                Kind::Invalid
            }
            Self::Source { cause, .. } => cause.kind(),
            Self::Landing(cause) => cause.kind(),
            Self::Secret(cause) => cause.kind(),
            Self::Table(cause) => cause.kind(),
        }
    }
}
