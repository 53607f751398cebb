//! Servers that speak HTTP/1.1 without TLS, over TCP or a unix socket.

use std::sync::Arc;

use bytes::Bytes;

use super::answer::{Answer, Body};
use super::fields::{Fields, JSON};
use super::{IDLE_TIMEOUT, broken};
use crate::transport::http1::{Pool, Target};
use crate::transport::remote::{RemoteFailure, RemoteOptions};

/// Bodies up to this length are copied behind their head: writing one piece costs less than writing two.
const COPIED: usize = 4096;

/// A server that speaks HTTP/1.1 without TLS.
#[derive(Debug)]
pub(in crate::transport) struct Plain {
    pool: Arc<Pool>,
    /// The head of every request, up to the fields that differ.
    start: Box<[u8]>,
}

impl Plain {
    pub(super) fn new(target: Target, host: &str, path: &str, options: &RemoteOptions) -> Self {
        let start = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: ");
        let pool = Pool::new(
            target,
            options.connect_timeout,
            options.idle_connections,
            IDLE_TIMEOUT,
        );
        Self {
            pool: Arc::new(pool),
            start: start.into_bytes().into(),
        }
    }

    /// The head of a request with a body of `length` bytes. Names and values were checked when they were made.
    fn head(&self, fields: &Fields<'_>, length: usize) -> Vec<u8> {
        let behind = if length <= COPIED { length } else { 0 };
        let mut head = Vec::with_capacity(self.start.len() + 256 + behind);
        head.extend_from_slice(&self.start);
        head.extend_from_slice(fields.content_type.unwrap_or(JSON).as_bytes());
        head.extend_from_slice(b"\r\naccept: ");
        head.extend_from_slice(fields.accept.as_bytes());
        for (name, value) in fields.others() {
            head.extend_from_slice(b"\r\n");
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
        }
        head.extend_from_slice(b"\r\ncontent-length: ");
        let mut digits = [0_u8; 20];
        let (mut rest, mut at) = (length, digits.len());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        head.extend_from_slice(&digits[at..]);
        head.extend_from_slice(b"\r\n\r\n");
        head
    }

    /// Posts a body; only the head of the answer is waited for.
    pub(super) async fn post(
        &self,
        fields: &Fields<'_>,
        body: &Bytes,
    ) -> Result<Answer, RemoteFailure> {
        let mut head = self.head(fields, body.len());
        let mut behind = &body[..];
        if behind.len() <= COPIED {
            head.extend_from_slice(behind);
            behind = &[];
        }
        let (head, body) = self.pool.ask(&head, behind).await.map_err(broken)?;
        Ok(Answer {
            status: head.status,
            event_stream: head.event_stream,
            body: Body::Http1(body),
        })
    }
}
