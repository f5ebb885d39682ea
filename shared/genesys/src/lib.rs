//! The Platform API, and a conversation record turned into rows.
