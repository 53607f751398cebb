//! A client of `graphql-transport-ws` that can also break its rules.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    /// A connection that is not initialised yet.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::open(
            address,
            &[("sec-websocket-protocol", "graphql-transport-ws")],
        )
        .await
        .unwrap()
    }

    /// A connection that has been acknowledged.
    pub(crate) async fn signed_in(address: SocketAddr, token: Option<&str>) -> Self {
        let mut socket = Self::connect(address).await;
        let payload = token.map_or(
            json!({}),
            |token| json!({"authorization": format!("Bearer {token}")}),
        );
        socket
            .send(json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(socket.receive().await, json!({"type": "connection_ack"}));
        socket
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.raw(message.to_string()).await;
    }

    pub(crate) async fn raw(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"id": id, "type": "subscribe", "payload": {"query": query}}))
            .await;
    }

    /// The next message, pings left out; a close as `{"close": code, "reason": …}`.
    pub(crate) async fn receive(&mut self) -> Value {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.0.next())
                .await
                .expect("no message");
            match next {
                Some(Ok(Message::Text(text))) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["type"] != "ping" {
                        return value;
                    }
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return json!({"close": u16::from(frame.code), "reason": frame.reason.as_str()});
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return json!({"broken": error.to_string()}),
                None => return json!({"ended": true}),
            }
        }
    }

    pub(crate) async fn closed_with(&mut self) -> u64 {
        loop {
            let message = self.receive().await;
            if let Some(code) = message["close"].as_u64() {
                return code;
            }
            assert!(
                message.get("ended").is_none() && message.get("broken").is_none(),
                "{message}"
            );
        }
    }
}
