//! Composition against its table of cases, the planner, the oracles and the public audit

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod audit;
mod brute;
mod cases;
mod contracts;
mod diffs;
mod generated;
mod hints;
mod hostile;
mod incremental;
mod oracle;
mod planner;
mod rng;
mod table;
