//! One subscription over WebSocket, protocol `graphql-transport-ws`.

use super::client::Client;
use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const PROTOCOL: &str = "graphql-transport-ws";
/// Longer than any step of the work behind it: silence means that it hangs.
const PATIENCE: Duration = Duration::from_secs(90);

/// An open subscription.
pub(crate) struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Subscription {
    /// Connects, signs in with the client's token, and subscribes.
    pub(crate) async fn open(client: &Client, query: &str, variables: Value) -> Result<Self> {
        let Some(address) = client.base().strip_prefix("http://") else {
            bail!(
                "the demo's WebSocket needs an http:// address, not {}",
                client.base()
            );
        };
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        request
            .headers_mut()
            .insert("sec-websocket-protocol", PROTOCOL.parse()?);
        let (socket, _) = connect_async(request)
            .await
            .context("the WebSocket is refused")?;
        let mut subscription = Self { socket };
        let payload = match client.token() {
            Some(token) => json!({ "authorization": format!("Bearer {token}") }),
            None => json!({}),
        };
        subscription
            .send(&json!({ "type": "connection_init", "payload": payload }))
            .await?;
        let answer = subscription
            .receive()
            .await?
            .context("closed before the sign-in was acknowledged")?;
        if answer["type"] != "connection_ack" {
            bail!("the sign-in was answered with {answer}");
        }
        let payload = json!({ "query": query, "variables": variables });
        subscription
            .send(&json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await?;
        Ok(subscription)
    }

    /// The next event's data; `None` when the server has completed the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>> {
        let Some(mut message) = self.receive().await? else {
            bail!("the connection was closed in the middle of the stream");
        };
        match message["type"].as_str() {
            Some("next") => {
                if let Some(error) = message["payload"]["errors"].get(0) {
                    bail!(
                        "the stream reported {}",
                        error["message"].as_str().unwrap_or("an error")
                    );
                }
                Ok(Some(message["payload"]["data"].take()))
            }
            Some("complete") => Ok(None),
            _ => bail!("unexpected message {message}"),
        }
    }

    /// Ends the subscription from our side.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.send(&json!({ "id": "1", "type": "complete" })).await?;
        self.socket.close(None).await?;
        Ok(())
    }

    async fn send(&mut self, message: &Value) -> Result<()> {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .context("sending over the WebSocket")
    }

    /// The next message of the protocol; answers pings on the way.
    async fn receive(&mut self) -> Result<Option<Value>> {
        loop {
            let frame = timeout(PATIENCE, self.socket.next())
                .await
                .with_context(|| format!("nothing came for {} s", PATIENCE.as_secs()))?;
            match frame.transpose().context("reading from the WebSocket")? {
                Some(Message::Text(text)) => {
                    let message: Value =
                        serde_json::from_str(&text).context("a message that is no JSON")?;
                    match message["type"].as_str() {
                        Some("ping") => self.send(&json!({ "type": "pong" })).await?,
                        Some("pong") => {}
                        _ => return Ok(Some(message)),
                    }
                }
                Some(Message::Close(Some(frame))) => {
                    bail!("the server closed with {}: {}", frame.code, frame.reason)
                }
                Some(Message::Close(None)) | None => return Ok(None),
                Some(_) => {}
            }
        }
    }
}
