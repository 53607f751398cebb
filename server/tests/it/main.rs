//! The executable as an operator meets it: real processes, real signals, a real database.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod compose;
mod process;
mod product;
mod refusals;
mod rights;
mod router;
mod sameness;
mod serve;
mod uploads;
