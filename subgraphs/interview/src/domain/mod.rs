//! The rules of interviews. `text`, `skill`, `question`, `probe`, `rubric`, `feature`, `evaluation` and
//! `report` are pure; `interview` and `answer` are what the API and the consumers call.

pub mod evaluation;
pub mod feature;
mod lexicon;
pub mod probe;
pub mod question;
pub mod report;
pub mod rubric;
pub mod skill;
pub mod text;
