//! From what a client shows to who it is.

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use platform_identity::{Authority, Identity, TokenError, TokenVerifier};

use crate::clock::Clock;

/// The header for API keys, besides `authorization`.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a client shows to prove who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// An access token.
    Bearer(String),
    /// An API key.
    ApiKey(String),
}

/// Keeps the secret out of logs.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(…)",
            Self::ApiKey(_) => "ApiKey(…)",
        })
    }
}

/// Why a credential is not accepted. Clients are told no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// Not a credential that is known here.
    #[error("credential is not valid")]
    Invalid,
    /// It was good once.
    #[error("credential has expired")]
    Expired,
    /// It could not be checked just now.
    #[error("credential cannot be checked now")]
    Unavailable,
}

/// Decides who a client is.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Verifies a credential; [`Credential::None`] is an anonymous caller.
    async fn authenticate(&self, credential: &Credential) -> Result<Identity, AuthenticationError>;

    /// How an identity that was verified earlier stands now, with the permissions that it still has: asked every few
    /// seconds while a subscription runs. Expiry is watched by the edge itself; this is for signed-out sessions, revoked
    /// keys, lost permissions and ended licences.
    async fn recheck(&self, identity: &Identity) -> Result<Identity, AuthenticationError> {
        Ok(identity.clone())
    }

    /// Whether a policy of the schema (`@policy`) lets a caller through. Without a decision it does not.
    async fn allows(&self, _identity: &Identity, _policy: &str) -> bool {
        false
    }
}

/// Accepts access tokens only.
#[derive(Debug, Clone)]
pub struct TokenAuthenticator {
    verifier: TokenVerifier,
    clock: Clock,
}

impl TokenAuthenticator {
    /// An authenticator that verifies with these keys at this clock's time.
    pub fn new(verifier: TokenVerifier, clock: Clock) -> Self {
        Self { verifier, clock }
    }
}

#[async_trait]
impl Authenticator for TokenAuthenticator {
    async fn authenticate(&self, credential: &Credential) -> Result<Identity, AuthenticationError> {
        match credential {
            Credential::None => Ok(Authority::claim().anonymous()),
            Credential::Bearer(token) => {
                self.verifier
                    .verify(token, self.clock.now())
                    .map_err(|error| {
                        tracing::debug!(%error, "access token refused");
                        match error {
                            TokenError::Expired => AuthenticationError::Expired,
                            _ => AuthenticationError::Invalid,
                        }
                    })
            }
            Credential::ApiKey(_) => Err(AuthenticationError::Invalid),
        }
    }
}

impl Credential {
    /// Whether only somebody else can say what it is worth: a signed token has two dots in it and proves itself, a key has
    /// none.
    pub fn is_key(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bearer(text) => !text.contains('.'),
            Self::ApiKey(_) => true,
        }
    }

    /// Reads the one credential of a request. Two of them are refused: which one counted would be a guess.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, AuthenticationError> {
        let mut shown = headers
            .get_all(AUTHORIZATION)
            .iter()
            .chain(headers.get_all(API_KEY).iter());
        let Some(value) = shown.next() else {
            return Ok(Self::None);
        };
        if shown.next().is_some() {
            return Err(AuthenticationError::Invalid);
        }
        let text = value.to_str().map_err(|_| AuthenticationError::Invalid)?;
        if headers.contains_key(API_KEY) {
            return if text.is_empty() {
                Err(AuthenticationError::Invalid)
            } else {
                Ok(Self::ApiKey(text.to_owned()))
            };
        }
        Self::from_authorization(text)
    }

    /// Reads the value of an `authorization` header or of a connection payload's field of that name.
    pub(crate) fn from_authorization(text: &str) -> Result<Self, AuthenticationError> {
        let (scheme, secret) = text.split_once(' ').ok_or(AuthenticationError::Invalid)?;
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AuthenticationError::Invalid);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Self::Bearer(secret.to_owned()))
        } else if scheme.eq_ignore_ascii_case("apikey") {
            Ok(Self::ApiKey(secret.to_owned()))
        } else {
            Err(AuthenticationError::Invalid)
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn one_credential_is_read() {
        let read =
            |pairs: &[(&'static str, &str)]| Credential::from_headers(&headers(pairs)).unwrap();
        assert_eq!(read(&[]), Credential::None);
        assert_eq!(
            read(&[("authorization", "Bearer a.b.c")]),
            Credential::Bearer("a.b.c".into())
        );
        assert_eq!(
            read(&[("authorization", "bearer a.b.c")]),
            Credential::Bearer("a.b.c".into())
        );
        assert_eq!(
            read(&[("authorization", "ApiKey k")]),
            Credential::ApiKey("k".into())
        );
        assert_eq!(read(&[("x-api-key", "k")]), Credential::ApiKey("k".into()));
    }

    #[test]
    fn what_is_no_single_credential_is_refused() {
        for pairs in [
            &[("authorization", "Bearer a"), ("authorization", "Bearer b")][..],
            &[("authorization", "Bearer a"), ("x-api-key", "b")],
            &[("x-api-key", "a"), ("x-api-key", "a")],
            &[("authorization", "")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Bearer  a")],
            &[("authorization", "Bearer a b")],
            &[("authorization", "Bearer a, Bearer b")],
            &[("authorization", "Basic dXNlcjpwYXNz")],
            &[("authorization", "a.b.c")],
            &[("x-api-key", "")],
        ] {
            assert_eq!(
                Credential::from_headers(&headers(pairs)),
                Err(AuthenticationError::Invalid),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn a_credential_is_not_printed() {
        let shown = format!(
            "{:?}{:?}",
            Credential::Bearer("secret".into()),
            Credential::ApiKey("secret".into())
        );
        assert!(!shown.contains("secret"));
    }
}
