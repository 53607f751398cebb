//! Interviews held and scored
