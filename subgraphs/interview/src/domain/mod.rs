//! The rules of interviews.
//!
//! Pure: `text`, `skill`, `question`, `probe`, `follow_up`, `rubric`, `feature`, `evaluation`, `report`,
//! `feedback`, `interview` and `course` (its states and its clock). Use cases, which open and commit transactions:
//! `session`, `link` and `rating` for recruiters, `candidate` for candidates, `analysis` and `progress`
//! for what both lean on.

pub mod analysis;
pub mod answer;
pub mod candidate;
pub mod course;
pub mod evaluation;
pub mod feature;
mod feedback;
pub mod follow_up;
pub mod interview;
mod lexicon;
pub mod link;
pub mod probe;
pub mod progress;
pub mod question;
pub mod rating;
pub mod report;
pub mod rubric;
pub mod session;
pub mod skill;
pub mod text;
