//! Who is asking, once that is certain.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use platform_types::TenantId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::claims::Claims;
use crate::scope::Scopes;
use crate::subject::Subject;

/// Who is asking, in which tenant and with which permissions. Cheap to clone.
///
/// Whoever holds one may rely on it: it comes from a verified token, a verified assertion or an [`Authority`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    subject: Subject,
    tenant: Option<TenantId>,
    scopes: Scopes,
    session: Option<Uuid>,
    expires_at: Option<DateTime<Utc>>,
    scope_key: [u8; 32],
}

impl Identity {
    pub(crate) fn from_claims(claims: Claims) -> Self {
        Self::assemble(
            claims.subject,
            claims.tenant,
            claims.scopes,
            claims.session,
            Some(claims.expires_at),
        )
    }

    pub(crate) fn assemble(
        subject: Subject,
        tenant: Option<TenantId>,
        scopes: Scopes,
        session: Option<Uuid>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Self {
        let scope_key = scope_key(&subject, tenant, &scopes, session);
        Self(Arc::new(Inner {
            subject,
            tenant,
            scopes,
            session,
            expires_at,
            scope_key,
        }))
    }

    /// Who or what acts.
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }

    /// The tenant in which they act; absent before one is chosen.
    pub fn tenant(&self) -> Option<TenantId> {
        self.0.tenant
    }

    /// What they may do.
    pub fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    /// Whether they hold exactly this permission.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.has(scope)
    }

    /// The session that they signed in to.
    pub fn session(&self) -> Option<Uuid> {
        self.0.session
    }

    /// When the proof of it expires; absent where there was nothing to prove.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Whether the proof has expired at `now`.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.0
            .expires_at
            .is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it is proven who this is.
    pub fn is_authenticated(&self) -> bool {
        self.0.subject.is_authenticated()
    }

    /// Bytes that are equal for two identities exactly when the same answers may be given to both (subject, tenant,
    /// permissions and session): part of every key under which work or answers are shared.
    pub fn scope_key(&self) -> &[u8] {
        &self.0.scope_key
    }
}

/// The right to say who somebody is without a token. Held by the host and the test kit.
///
/// The API key check of the host and the router's anonymous callers go through it. Modules do not depend on this crate,
/// which `cargo xtask check-deps` proves.
#[derive(Debug, Clone, Copy)]
pub struct Authority(());

impl Authority {
    /// Claims the right. Whoever calls this has verified the caller by other means.
    pub fn claim() -> Self {
        Self(())
    }

    /// Somebody who has not said who they are.
    pub fn anonymous(self) -> Identity {
        // the same for everybody, and asked for by every request without a credential
        static NOBODY: LazyLock<Identity> = LazyLock::new(|| {
            Identity::assemble(Subject::Anonymous, None, Scopes::none(), None, None)
        });
        NOBODY.clone()
    }

    /// A module acting in its own name inside one tenant.
    pub fn service(self, module: &str, tenant: Option<TenantId>, scopes: Scopes) -> Identity {
        self.identity(
            Subject::Service(module.to_owned()),
            tenant,
            scopes,
            None,
            None,
        )
    }

    /// Anybody; `expires_at` is when the proof by which they were recognised ends.
    pub fn identity(
        self,
        subject: Subject,
        tenant: Option<TenantId>,
        scopes: Scopes,
        session: Option<Uuid>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Identity {
        Identity::assemble(subject, tenant, scopes, session, expires_at)
    }
}

/// A digest over length-prefixed parts, so that no two identities can be spelled alike.
fn scope_key(
    subject: &Subject,
    tenant: Option<TenantId>,
    scopes: &Scopes,
    session: Option<Uuid>,
) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(subject.to_string().as_bytes());
    part(
        tenant
            .map(TenantId::uuid)
            .as_ref()
            .map_or(&[], |id| id.as_bytes()),
    );
    part(session.as_ref().map_or(&[], |id| id.as_bytes()));
    for scope in scopes.iter() {
        part(scope.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn identity(user: u128, tenant: Option<u128>, scopes: &str, session: Option<u128>) -> Identity {
        Authority::claim().identity(
            Subject::Candidate(Uuid::from_u128(user)),
            tenant.map(|id| TenantId(Uuid::from_u128(id))),
            Scopes::parse(scopes).unwrap(),
            session.map(Uuid::from_u128),
            None,
        )
    }

    #[test]
    fn scope_keys_differ_where_answers_may() {
        let one = identity(1, Some(2), "a:b a:c", Some(3));
        assert_eq!(
            one.scope_key(),
            identity(1, Some(2), "a:c a:b", Some(3)).scope_key()
        );
        for other in [
            identity(9, Some(2), "a:b a:c", Some(3)),
            identity(1, Some(9), "a:b a:c", Some(3)),
            identity(1, None, "a:b a:c", Some(3)),
            identity(1, Some(2), "a:b", Some(3)),
            identity(1, Some(2), "a:b a:c", None),
            // the same bytes in another place
            identity(1, Some(3), "a:b a:c", Some(2)),
        ] {
            assert_ne!(one.scope_key(), other.scope_key(), "{other:?}");
        }
    }

    #[test]
    fn nobody_is_not_authenticated() {
        let nobody = Authority::claim().anonymous();
        assert!(!nobody.is_authenticated());
        assert!(!nobody.is_expired(DateTime::<Utc>::MAX_UTC));
        assert!(
            Authority::claim()
                .service("core", None, Scopes::none())
                .is_authenticated()
        );
    }
}
