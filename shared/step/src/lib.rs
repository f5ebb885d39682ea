//! What every function's `main` needs: configuration, telemetry, the deadline, failure kinds and the AWS clients.
//!
//! A `main` is wiring: it builds its clients once, before the first event, and hands each event to its library half
//! through [`serve`].

mod aws;
mod config;
mod deadline;
mod failure;
pub mod secrets;
mod serve;
mod settings;

pub use aws::{aws, redshift_data, s3};
pub use config::{ConfigError, config};
pub use deadline::Deadline;
pub use failure::Failure;
pub use serve::{init_telemetry, serve};
pub use settings::{SettingsFileError, settings, settings_file};
