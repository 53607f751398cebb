//! Costs and plans over HTTP.

use http::StatusCode;
use router_edge::Explain;
use serde_json::json;

use crate::socket::Socket;
use crate::world::World;

#[tokio::test]
async fn what_costs_too_much_is_refused_before_it_is_planned_on_every_transport() {
    let world = World::with(|config| {
        config.cost.max = 2;
        config.cost.report = true;
    });
    let cheap = world.query("{ item(id: 1) { id } }").await;
    assert_eq!(cheap.json()["extensions"]["cost"]["estimated"], 1);
    world.fetches.lock().clear();
    let dear = "{ a: item(id: 1) { id } b: item(id: 2) { id } c: item(id: 3) { id } }";
    let refused = world.query(dear).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let error = refused.json()["errors"][0].clone();
    assert_eq!(error["message"], "limit of 2 cost exceeded: 3 seen");
    assert_eq!(
        error["extensions"],
        json!({"code": "BAD_USER_INPUT", "limit": "cost", "allowed": 2, "seen": 3})
    );
    let accept = [("accept", crate::streams::SSE)];
    let streamed = world.post_as(&json!({ "query": dear }), &accept).await;
    assert_eq!(streamed.json()["errors"][0]["extensions"]["limit"], "cost");
    let mut socket = Socket::signed_in(world.listen().await, None).await;
    socket.subscribe("1", dear).await;
    let message = socket.receive().await;
    assert_eq!(message["type"], "error");
    assert_eq!(message["payload"][0]["extensions"]["limit"], "cost");
    assert!(world.fetches.lock().is_empty());
}

const ACROSS: &str = "{ item(id: 1) { id price } }";

#[tokio::test]
async fn a_plan_is_shown_as_text_and_as_a_picture_and_not_run() {
    let world = World::with(|config| config.explain = Explain::Everyone);
    let body = json!({ "query": ACROSS });
    let text = world.post_as(&body, &[("tessera-explain", "text")]).await;
    assert_eq!(text.status, StatusCode::OK);
    assert!(text.text.starts_with("0: catalog"), "{}", text.text);
    assert!(text.text.contains("1: prices after 0"), "{}", text.text);
    let picture = world
        .post_as(&body, &[("tessera-explain", "picture")])
        .await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.text.starts_with("<svg") && picture.text.contains("prices"));
    let other = world.post_as(&body, &[("tessera-explain", "yes")]).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn plans_are_for_those_who_may_see_them() {
    let ask = [("tessera-explain", "text")];
    let body = json!({ "query": ACROSS });
    let closed = World::new();
    assert_eq!(closed.post_as(&body, &ask).await.code(), "FORBIDDEN");
    let world = World::with(|config| config.explain = Explain::Authenticated);
    assert_eq!(world.post_as(&body, &ask).await.code(), "FORBIDDEN");
    let authorization = format!("Bearer {}", world.token("", 60));
    let known = [ask[0], ("authorization", authorization.as_str())];
    assert!(world.post_as(&body, &known).await.text.contains("catalog"));
}
