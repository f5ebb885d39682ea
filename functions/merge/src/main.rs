//! `merge`.
fn main() {}
