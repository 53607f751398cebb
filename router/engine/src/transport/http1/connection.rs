//! One connection: bytes out, bytes in.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::Broken;
use super::pool::Home;

/// Bytes that one read can give. Most answers come whole.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where reads land before their content is copied to where it stays. A read that asks for more than there is
    /// saves the one that would find nothing; a buffer per connection of this size would be most of the memory.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// The socket.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    /// Where it is kept while it is idle.
    pub(super) home: Home,
    /// When it was last given back.
    pub(super) idle_since: Instant,
}

impl Connection {
    pub(super) fn new(stream: Stream, home: Home, now: Instant) -> Self {
        Self {
            stream,
            home,
            idle_since: now,
        }
    }

    /// Whether nothing has come while it was idle. An end or an unasked-for answer makes it useless. Asks the system
    /// only when the reactor has seen something.
    pub(super) fn is_quiet(&self) -> bool {
        let mut byte = [0];
        let read = match &self.stream {
            Stream::Tcp(stream) => stream.try_read(&mut byte),
            Stream::Unix(stream) => stream.try_read(&mut byte),
        };
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Writes head and body, together where the system lets it.
    pub(super) async fn write(&mut self, head: &[u8], body: &[u8]) -> Result<(), Broken> {
        let mut written = 0;
        while written < head.len() + body.len() {
            let (rest, behind) = match head.get(written..) {
                Some(rest) if !rest.is_empty() => (rest, body),
                _ => (&body[written - head.len()..], &[][..]),
            };
            let slices = [IoSlice::new(rest), IoSlice::new(behind)];
            // for one slice the system has a shorter way
            let count = std::future::poll_fn(|context| match &mut self.stream {
                Stream::Tcp(stream) if behind.is_empty() => {
                    Pin::new(stream).poll_write(context, rest)
                }
                Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, &slices),
                Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(context, &slices),
            })
            .await?;
            if count == 0 {
                return Err(Broken::Ended);
            }
            written += count;
        }
        Ok(())
    }

    /// Waits for bytes and hands them to `take`; at the end of the stream they are none.
    pub(super) async fn read<T>(&mut self, mut take: impl FnMut(&[u8]) -> T) -> Result<T, Broken> {
        let taken = std::future::poll_fn(|context| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                ready!(self.poll_read(context, &mut buffer))?;
                Poll::Ready(io::Result::Ok(take(buffer.filled())))
            })
        });
        Ok(taken.await?)
    }

    /// Fills up `into`, of which `missing` bytes are missing.
    pub(super) async fn read_exactly(
        &mut self,
        into: &mut BytesMut,
        mut missing: usize,
    ) -> Result<(), Broken> {
        while missing > 0 {
            let count = self
                .read(|bytes| {
                    let count = bytes.len().min(missing);
                    into.extend_from_slice(&bytes[..count]);
                    (count, bytes.len())
                })
                .await?;
            match count {
                (_, 0) => return Err(Broken::Ended),
                (taken, seen) if taken < seen => {
                    return Err(Broken::Malformed("more than was announced"));
                }
                (taken, _) => missing -= taken,
            }
        }
        Ok(())
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}
