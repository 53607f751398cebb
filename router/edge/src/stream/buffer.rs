//! What waits for one reader, bounded in number and in bytes.

use std::collections::VecDeque;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{End, Item};

/// Bytes of events that wait for one reader at most, besides the limit on their number.
pub(super) const BUFFER_BYTES: usize = 256 * 1024;

/// What waits for one reader.
#[derive(Default)]
pub(super) struct Buffer {
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

impl Buffer {
    /// Adds an event; the oldest make place for it when there are more than `most`.
    pub(super) fn push(&self, event: Bytes, most: usize) {
        let mut state = self.state.lock();
        if state.end.is_some() {
            return;
        }
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

    /// Nothing more comes; the first end counts, but for the loss of the right to read.
    pub(super) fn end(&self, end: End) {
        let mut state = self.state.lock();
        if end.forbids() {
            // what was not read before the right to read it ended is not sent any more
            state.events.clear();
            state.bytes = 0;
            state.end = Some(end);
        } else {
            state.end.get_or_insert(end);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// The next thing to send, if there is one.
    pub(super) fn pop(&self) -> Option<Item> {
        let mut state = self.state.lock();
        match state.events.pop_front() {
            Some(event) => {
                state.bytes -= event.len();
                if state.events.is_empty() {
                    // thousands of readers that have caught up hold no memory for it
                    state.events = VecDeque::new();
                }
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

    /// Waits until something was added since the last wait.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }
}

/// The first event after a gap says how many were dropped; the client resumes from the last cursor it has seen.
fn with_gap(event: &[u8], missed: u64) -> Bytes {
    let gap = format!(",\"extensions\":{{\"gap\":{{\"missed\":{missed}}}}}}}");
    // Responses of the engine are objects with `data` or `errors` and no extensions.
    let head = event.strip_suffix(b"}").unwrap_or(event);
    [head, gap.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::AuthenticationError;

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
        for end in [End::Identity(AuthenticationError::Expired), End::Rights] {
            let buffer = Buffer::default();
            buffer.push(event("{}"), 2);
            buffer.end(End::Complete);
            buffer.end(end);
            buffer.push(event("{}"), 2);
            assert_eq!(buffer.pop(), Some(Item::End(end)));
        }
    }
}
