//! `migrate`.
fn main() {}
