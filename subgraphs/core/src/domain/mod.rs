//! The rules and use cases of people and organisations. Only these functions open and commit
//! transactions.

pub mod email;
pub mod invitation;
pub mod membership;
pub mod password;
pub mod role;
pub mod secret;
pub mod session;
pub mod slug;
pub mod tenant;
pub mod throttle;
pub mod user;
