//! Identical fetches at the same time travel once.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use dashmap::DashMap;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use xxhash_rust::xxh3::Xxh3Builder;

use crate::context::OperationContext;
use crate::error::GraphqlError;
use crate::plan::SubgraphIndex;

/// What came of a shared fetch.
pub(crate) type Landed = Result<Bytes, GraphqlError>;

/// Fetches under way. Only queries take part; whoever asks first sends, with its own trace.
#[derive(Debug)]
pub(crate) struct Flights {
    under_way: Arc<UnderWay>,
    next: AtomicU64,
}

/// Flights with numbers that tell them apart.
type UnderWay = DashMap<Key, (u64, WeakShared<BoxFuture<'static, Landed>>), Xxh3Builder>;

/// What makes two fetches the same. Compared as a whole: a hash alone could be forged to read another's answer.
#[derive(Debug, Clone)]
struct Key {
    subgraph: SubgraphIndex,
    body: Bytes,
    /// Holds the scope of the principal and the headers that go to the subgraph.
    context: Arc<OperationContext>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.subgraph == other.subgraph
            && self.body == other.body
            && self.context.principal.scope_key() == other.context.principal.scope_key()
            && self.context.headers == other.context.headers
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.subgraph.0.hash(state);
        self.body.hash(state);
        self.context.principal.scope_key().hash(state);
    }
}

/// Takes a flight off the list when it has landed, or when the last one who waited has gone.
struct Departure {
    flights: Arc<UnderWay>,
    key: Key,
    number: u64,
}

impl Drop for Departure {
    fn drop(&mut self) {
        // a newer flight under the same key is not this one's to remove
        self.flights
            .remove_if(&self.key, |_, (number, _)| *number == self.number);
    }
}

impl Default for Flights {
    fn default() -> Self {
        let seed = std::hash::RandomState::new().hash_one(0_u8);
        let under_way = Arc::new(DashMap::with_hasher(Xxh3Builder::new().with_seed(seed)));
        Self {
            under_way,
            next: AtomicU64::default(),
        }
    }
}

impl Flights {
    /// Joins the same fetch when it is under way, else starts it.
    pub(crate) fn join(
        &self,
        subgraph: SubgraphIndex,
        body: Bytes,
        context: &Arc<OperationContext>,
        start: impl FnOnce() -> BoxFuture<'static, Landed>,
    ) -> Shared<BoxFuture<'static, Landed>> {
        let key = Key {
            subgraph,
            body,
            context: Arc::clone(context),
        };
        if let Some(flight) = self
            .under_way
            .get(&key)
            .and_then(|flight| flight.1.upgrade())
        {
            return flight;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let departure = Departure {
            flights: Arc::clone(&self.under_way),
            key: key.clone(),
            number,
        };
        let work = start();
        let flight = async move {
            let landed = work.await;
            drop(departure);
            landed
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            self.under_way.insert(key, (number, weak));
        }
        flight
    }
}
