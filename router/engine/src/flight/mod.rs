//! Identical work at the same time is done once.

mod joined;

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use dashmap::{DashMap, Entry};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderMap;
use tracing::Span;
use xxhash_rust::xxh3::Xxh3Builder;

use crate::context::OperationContext;
use crate::plan::{Plan, SubgraphIndex};
use joined::Joinable;
pub(crate) use joined::Joined;

/// Work under way, by everything that makes two pieces of work the same. Keys are compared as a whole: a hash alone
/// could be forged to read another's answer.
#[derive(Debug)]
pub(crate) struct Flights<K: Eq + Hash, T: Clone> {
    under_way: Arc<UnderWay<K, T>>,
    next: AtomicU64,
}

/// Flights with numbers that tell them apart.
type UnderWay<K, T> = DashMap<K, (u64, Joinable<T>), Xxh3Builder>;

impl<K: Eq + Hash, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        let seed = RandomState::new().hash_one(0_u8);
        let under_way = Arc::new(DashMap::with_hasher(Xxh3Builder::new().with_seed(seed)));
        Self {
            under_way,
            next: AtomicU64::default(),
        }
    }
}

/// The place of a flight on the list. It is taken off when the flight has landed, when nobody may join it any more, or
/// when the last one who waited has gone.
pub(crate) struct Boarding<K: Eq + Hash, T: Clone> {
    flights: Arc<UnderWay<K, T>>,
    key: K,
    number: u64,
    closed: AtomicBool,
}

impl<K: Eq + Hash, T: Clone> Boarding<K, T> {
    /// From now on the same work begins anew.
    pub(crate) fn close(&self) {
        if !self.closed.swap(true, Ordering::Relaxed) {
            // a newer flight under the same key is not this one's to remove
            self.flights
                .remove_if(&self.key, |_, (number, _)| *number == self.number);
        }
    }
}

impl<K: Eq + Hash, T: Clone> Drop for Boarding<K, T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<K, T> Flights<K, T>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Joins the same work when it is under way, else starts it.
    pub(crate) fn join(&self, key: K, start: impl FnOnce() -> BoxFuture<'static, T>) -> Joined<T> {
        let begin = |boarding| {
            let work = start();
            async move {
                let landed = work.await;
                drop(boarding);
                landed
            }
            .boxed()
        };
        self.enter(key, Span::none, begin)
    }

    /// Joins the same work when it is under way and still may be joined, else starts it. The work says itself until when
    /// it may be joined. It belongs to the span in which it began.
    pub(crate) fn board(
        &self,
        key: K,
        start: impl FnOnce(Boarding<K, T>) -> BoxFuture<'static, T>,
    ) -> Joined<T> {
        self.enter(key, Span::current, start)
    }

    fn enter(
        &self,
        key: K,
        span: impl FnOnce() -> Span,
        start: impl FnOnce(Boarding<K, T>) -> BoxFuture<'static, T>,
    ) -> Joined<T> {
        if let Some(flight) = self.under_way.get(&key).and_then(|flight| flight.1.join()) {
            return flight;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let boarding = Boarding {
            flights: Arc::clone(&self.under_way),
            key: key.clone(),
            number,
            closed: AtomicBool::new(false),
        };
        // Nothing of it moves before it is looked at. Made before the place on the list is held, since whoever drops it
        // takes it off the list.
        let flight = Joined::new(start(boarding), span());
        let joinable = (number, flight.joinable());
        let earlier = match self.under_way.entry(key) {
            Entry::Vacant(place) => {
                place.insert(joinable);
                None
            }
            // somebody may have begun the same since the look above
            Entry::Occupied(mut place) => {
                let earlier = place.get().1.join();
                if earlier.is_none() {
                    place.insert(joinable);
                }
                earlier
            }
        };
        earlier.unwrap_or(flight)
    }
}

/// The header that names a request: it differs with every one and says nothing about the answer.
const REQUEST_ID: &str = "x-request-id";

