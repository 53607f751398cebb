//! What interviews do when other modules tell facts.

pub(crate) mod analysis_completed;
