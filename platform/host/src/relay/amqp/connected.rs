use std::ops::Deref;

use lapin::Connection;
use tokio::runtime::Handle;

use super::in_time;

/// A connection that is closed when it goes, whatever still refers to it.
///
/// A client library's connection lives as long as its channels, and a message that was received and never looked at
/// keeps its channel alive: without a close the broker would wait for its acknowledgement for ever.
pub(super) struct Connected(Option<Connection>);

impl Connected {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }
}

impl Deref for Connected {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.0 {
            Some(connection) => connection,
            // taken in `drop` only
            None => unreachable!("a connection is there until it is dropped"),
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else {
            return;
        };
        // without a runtime the process is ending, and its sockets with it
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            if let Ok(Err(error)) = in_time(connection.close(200, "gone".into())).await {
                tracing::debug!(%error, "a connection to the message broker was closed already");
            }
        });
    }
}
