//! Facts that the cv-analysis module publishes
