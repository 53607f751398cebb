//! Why a secret, a token or an assertion was refused.

use crate::scope::ScopeError;

/// A secret that is too weak to derive keys from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Fewer bytes than the strength of the keys that are derived from it.
    #[error("the secret has {bytes} bytes, at least {minimum} are needed")]
    TooShort {
        /// What was given.
        bytes: usize,
        /// What is needed.
        minimum: usize,
    },
}

/// Why a token or an assertion is not accepted.
///
/// The texts hold nothing of the token itself and may be logged. A client is told only that it is unauthenticated,
/// and whether that is because its token expired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`crate::MAX_TOKEN_BYTES`]; nothing of it was read.
    #[error("token of {bytes} bytes is longer than {limit}")]
    TooLong {
        /// What was given.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Not three base64url parts with a JSON header and JSON claims of the known shape.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
    /// The header's `alg` is something else than `EdDSA`.
    #[error("algorithm is not EdDSA")]
    Algorithm,
    /// The header's `typ` belongs to another kind of token.
    #[error("token is of another type")]
    Type,
    /// The header's `kid` names no key that is known here.
    #[error("unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("signature does not verify")]
    Signature,
    /// Issued by somebody else.
    #[error("wrong issuer")]
    Issuer,
    /// Meant for somebody else.
    #[error("wrong audience")]
    Audience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Issued in the future, or valid for longer than tokens of its kind may be.
    #[error("validity period is not acceptable")]
    Period,
    /// The subject is none that its signer may speak for.
    #[error("subject is not acceptable")]
    Subject,
    /// A scope outside the namespace of the module that signed.
    #[error("the key of module {module:?} may not grant {scope:?}")]
    ForeignScope {
        /// The module whose key signed.
        module: String,
        /// The first scope that it may not grant.
        scope: String,
    },
    /// A scope that is none.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The request's body is not the one the assertion was made for.
    #[error("assertion belongs to another request")]
    Body,
}
