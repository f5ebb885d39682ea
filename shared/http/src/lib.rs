//! One send for outside APIs: pace, authenticate, send, classify, repeat.
//!
//! A [`Client`] belongs to one invocation: it knows the worker's share of the source's quota, the token and the deadline.
//! The [`Connections`] under it are opened once per process, and keep what must outlive an invocation: how fast this worker
//! may ask, and until when a source has asked it to hold still.

mod client;
mod error;
mod pace;
mod request;
mod vendor;
mod verdict;
mod wire;

pub use client::{Answer, Client};
pub use error::{Refusal, SourceError, WireFault};
pub use pace::{Repeat, Share};
pub use request::Request;
pub use vendor::Vendor;
pub use wire::{Connections, connections, connections_waiting};

/// Headers of an answer.
pub use reqwest::header::HeaderMap;
