//! The Data API server over a real PostgreSQL, asked by the SDK the functions use.

#![allow(clippy::unwrap_used)] // in a test, a panic is the report

mod copy;
mod protocol;
mod statements;
mod support;
mod transactions;
mod warehouse;