/// Whose answer it will be: the scope of the principal, and the headers that go to subgraphs, but for the name of the
/// request.
#[derive(Debug, Clone)]
struct Audience(Arc<OperationContext>);

impl PartialEq for Audience {
    fn eq(&self, other: &Self) -> bool {
        self.0.principal.scope_key() == other.0.principal.scope_key()
            && same_headers(&self.0.headers, &other.0.headers)
    }
}

/// Whether two requests tell subgraphs the same, values of a name in the same order.
fn same_headers(some: &HeaderMap, others: &HeaderMap) -> bool {
    let count = |headers: &HeaderMap| {
        let ids = headers.get_all(REQUEST_ID).iter().count();
        headers.len() - ids
    };
    count(some) == count(others)
        && some
            .keys()
            .filter(|name| **name != REQUEST_ID)
            .all(|name| some.get_all(name).iter().eq(others.get_all(name)))
}

impl Eq for Audience {}

impl Hash for Audience {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.principal.scope_key().hash(state);
    }
}

/// How many mutations of this engine had ended when an operation began. Whoever has seen a mutation's answer joins nothing
/// that may have read before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mutations(u64);

/// Counts mutations by their ends.
#[derive(Debug, Default)]
pub(crate) struct MutationCount(AtomicU64);

/// A mutation under way; it counts when it is dropped, however it ended.
pub(crate) struct MutationUnderWay<'a>(&'a MutationCount);

impl MutationCount {
    pub(crate) fn now(&self) -> Mutations {
        Mutations(self.0.load(Ordering::Acquire))
    }

    pub(crate) fn begin(&self) -> MutationUnderWay<'_> {
        MutationUnderWay(self)
    }
}

impl Drop for MutationUnderWay<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// What makes two fetches the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FetchKey {
    subgraph: SubgraphIndex,
    body: Bytes,
    after: Mutations,
    audience: Audience,
}

impl FetchKey {
    pub(crate) fn new(
        subgraph: SubgraphIndex,
        body: Bytes,
        after: Mutations,
        context: &Arc<OperationContext>,
    ) -> Self {
        Self {
            subgraph,
            body,
            after,
            audience: Audience(Arc::clone(context)),
        }
    }
}

/// What makes two queries the same.
#[derive(Debug, Clone)]
pub(crate) struct QueryKey {
    plan: Arc<Plan>,
    /// As JSON.
    variables: Bytes,
    after: Mutations,
    audience: Audience,
}

impl QueryKey {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        variables: Bytes,
        after: Mutations,
        context: &Arc<OperationContext>,
    ) -> Self {
        Self {
            plan: Arc::clone(plan),
            variables,
            after,
            audience: Audience(Arc::clone(context)),
        }
    }
}

impl PartialEq for QueryKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
            && self.variables == other.variables
            && self.after == other.after
            && self.audience == other.audience
    }
}

impl Eq for QueryKey {}

impl Hash for QueryKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.plan) as usize).hash(state);
        self.variables.hash(state);
        self.after.hash(state);
        self.audience.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[test]
    fn who_begins_at_the_same_moment_begins_one_piece_of_work() {
        const AT_ONCE: usize = 8;
        let flights: Flights<u8, usize> = Flights::default();
        // nothing lands before everybody has come
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        for _ in 0..200 {
            let begun = Arc::new(AtomicUsize::new(0));
            let gate = Barrier::new(AT_ONCE);
            let work = || {
                let begun = Arc::clone(&begun);
                async move { begun.fetch_add(1, Ordering::Relaxed) + 1 }.boxed()
            };
            let joined: Vec<_> = thread::scope(|scope| {
                let entering = || {
                    let _entered = runtime.enter();
                    gate.wait();
                    flights.join(1, work)
                };
                let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(entering)).collect();
                let ended = threads.into_iter().map(|thread| thread.join());
                ended.collect::<Result<_, _>>().expect("no panic")
            });
            let landed = runtime.block_on(futures::future::join_all(joined));
            assert!(landed.iter().all(|run| *run == 1), "{landed:?}");
        }
    }
}
