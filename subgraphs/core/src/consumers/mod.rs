//! What core does when others tell facts: it writes them into the audit log.

pub(crate) mod license;
