//! One send for outside APIs: pace, authenticate, send, classify, repeat.
//!
//! A [`Client`] belongs to one invocation: it knows the worker's share of the source's quota, the token and the deadline.
//! The connections under it ([`connections`]) are opened once per process.

mod client;
mod error;
mod pace;
mod request;
mod vendor;
mod wire;

pub use client::{Answer, Client};
pub use error::{Refusal, SourceError};
pub use pace::{Repeat, Share};
pub use request::Request;
pub use vendor::Vendor;
pub use wire::connections;

/// The connection pool under a [`Client`].
pub use reqwest::Client as Connections;
/// Headers of an answer.
pub use reqwest::header::HeaderMap;
