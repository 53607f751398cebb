//! Declared authorisation, asserted at the subgraphs: what a caller may not see is never fetched, whichever way it is
//! asked for, and what stands beside it is answered.

use serde_json::{Value, json};

use crate::world::World;

/// Something protected: the selection (with `KEY` before the protected field's name, where an alias can go), what of a
/// fetch's text would give it away, and the scopes that open it.
struct Protected {
    selection: &'static str,
    gives_away: &'static str,
    scopes: Option<&'static str>,
}

const fn protected(
    selection: &'static str,
    gives_away: &'static str,
    scopes: Option<&'static str>,
) -> Protected {
    Protected {
        selection,
        gives_away,
        scopes,
    }
}

const MANAGE: Option<&str> = Some("core:tenant.manage");
const BILLING: Option<&str> = Some("billing:license.manage");

const PROTECTED: [Protected; 15] = [
    protected("KEYmine", "mine", None),
    protected("KEYmanaged", "managed", MANAGE),
    protected(
        "KEYmanaged",
        "managed",
        Some("core:tenant.read billing:license.read"),
    ),
    protected("KEYvault { __typename }", "vault", MANAGE),
    protected("KEYvault { label }", "vault", MANAGE),
    protected("item(id: 1) { KEYcost }", "cost", BILLING),
    protected("item(id: 1) { id KEYcost price }", "cost", BILLING),
    protected("item(id: 1) { KEYmargin }", "margin", BILLING),
    protected(
        "item(id: 1) { ... on Thing { ... on Item { KEYmargin label } } }",
        "margin",
        BILLING,
    ),
    protected("item(id: 1) { ... { KEYcost } }", "cost", BILLING),
    protected("thing(id: 1) { ... on Item { KEYcost } }", "cost", BILLING),
    protected(
        "thing(id: \"v\") { ... on Vault { KEYlabel } }",
        "... on Vault{label",
        MANAGE,
    ),
    protected(
        "any { ... on Vault { KEYlabel id } }",
        "... on Vault{label",
        MANAGE,
    ),
    protected("any { ... on Item { id KEYcost } }", "cost", BILLING),
    protected(
        "any { ... on Item { id } ... on Thing { ... on Item { KEYcost } } }",
        "cost",
        BILLING,
    ),
];

/// Ways to write the same selection.
fn disguises(selection: &str) -> Vec<String> {
    let plain = selection.replace("KEY", "");
    let alias = selection.replace("KEY", "zzz: ");
    let looks_open = selection
        .replace("KEY", "id: ")
        .replace("id id: ", "id: ")
        .replace("{ id any", "{ any");
    let mut all = vec![
        format!("{{ {plain} }}"),
        format!("{{ {alias} }}"),
        format!("{{ hello {plain} }}"),
        format!("query Named {{ {plain} }}"),
        format!("{{ ... {{ {plain} }} }}"),
        format!("{{ ... on Query {{ {plain} }} }}"),
        format!("{{ ... on Query @include(if: true) {{ ... {{ {alias} }} }} }}"),
        format!("{{ ...F }} fragment F on Query {{ {plain} }}"),
        format!(
            "{{ ...F hello }} fragment F on Query {{ ...G }} fragment G on Query {{ {alias} }}"
        ),
        format!("{{ ...F ...F }} fragment F on Query {{ {plain} {plain} }}"),
        format!("query ($no: Boolean = false) {{ ... @skip(if: $no) {{ {plain} }} }}"),
        format!(
            "query ($yes: Boolean = true) {{ ...F @include(if: $yes) }} fragment F on Query {{ {plain} }}"
        ),
    ];
    // an alias under the name of an open field; where it would clash with one, validation refuses it anyway
    if !looks_open.contains("{ id") && !looks_open.contains(" id }") {
        all.push(format!("{{ {looks_open} }}"));
    }
    all
}

fn fetched(world: &World, gives_away: &str) -> Vec<String> {
    // without the disguise of an alias, which the engine may have renamed
    let plain = |text: &str| {
        text.replace([' ', '\n'], "")
            .replace("zzz:", "")
            .replace("_alias_id:", "")
    };
    world
        .fetches
        .lock()
        .iter()
        .filter(|text| plain(text).contains(&plain(gives_away)))
        .cloned()
        .collect()
}

#[tokio::test]
async fn nothing_protected_is_fetched_for_who_may_not_see_it() {
    let world = World::new();
    let without = world.token("core:tenant.read interview:session.manage", 600);
    let mut cases = 0;
    for protected in &PROTECTED {
        for query in disguises(protected.selection) {
            world.fetches.lock().clear();
            let answer = world.query(&query).await;
            assert_eq!(
                fetched(&world, protected.gives_away),
                Vec::<String>::new(),
                "{query}"
            );
            assert_eq!(
                answer.code(),
                if is_masked(&answer.json()) {
                    "FORBIDDEN"
                } else {
                    "UNAUTHENTICATED"
                },
                "{query}: {}",
                answer.text
            );
            cases += 1;
            if protected.scopes.is_some() {
                world.fetches.lock().clear();
                let answer = world.query_as(&query, &without).await;
                assert_eq!(
                    fetched(&world, protected.gives_away),
                    Vec::<String>::new(),
                    "{query}"
                );
                assert_eq!(answer.code(), "FORBIDDEN", "{query}: {}", answer.text);
                cases += 1;
            }
        }
    }
    assert!(cases >= 300, "{cases}");
}

