//! Changes of the configuration while serving.

use http::StatusCode;
use router_edge::EdgeConfig;
use serde_json::json;

use crate::world::World;

fn base() -> EdgeConfig {
    let mut config = EdgeConfig::default();
    config.rate.address_per_minute = 0;
    config.rate.caller_per_minute = 0;
    config.rate.tenant_per_minute = 0;
    config
}

#[tokio::test]
async fn limits_rates_origins_and_documents_change_at_once() {
    let world = World::new();
    let query = "{ a: hello b: hello c: hello }";
    assert_eq!(world.query(query).await.status, StatusCode::OK);
    let origin = [("origin", "https://app.example")];
    let allowed = "access-control-allow-origin";
    let body = json!({"query": "{ hello }"});
    assert_eq!(world.post_as(&body, &origin).await.header(allowed), "");

    let mut config = base();
    config.document.aliases = 2;
    config.cors_origins = vec!["https://app.example".into()];
    assert_eq!(world.edge.reload(config).unwrap(), [""; 0]);
    let refused = world.query(query).await;
    assert_eq!(
        refused.json()["errors"][0]["extensions"]["limit"],
        "aliases"
    );
    let answer = world.post_as(&body, &origin).await;
    assert_eq!(answer.header(allowed), "https://app.example");

    let mut config = base();
    config.rate.address_per_minute = 1;
    world.edge.reload(config).unwrap();
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
    let limited = world.query("{ hello }").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);

    let mut config = base();
    config.persisted.only_registered = true;
    world.edge.reload(config).unwrap();
    assert_eq!(world.query("{ hello }").await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn a_configuration_that_is_refused_changes_nothing() {
    let world = World::new();
    let mut bad = [base(), base(), base()];
    for config in &mut bad {
        config.document.aliases = 1;
    }
    bad[0].forward_headers = vec!["authorization".into()];
    bad[1].cors_origins = vec!["\n".into()];
    bad[2].persisted.registered = Some("/nowhere/at/all.json".into());
    for config in bad {
        assert!(world.edge.reload(config).is_err());
    }
    let answer = world.query("{ a: hello b: hello }").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn what_needs_a_restart_stays_and_is_named() {
    let world = World::new();
    let mut config = base();
    config.path = "/other".into();
    config.concurrent_operations = 1;
    config.graphiql.enabled = false;
    let fixed = world.edge.reload(config).unwrap();
    assert_eq!(fixed, ["path", "graphiql", "concurrent_operations"]);
    assert_eq!(world.query("{ hello }").await.status, StatusCode::OK);
}
