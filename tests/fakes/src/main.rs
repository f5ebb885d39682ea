//! `fakes`.
fn main() {}
