//! One run of a subscription for all who would see the same, and its end when a right ends.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::streams::{SSE, events};
use crate::subgraphs::OPEN_STREAMS;
use crate::world::World;

fn begun(world: &World) -> usize {
    let log = world.fetches.lock();
    log.iter()
        .filter(|text| text.contains("subscription"))
        .count()
}

async fn ids(world: &World, query: &str, token: Option<&str>) -> Vec<Value> {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("accept", SSE)];
    if let Some(authorization) = &authorization {
        headers.push(("authorization", authorization));
    }
    let answer = world.post_as(&json!({ "query": query }), &headers).await;
    let (found, complete) = events(&answer.text);
    assert!(complete, "{}", answer.text);
    found
        .into_iter()
        .map(|mut event| event["data"]["items"]["id"].take())
        .collect()
}

const FIVE: &str = "subscription { items(count: 5, everyMs: 60) { id price } }";

#[tokio::test]
async fn identical_subscribers_share_one_run_and_none_misses_an_event() {
    let world = World::new();
    let late = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        ids(&world, FIVE, None).await
    };
    let (one, two, three) = tokio::join!(ids(&world, FIVE, None), ids(&world, FIVE, None), late);
    let all = ["0", "1", "2", "3", "4"];
    for seen in [one, two, three] {
        assert_eq!(seen, all);
    }
    assert_eq!(begun(&world), 1);
    assert_eq!(ids(&world, FIVE, None).await, all);
    assert_eq!(begun(&world), 2, "a run that is over takes no readers");
    assert_eq!(OPEN_STREAMS.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_differs_is_not_shared() {
    let world = World::new();
    let ann = world.token("core:tenant.read", 60);
    let bob = world.token_of_fresh_tenant(60);
    let other = FIVE.replace("price", "label");
    tokio::join!(
        ids(&world, FIVE, None),
        ids(&world, FIVE, Some(&ann)),
        ids(&world, FIVE, Some(&bob)),
        ids(&world, &other, None),
    );
    assert_eq!(begun(&world), 4);
}

#[tokio::test]
async fn a_reader_that_leaves_takes_nobody_along() {
    let world = World::new();
    let leaves = tokio::time::timeout(Duration::from_millis(100), ids(&world, FIVE, None));
    let (left, stayed) = tokio::join!(leaves, ids(&world, FIVE, None));
    assert!(left.is_err());
    assert_eq!(stayed.len(), 5);
    assert_eq!(begun(&world), 1);
}

#[tokio::test]
async fn a_run_ends_with_its_last_reader() {
    let world = World::new();
    let endless = "subscription { items(count: 100000, everyMs: 10) { id } }";
    let one = tokio::time::timeout(Duration::from_millis(200), ids(&world, endless, None));
    let two = tokio::time::timeout(Duration::from_millis(300), ids(&world, endless, None));
    let (one, two) = tokio::join!(one, two);
    assert!(one.is_err() && two.is_err());
    let until = Instant::now() + Duration::from_secs(2);
    while OPEN_STREAMS.load(Ordering::SeqCst) > 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(OPEN_STREAMS.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_lost_permission_ends_the_streams_that_need_it_and_no_others() {
    let world = World::new();
    let token = world.token("billing:license.manage", 60);
    let authorization = format!("Bearer {token}");
    let headers = [("accept", SSE), ("authorization", authorization.as_str())];
    let needs = json!({"query": "subscription { items(count: 100000, everyMs: 20) { id cost } }"});
    let needs_not = json!({"query": "subscription { items(count: 60, everyMs: 20) { id } }"});
    let lose = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.powerless.store(true, Ordering::SeqCst);
    };
    let started = Instant::now();
    let (cut, whole, ()) = tokio::join!(
        world.post_as(&needs, &headers),
        world.post_as(&needs_not, &headers),
        lose
    );
    assert!(started.elapsed() < Duration::from_secs(5));
    let (cut, _) = events(&cut.text);
    assert_eq!(cut[0]["data"]["items"]["cost"], 3);
    let last = &cut[cut.len() - 1];
    assert_eq!(last["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let (whole, complete) = events(&whole.text);
    assert!(complete);
    assert_eq!(whole.len(), 60, "{whole:?}");
}
