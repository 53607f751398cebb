use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two steps in which a process ends.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// No new work: the listener closes, loops finish what they hold, streams end.
    pub stopping: CancellationToken,
    /// Nobody waits any longer: what still runs is dropped.
    pub stopped: CancellationToken,
}

impl Shutdown {
    /// Begins the shutdown at SIGTERM or SIGINT; a second signal ends the waiting.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut term = signal(SignalKind::terminate())?;
        let mut int = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for token in [&shutdown.stopping, &shutdown.stopped] {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = int.recv() => {}
                }
                token.cancel();
            }
        });
        Ok(())
    }
}
