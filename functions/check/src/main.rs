//! `check`.
fn main() {}
