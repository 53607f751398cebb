//! Development commands
fn main() {}
