//! Queries for details and aggregates: built from typed parts, judged against the specification before they are sent.

mod aggregate;
mod check;
mod details;
mod error;
mod names;
mod values;

pub use aggregate::{AggregateKind, AggregateQuery, aggregate_filter};
pub use check::check_filter;
pub use details::{DetailsQuery, Order, OrderBy, check_interval};
pub use error::{FilterError, QueryError, Refusal};
pub use values::known_values;
