//! The one executable of Tessera
fn main() {}
