//! The fake Salesforce over HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bulk;
mod drift;
mod faults;
mod history;
mod oauth;
mod queries;
mod support;
mod time;
