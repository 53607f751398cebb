//! What billing does on its own.

pub(crate) mod lapse;
