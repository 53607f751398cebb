//! Subscriptions over WebSockets against servers that keep to the protocol and servers that do not.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use futures::StreamExt;
use futures::stream::BoxStream;
use router_engine::{
    Engine, GraphqlRequest, GraphqlResponse, OperationContext, RemoteClient, RemoteOptions,
    RemoteSubgraph, SubscriptionProtocol, Transport,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::sharing::Named;
use super::universe::Universe;
use super::{context, runtime};

/// A server's side of a socket, and what came over it.
struct Peer {
    socket: WebSocket,
    heard: UnboundedSender<Value>,
}

impl Peer {
    /// The next message; the end of the socket is told as `closed` with its code.
    async fn hear(&mut self) -> Option<Value> {
        let heard = loop {
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => break serde_json::from_str(&text).expect("JSON"),
                Some(Ok(Message::Close(frame))) => {
                    break json!({ "closed": frame.map(|frame| frame.code) });
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        };
        // a test may be over before its server is
        let _over = self.heard.send(Value::clone(&heard));
        Some(heard)
    }

    /// Listens to the end.
    async fn listen(&mut self) {
        while self.hear().await.is_some() {}
    }

    async fn say(&mut self, message: Value) {
        self.text(&message.to_string()).await;
    }

    async fn text(&mut self, text: &str) {
        // a client that is gone is what some cases are about
        let _gone = self.socket.send(Message::Text(text.into())).await;
    }

    async fn tick(&mut self, number: u64) {
        self.say(json!({"type": "next", "id": "1", "payload": {"data": {"tick": number}}}))
            .await;
    }

    async fn accept(&mut self) {
        self.hear().await;
        self.say(json!({"type": "connection_ack"})).await;
        self.hear().await;
    }

    async fn close(&mut self, code: u16) {
        let reason = "so it is".into();
        let _gone = self
            .socket
            .send(Message::Close(Some(CloseFrame { code, reason })))
            .await;
    }
}

/// Serves a script at `/ws`; gives the base address and what the server hears.
async fn serve<F>(script: fn(Peer) -> F) -> (String, UnboundedReceiver<Value>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (heard, ears) = unbounded_channel();
    let upgrade = move |upgrade: WebSocketUpgrade| {
        let heard = heard.clone();
        async move {
            upgrade
                .protocols(["graphql-transport-ws"])
                .on_upgrade(move |socket| script(Peer { socket, heard }))
        }
    };
    let router = Router::new().route("/ws", get(upgrade));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/graphql"), ears)
}

fn engine(url: &str) -> Engine {
    let path = Some("/ws".to_owned());
    let options = RemoteOptions {
        ack_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(600),
        max_response_bytes: 4096,
        subscriptions: BTreeMap::from([(
            "orders".to_owned(),
            SubscriptionProtocol::WebSocket { path },
        )]),
        ..RemoteOptions::default()
    };
    let client = RemoteClient::new(options).expect("a client");
    let remote = RemoteSubgraph::named("orders", url, client).expect("an address");
    Universe::load("changes").engine_with("orders", Transport::Remote(remote))
}

async fn start(
    engine: &Engine,
    context: OperationContext,
) -> Result<BoxStream<'static, GraphqlResponse>, GraphqlResponse> {
    let request = GraphqlRequest::new("subscription { tick }");
    engine.subscribe(request, context).await
}

/// Ticks and messages of errors, in their order.
async fn story<F>(script: fn(Peer) -> F) -> Vec<String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (url, _ears) = serve(script).await;
    let tell = |response: GraphqlResponse| {
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        match body["errors"][0]["message"].as_str() {
            Some(message) => message.to_owned(),
            None => body["data"]["tick"].to_string(),
        }
    };
    match start(&engine(&url), context()).await {
        Ok(stream) => stream.map(tell).collect().await,
        Err(response) => vec![format!("refused: {}", tell(response))],
    }
}

const GONE: &str = "the subgraph is not available";

#[test]
fn identity_goes_with_the_connection_and_the_request_with_the_subscription() {
    runtime().block_on(async {
        let (url, mut ears) = serve(|mut peer| async move {
            peer.accept().await;
            peer.say(json!({"type": "complete", "id": "1"})).await;
            peer.listen().await;
        })
        .await;
        let mut context = context();
        context.principal = std::sync::Arc::new(Named("somebody"));
        let stream = start(&engine(&url), context).await.expect("a stream");
        assert_eq!(stream.count().await, 0);
        let init = ears.recv().await.expect("a message");
        assert_eq!(
            init,
            json!({"type": "connection_init", "payload": {"who": "somebody"}})
        );
        let subscribe = ears.recv().await.expect("a message");
        assert_eq!(subscribe["type"], "subscribe");
        assert_eq!(subscribe["id"], "1");
        let query = subscribe["payload"]["query"].as_str().expect("a query");
        assert!(
            query.starts_with("subscription") && query.contains("tick"),
            "{query}"
        );
        // what is complete is not completed again
        assert_eq!(ears.recv().await, Some(json!({ "closed": 1000 })));
    });
}

#[test]
fn an_error_of_the_operation_is_its_last_event() {
    let story = runtime().block_on(story(|mut peer| async move {
        peer.accept().await;
        peer.tick(1).await;
        peer.say(json!({"type": "error", "id": "1", "payload": [{"message": "no more"}]}))
            .await;
        peer.tick(2).await;
        peer.listen().await;
    }));
    assert_eq!(story, ["1", "no more"]);
}

#[test]
fn a_connection_that_is_not_acknowledged_is_given_up() {
    let begin = Instant::now();
    let story = runtime().block_on(story(|mut peer| async move { peer.listen().await }));
    assert_eq!(story, [format!("refused: {GONE}")]);
    assert!(begin.elapsed() < Duration::from_secs(3));
}

