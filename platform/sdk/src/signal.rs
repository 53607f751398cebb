use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use platform_types::TenantId;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

type Topic = (TenantId, Uuid);

/// Wake-ups across processes: a transaction signals a topic, waiters look at the database again.
///
/// A signal carries no data and may come twice or for nothing; what is true stands in the tables.
/// Bounded by the number of waiters: a topic without waiters is forgotten.
#[derive(Clone, Default)]
pub struct Signals(Arc<Mutex<HashMap<Topic, watch::Sender<()>>>>);

/// Waits for signals of one topic. Signals since the last wait are not lost, only folded into one.
pub struct Waiter {
    receiver: watch::Receiver<()>,
    topic: Topic,
    signals: Signals,
}

impl Signals {
    /// Begins to listen: signals from now on wake the waiter.
    pub fn listen(&self, tenant: TenantId, topic: Uuid) -> Waiter {
        let topic = (tenant, topic);
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = map
            .entry(topic)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe();
        Waiter {
            receiver,
            topic,
            signals: self.clone(),
        }
    }

    /// Number of topics that somebody waits for.
    pub fn topics(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn wake(&self, payload: &str) {
        let topic = payload
            .split_once('/')
            .and_then(|(tenant, topic)| Some((tenant.parse().ok()?, topic.parse().ok()?)));
        let Some(topic) = topic else {
            tracing::warn!(payload, "signal of another form");
            return;
        };
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = map.get(&topic) {
            sender.send_replace(());
        }
    }

    fn wake_all(&self) {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in map.values() {
            sender.send_replace(());
        }
    }

    /// Receives signals until cancelled; run once per process. After a lost connection everybody is
    /// woken, because signals may have been missed.
    pub async fn run(self, connect: PgConnectOptions, cancel: CancellationToken) {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(connect);
        while !cancel.is_cancelled() {
            let receive = async {
                let mut listener = PgListener::connect_with(&pool).await?;
                listener.listen("tessera_signal").await?;
                self.wake_all();
                while let Some(note) = listener.try_recv().await? {
                    self.wake(note.payload());
                }
                Ok::<_, sqlx::Error>(())
            };
            let outcome = tokio::select! {
                outcome = receive => outcome,
                () = cancel.cancelled() => break,
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "signals: connection lost, trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
                () = cancel.cancelled() => {}
            }
        }
        pool.close().await;
    }
}

impl Waiter {
    /// Returns at the next signal, or after `at_most`, whichever is first: a waiter always looks
    /// again after a while, so that a lost signal is a delay and never a hang.
    pub async fn wait(&mut self, at_most: Duration) {
        // Closed means that the topic was dropped by nobody but us; the time limit still holds.
        let _elapsed_or_closed = tokio::time::timeout(at_most, self.receiver.changed()).await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut map = self
            .signals
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if map
            .get(&self.topic)
            .is_some_and(|s| s.receiver_count() <= 1)
        {
            map.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_before_the_wait_is_not_lost_and_topics_are_forgotten() {
        let signals = Signals::default();
        let (tenant, topic) = (TenantId(Uuid::from_u128(1)), Uuid::from_u128(2));
        let mut waiter = signals.listen(tenant, topic);
        signals.wake(&format!("{tenant}/{topic}"));
        signals.wake("nonsense");
        let begun = tokio::time::Instant::now();
        waiter.wait(Duration::from_secs(30)).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        drop(waiter);
        assert_eq!(signals.topics(), 0);
    }
}
