//! Background work.

pub(crate) mod analyse;
