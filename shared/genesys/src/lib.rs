//! The Platform API, and its records turned into rows.

pub mod api;
mod contact;
pub mod merge;
pub mod query;
pub mod record;
