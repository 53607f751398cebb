//! Threads that serve connections, each with a runtime of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// How long a lane waits for what it runs in threads besides its own, when it ends.
const PATIENCE: Duration = Duration::from_millis(200);

/// Threads that serve connections, each with a runtime of its own: whatever a request waits for wakes the thread that has
/// been serving it, which nobody else has to be told of. None of them takes work of another one, so this is for work that
/// comes in small pieces, as a router's does. They end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    /// Where to begin to look for the next one.
    next: AtomicUsize,
    end: CancellationToken,
}

#[derive(Debug)]
struct Lane {
    runtime: Handle,
    /// One reference more than connections.
    open: Arc<()>,
}

/// Where a connection is to be served, and its place there as long as it is kept.
pub(crate) struct Place {
    pub(crate) runtime: Handle,
    _taken: Option<Arc<()>>,
}

impl Lanes {
    /// As many as the runtime that calls has workers.
    ///
    /// # Errors
    /// When the system gives no thread or no reactor.
    pub(crate) fn start() -> io::Result<Self> {
        let mut started = Self::default();
        for number in 0..Handle::current().metrics().num_workers() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            started.lanes.push(Lane {
                runtime: runtime.handle().clone(),
                open: Arc::default(),
            });
            let end = started.end.clone();
            let serve = move || {
                runtime.block_on(end.cancelled());
                runtime.shutdown_timeout(PATIENCE);
            };
            std::thread::Builder::new()
                .name(format!("lane-{number}"))
                .spawn(serve)?;
        }
        Ok(started)
    }

    /// The lane with the fewest connections; without lanes the runtime that calls.
    pub(crate) fn place(&self) -> Place {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.lanes.len();
        let all = (0..count).map(|step| &self.lanes[start.wrapping_add(step) % count]);
        match all.min_by_key(|lane| Arc::strong_count(&lane.open)) {
            Some(lane) => Place {
                runtime: lane.runtime.clone(),
                _taken: Some(Arc::clone(&lane.open)),
            },
            None => Place {
                runtime: Handle::current(),
                _taken: None,
            },
        }
    }

    /// Whether connections leave the runtime that accepts them.
    pub(crate) fn are_apart(&self) -> bool {
        !self.lanes.is_empty()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn connections_are_spread_over_lanes_by_how_many_they_have() {
        let lanes = Lanes::start().unwrap();
        let thread = |place: &Place| {
            let name = async { std::thread::current().name().unwrap().to_owned() };
            place.runtime.spawn(name)
        };
        let first: Vec<Place> = (0..4).map(|_| lanes.place()).collect();
        let mut names = Vec::new();
        for place in &first {
            names.push(thread(place).await.unwrap());
        }
        assert_eq!(
            names.iter().filter(|name| *name == "lane-0").count(),
            2,
            "{names:?}"
        );
        // those of one lane go away: the next ones come to it
        let (gone, stay) = (names[0].clone(), names.clone());
        let stay: Vec<_> = first
            .into_iter()
            .zip(stay)
            .filter(|(_, name)| *name != gone)
            .collect();
        for _ in 0..8 {
            let place = lanes.place();
            assert_eq!(thread(&place).await.unwrap(), gone);
        }
        drop(stay);
    }

    #[tokio::test]
    async fn lanes_end_with_what_they_run() {
        let lanes = Lanes::start().unwrap();
        let endless = lanes.place().runtime.spawn(std::future::pending::<()>());
        drop(lanes);
        assert!(endless.await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn without_lanes_everything_stays_where_it_is() {
        let here = std::thread::current().id();
        let place = Lanes::default().place();
        let there = place.runtime.spawn(async { std::thread::current().id() });
        assert_eq!(there.await.unwrap(), here);
    }
}
