//! Facts that the core module publishes
