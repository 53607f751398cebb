//! The guard against honest, hostile and random texts.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod honest;
mod hostile;
mod json;
mod random;
mod sdl;
