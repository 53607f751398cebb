use chrono::TimeDelta;
use platform_sdk::{Identity, Subject};
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{Person, codes, found, joined, kit, mutate, sign_up};

async fn owner(kit: &Harness) -> Person {
    found(kit, sign_up(kit, "ann@example.com").await, "Acme")
        .await
        .1
}

async fn create(kit: &Harness, who: &Identity, scopes: &[&str]) -> Value {
    let input = json!({"name": "Nightly import", "scopes": scopes, "expiresInDays": 30});
    mutate(
        kit,
        who,
        "createApiKey",
        "secret apiKey { id hint scopes lastUsedAt }",
        input,
    )
    .await
}

async fn exchange(kit: &Harness, key: &str) -> Value {
    let fields = "accessToken tenantId scopes";
    mutate(
        kit,
        &kit.anonymous(),
        "exchangeApiKey",
        fields,
        json!({ "apiKey": key }),
    )
    .await
}

#[tokio::test]
async fn a_program_acts_with_the_keys_permissions_and_no_others() {
    let kit = kit().await;
    let ann = owner(&kit).await;
    let made = create(
        &kit,
        &ann.identity,
        &["core:tenant.read", "cv-analysis:analysis.write"],
    )
    .await;
    let key = made["secret"].as_str().unwrap();
    assert!(key.starts_with("tsk_") && key.contains(made["apiKey"]["hint"].as_str().unwrap()));
    let access = exchange(&kit, key).await;
    assert_eq!(
        access["scopes"],
        json!(["core:tenant.read", "cv-analysis:analysis.write"])
    );
    let program = kit
        .identity_of(access["accessToken"].as_str().unwrap())
        .unwrap();
    assert!(matches!(program.subject(), Subject::ApiKey(_)));
    let answer = kit
        .ask(&program, "{ tenant { name } }", json!({}))
        .await
        .ok();
    assert_eq!(answer["tenant"]["name"], json!("Acme"));
    let keys = "{ tenant { apiKeys { edges { node { id } } } } }";
    assert_eq!(
        kit.ask(&program, keys, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&program, "{ me { id } }", json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    let list = "{ tenant { apiKeys { edges { node { id lastUsedAt } } } } }";
    let list = kit.ask(&ann.identity, list, json!({})).await.ok();
    assert!(list["tenant"]["apiKeys"]["edges"][0]["node"]["lastUsedAt"].is_string());
    let kept: String = sqlx::query_scalar("select string_agg(k::text, ' ') from core.api_key k")
        .fetch_one(kit.admin())
        .await
        .unwrap();
    assert!(!kept.contains(key.rsplit_once('_').unwrap().1));
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_key_is_refused_when_it_is_revoked_expired_or_forged() {
    let kit = kit().await;
    let ann = owner(&kit).await;
    let made = create(&kit, &ann.identity, &["core:tenant.read"]).await;
    let key = made["secret"].as_str().unwrap();
    let refused = exchange(&kit, "tsk_nonsense").await;
    assert_eq!(codes(&refused), ["INVALID_API_KEY"]);
    let (head, _) = key.split_at(key.len() - 4);
    assert_eq!(exchange(&kit, &format!("{head}AAAA")).await, refused);
    kit.advance(TimeDelta::days(30));
    assert_eq!(exchange(&kit, key).await, refused, "it has expired");
    let second = create(&kit, &ann.identity, &["core:tenant.read"]).await;
    let input = json!({"apiKeyId": second["apiKey"]["id"]});
    let revoked = mutate(
        &kit,
        &ann.identity,
        "revokeApiKey",
        "apiKey { revokedAt }",
        input,
    )
    .await;
    assert!(revoked["apiKey"]["revokedAt"].is_string());
    assert_eq!(
        exchange(&kit, second["secret"].as_str().unwrap()).await,
        refused
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_key_never_allows_more_than_its_maker_or_to_manage() {
    let kit = kit().await;
    let ann = owner(&kit).await;
    let adam = joined(&kit, &ann.identity, "adam@example.com", "ADMIN").await;
    for scopes in [
        &["core:tenant.manage"][..],
        &["core:member.invite"],
        &["interview:session.answer"],
        &["made:up.scope"],
        &[],
    ] {
        assert_eq!(
            codes(&create(&kit, &ann.identity, scopes).await),
            ["NOT_ALLOWED"],
            "{scopes:?}"
        );
    }
    let query = "mutation { createApiKey(input: {name: \"x\", scopes: [\"core:tenant.read\"]}) { secret } }";
    assert_eq!(
        kit.ask(&adam.identity, query, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    let (_, eve) = found(&kit, sign_up(&kit, "eve@example.com").await, "Other").await;
    let made = create(&kit, &ann.identity, &["core:tenant.read"]).await;
    let revoke = "mutation($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { apiKey { id } } }";
    let theirs = kit
        .ask(&eve.identity, revoke, json!({"id": made["apiKey"]["id"]}))
        .await;
    let missing = kit
        .ask(&eve.identity, revoke, json!({"id": uuid::Uuid::nil()}))
        .await;
    assert_eq!(theirs.codes(), ["NOT_FOUND"]);
    assert_eq!(theirs, missing);
    kit.deliver_events().await;
    kit.finish().await;
}
