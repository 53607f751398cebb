//! Background work.

pub(crate) mod again;
pub(crate) mod analyse;
pub(crate) mod expire;
pub(crate) mod index;
pub(crate) mod reindex;
