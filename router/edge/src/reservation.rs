//! Streams that many operations share: the single connection mode of `graphql-sse`.
//!
//! A client reserves a stream (PUT), opens it (GET), sends operations that answer through it (POST) and ends them one by
//! one (DELETE). The stream belongs to who reserved it: nobody else's request is answered through it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;
use http::request::Parts;
use parking_lot::Mutex;
use platform_identity::Identity;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::quota::Place;

/// The header that names a reserved stream.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");

/// How long a reserved stream waits for the client to open it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most characters of an operation's id.
const ID_CHARACTERS: usize = 128;

/// The stream that a request is about, by header or, as browsers' event sources cannot set one, by query parameter.
pub(crate) fn token(parts: &Parts) -> Option<String> {
    if let Some(value) = parts.headers.get(TOKEN) {
        return Some(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    let query = parts.uri.query()?;
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))?;
    Some(value.to_owned())
}

/// Every stream that is reserved or open. Each has a place in the quotas of its caller, which bounds them.
#[derive(Default)]
pub(crate) struct Reservations {
    known: Mutex<HashMap<String, Arc<Reservation>>>,
}

/// One stream.
pub(crate) struct Reservation {
    identity: Identity,
    outbox: mpsc::Sender<Bytes>,
    inbox: Mutex<Option<mpsc::Receiver<Bytes>>>,
    operations: Mutex<HashMap<String, AbortHandle>>,
    _place: Place,
}

/// Why an operation cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotBegun {
    /// Its id is empty or too long.
    Id,
    /// Its id is in use.
    Duplicate,
    /// There are as many as there may be.
    TooMany,
}

impl Reservations {
    /// Reserves a stream for `identity` that holds `outbox` messages at most, and gives its name.
    #[expect(
        clippy::disallowed_methods,
        reason = "a name that nobody can guess; no context exists at the edge"
    )]
    pub(crate) fn reserve(
        self: &Arc<Self>,
        identity: Identity,
        outbox: usize,
        place: Place,
    ) -> String {
        let token = Uuid::new_v4().to_string();
        let (sender, receiver) = mpsc::channel(outbox.max(1));
        let reservation = Reservation {
            identity,
            outbox: sender,
            inbox: Mutex::new(Some(receiver)),
            operations: Mutex::default(),
            _place: place,
        };
        self.known
            .lock()
            .insert(token.clone(), Arc::new(reservation));
        let (all, name) = (Arc::downgrade(self), token.clone());
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            let Some(all) = all.upgrade() else { return };
            let unopened = all
                .known
                .lock()
                .get(&name)
                .is_some_and(|reservation| reservation.inbox.lock().is_some());
            if unopened {
                all.forget(&name);
            }
        });
        token
    }

    /// The stream of that name, if `identity` has reserved it.
    pub(crate) fn find(&self, token: &str, identity: &Identity) -> Option<Arc<Reservation>> {
        let found = self.known.lock().get(token).map(Arc::clone)?;
        (found.identity.scope_key() == identity.scope_key()).then_some(found)
    }

    /// Ends a stream with everything that answers through it.
    pub(crate) fn forget(&self, token: &str) {
        let forgotten = self.known.lock().remove(token);
        if let Some(reservation) = forgotten {
            for (_, task) in reservation.operations.lock().drain() {
                task.abort();
            }
        }
    }
}

impl Reservation {
    /// What is to be sent through the stream; once.
    pub(crate) fn open(&self) -> Option<mpsc::Receiver<Bytes>> {
        self.inbox.lock().take()
    }

    /// Who has reserved it, with the proof of that time.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where operations put what they have to say.
    pub(crate) fn outbox(&self) -> mpsc::Sender<Bytes> {
        self.outbox.clone()
    }

    /// Enters an operation that `spawn` starts, of `most` at once.
    pub(crate) fn begin(
        &self,
        id: &str,
        most: usize,
        spawn: impl FnOnce() -> AbortHandle,
    ) -> Result<(), NotBegun> {
        if id.is_empty() || id.chars().count() > ID_CHARACTERS {
            return Err(NotBegun::Id);
        }
        let mut operations = self.operations.lock();
        operations.retain(|_, task| !task.is_finished());
        if operations.contains_key(id) {
            return Err(NotBegun::Duplicate);
        }
        if operations.len() >= most {
            return Err(NotBegun::TooMany);
        }
        operations.insert(id.to_owned(), spawn());
        Ok(())
    }

    /// Ends an operation; one that is not there is over already.
    pub(crate) fn end(&self, id: &str) {
        if let Some(task) = self.operations.lock().remove(id) {
            task.abort();
        }
    }

    /// Notes that an operation is over by itself: its id is free from now on.
    pub(crate) fn over(&self, id: &str) {
        self.operations.lock().remove(id);
    }
}
