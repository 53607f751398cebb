//! `graphql-transport-ws`: one socket, many operations.
//!
//! Rules of the protocol are kept to the letter, with the close codes that its reference implementation uses.

mod message;
mod session;

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;

use crate::connection::Connection;
use crate::edge::Shared;

/// The sub-protocol's name.
const PROTOCOL: &str = "graphql-transport-ws";

/// Upgrades a request.
pub(crate) fn open(
    shared: Arc<Shared>,
    upgrade: WebSocketUpgrade,
    connection: Connection,
) -> Response {
    let bytes = shared.config().websocket.message_bytes;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(bytes)
        .max_frame_size(bytes);
    upgrade.on_upgrade(move |mut socket| async move {
        if socket.protocol().is_none() {
            close(&mut socket, message::Close::Protocol).await;
            return;
        }
        let tracker = shared.streams.clone();
        metrics::gauge!("tessera_edge_websockets").increment(1.0);
        tracker
            .track_future(session::run(shared, socket, connection))
            .await;
        metrics::gauge!("tessera_edge_websockets").decrement(1.0);
    })
}

async fn close(socket: &mut WebSocket, why: message::Close) {
    let frame = CloseFrame {
        code: why.code(),
        reason: why.reason().into(),
    };
    // the client may be gone already, which is what was wanted
    drop(socket.send(Message::Close(Some(frame))).await);
}