#[test]
fn pings_are_answered_before_and_after_the_acknowledgement() {
    runtime().block_on(async {
        let (url, mut ears) = serve(|mut peer| async move {
            peer.hear().await;
            peer.say(json!({"type": "ping", "payload": {"n": 1}})).await;
            peer.hear().await;
            peer.say(json!({"type": "connection_ack"})).await;
            peer.hear().await;
            peer.say(json!({"type": "ping"})).await;
            peer.hear().await;
            peer.tick(1).await;
            peer.listen().await;
        })
        .await;
        let mut stream = start(&engine(&url), context()).await.expect("a stream");
        assert!(stream.next().await.is_some());
        let mut kinds = Vec::new();
        for _ in 0..4 {
            kinds.push(ears.recv().await.expect("a message")["type"].take());
        }
        assert_eq!(kinds, ["connection_init", "pong", "subscribe", "pong"]);
    });
}

#[test]
fn a_quiet_subgraph_is_kept_while_it_answers_pings_and_no_longer() {
    let story = runtime().block_on(story(|mut peer| async move {
        peer.accept().await;
        for _ in 0..3 {
            if peer.hear().await == Some(json!({"type": "ping"})) {
                peer.say(json!({"type": "pong"})).await;
            }
        }
        peer.tick(1).await;
        // deaf from here on
        tokio::time::sleep(Duration::from_secs(5)).await;
    }));
    assert_eq!(story, ["1", GONE]);
}

#[test]
fn every_way_of_ending_without_completion_is_told() {
    runtime().block_on(async {
        macro_rules! ends {
            ($($act:expr => $told:expr),+ $(,)?) => {$({
                let story = story(|mut peer: Peer| async move {
                    peer.accept().await;
                    peer.tick(1).await;
                    let act: fn(Peer) -> futures::future::BoxFuture<'static, ()> = $act;
                    act(peer).await;
                })
                .await;
                assert_eq!(story, ["1", $told], "{}", stringify!($act));
            })+};
        }
        macro_rules! says {
            ($text:expr) => {
                |mut peer| {
                    Box::pin(async move {
                        peer.text($text).await;
                        peer.listen().await;
                    })
                }
            };
        }
        macro_rules! closes {
            ($code:expr) => {
                |mut peer| {
                    Box::pin(async move {
                        peer.close($code).await;
                        peer.listen().await;
                    })
                }
            };
        }
        ends! {
            says!("nonsense") => GONE,
            says!(r#"{"type":"data","id":"1","payload":{}}"#) => GONE,
            says!(r#"{"type":"next","id":"2","payload":{"data":{"tick":2}}}"#) => GONE,
            says!(r#"{"type":"next","id":"1","payload":[]}"#) => GONE,
            says!(r#"{"type":"connection_ack"}"#) => GONE,
            says!(&"x".repeat(5000)) => "the subgraph's answer is too large",
            |mut peer| Box::pin(async move {
                let _gone = peer.socket.send(Message::Binary("{}".into())).await;
                peer.listen().await;
            }) => GONE,
            |peer| Box::pin(async move { drop(peer) }) => GONE,
            closes!(1000) => "the subgraph ended the connection of the subscription",
            closes!(4400) => "the subgraph did not understand the subscription",
            closes!(4401) => "the subgraph does not know who subscribes",
            closes!(4403) => "the subgraph refused the subscription",
            closes!(4409) => "the subgraph has such a subscription already",
            closes!(4429) => "the subgraph was asked to begin too often",
        }
    });
}

#[test]
fn a_connection_that_is_refused_is_refused_with_the_reason() {
    runtime().block_on(async {
        let forbidden = story(|mut peer| async move {
            peer.hear().await;
            peer.close(4403).await;
            peer.listen().await;
        })
        .await;
        assert_eq!(
            forbidden,
            ["refused: the subgraph refused the subscription"]
        );
        let hasty = story(|mut peer| async move {
            peer.tick(1).await;
            peer.listen().await;
        })
        .await;
        assert_eq!(hasty, [format!("refused: {GONE}")]);
    });
}

#[test]
fn who_stops_listening_tells_the_subgraph() {
    runtime().block_on(async {
        let (url, mut ears) = serve(|mut peer| async move {
            peer.accept().await;
            peer.tick(1).await;
            peer.listen().await;
        })
        .await;
        let mut stream = start(&engine(&url), context()).await.expect("a stream");
        assert!(stream.next().await.is_some());
        drop(stream);
        let mut heard = Vec::new();
        while let Some(message) = ears.recv().await {
            let last = message.get("closed").is_some();
            heard.push(message);
            if last {
                break;
            }
        }
        assert_eq!(
            heard[2..],
            [
                json!({"type": "complete", "id": "1"}),
                json!({ "closed": 1000 })
            ]
        );
    });
}

#[test]
fn a_slow_reader_holds_the_subgraph_back() {
    runtime().block_on(async {
        let (url, mut ears) = serve(|mut peer| async move {
            peer.accept().await;
            let filling = "x".repeat(3000);
            for count in 0..20_000_u64 {
                let payload = json!({"data": {"tick": count}, "extensions": {"f": filling}});
                let next = json!({"type": "next", "id": "1", "payload": payload});
                peer.say(next).await;
                let _over = peer.heard.send(count.into());
            }
        })
        .await;
        let mut stream = start(&engine(&url), context()).await.expect("a stream");
        assert!(stream.next().await.is_some());
        // sixty megabytes would be through by then if anybody took them
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut sent = 0;
        while ears.try_recv().is_ok() {
            sent += 1;
        }
        assert!(sent < 10_000, "{sent} events were taken that nobody read");
        assert!(stream.next().await.is_some());
    });
}
