//! Who is asking: tokens of clients, assertions between router and subgraphs.
//!
//! A client shows an access token (or an API key) to the edge. The edge verifies it once and turns it into an
//! [`Identity`]. In-process subgraphs get that value; remote ones get an assertion that only the router can sign,
//! bound to one subgraph, one request body and thirty seconds.
//!
//! Invariants:
//! - an [`Identity`] comes from a verified token, a verified assertion or an [`Authority`]; modules do not depend on
//!   this crate and so can make none of the three,
//! - all keys derive from one [`Secret`] by purpose, so no key ever serves two purposes,
//! - no clock is read here: whoever verifies says what time it is.

mod assertion;
mod claims;
mod error;
mod identity;
mod jwk;
mod jws;
mod scope;
mod secret;
mod subject;
mod token;

pub use assertion::{ASSERTION_HEADER, ASSERTION_LIFETIME_S, AssertionSigner, AssertionVerifier};
pub use claims::{Claims, MAX_CANDIDATE_LIFETIME_S, MAX_LIFETIME_S};
pub use error::{SecretError, TokenError};
pub use identity::{Authority, Identity};
pub use jwk::{Jwk, Jwks};
pub use jws::MAX_TOKEN_BYTES;
pub use scope::{ScopeError, Scopes};
pub use secret::Secret;
pub use subject::Subject;
pub use token::{AUDIENCE, CORE, ISSUER, TokenSigner, TokenVerifier};
