//! `extract-genesys`.
fn main() {}
