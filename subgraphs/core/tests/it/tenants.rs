use core_events::{MemberJoined, TenantCreated};
use serde_json::json;

use crate::support::{SESSION, codes, found, kit, mutate, sign_up};

#[tokio::test]
async fn a_new_organisation_has_an_owner_a_slug_and_a_session() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let payload = mutate(
        &kit,
        &ann.identity,
        "createTenant",
        &format!("tenant {{ id name slug }} {SESSION}"),
        json!({"name": "Acme GmbH"}),
    )
    .await;
    assert_eq!(payload["tenant"]["slug"], json!("acme-gmbh"));
    assert_eq!(payload["session"]["tenantId"], payload["tenant"]["id"]);
    let scopes = payload["session"]["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("core:tenant.manage")));
    assert!(!scopes.contains(&json!("interview:session.answer")));

    let ann = ann.with(&kit, &payload["session"]);
    let query = "{ tenant { id name slug members { edges { node { role user { id email } tenant { id } } } } }
                   me { memberships { edges { node { role tenant { name } } } } } }";
    let answer = kit.ask(&ann.identity, query, json!({})).await.ok();
    assert_eq!(
        answer["tenant"]["members"]["edges"],
        json!([{"node": {"role": "OWNER", "user": {"id": ann.id, "email": "ann@example.com"},
                         "tenant": {"id": payload["tenant"]["id"]}}}])
    );
    assert_eq!(
        answer["me"]["memberships"]["edges"],
        json!([{"node": {"role": "OWNER", "tenant": {"name": "Acme GmbH"}}}])
    );
    let created = kit.published::<TenantCreated>().await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].owner_id.to_string(), ann.id);
    assert_eq!(kit.published::<MemberJoined>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn slugs_are_unique_and_names_are_not() {
    let kit = kit().await;
    let (_, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "Acme").await;
    let fields = "tenant { slug }";
    let same = mutate(
        &kit,
        &ann.identity,
        "createTenant",
        fields,
        json!({"name": "Acme"}),
    )
    .await;
    let slug = same["tenant"]["slug"].as_str().unwrap();
    assert!(slug.starts_with("acme-") && slug.len() == 13, "{slug}");
    for (slug, code) in [
        ("acme", "TAKEN"),
        ("graphql", "RESERVED"),
        ("No", "INVALID"),
    ] {
        let input = json!({"name": "Other", "slug": slug});
        let payload = mutate(&kit, &ann.identity, "createTenant", fields, input).await;
        assert_eq!(codes(&payload), [code]);
        assert_eq!(payload["tenant"], json!(null));
    }
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn what_a_tenant_holds_is_seen_with_its_token_only() {
    let kit = kit().await;
    let (a, ann) = found(&kit, sign_up(&kit, "ann@example.com").await, "A").await;
    let (b, bob) = found(&kit, sign_up(&kit, "bob@example.com").await, "B").await;
    let entities = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Tenant { name } ... on User { email } } }";
    let of = |t: &str, u: &str| {
        json!({"r": [{"__typename": "Tenant", "id": t}, {"__typename": "User", "id": u},
                     {"__typename": "User", "id": "nonsense"}]})
    };
    let own = kit.ask(&ann.identity, entities, of(&a, &ann.id)).await.ok();
    assert_eq!(
        own["_entities"],
        json!([{"name": "A"}, {"email": "ann@example.com"}, null])
    );
    let foreign = kit.ask(&ann.identity, entities, of(&b, &bob.id)).await;
    let nil = uuid::Uuid::nil().to_string();
    let missing = kit.ask(&ann.identity, entities, of(&nil, &nil)).await;
    assert_eq!(foreign, missing);
    assert_eq!(foreign.ok()["_entities"], json!([null, null, null]));
    let anonymous = kit.ask(&kit.anonymous(), entities, of(&a, &ann.id)).await;
    assert_eq!(anonymous.ok()["_entities"], json!([null, null, null]));
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn nobody_without_an_identity_or_a_tenant_gets_in() {
    let kit = kit().await;
    let ann = sign_up(&kit, "ann@example.com").await;
    let tenant = "{ tenant { id } }";
    assert_eq!(
        kit.ask(&kit.anonymous(), tenant, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    assert_eq!(
        kit.ask(&kit.anonymous(), "{ me { id } }", json!({}))
            .await
            .codes(),
        ["UNAUTHENTICATED"]
    );
    assert_eq!(
        kit.ask(&ann.identity, tenant, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    let create = "mutation { createTenant(input: {name: \"X\"}) { tenant { id } } }";
    assert_eq!(
        kit.ask(&kit.anonymous(), create, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    kit.finish().await;
}
