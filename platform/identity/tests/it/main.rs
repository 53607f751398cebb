//! Tokens and assertions against those who forge them.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod assertion;
mod forge;
mod token;
