//! `export-report`.
fn main() {}
