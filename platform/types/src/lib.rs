//! Vocabulary shared by every crate of the platform: ids, pages, money, events and error codes.
//!
//! Invariants: no business noun, no I/O, no clock and no randomness. Whoever needs a new id or the
//! time takes them from the SDK's context, so that tests can decide both.

mod code;
mod event;
mod id;
mod money;
mod name;
mod page;

pub use code::ErrorCode;
pub use event::{Envelope, Event, TypeName, TypeNameError};
pub use id::{EventId, JobId, TenantId, UserId};
pub use money::{Currency, Money, MoneyError};
pub use name::UnknownName;
pub use page::{Cursor, CursorError, MAX_PAGE, PageArgs, PageError};

#[doc(hidden)]
pub mod __private {
    pub use {schemars, serde, uuid};
}
