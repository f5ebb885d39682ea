//! `refresh-token`.
fn main() {}
