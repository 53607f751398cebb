//! `graphql-transport-ws`, to the letter and against it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::socket::Socket;
use crate::subgraphs::OPEN_STREAMS;
use crate::world::World;

#[tokio::test]
async fn operations_of_every_kind_run_side_by_side() {
    let world = World::new();
    let mut socket = Socket::signed_in(world.listen().await, None).await;
    socket
        .subscribe(
            "s",
            "subscription { items(count: 2, everyMs: 30) { id price } }",
        )
        .await;
    socket.subscribe("q", "{ hello }").await;
    let mut seen = Vec::new();
    while seen
        .iter()
        .filter(|message: &&serde_json::Value| message["type"] == "complete")
        .count()
        < 2
    {
        seen.push(socket.receive().await);
    }
    let of = |id: &str| {
        seen.iter()
            .filter(|message| message["id"] == id)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("q"),
        [
            json!({"id": "q", "type": "next", "payload": {"data": {"hello": "hello world"}}}),
            json!({"id": "q", "type": "complete"})
        ]
    );
    assert_eq!(of("s").len(), 3);
    assert_eq!(
        of("s")[1]["payload"]["data"],
        json!({"items": {"id": "1", "price": 10}})
    );
    // an id is free again once its operation is over
    socket.subscribe("q", "mutation { touch }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn breaches_of_the_protocol_close_with_their_code() {
    let world = World::with(|config| config.websocket.init_timeout_ms = 300);
    let address = world.listen().await;
    let init = json!({"type": "connection_init"}).to_string();
    let subscribe = json!({"id": "1", "type": "subscribe", "payload": {"query": "subscription { items(count: 9, everyMs: 100) { id } }"}}).to_string();
    let bad_token =
        json!({"type": "connection_init", "payload": {"authorization": "Bearer x.y.z"}})
            .to_string();
    let odd_token =
        json!({"type": "connection_init", "payload": {"authorization": {"a": 1}}}).to_string();
    let two_tokens = json!({"type": "connection_init", "payload": {"authorization": "Bearer a", "Authorization": "Bearer b"}}).to_string();
    let deep = format!(
        r#"{{"type":"ping","payload":{{"a":{}}}}}"#,
        "[".repeat(10_000)
    );
    let table: Vec<(&str, Vec<&str>, u64)> = vec![
        ("silence", vec![], 4408),
        ("operation first", vec![&subscribe], 4401),
        ("second init", vec![&init, &init], 4429),
        ("duplicate id", vec![&init, &subscribe, &subscribe], 4409),
        ("no json", vec![&init, "hello"], 4400),
        ("no json at first", vec!["{"], 4400),
        (
            "message of the older protocol",
            vec![
                &init,
                r#"{"type":"start","id":"1","payload":{"query":"{hello}"}}"#,
            ],
            4400,
        ),
        ("message without type", vec![&init, "{}"], 4400),
        (
            "operation without id",
            vec![
                &init,
                r#"{"type":"subscribe","payload":{"query":"{hello}"}}"#,
            ],
            4400,
        ),
        ("deep json", vec![&init, &deep], 4400),
        ("forged token", vec![&bad_token], 4403),
        ("token of another shape", vec![&odd_token], 4403),
        ("two tokens", vec![&two_tokens], 4403),
    ];
    for (name, messages, code) in table {
        let mut socket = Socket::connect(address).await;
        for message in messages {
            socket.raw(message).await;
        }
        assert_eq!(socket.closed_with().await, code, "{name}");
    }
    let mut socket = Socket::connect(address).await;
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.closed_with().await, 4400, "binary");
    let mut socket = Socket::open(address, &[("sec-websocket-protocol", "graphql-ws")]).await;
    let refused = match &mut socket {
        // a client may itself refuse a server that does not take its protocol
        Err(_) => true,
        Ok(socket) => socket.closed_with().await == 4406,
    };
    assert!(refused, "older protocol");
}

