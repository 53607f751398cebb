//! Facts that the interview module publishes
