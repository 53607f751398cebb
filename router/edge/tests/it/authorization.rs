//! Declared authorisation: what a caller may not see is never fetched, whichever way it is asked for.

use crate::world::World;

/// An operation, and the scopes without which it is refused (`None`: signing in is enough).
const PROTECTED: [(&str, Option<&str>); 26] = [
    ("{ mine }", None),
    ("{ a: mine }", None),
    ("{ hello mine }", None),
    ("{ ... { mine } }", None),
    ("{ ... on Query { mine } }", None),
    ("{ ...F } fragment F on Query { x: mine }", None),
    (
        "{ ...F } fragment F on Query { ...G } fragment G on Query { mine }",
        None,
    ),
    ("query ($no: Boolean = false) { mine @skip(if: $no) }", None),
    ("query A { mine }", None),
    ("{ managed }", Some("core:tenant.manage")),
    (
        "{ managed: hello other: managed }",
        Some("core:tenant.manage"),
    ),
    ("{ managed }", Some("core:tenant.read billing:license.read")),
    ("mutation { wipe }", Some("core:tenant.manage")),
    ("mutation { touch wipe }", Some("core:tenant.manage")),
    ("mutation { touch: wipe }", Some("core:tenant.manage")),
    ("{ item(id: 1) { cost } }", Some("billing:license.manage")),
    (
        "{ item(id: 1) { price: cost } }",
        Some("billing:license.manage"),
    ),
    ("{ item(id: 1) { margin } }", Some("billing:license.manage")),
    (
        "{ item(id: 1) { m: margin price } }",
        Some("billing:license.manage"),
    ),
    (
        "{ thing(id: 1) { ... on Item { cost } } }",
        Some("billing:license.manage core:tenant.manage"),
    ),
    (
        "{ thing(id: \"v\") { id label } }",
        Some("core:tenant.manage"),
    ),
    (
        "{ thing(id: \"v\") { ... on Vault { label } } }",
        Some("core:tenant.manage"),
    ),
    (
        "{ any { ... on Vault { label } } }",
        Some("core:tenant.manage"),
    ),
    (
        "{ any { ... on Thing { label } } }",
        Some("core:tenant.manage"),
    ),
    ("{ vault { __typename } }", Some("core:tenant.manage")),
    ("{ vault { label } }", Some("core:tenant.manage")),
];

#[tokio::test]
async fn nothing_protected_is_fetched_for_who_may_not_see_it() {
    let world = World::new();
    let without = world.token("core:tenant.read interview:session.manage", 60);
    for (query, scopes) in PROTECTED {
        let answer = world.query(query).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{query}: {}", answer.text);
        assert!(
            answer.json().get("data").is_none(),
            "{query}: {}",
            answer.text
        );
        if scopes.is_some() {
            let answer = world.query_as(query, &without).await;
            assert_eq!(answer.code(), "FORBIDDEN", "{query}: {}", answer.text);
        }
    }
    assert!(
        world.fetches.lock().is_empty(),
        "{:?}",
        world.fetches.lock()
    );
}

#[tokio::test]
async fn who_may_see_it_does() {
    let world = World::new();
    for (query, scopes) in PROTECTED {
        let answer = world
            .query_as(query, &world.token(scopes.unwrap_or(""), 60))
            .await;
        assert!(
            answer.json().get("errors").is_none(),
            "{query}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_refusal_names_the_fields_and_the_scopes() {
    let world = World::new();
    let answer = world
        .query_as(
            "{ hello managed item(id: 1) { cost } }",
            &world.token("", 60),
        )
        .await;
    assert_eq!(
        answer.message(),
        "not permitted to select Item.cost, Query.managed"
    );
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["requiredScopes"],
        "billing:license.manage and core:tenant.manage or core:tenant.read billing:license.read"
    );
}

#[tokio::test]
async fn a_policy_is_closed_until_somebody_opens_it() {
    let world = World::new();
    let token = world.token("", 60);
    assert_eq!(
        world.query_as("{ licensed }", &token).await.code(),
        "FORBIDDEN"
    );
    world
        .licensed
        .store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(
        world.query_as("{ licensed }", &token).await.json()["data"]["licensed"],
        "licensed"
    );
    assert_eq!(world.query("{ licensed }").await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn what_is_open_stays_open() {
    let world = World::new();
    for query in [
        "{ hello }",
        "{ item(id: 1) { id label price } }",
        "{ __typename }",
        "{ __type(name: \"Vault\") { name } }",
    ] {
        let answer = world.query(query).await;
        assert!(
            answer.json().get("errors").is_none(),
            "{query}: {}",
            answer.text
        );
    }
}
