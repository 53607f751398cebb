//! One run of a subscription for all who would see the same: events are resolved once and handed to every reader.
//!
//! Whoever comes later is given what was told before it came, so that a shared run cannot be told from one of its own.
//! A run that has told more than can be kept takes no new readers; the next one begins another.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use platform_identity::Identity;
use router_engine::{Denied, GraphqlRequest, GraphqlResponse, OperationContext};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tracing::{Instrument as _, Span};

use super::End;
use super::buffer::Buffer;
use crate::connection::REQUEST_ID;
use crate::edge::Shared;

/// Bytes of events that are kept for those who come later.
const REPLAY_BYTES: usize = 64 * 1024;

/// What two subscribers have in common when one run will do for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Of document, operation, variables, headers for subgraphs, who asks with which proof, and what is taken out.
    pub(super) fn new(
        generation: u64,
        request: &GraphqlRequest,
        context: &OperationContext,
        identity: &Identity,
        denied: Option<&Denied>,
    ) -> Self {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        part(&generation.to_le_bytes());
        part(request.query.as_bytes());
        part(
            request
                .operation_name
                .as_deref()
                .unwrap_or_default()
                .as_bytes(),
        );
        // a map of JSON values always serialises, and in one order
        part(&serde_json::to_vec(&request.variables).unwrap_or_default());
        part(identity.scope_key());
        // The run carries the first subscriber's proof: who shares it has to have one that is as good.
        part(
            &identity
                .expires_at()
                .map_or(i64::MAX, |at| at.timestamp())
                .to_le_bytes(),
        );
        part(&denied.map_or(0, |denied| denied.key()).to_le_bytes());
        for (name, value) in &context.headers {
            if name != REQUEST_ID {
                part(name.as_str().as_bytes());
                part(value.as_bytes());
            }
        }
        Self(digest.finalize().into())
    }
}

/// The runs that take readers. One entry for each at most, and each has a reader that is counted.
#[derive(Default)]
pub(crate) struct Hub {
    open: Mutex<HashMap<Key, Weak<Upstream>>>,
}

/// How a run began.
type Begun = Option<Result<(), GraphqlResponse>>;

/// One run; it ends with its last reader.
pub(super) struct Upstream {
    key: Key,
    hub: Weak<Hub>,
    feed: Arc<Feed>,
    begun: watch::Receiver<Begun>,
    task: AbortHandle,
}

/// What run and readers share.
#[derive(Default)]
struct Feed {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    readers: BTreeMap<u64, Arc<Buffer>>,
    last: u64,
    told: Vec<Bytes>,
    told_bytes: usize,
    /// Whether it takes no more readers.
    closed: bool,
}

/// A place among the readers of a run.
pub(super) struct Reader {
    upstream: Arc<Upstream>,
    number: u64,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.upstream.feed.state.lock().readers.remove(&self.number);
    }
}

impl Reader {
    /// Waits until the run has begun; an error is the answer in its place, `None` a run that broke off.
    pub(super) async fn begun(&self) -> Option<Result<(), GraphqlResponse>> {
        let mut begun = self.upstream.begun.clone();
        let value = begun.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }
}

impl Hub {
    /// Joins a run of the same key, or begins one with `start`.
    pub(super) fn join<F>(
        self: &Arc<Self>,
        key: Key,
        buffer: &Arc<Buffer>,
        shared: &Arc<Shared>,
        span: &Span,
        start: F,
    ) -> Reader
    where
        F: Future<Output = Result<BoxStream<'static, GraphqlResponse>, GraphqlResponse>>
            + Send
            + 'static,
    {
        let most = shared.config().streams.buffer_events;
        // Dropped after the lock: the last holder of a run takes the lock itself.
        let known;
        let mut open = self.open.lock();
        known = open.get(&key).and_then(Weak::upgrade);
        if let Some(upstream) = &known
            && let Some(number) = upstream.feed.add(buffer, most)
        {
            metrics::counter!("tessera_edge_subscriptions_shared_total").increment(1);
            return Reader {
                upstream: Arc::clone(upstream),
                number,
            };
        }
        let feed = Arc::new(Feed::default());
        // invariant: nothing has been told yet, so it takes readers
        let number = feed.add(buffer, most).unwrap_or_default();
        let (begun, begins) = watch::channel(None);
        let run = run(Arc::clone(shared), Arc::clone(&feed), begun, start);
        let task = shared
            .streams
            .spawn(run.instrument(span.clone()))
            .abort_handle();
        metrics::gauge!("tessera_edge_upstreams").increment(1.0);
        let upstream = Arc::new(Upstream {
            key,
            hub: Arc::downgrade(self),
            feed,
            begun: begins,
            task,
        });
        open.insert(key, Arc::downgrade(&upstream));
        Reader { upstream, number }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
        metrics::gauge!("tessera_edge_upstreams").decrement(1.0);
        if let Some(hub) = self.hub.upgrade() {
            let mut open = hub.open.lock();
            // another run may have taken the place
            if open
                .get(&self.key)
                .is_some_and(|run| run.strong_count() == 0)
            {
                open.remove(&self.key);
            }
        }
    }
}

impl Feed {
    /// Adds a reader, with everything that was told so far; not when that is not known any more.
    fn add(&self, buffer: &Arc<Buffer>, most: usize) -> Option<u64> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        for event in &state.told {
            buffer.push(event.clone(), most);
        }
        state.last += 1;
        let number = state.last;
        state.readers.insert(number, Arc::clone(buffer));
        Some(number)
    }

    fn tell(&self, event: &Bytes, most: usize) {
        let mut state = self.state.lock();
        if !state.closed {
            state.told_bytes += event.len();
            state.told.push(event.clone());
            if state.told.len() > most || state.told_bytes > REPLAY_BYTES {
                state.closed = true;
                state.told = Vec::new();
            }
        }
        for reader in state.readers.values() {
            reader.push(event.clone(), most);
        }
    }

    fn end(&self, end: End) {
        let mut state = self.state.lock();
        state.closed = true;
        state.told = Vec::new();
        for reader in state.readers.values() {
            reader.end(end);
        }
    }
}

/// Ends the readers however the run ends.
struct EndsReaders(Arc<Feed>);

impl Drop for EndsReaders {
    fn drop(&mut self) {
        self.0.end(End::Complete);
    }
}

async fn run<F>(shared: Arc<Shared>, feed: Arc<Feed>, begun: watch::Sender<Begun>, start: F)
where
    F: Future<Output = Result<BoxStream<'static, GraphqlResponse>, GraphqlResponse>>,
{
    let ends = EndsReaders(feed);
    let feed = &ends.0;
    let mut events = match start.await {
        Ok(events) => events,
        Err(response) => {
            feed.state.lock().closed = true;
            begun.send_replace(Some(Err(response)));
            return;
        }
    };
    begun.send_replace(Some(Ok(())));
    loop {
        let event = tokio::select! {
            biased;
            () = shared.draining.cancelled() => {
                feed.end(End::Draining);
                break;
            }
            event = events.next() => event,
        };
        let Some(response) = event else { break };
        let config = shared.config();
        let body = crate::mask::response(response, config.mask_errors).body;
        feed.tell(&body, config.streams.buffer_events);
    }
    // The subgraph's side ends before the clients hear of it.
    drop(events);
}
