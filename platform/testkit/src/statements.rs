use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::Subscriber;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Counts the SQL statements of this thread, from [`Statements::watch`] until it is dropped. For tests
/// on a current-thread runtime, where everything that a request starts runs on one thread.
///
/// What the harness itself asks the database is counted, too: measure around requests only.
pub struct Statements {
    count: Arc<AtomicUsize>,
    _guard: DefaultGuard,
}

impl Statements {
    /// Begins to count.
    pub fn watch() -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        // sqlx tells every statement as a debug event of this target.
        let filter = Targets::new().with_target("sqlx::query", LevelFilter::DEBUG);
        let counter = Counter(count.clone()).with_filter(filter);
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(counter));
        Self {
            count,
            _guard: guard,
        }
    }

    /// Statements until now.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }
}

struct Counter(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Counter {
    fn on_event(&self, _event: &tracing::Event<'_>, _ctx: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
