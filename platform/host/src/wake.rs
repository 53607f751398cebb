use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;

/// What the host's loops wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Events were written to the outbox.
    Outbox,
    /// Events were handed to consumers.
    Delivery,
    /// Jobs were queued or given back.
    Job,
}

const CHANNELS: [(&str, Topic); 3] = [
    ("tessera_outbox", Topic::Outbox),
    ("tessera_delivery", Topic::Delivery),
    ("tessera_job", Topic::Job),
];

/// Wake-ups of the host's loops, from any process, over one connection.
///
/// A wake-up carries nothing and may be missed: every loop also looks after a while by itself.
#[derive(Clone)]
pub struct Wakes {
    senders: [watch::Sender<()>; 3],
}

/// One loop's ear for one topic.
pub struct Wake {
    receiver: watch::Receiver<()>,
}

impl Default for Wakes {
    fn default() -> Self {
        Self {
            senders: std::array::from_fn(|_| watch::Sender::new(())),
        }
    }
}

impl Wakes {
    /// An ear for `topic`; what happens from now on is heard.
    pub fn listen(&self, topic: Topic) -> Wake {
        Wake {
            receiver: self.sender(topic).subscribe(),
        }
    }

    /// Wakes this process's loops without the database.
    pub fn wake(&self, topic: Topic) {
        self.sender(topic).send_replace(());
    }

    fn sender(&self, topic: Topic) -> &watch::Sender<()> {
        &self.senders[topic as usize]
    }

    /// Receives until cancelled, reconnecting by itself; after a gap everybody is woken.
    pub async fn run(self, connect: PgConnectOptions, cancel: CancellationToken) {
        let backoff = Backoff {
            first: Duration::from_millis(200),
            most: Duration::from_secs(10),
        };
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(connect);
        let mut failures = 0;
        loop {
            let outcome = tokio::select! {
                outcome = self.receive(&pool, &mut failures) => outcome,
                () = cancel.cancelled() => break,
            };
            failures += 1;
            if let Err(error) = outcome {
                tracing::warn!(%error, "wake-ups: connection lost, trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(backoff.after(failures)) => {}
                () = cancel.cancelled() => break,
            }
        }
        pool.close().await;
    }

    async fn receive(&self, pool: &sqlx::PgPool, failures: &mut u32) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(CHANNELS.map(|(name, _)| name)).await?;
        *failures = 0;
        for (_, topic) in CHANNELS {
            self.wake(topic);
        }
        while let Some(note) = listener.try_recv().await? {
            if let Some((_, topic)) = CHANNELS.iter().find(|(name, _)| *name == note.channel()) {
                self.wake(*topic);
            }
        }
        Ok(())
    }
}

impl Wake {
    /// Returns at the next wake-up or after `at_most`.
    pub async fn wait(&mut self, at_most: Duration) {
        // An error would mean that nobody can wake us any more; the pause still holds then.
        if let Ok(Err(_)) = tokio::time::timeout(at_most, self.receiver.changed()).await {
            tokio::time::sleep(at_most).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wake_up_before_the_wait_counts_and_only_for_its_topic() {
        let wakes = Wakes::default();
        let (mut outbox, mut job) = (wakes.listen(Topic::Outbox), wakes.listen(Topic::Job));
        wakes.wake(Topic::Outbox);
        let begun = tokio::time::Instant::now();
        outbox.wait(Duration::from_secs(30)).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        let begun = tokio::time::Instant::now();
        job.wait(Duration::from_millis(50)).await;
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }
}
