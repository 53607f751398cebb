use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use platform_identity::{Identity, Subject};
use platform_types::{TenantId, UserId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::db::{AccountTx, Snapshot, SnapshotGuard, TenantTx};
use crate::graphql::Loaders;
use crate::module::Runtime;
use crate::{Error, Result};

/// Everything a use case may know about its surroundings: who asks, for which tenant, until when,
/// what time it is, and the way to the database. First argument everywhere.
#[derive(Clone)]
pub struct Ctx(Arc<Inner>);

struct Inner {
    runtime: Arc<Runtime>,
    identity: Arc<Identity>,
    deadline: Instant,
    trace_parent: Option<String>,
    cancel: CancellationToken,
    snapshot: Snapshot,
    loaders: Loaders,
}

/// What a request brings along, besides the module that serves it.
pub struct Origin {
    /// Who asks.
    pub identity: Arc<Identity>,
    /// When nobody waits for the answer any more.
    pub deadline: Instant,
    /// W3C trace context.
    pub trace_parent: Option<String>,
    /// Cancelled when the caller went away or the process shuts down.
    pub cancel: CancellationToken,
}

impl Ctx {
    /// A context for one request, one delivery or one job.
    pub fn new(runtime: Arc<Runtime>, origin: Origin) -> Self {
        Self(Arc::new(Inner {
            runtime,
            identity: origin.identity,
            deadline: origin.deadline,
            trace_parent: origin.trace_parent,
            cancel: origin.cancel,
            snapshot: Snapshot::default(),
            loaders: Loaders::default(),
        }))
    }

    /// The same origin with a snapshot of its own: each event of a subscription reads afresh.
    pub fn refreshed(&self, timeout: Duration) -> Self {
        Self::new(
            self.0.runtime.clone(),
            Origin {
                identity: self.0.identity.clone(),
                deadline: Instant::now() + timeout,
                trace_parent: self.0.trace_parent.clone(),
                cancel: self.0.cancel.clone(),
            },
        )
    }

    /// The context of the running GraphQL request.
    ///
    /// # Errors
    /// `INTERNAL` when the schema was executed outside of [`crate::graphql::SchemaSubgraph`].
    pub fn of<'a>(ctx: &async_graphql::Context<'a>) -> Result<&'a Self> {
        ctx.data::<Self>()
            .map_err(|e| Error::internal(e.message.clone()))
    }

    /// What the module was given at boot.
    pub fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// Who asks.
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// The tenant that the identity acts for.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without identity, `FORBIDDEN` for an identity without tenant.
    pub fn tenant(&self) -> Result<TenantId> {
        match (self.0.identity.tenant(), self.0.identity.subject()) {
            (Some(tenant), _) => Ok(tenant),
            (None, Subject::Anonymous) => Err(Error::unauthenticated()),
            (None, _) => Err(Error::new(
                platform_types::ErrorCode::Forbidden,
                "the token is not for a tenant; switch to one first",
            )),
        }
    }

    /// The person who asks.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without identity, `FORBIDDEN` for a candidate, a key or a service.
    pub fn user(&self) -> Result<UserId> {
        match self.0.identity.subject() {
            Subject::User(user) => Ok(*user),
            Subject::Anonymous => Err(Error::unauthenticated()),
            _ => Err(Error::forbidden()),
        }
    }

    /// Refuses an identity that lacks `scope` (`module:noun.verb`).
    ///
    /// Root fields declare their scopes in the schema; this is for rules that depend on data.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without identity, `FORBIDDEN` without the scope.
    pub fn require(&self, scope: &str) -> Result<()> {
        if self.0.identity.has_scope(scope) {
            Ok(())
        } else if matches!(self.0.identity.subject(), Subject::Anonymous) {
            Err(Error::unauthenticated())
        } else {
            Err(Error::forbidden())
        }
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.runtime.ambient.clock.now()
    }

    /// A fresh UUIDv7.
    pub fn new_uuid(&self) -> Uuid {
        self.0.runtime.ambient.entropy.uuid(self.now())
    }

    /// A fresh id of a noun.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        I::from(self.new_uuid())
    }

    /// Cryptographic random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.runtime.ambient.entropy.fill(&mut bytes);
        bytes
    }

    /// When nobody waits for the answer any more.
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// Cancelled when the caller went away or the process shuts down.
    pub fn cancel(&self) -> &CancellationToken {
        &self.0.cancel
    }

    /// W3C trace context of the request.
    pub fn trace_parent(&self) -> Option<&str> {
        self.0.trace_parent.as_deref()
    }

    /// Opens a transaction of the tenant, for writing.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `FORBIDDEN`, `LICENSE_REQUIRED`, or `UNAVAILABLE` without a connection in time.
    pub async fn begin(&self) -> Result<TenantTx> {
        TenantTx::begin(self).await
    }

    /// The read-only snapshot that all reads of this request share.
    ///
    /// In the function that makes a subscription's stream use [`Ctx::refreshed`] first: the stream
    /// outlives any snapshot. The resolvers of its events have a context of their own already.
    ///
    /// # Errors
    /// As [`Ctx::begin`].
    pub async fn read(&self) -> Result<SnapshotGuard<'_>> {
        self.0.snapshot.lock(self).await
    }

    /// Opens a transaction outside of any tenant (accounts, catalogues).
    ///
    /// # Errors
    /// `INTERNAL` for a module that may not, `UNAVAILABLE` without a connection in time.
    pub async fn begin_account(&self) -> Result<AccountTx> {
        AccountTx::begin(self).await
    }

    pub(crate) fn loaders(&self) -> &Loaders {
        &self.0.loaders
    }

    /// Time left, as a statement timeout.
    pub(crate) fn statement_timeout_ms(&self) -> Result<i32> {
        let left = self.0.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::unavailable("the deadline has passed"));
        }
        // 0 would mean "no limit" to PostgreSQL.
        Ok(i32::try_from(left.as_millis()).unwrap_or(i32::MAX).max(1))
    }

    /// The module whose licence a transaction checks; none for the platform's own work.
    pub(crate) fn license_to_check(&self) -> Option<&str> {
        let manifest = &self.0.runtime.manifest;
        match self.0.identity.subject() {
            Subject::Service(_) => None,
            _ if manifest.licensed => Some(&manifest.id),
            _ => None,
        }
    }
}
