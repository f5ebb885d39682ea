//! Why a window was not landed.

use landing::LandingError;
use model::payload::WindowTask;
use model::{Classify, Kind, Window};
use salesforce::{ApiError, MappingError};
use step::secrets::SecretError;
use warehouse::WarehouseError;

/// Why a window was not landed.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The request breaks a rule.
    #[error("request: {field} = {value}: {rule}")]
    Request {
        /// Which part of it.
        field: &'static str,
        /// As given.
        value: String,
        /// The rule and what to do.
        rule: &'static str,
    },
    /// The settings do not fit the staging table.
    #[error(transparent)]
    Settings(#[from] MappingError),
    /// A table's definition cannot be read: a defect of this system.
    #[error("the staging table's definition")]
    Definition(#[from] WarehouseError),
    /// The token secret cannot be read.
    #[error("the Salesforce token")]
    Token(#[from] SecretError),
    /// The token secret does not say where the organisation is.
    #[error("secret {0}: key \"instance_url\" is missing; run refresh-token for salesforce")]
    NoInstance(String),
    /// Salesforce refused, or could not be read.
    #[error("reading {object} of {window}")]
    Source {
        /// The object.
        object: String,
        /// The window.
        window: Window,
        /// What it said.
        #[source]
        cause: Box<ApiError>,
    },
    /// A record that cannot be had even alone.
    #[error("{object}: asking for record {id} and no other")]
    Record {
        /// The object.
        object: String,
        /// Its id.
        id: String,
        /// What Salesforce said.
        #[source]
        cause: Box<ApiError>,
    },
    /// The landing zone refused.
    #[error(transparent)]
    Landing(#[from] LandingError),
}

impl ExtractError {
    pub(crate) fn source(task: &WindowTask, cause: ApiError) -> Self {
        Self::Source {
            object: task.object.clone(),
            window: task.window,
            cause: Box::new(cause),
        }
    }

    pub(crate) fn no_settings(object: &str) -> Self {
        Self::Settings(MappingError {
            key: "salesforce.objects".to_owned(),
            value: object.to_owned(),
            rule: "this object is missing; describe it as the others are".to_owned(),
        })
    }
}

impl Classify for ExtractError {
    fn kind(&self) -> Kind {
        match self {
            Self::Request { .. } | Self::NoInstance(_) => Kind::Invalid,
            Self::Settings(cause) => cause.kind(),
            Self::Definition(cause) => cause.kind(),
            Self::Token(cause) => cause.kind(),
            Self::Source { cause, .. } | Self::Record { cause, .. } => cause.kind(),
            Self::Landing(cause) => cause.kind(),
        }
    }
}
