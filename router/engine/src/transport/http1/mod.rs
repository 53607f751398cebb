//! HTTP/1.1 as a client, for plain TCP and unix sockets: whoever asks writes to the connection and reads from it
//! himself. There is no task per connection and nothing to hand over, so a fetch is one write, one wake-up and one read.

mod answer;
mod chunked;
mod connection;
mod head;
mod pool;
#[cfg(test)]
mod tests;

pub(super) use answer::Body;
pub(super) use head::Head;
pub(super) use pool::{Pool, Target};

/// What a connection did that no HTTP/1.1 server does, or that it ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the connection ended before the answer did")]
    Ended,
    #[error("the answer is not HTTP/1.1: {0}")]
    Malformed(&'static str),
}
