//! The rules: from bytes to text, from text to structure, from structure to a score. Nothing here does I/O but
//! [`extract`], which reads the bytes that it is given.

pub(crate) mod analysis;
pub mod archive;
pub(crate) mod archive_upload;
pub mod contact;
pub mod copy;
pub(crate) mod correction;
pub(crate) mod document;
pub mod education;
pub(crate) mod erasure;
pub mod experience;
pub(crate) mod export;
pub mod extract;
pub mod finding;
pub mod instruction;
pub mod job;
pub(crate) mod job_description;
pub mod json_resume;
pub mod language;
pub mod model;
pub mod period;
pub(crate) mod person;
pub mod profile;
pub mod recommendation;
pub(crate) mod rescoring;
pub(crate) mod retention;
pub mod score;
pub(crate) mod score_override;
pub(crate) mod search;
pub mod section;
pub mod selection;
pub mod skill;
pub(crate) mod taxonomy;
pub mod term;
pub mod text;
