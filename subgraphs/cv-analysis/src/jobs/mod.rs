//! Background work.

pub(crate) mod analyse;
pub(crate) mod index;
