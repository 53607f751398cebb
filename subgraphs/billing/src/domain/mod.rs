//! The rules and use cases of licences and money. Only these functions open and commit transactions.

pub(crate) mod catalogue;
pub(crate) mod ledger;
pub(crate) mod license;
pub(crate) mod payment;
pub(crate) mod purchase;
pub(crate) mod trial;
