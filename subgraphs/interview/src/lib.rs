//! Interviews held and scored

pub mod domain;
