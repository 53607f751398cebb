//! Federated execution: plans, fetches, merges, answers; knows no module
