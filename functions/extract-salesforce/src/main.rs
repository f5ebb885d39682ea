//! `extract-salesforce`.
fn main() {}
