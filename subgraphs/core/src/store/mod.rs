//! SQL, one file per noun. Functions take a connection and neither begin nor commit.
//!
//! Statements on tenant tables name no tenant in their conditions where row level security already
//! does; what they insert names it, and the policies check it.

pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod invitation;
pub(crate) mod mail;
pub(crate) mod membership;
pub(crate) mod one_time_code;
pub(crate) mod session;
pub(crate) mod tenant;
pub(crate) mod throttle;
pub(crate) mod totp;
pub(crate) mod user;
