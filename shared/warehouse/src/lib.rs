//! Runs SQL through the Redshift Data API, and carries the SQL.
//!
//! A batch is at most 40 statements in one transaction. Whoever submits does not wait: a statement id comes back, and a
//! later call polls it. Nothing here builds SQL from values: they travel as parameters. The one exception is `COPY`,
//! which cannot take any: see [`copy`].

mod client;
pub mod copy;
pub mod dictionary;
mod error;
pub mod protocol;
pub mod sql;

pub use client::{Batch, Status, Target, Value, Warehouse};
pub use error::WarehouseError;
