//! An answer on its way in: the head first, then the body as a whole or piece by piece.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::Broken;
use super::chunked::Chunked;
use super::connection::Connection;
use super::head::{Framing, Head, MAX_HEAD_BYTES};
use super::pool::Pool;

/// Room that is made for an announced body before any of it has come.
const MAX_TRUST: usize = 1024 * 1024;

/// A body, part of which may have come with the head. The connection goes back to its pool when the body has been read
/// to its end, and is closed when that does not happen.
#[derive(Debug)]
pub(in super::super) struct Body {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    keep: bool,
    /// What came and has not been given out yet.
    rest: Bytes,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// Bytes that are still to be given out.
    Length(usize),
    Chunked(Chunked),
    UntilClose,
}

/// What one read said about the head.
enum Heard {
    Head(Head, Bytes),
    /// Not all of it yet.
    Some(Vec<u8>),
    End,
}

/// Waits for the head of the answer, over interim ones.
pub(super) async fn read_head(
    mut connection: Connection,
    pool: Arc<Pool>,
) -> Result<(Head, Body), Broken> {
    let mut held: Vec<u8> = Vec::new();
    loop {
        let before = std::mem::take(&mut held);
        let mut before = Some(before);
        let heard = connection
            .read(|bytes| {
                let mut before = before.take().unwrap_or_default();
                if bytes.is_empty() {
                    return Ok(Heard::End);
                }
                if before.is_empty() {
                    return hear(bytes);
                }
                before.extend_from_slice(bytes);
                hear(&before)
            })
            .await??;
        match heard {
            Heard::Head(head, rest) => {
                let body = Body {
                    keep: head.keep,
                    progress: match head.framing {
                        Framing::Length(length) => Progress::Length(length),
                        Framing::Chunked => Progress::Chunked(Chunked::default()),
                        Framing::UntilClose => Progress::UntilClose,
                    },
                    connection: Some(connection),
                    pool,
                    rest,
                };
                return Ok((head, body));
            }
            Heard::Some(bytes) if bytes.len() > MAX_HEAD_BYTES => {
                return Err(Broken::Malformed("the head is too long"));
            }
            Heard::Some(bytes) => held = bytes,
            Heard::End => return Err(Broken::Ended),
        }
    }
}

fn hear(mut bytes: &[u8]) -> Result<Heard, Broken> {
    loop {
        match Head::parse(bytes)? {
            None => return Ok(Heard::Some(bytes.to_vec())),
            Some((head, length)) if head.is_interim() => bytes = &bytes[length..],
            Some((head, length)) => {
                return Ok(Heard::Head(head, Bytes::copy_from_slice(&bytes[length..])));
            }
        }
    }
}

impl Body {
    /// All of the body; none when it is longer than `limit`.
    pub(in super::super) async fn whole(mut self, limit: usize) -> Result<Option<Bytes>, Broken> {
        if let Progress::Length(length) = self.progress {
            if length > limit {
                return Ok(None);
            }
            if self.rest.len() >= length {
                return self.chunk().await.map(|all| Some(all.unwrap_or_default()));
            }
            let mut all = BytesMut::with_capacity(length.min(MAX_TRUST));
            all.extend_from_slice(&self.rest);
            if let Some(connection) = &mut self.connection {
                connection
                    .read_exactly(&mut all, length - self.rest.len())
                    .await?;
            }
            self.rest = Bytes::new();
            self.finish();
            return Ok(Some(all.freeze()));
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Ok(None);
            }
            all.extend_from_slice(&chunk);
        }
        Ok(Some(all.freeze()))
    }

    /// The next piece of the body; none at its end.
    pub(in super::super) async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            match &mut self.progress {
                Progress::Length(0) => {
                    self.finish();
                    return Ok(None);
                }
                Progress::Length(left) if !self.rest.is_empty() => {
                    let piece = self.rest.split_to(self.rest.len().min(*left));
                    *left -= piece.len();
                    if *left == 0 {
                        self.finish();
                    }
                    return Ok(Some(piece));
                }
                Progress::Chunked(chunked) if chunked.is_done() => {
                    self.finish();
                    return Ok(None);
                }
                Progress::Chunked(chunked) if !self.rest.is_empty() => {
                    let (used, content) = chunked.take(&self.rest)?;
                    let piece = self.rest.slice(content);
                    self.rest = self.rest.split_off(used);
                    if !piece.is_empty() {
                        return Ok(Some(piece));
                    }
                    continue;
                }
                Progress::UntilClose if !self.rest.is_empty() => {
                    return Ok(Some(std::mem::take(&mut self.rest)));
                }
                _ => {}
            }
            let Some(connection) = &mut self.connection else {
                return Ok(None);
            };
            self.rest = connection.read(Bytes::copy_from_slice).await?;
            if self.rest.is_empty() {
                self.connection = None;
                return match self.progress {
                    Progress::UntilClose => Ok(None),
                    _ => Err(Broken::Ended),
                };
            }
        }
    }

    /// The body is over: gives the connection back, unless the server wants it closed or has sent too much.
    fn finish(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.keep
            && self.rest.is_empty()
        {
            Pool::give_back(&self.pool, connection);
        }
    }
}
