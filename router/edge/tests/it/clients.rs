//! Clients and audits that other people wrote.
