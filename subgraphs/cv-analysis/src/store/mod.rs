//! SQL, one file per noun. Every statement names the tenant; row level security holds even where one forgets.

pub(crate) mod analysis;
pub(crate) mod candidate;
pub(crate) mod correction;
pub(crate) mod document;
pub(crate) mod erasure;
pub(crate) mod extraction;
pub(crate) mod job_description;
pub(crate) mod model;
pub(crate) mod progress;
pub(crate) mod retention;
pub(crate) mod score_override;
pub(crate) mod search;
pub(crate) mod shortlist;
pub(crate) mod taxonomy;
