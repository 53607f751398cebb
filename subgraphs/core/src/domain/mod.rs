//! The rules and use cases of people and organisations. Only these functions open and commit
//! transactions.

pub(crate) mod access;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod email;
pub(crate) mod invitation;
pub(crate) mod membership;
pub(crate) mod one_time_code;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod slug;
pub(crate) mod tenant;
pub(crate) mod throttle;
pub(crate) mod totp;
pub(crate) mod user;
