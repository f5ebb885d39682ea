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
    /// As [`Self::Source`], of a window that a later run may read: the day's share of calls or of jobs is used up, and waiting
    /// for the next one would keep everything else from being loaded.
    #[error("reading {object} of {window} is left to the next nightly run, which asks for it anew")]
    PutOff {
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
        let (object, window) = (task.object.clone(), task.window);
        let is_put_off = task.fails_alone && cause.is_used_up();
        let cause = Box::new(cause);
        if is_put_off {
            return Self::PutOff {
                object,
                window,
                cause,
            };
        }
        Self::Source {
            object,
            window,
            cause,
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
            // Put off: no repetition of today cures it.
            Self::Request { .. } | Self::NoInstance(_) | Self::PutOff { .. } => Kind::Invalid,
            Self::Settings(cause) => cause.kind(),
            Self::Definition(cause) => cause.kind(),
            Self::Token(cause) => cause.kind(),
            Self::Source { cause, .. } | Self::Record { cause, .. } => cause.kind(),
            Self::Landing(cause) => cause.kind(),
        }
    }
}
