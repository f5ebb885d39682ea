//! `local`.
fn main() {}