#[tokio::test]
async fn foreign_pages_open_no_socket() {
    let world = World::with(|config| config.cors_origins = vec!["https://app.example".into()]);
    let address = world.listen().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    for origin in ["https://evil.example", "null", "https://app.example.evil"] {
        assert!(
            Socket::open(address, &[protocol, ("origin", origin)])
                .await
                .is_err(),
            "{origin}"
        );
    }
    for origin in [
        "https://app.example".to_owned(),
        format!("http://{address}"),
    ] {
        assert!(
            Socket::open(address, &[protocol, ("origin", &origin)])
                .await
                .is_ok(),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn refusals_are_errors_of_their_operation_and_leave_the_socket_open() {
    let world = World::with(|config| config.websocket.operations = 1);
    let mut socket = Socket::signed_in(world.listen().await, None).await;
    for (name, text) in crate::limits::hostile() {
        socket.subscribe("h", &text).await;
        let message = socket.receive().await;
        assert_eq!(message["type"], "error", "{name}: {message}");
        assert_eq!(
            message["payload"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{name}"
        );
    }
    socket.subscribe("p", "subscription { privately }").await;
    assert_eq!(
        socket.receive().await["payload"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
    assert!(world.fetches.lock().is_empty());
    socket.subscribe("1", "{ slow(ms: 200) }").await;
    socket.subscribe("2", "{ hello }").await;
    let second = socket.receive().await;
    assert_eq!(
        (second["id"].as_str(), second["type"].as_str()),
        (Some("2"), Some("error"))
    );
    assert_eq!(second["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(socket.receive().await["payload"]["data"]["slow"], true);
}

#[tokio::test]
async fn a_completed_subscription_ends_at_its_subgraph() {
    let world = World::new();
    let token = world.token("", 60);
    let mut socket = Socket::signed_in(world.listen().await, Some(&token)).await;
    let before = OPEN_STREAMS.load(Ordering::SeqCst);
    socket.subscribe("1", "subscription { privately }").await;
    socket.receive().await;
    assert_eq!(OPEN_STREAMS.load(Ordering::SeqCst), before + 1);
    socket.send(json!({"id": "1", "type": "complete"})).await;
    // messages under way may still come; then the id is free
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(OPEN_STREAMS.load(Ordering::SeqCst), before);
    socket.subscribe("1", "subscription { privately }").await;
    socket.receive().await;
    drop(socket);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        OPEN_STREAMS.load(Ordering::SeqCst),
        before,
        "a socket that is gone leaves nothing behind"
    );
}

#[tokio::test]
async fn a_socket_closes_within_a_second_of_its_token() {
    let world = World::new();
    let address = world.listen().await;
    let token = world.token("", 2);
    let started = Instant::now();
    let mut socket = Socket::signed_in(address, Some(&token)).await;
    socket.subscribe("1", "subscription { privately }").await;
    assert_eq!(socket.closed_with().await, 4403);
    assert!(
        started.elapsed() < Duration::from_millis(3000),
        "{:?}",
        started.elapsed()
    );
    let mut idle = Socket::signed_in(address, Some(&world.token("", 1))).await;
    assert_eq!(idle.closed_with().await, 4403);
}

#[tokio::test]
async fn a_socket_closes_when_the_right_to_it_is_lost() {
    let world = World::new();
    let token = world.token("", 60);
    let mut socket = Socket::signed_in(world.listen().await, Some(&token)).await;
    socket.subscribe("1", "subscription { privately }").await;
    socket.receive().await;
    world.signed_out.store(true, Ordering::SeqCst);
    let started = Instant::now();
    assert_eq!(socket.closed_with().await, 4403);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let world = World::new();
    let mut socket = Socket::connect(world.listen().await).await;
    socket.send(json!({"type": "ping"})).await;
    assert_eq!(socket.receive().await, json!({"type": "pong"}));
    socket
        .send(json!({"type": "ping", "payload": {"n": 1}}))
        .await;
    assert_eq!(
        socket.receive().await,
        json!({"type": "pong", "payload": {"n": 1}})
    );
}

#[tokio::test]
async fn a_silent_client_is_given_up() {
    let world = World::with(|config| config.websocket.ping_interval_ms = 100);
    let address = world.listen().await;
    let socket = Socket::signed_in(address, None).await;
    // it reads nothing, so it answers nothing
    tokio::time::sleep(Duration::from_millis(800)).await;
    let mut socket = socket;
    let mut last = socket.receive().await;
    while last.get("type").is_some() {
        last = socket.receive().await;
    }
    assert!(
        last.get("ended").is_some() || last.get("broken").is_some(),
        "{last}"
    );
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_what_it_missed() {
    let world = World::with(|config| {
        config.streams.buffer_events = 4;
        config.websocket.outbox = 1;
    });
    let mut socket = Socket::signed_in(world.listen().await, None).await;
    let count = 3_000;
    socket
        .subscribe(
            "1",
            &format!("subscription {{ flood(count: {count}, bytes: 40000) }}"),
        )
        .await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (mut got, mut missed, mut last) = (0, 0, -1);
    loop {
        let message = socket.receive().await;
        if message["type"] == "complete" {
            break;
        }
        let text = message["payload"]["data"]["flood"].as_str().unwrap();
        let n: i64 = text.split(':').next().unwrap().parse().unwrap();
        let gap = message["payload"]["extensions"]["gap"]["missed"]
            .as_i64()
            .unwrap_or(0);
        assert_eq!(n, last + 1 + gap, "a gap is as large as it says");
        last = n;
        got += 1;
        missed += gap;
    }
    assert_eq!(got + missed, count);
    assert!(missed > 0);
}

#[tokio::test]
async fn draining_lets_operations_end_and_closes_with_1001() {
    let world = World::new();
    let mut socket = Socket::signed_in(world.listen().await, None).await;
    socket
        .subscribe(
            "s",
            "subscription { items(count: 1000, everyMs: 20) { id } }",
        )
        .await;
    socket.subscribe("q", "{ slow(ms: 500) }").await;
    socket.receive().await;
    let edge = world.edge.clone();
    let drained = tokio::spawn(async move { edge.drain(Duration::from_secs(5)).await });
    let mut answered = false;
    loop {
        let message = socket.receive().await;
        answered |= message["payload"]["data"]["slow"] == true;
        if let Some(code) = message["close"].as_u64() {
            assert_eq!(code, 1001);
            break;
        }
        assert!(message.get("ended").is_none(), "{message}");
    }
    assert!(answered, "the query under way was answered");
    drained.await.unwrap();
}

#[tokio::test]
async fn sockets_are_counted_by_address() {
    let world = World::with(|config| config.streams.per_address = 2);
    let address = world.listen().await;
    let one = Socket::signed_in(address, None).await;
    let _two = Socket::signed_in(address, None).await;
    let mut three = Socket::connect(address).await;
    three.send(json!({"type": "connection_init"})).await;
    assert_eq!(three.closed_with().await, 1013);
    drop(one);
    tokio::time::sleep(Duration::from_millis(200)).await;
    Socket::signed_in(address, None).await;
}
