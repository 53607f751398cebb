//! What interviews do on their own.

pub(crate) mod expire_interview;
