//! The Platform API, and a conversation record turned into rows.

pub mod api;
pub mod record;
