//! Facts that the billing module publishes
