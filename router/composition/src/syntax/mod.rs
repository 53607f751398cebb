//! Reading and writing schema text
//!
//! The reader is our own: composition reads megabytes of SDL on every change, needs exact
//! positions and one struct per type, definition and extensions together, and must withstand
//! documents of strangers; a hand-written recursive descent with a nesting bound gives all of it.

pub(crate) mod executable;
mod lexer;
pub(crate) mod parser;
pub(crate) mod print;
pub(crate) mod source;
