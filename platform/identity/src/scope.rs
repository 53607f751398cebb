//! Permissions as a set of scopes.

use std::fmt;
use std::sync::Arc;

/// Most scopes that one identity may carry.
const MAX_SCOPES: usize = 256;

/// Why a text is no set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Not of the form `namespace:noun.verb`.
    #[error("a scope is not of the form module:noun.verb")]
    Malformed,
    /// More than an identity may carry.
    #[error("more than {limit} scopes")]
    TooMany {
        /// What is allowed.
        limit: usize,
    },
}

/// A set of permissions, each `module:noun.verb`; cheap to clone, sorted, without duplicates.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Scopes(Arc<[Box<str>]>);

impl Scopes {
    /// No permission at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the space separated form of a token's `scope` claim (RFC 8693 §4.2). Empty text is the empty set.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::new(text.split(' ').filter(|part| !part.is_empty()))
    }

    /// A set of the given scopes, in any order.
    pub fn new<S: AsRef<str>>(scopes: impl IntoIterator<Item = S>) -> Result<Self, ScopeError> {
        let mut set: Vec<Box<str>> = Vec::new();
        for scope in scopes {
            let scope = scope.as_ref();
            if !well_formed(scope) {
                return Err(ScopeError::Malformed);
            }
            if set.len() == MAX_SCOPES {
                return Err(ScopeError::TooMany { limit: MAX_SCOPES });
            }
            set.push(scope.into());
        }
        set.sort_unstable();
        set.dedup();
        Ok(Self(set.into()))
    }

    /// Whether exactly this scope is in the set; there are no wildcards.
    pub fn has(&self, scope: &str) -> bool {
        self.0
            .binary_search_by(|own| own.as_ref().cmp(scope))
            .is_ok()
    }

    /// The scopes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first scope outside the namespace of `module`.
    pub(crate) fn outside_of(&self, module: &str) -> Option<&str> {
        self.iter().find(|scope| {
            scope
                .split_once(':')
                .is_none_or(|(namespace, _)| namespace != module)
        })
    }
}

/// Space separated, as in a token.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn well_formed(scope: &str) -> bool {
    let Some((namespace, permission)) = scope.split_once(':') else {
        return false;
    };
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')
            })
    };
    scope.len() <= 128 && !namespace.contains('.') && word(namespace) && word(permission)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn reads_and_writes_the_claim() {
        let scopes =
            Scopes::parse("core:tenant.read billing:license.read  core:tenant.read").unwrap();
        assert_eq!(scopes.to_string(), "billing:license.read core:tenant.read");
        assert!(scopes.has("core:tenant.read"));
        assert!(!scopes.has("core:tenant"));
        assert_eq!(scopes.outside_of("core"), Some("billing:license.read"));
        assert_eq!(Scopes::parse("").unwrap(), Scopes::none());
    }

    #[test]
    fn refuses_what_is_no_scope() {
        for text in [
            "core",
            "core:",
            ":x",
            "core:*",
            "Core:tenant.read",
            "a:b:c",
            "core:tenant\n.read",
            "a.b:c",
            "core:\u{430}",
        ] {
            assert_eq!(Scopes::parse(text), Err(ScopeError::Malformed), "{text:?}");
        }
        let many = (0..=MAX_SCOPES).map(|n| format!("core:n{n}"));
        assert_eq!(
            Scopes::new(many),
            Err(ScopeError::TooMany { limit: MAX_SCOPES })
        );
    }
}
