//! The fake Genesys Cloud over HTTP: every operation, every limit and every fault it has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod aggregates;
mod faults;
mod filters;
mod jobs;
mod kill;
mod queries;
mod settling;
mod workforce;
