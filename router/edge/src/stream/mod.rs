//! A subscription under watch: its events in a bounded buffer, and the reasons to end it.

mod buffer;
mod upstream;

use std::sync::Arc;

use bytes::Bytes;
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{Denied, GraphqlError, GraphqlRequest};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tracing::Instrument as _;

use crate::admission::{Admitted, NotAdmitted};
use crate::authentication::AuthenticationError;
use crate::connection::Connection;
use crate::edge::Shared;
use crate::quota::Place;
use crate::refused::Refused;
use buffer::Buffer;
use http::StatusCode;
pub(crate) use upstream::Hub;
use upstream::{Key, Reader};

/// What a reader of a subscription gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// One event, a whole GraphQL response.
    Event(Bytes),
    /// Nothing more comes.
    End(End),
}

/// Why nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The subgraph has said all.
    Complete,
    /// The caller is not who it was.
    Identity(AuthenticationError),
    /// The caller may not see any more what it could see when the subscription began.
    Rights,
    /// The process ends; the client should come back with its cursor.
    Draining,
}

impl End {
    /// Whether what waits to be read may not be read any more.
    fn forbids(self) -> bool {
        matches!(self, Self::Identity(_) | Self::Rights)
    }

    /// What the client is told of it; nothing when the subscription is simply over.
    pub(crate) fn error(self) -> Option<GraphqlError> {
        match self {
            Self::Complete | Self::Draining => None,
            Self::Identity(error) => Some(GraphqlError::new(
                error.to_string(),
                ErrorCode::Unauthenticated.as_str(),
            )),
            Self::Rights => Some(GraphqlError::new(
                "not permitted to read on: a permission or a licence has ended",
                ErrorCode::Forbidden.as_str(),
            )),
        }
    }
}

/// On what terms a subscription was let in.
struct Terms {
    identity: Identity,
    request: GraphqlRequest,
    denied: Option<Arc<Denied>>,
}

/// A running subscription; dropping it ends the subscription at its subgraph, unless others read the same.
pub(crate) struct Watched {
    buffer: Arc<Buffer>,
    watch: tokio::task::AbortHandle,
    _reader: Reader,
    _place: Place,
}

/// Begins a subscription that was let in, or joins one that gives the same.
pub(crate) async fn open(
    shared: &Arc<Shared>,
    admitted: Admitted,
    identity: &Identity,
    connection: &Connection,
) -> Result<Watched, NotAdmitted> {
    let place = place(shared, identity, connection)?;
    let Admitted {
        request,
        context,
        denied,
        slot,
        span,
        ..
    } = admitted;
    let key = Key::new(
        shared.generation(),
        &request,
        &context,
        identity,
        denied.as_deref(),
    );
    let terms = Terms {
        identity: identity.clone(),
        request: request.clone(),
        denied: denied.clone(),
    };
    let buffer = Arc::new(Buffer::default());
    let engine = Arc::clone(&shared.engine);
    let reader = shared.hub.join(key, &buffer, shared, &span, async move {
        engine.subscribe_without(request, context, denied).await
    });
    let begun = timeout(shared.config().operation_timeout(), reader.begun()).await;
    match begun {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(response))) => return Err(NotAdmitted::ByEngine(response)),
        Ok(None) | Err(_) => {
            return Err(Refused::too_many(
                StatusCode::SERVICE_UNAVAILABLE,
                "the subscription did not begin in time",
                Duration::from_secs(1),
            )
            .into());
        }
    }
    drop(slot);
    let watch = watch(Arc::clone(shared), terms, Arc::clone(&buffer)).instrument(span);
    let watch = shared.streams.spawn(watch).abort_handle();
    metrics::gauge!("tessera_edge_subscriptions").increment(1.0);
    Ok(Watched {
        buffer,
        watch,
        _reader: reader,
        _place: place,
    })
}

/// A place for one more stream.
pub(crate) fn place(
    shared: &Shared,
    identity: &Identity,
    connection: &Connection,
) -> Result<Place, Refused> {
    let patience = Duration::from_secs(5);
    shared
        .quotas
        .admit(identity, connection.address, "open streams", patience)
}

impl Watched {
    /// The next thing to send. After [`Item::End`] the same comes again.
    pub(crate) async fn next(&mut self) -> Item {
        loop {
            if let Some(item) = self.buffer.pop() {
                return item;
            }
            self.buffer.filled().await;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watch.abort();
        metrics::gauge!("tessera_edge_subscriptions").decrement(1.0);
    }
}

/// Ends one reader's part when its caller may not read on. Within a second of the identity's expiry.
async fn watch(shared: Arc<Shared>, terms: Terms, buffer: Arc<Buffer>) {
    let end = ended_on(&shared, &terms.identity, Some(&terms)).await;
    buffer.end(end);
}

/// Waits until the caller's proof expires or does not stand any more, or the process ends.
pub(crate) async fn ended(shared: &Shared, identity: &Identity) -> End {
    ended_on(shared, identity, None).await
}

async fn ended_on(shared: &Shared, identity: &Identity, terms: Option<&Terms>) -> End {
    let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
    let expiry = identity
        .expires_at()
        .map_or(far, |at| shared.clock.timer_for(at));
    let period = Duration::from_millis(shared.config().streams.recheck_ms.max(100));
    let mut recheck = interval_at(Instant::now() + period, period);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.draining.cancelled() => return End::Draining,
            () = sleep_until(expiry) => return End::Identity(AuthenticationError::Expired),
            _ = recheck.tick() => {
                if identity.is_expired(shared.clock.now()) {
                    return End::Identity(AuthenticationError::Expired);
                }
                match shared.authenticator.recheck(identity).await {
                    // Boxed: what is asked now and then must not make every watch larger.
                    Ok(now) => if let Some(terms) = terms && Box::pin(lost(shared, terms, &now)).await {
                        return End::Rights;
                    },
                    // Nobody is thrown out because the question could not be asked; expiry bounds it.
                    Err(AuthenticationError::Unavailable) => {}
                    Err(error) => return End::Identity(error),
                }
            }
        }
    }
}

/// Whether the caller, as it stands now, may not see something that it could see when the subscription began.
async fn lost(shared: &Shared, terms: &Terms, now: &Identity) -> bool {
    shared
        .authorization
        .has_lost(
            &shared.engine,
            &terms.request,
            now,
            &*shared.authenticator,
            terms.denied.as_deref(),
        )
        .await
}