/// Whether the answer has nothing to do with signing in.
fn is_masked(answer: &Value) -> bool {
    answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
}

#[tokio::test]
async fn who_may_see_it_does() {
    let world = World::new();
    for protected in &PROTECTED {
        let token = world.token(protected.scopes.unwrap_or(""), 600);
        for query in disguises(protected.selection) {
            world.fetches.lock().clear();
            let answer = world.query_as(&query, &token).await;
            assert!(
                answer.json().get("errors").is_none(),
                "{query}: {}",
                answer.text
            );
            // the same table would prove nothing if its hints were never found
            assert!(
                !fetched(&world, protected.gives_away).is_empty(),
                "{query}: {:?}",
                world.fetches.lock()
            );
        }
    }
}

#[tokio::test]
async fn what_stands_beside_is_answered_and_the_errors_say_what_is_missing() {
    let world = World::new();
    let answer = world
        .query_as(
            "{ hello m: managed item(id: 1) { id cost } }",
            &world.token("", 60),
        )
        .await;
    let expected = json!({
        "data": {"hello": "hello world", "m": null, "item": {"id": "1", "cost": null}},
        "errors": [
            {
                "message": "not permitted to select Query.managed",
                "path": ["m"],
                "extensions": {
                    "code": "FORBIDDEN",
                    "requiredScopes": "core:tenant.manage or core:tenant.read billing:license.read"
                }
            },
            {
                "message": "not permitted to select Item.cost",
                "path": ["item", "cost"],
                "extensions": {"code": "FORBIDDEN", "requiredScopes": "billing:license.manage"}
            }
        ]
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.status, http::StatusCode::OK);
}

#[tokio::test]
async fn objects_of_a_hidden_type_are_null_beside_others() {
    let world = World::new();
    let token = world.token("", 60);
    let answer = world
        .query_as(
            "{ thing(id: \"v\") { id label } other: thing(id: 1) { id label } }",
            &token,
        )
        .await;
    assert_eq!(
        answer.json()["data"],
        json!({"thing": null, "other": {"id": "1", "label": "item 1"}})
    );
    assert_eq!(answer.json()["errors"][0]["path"], json!(["thing", "id"]));
    let texts = world.fetches.lock().concat().replace(' ', "");
    assert!(
        !texts.contains("onVault") && texts.contains("onItem{idlabel}"),
        "{texts}"
    );
}

#[tokio::test]
async fn writes_and_streams_are_refused_as_a_whole() {
    let world = World::new();
    let token = world.token("core:tenant.read", 60);
    for query in [
        "mutation { wipe }",
        "mutation { touch wipe }",
        "mutation { touch: wipe }",
        "mutation { ... { ...F } } fragment F on Mutation { touch x: wipe }",
    ] {
        let answer = world.query_as(query, &token).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{query}: {}", answer.text);
        assert!(answer.json().get("data").is_none(), "{query}");
    }
    let subscription = json!({"query": "subscription { privately }"});
    let answer = world
        .post_as(&subscription, &[("accept", "text/event-stream")])
        .await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    assert!(
        world.fetches.lock().is_empty(),
        "{:?}",
        world.fetches.lock()
    );
    let answer = world
        .query_as("mutation { wipe }", &world.token("core:tenant.manage", 60))
        .await;
    assert_eq!(answer.json(), json!({"data": {"wipe": 0}}));
}

#[tokio::test]
async fn events_come_without_what_may_not_be_seen() {
    let world = World::new();
    let query =
        json!({"query": "subscription { items(count: 2, everyMs: 5) { id cost price margin } }"});
    let answer = world
        .post_as(&query, &[("accept", "text/event-stream")])
        .await;
    let data = "{\"items\":{\"id\":\"0\",\"cost\":null,\"price\":10,\"margin\":null}}";
    assert!(answer.text.contains(data), "{}", answer.text);
    assert_eq!(answer.text.matches("UNAUTHENTICATED").count(), 4);
    assert!(fetched(&world, "cost").is_empty());
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
async fn callers_of_different_rights_do_not_share_plans() {
    let world = World::new();
    let query = "{ managed }";
    let manager = world.token("core:tenant.manage", 60);
    let other = world.token("", 60);
    for _ in 0..2 {
        assert_eq!(
            world.query_as(query, &manager).await.json()["data"]["managed"],
            "managed"
        );
        assert_eq!(
            world.query_as(query, &other).await.json()["data"]["managed"],
            Value::Null
        );
        assert_eq!(world.query(query).await.code(), "UNAUTHENTICATED");
    }
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
