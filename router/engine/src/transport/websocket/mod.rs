//! Subscriptions over a WebSocket: the `graphql-transport-ws` protocol, as its specification (PROTOCOL.md of graphql-ws)
//! has it for clients. Every subscription has a socket of its own.
//!
//! A socket is read only when the next event is asked for, so that a slow reader holds the subgraph back by the flow
//! control of TCP, and memory holds one message. Dropping the stream tells the subgraph.

mod endpoint;
mod message;

use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, Stream, StreamExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message as Frame, Utf8Bytes};

pub(super) use endpoint::{Endpoint, by_http};

use self::endpoint::Socket;
use self::message::Message;
use super::http::Fields;
use super::remote::{RemoteFailure, RemoteOptions};

/// Longest time for the last words on a socket.
const GOODBYE: Duration = Duration::from_secs(1);
/// The code of the protocol for a message that it does not allow.
const BAD_MESSAGE: u16 = 4400;

/// What a client may know of the code that a subgraph closed a socket with.
pub(super) fn meaning(code: u16) -> &'static str {
    match code {
        4400 => "the subgraph did not understand the subscription",
        4401 => "the subgraph does not know who subscribes",
        4403 => "the subgraph refused the subscription",
        4408 => "the subgraph waited too long for the subscription to begin",
        4409 => "the subgraph has such a subscription already",
        4429 => "the subgraph was asked to begin too often",
        _ => "the subgraph ended the connection of the subscription",
    }
}

/// Starts a subscription. Every item is the bytes of one event's response; a stream that the subgraph does not complete
/// ends with a failure.
pub(super) async fn subscribe(
    endpoint: &Endpoint,
    fields: Fields<'_>,
    body: &[u8],
    options: &RemoteOptions,
) -> Result<impl Stream<Item = Result<Bytes, RemoteFailure>> + Send + 'static, RemoteFailure> {
    let init = message::init(&fields.proof)?;
    let subscribe = message::subscribe(body)?;
    let mut session = Session {
        socket: Some(endpoint.open(&fields, options).await?),
        subscribed: false,
        verdict: CloseCode::Normal,
        limit: options.max_response_bytes,
        idle: options.idle_timeout,
    };
    let begin = async {
        session.send(init).await?;
        session.acknowledged().await
    };
    tokio::time::timeout(options.ack_timeout, begin)
        .await
        .map_err(|_| RemoteFailure::WebSocket("the connection was not acknowledged in time"))??;
    session.subscribed = true;
    session.send(subscribe).await?;
    Ok(async_stream::try_stream! {
        let mut session = session;
        while let Some((event, last)) = session.event().await? {
            if last {
                session.subscribed = false;
            }
            yield event;
            if last {
                break;
            }
        }
    })
}

/// A socket with one operation. When it is dropped, the subgraph is told.
struct Session {
    /// Gone when there is nobody left to talk to.
    socket: Option<Socket>,
    /// Whether the subgraph has an operation to end.
    subscribed: bool,
    /// What the socket is closed with.
    verdict: CloseCode,
    limit: usize,
    idle: Duration,
}

impl Session {
    async fn send(&mut self, text: Utf8Bytes) -> Result<(), RemoteFailure> {
        let Some(socket) = &mut self.socket else {
            return Err(RemoteFailure::WebSocket("it is closed"));
        };
        let sent = tokio::time::timeout(self.idle, socket.send(Frame::Text(text)))
            .await
            .map_err(|_| RemoteFailure::WebSocket("the subgraph reads nothing"))?;
        sent.map_err(|error| self.broken(error))
    }

    async fn acknowledged(&mut self) -> Result<(), RemoteFailure> {
        loop {
            match self.receive().await? {
                Message::Acknowledged => return Ok(()),
                Message::Ping => self.send(message::pong()).await?,
                Message::Pong => {}
                _ => return Err(self.refuse("a message before the acknowledgement")),
            }
        }
    }

    /// The next event, and whether it is the last one; nothing when the subgraph has completed the operation.
    async fn event(&mut self) -> Result<Option<(Bytes, bool)>, RemoteFailure> {
        loop {
            match self.receive().await? {
                Message::Next(bytes) => return Ok(Some((bytes, false))),
                Message::Error(bytes) => return Ok(Some((bytes, true))),
                Message::Complete => {
                    self.subscribed = false;
                    return Ok(None);
                }
                Message::Ping => self.send(message::pong()).await?,
                Message::Pong => {}
                Message::Acknowledged => return Err(self.refuse("a second acknowledgement")),
            }
        }
    }

    /// The next message. A subgraph that is silent for half of the longest silence is asked whether it is there.
    async fn receive(&mut self) -> Result<Message, RemoteFailure> {
        let mut asked = false;
        loop {
            let half = self.idle / 2;
            let Some(socket) = &mut self.socket else {
                return Err(RemoteFailure::WebSocket("it is closed"));
            };
            let frame = match tokio::time::timeout(half, socket.next()).await {
                Ok(frame) => frame,
                Err(_) if asked => {
                    self.socket = None;
                    return Err(RemoteFailure::WebSocket("nothing came for too long"));
                }
                Err(_) => {
                    asked = true;
                    self.send(message::ping()).await?;
                    continue;
                }
            };
            match frame {
                Some(Ok(Frame::Text(text))) => {
                    return Message::read(&text).inspect_err(|_| {
                        self.verdict = CloseCode::from(BAD_MESSAGE);
                    });
                }
                Some(Ok(Frame::Close(close))) => {
                    self.socket = None;
                    return Err(closed(close));
                }
                // answered by the socket itself
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => asked = false,
                Some(Ok(_)) => return Err(self.refuse("a message that is no text")),
                Some(Err(error)) => return Err(self.broken(error)),
                None => {
                    self.socket = None;
                    return Err(RemoteFailure::WebSocket("the subgraph went away"));
                }
            }
        }
    }

    /// The socket will be closed as the protocol wants it after such a message.
    fn refuse(&mut self, reason: &'static str) -> RemoteFailure {
        self.verdict = CloseCode::from(BAD_MESSAGE);
        RemoteFailure::WebSocket(reason)
    }

    /// After an error of the socket nothing can be said on it, except that a message was too large.
    fn broken(&mut self, error: Error) -> RemoteFailure {
        if matches!(error, Error::Capacity(_)) {
            self.verdict = CloseCode::Size;
            return RemoteFailure::TooLarge(self.limit);
        }
        self.socket = None;
        RemoteFailure::Body(Box::new(error))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let (Some(mut socket), Ok(runtime)) = (
            self.socket.take(),
            // without a runtime the connection just ends, which says the same
            tokio::runtime::Handle::try_current(),
        ) else {
            return;
        };
        let (subscribed, code) = (self.subscribed, self.verdict);
        runtime.spawn(async move {
            let goodbye = async {
                if subscribed {
                    let complete = Frame::Text(message::complete());
                    socket.send(complete).await?;
                }
                let reason = Utf8Bytes::default();
                socket.close(Some(CloseFrame { code, reason })).await?;
                // closing in order is the subgraph's turn now
                while socket.next().await.transpose()?.is_some() {}
                Ok::<_, Error>(())
            };
            if let Ok(Err(error)) = tokio::time::timeout(GOODBYE, goodbye).await {
                tracing::debug!(%error, "a WebSocket was not closed in order");
            }
        });
    }
}

fn closed(frame: Option<CloseFrame>) -> RemoteFailure {
    match frame {
        Some(frame) => RemoteFailure::Closed {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        },
        // the code that stands for none
        None => RemoteFailure::Closed {
            code: CloseCode::Status.into(),
            reason: String::new(),
        },
    }
}
