//! The rules of interviews.
//!
//! Pure: `text`, `skill`, `question`, `probe`, `rubric`, `feature`, `evaluation`, `report` and
//! `interview` (the course and its clock). Use cases, which open and commit transactions: `session` for
//! recruiters, `candidate` for candidates, `analysis` and `progress` for what both lean on.

pub mod analysis;
pub mod answer;
pub mod candidate;
pub mod evaluation;
pub mod feature;
pub mod interview;
mod lexicon;
pub mod probe;
pub mod progress;
pub mod question;
pub mod report;
pub mod rubric;
pub mod session;
pub mod skill;
pub mod text;
