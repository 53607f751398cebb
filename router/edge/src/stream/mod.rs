//! A subscription under watch: its events in a bounded buffer, and the reasons to end it.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use platform_identity::Identity;
use router_engine::GraphqlResponse;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, sleep_until};
use tracing::{Instrument as _, Span};

use crate::authentication::AuthenticationError;
use crate::edge::Shared;
use crate::quota::Place;

/// Bytes of events that wait for one reader at most, besides the limit on their number.
const BUFFER_BYTES: usize = 256 * 1024;

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
    /// The process ends; the client should come back with its cursor.
    Draining,
}

/// A running subscription; dropping it ends the subscription at its subgraph.
pub(crate) struct Watched {
    buffer: Arc<Buffer>,
    pump: tokio::task::AbortHandle,
    _place: Place,
}

#[derive(Default)]
struct Buffer {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<Bytes>,
    bytes: usize,
    /// Events that were dropped before the first in `events`.
    missed: u64,
    end: Option<End>,
}

impl Watched {
    /// Watches `events` for `identity`. It ends within a second of the identity's expiry.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        identity: Identity,
        events: BoxStream<'static, GraphqlResponse>,
        place: Place,
        span: Span,
    ) -> Self {
        let buffer = Arc::new(Buffer::default());
        let task = pump(Arc::clone(shared), identity, events, Arc::clone(&buffer)).instrument(span);
        let pump = shared.streams.spawn(task).abort_handle();
        metrics::gauge!("tessera_edge_subscriptions").increment(1.0);
        Self {
            buffer,
            pump,
            _place: place,
        }
    }

    /// The next thing to send. After [`Item::End`] the same comes again.
    pub(crate) async fn next(&mut self) -> Item {
        loop {
            if let Some(item) = self.buffer.pop() {
                return item;
            }
            self.buffer.filled.notified().await;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.pump.abort();
        metrics::gauge!("tessera_edge_subscriptions").decrement(1.0);
    }
}

impl Buffer {
    fn push(&self, event: Bytes, most: usize) {
        let mut state = self.state.lock();
        state.bytes += event.len();
        state.events.push_back(event);
        while state.events.len() > most.max(1)
            || state.bytes > BUFFER_BYTES && state.events.len() > 1
        {
            let Some(dropped) = state.events.pop_front() else {
                break;
            };
            state.bytes -= dropped.len();
            state.missed += 1;
            metrics::counter!("tessera_edge_events_dropped_total").increment(1);
        }
        drop(state);
        self.filled.notify_one();
    }

    fn end(&self, end: End) {
        let mut state = self.state.lock();
        state.end = Some(end);
        if let End::Identity(_) = end {
            // what was not read before the right to read it ended is not sent any more
            state.events.clear();
        }
        drop(state);
        self.filled.notify_one();
    }

    fn pop(&self) -> Option<Item> {
        let mut state = self.state.lock();
        match state.events.pop_front() {
            Some(event) => {
                state.bytes -= event.len();
                let missed = std::mem::take(&mut state.missed);
                Some(Item::Event(if missed > 0 {
                    with_gap(&event, missed)
                } else {
                    event
                }))
            }
            None => state.end.map(Item::End),
        }
    }
}

/// The first event after a gap says how many were dropped; the client resumes from the last cursor it has seen.
fn with_gap(event: &[u8], missed: u64) -> Bytes {
    let gap = format!(",\"extensions\":{{\"gap\":{{\"missed\":{missed}}}}}}}");
    // Responses of the engine are objects with `data` or `errors` and no extensions.
    let head = event.strip_suffix(b"}").unwrap_or(event);
    [head, gap.as_bytes()].concat().into()
}

async fn pump(
    shared: Arc<Shared>,
    identity: Identity,
    mut events: BoxStream<'static, GraphqlResponse>,
    buffer: Arc<Buffer>,
) {
    let most = shared.config.streams.buffer_events;
    // Pinned outside of the loop: a busy stream must not put off the looks at its caller.
    let mut ended = pin!(ended(&shared, &identity));
    let end = loop {
        tokio::select! {
            biased;
            end = &mut ended => break end,
            event = events.next() => match event {
                Some(response) => buffer.push(crate::mask::response(response, shared.config.mask_errors).body, most),
                None => break End::Complete,
            },
        }
    };
    // The subgraph's side ends before the client hears of it.
    drop(events);
    buffer.end(end);
}

/// Waits until the caller's proof expires, its rights are gone, or the process ends.
pub(crate) async fn ended(shared: &Shared, identity: &Identity) -> End {
    let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
    let expiry = identity
        .expires_at()
        .map_or(far, |at| shared.clock.timer_for(at));
    let period = Duration::from_millis(shared.config.streams.recheck_ms.max(100));
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
                    // Nobody is thrown out because the question could not be asked; expiry bounds it.
                    Ok(()) | Err(AuthenticationError::Unavailable) => {}
                    Err(error) => return End::Identity(error),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Bytes {
        Bytes::from(text.to_owned())
    }

    #[test]
    fn a_slow_reader_is_told_what_it_missed() {
        let buffer = Buffer::default();
        for n in 0..5 {
            buffer.push(event(&format!("{{\"data\":{n}}}")), 2);
        }
        buffer.end(End::Complete);
        let gap = "{\"data\":3,\"extensions\":{\"gap\":{\"missed\":3}}}";
        assert_eq!(buffer.pop(), Some(Item::Event(event(gap))));
        assert_eq!(buffer.pop(), Some(Item::Event(event("{\"data\":4}"))));
        assert_eq!(buffer.pop(), Some(Item::End(End::Complete)));
        assert_eq!(buffer.pop(), Some(Item::End(End::Complete)));
    }

    #[test]
    fn large_events_are_bounded_by_their_bytes() {
        let buffer = Buffer::default();
        for _ in 0..8 {
            buffer.push(Bytes::from(vec![b' '; BUFFER_BYTES / 2 + 1]), 64);
        }
        assert!(buffer.state.lock().bytes <= BUFFER_BYTES);
        assert_eq!(buffer.state.lock().missed, 7);
    }

    #[test]
    fn nothing_is_sent_after_the_right_to_read_it_ended() {
        let buffer = Buffer::default();
        buffer.push(event("{}"), 2);
        buffer.end(End::Identity(AuthenticationError::Expired));
        assert_eq!(
            buffer.pop(),
            Some(Item::End(End::Identity(AuthenticationError::Expired)))
        );
    }
}
