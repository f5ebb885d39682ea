//! `plan`.
fn main() {}
