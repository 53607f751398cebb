use billing_events::{LicenseActivated, LicenseExpired, LicenseKind};
use chrono::TimeDelta;
use platform_sdk::{Clock as _, Error, ErrorCode};
use serde_json::{Value, json};

use crate::support::{LICENSE, codes, is_usable, kit, license, moment, mutate, trial, try_mutate};

#[tokio::test]
async fn a_trial_lasts_fourteen_days_and_counts_at_once() {
    let kit = kit().await;
    assert!(!is_usable(&kit, "cv-analysis").await);
    let payload = trial(&kit, "cv-analysis", "k1").await;
    let made = &payload["license"];
    assert_eq!(
        (&made["kind"], &made["status"]),
        (&json!("TRIAL"), &json!("ACTIVE"))
    );
    let end = kit.clock.now() + TimeDelta::days(14);
    assert_eq!(moment(&made["expiresAt"]), end);
    assert!(is_usable(&kit, "cv-analysis").await);
    assert!(
        !is_usable(&kit, "interview").await,
        "a licence is for one module"
    );

    kit.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert!(is_usable(&kit, "cv-analysis").await);
    // No job has run: what a licence is worth follows from the clock alone.
    kit.advance(TimeDelta::seconds(1));
    assert!(!is_usable(&kit, "cv-analysis").await);
    assert_eq!(
        license(&kit, "cv-analysis").await["status"],
        json!("EXPIRED")
    );
    assert_eq!(kit.published::<LicenseExpired>().await.len(), 0);

    assert_eq!(kit.run_jobs().await, 1);
    let activated = kit.published::<LicenseActivated>().await;
    assert_eq!(activated.len(), 1);
    assert_eq!(activated[0].kind, LicenseKind::Trial);
    assert_eq!(kit.published::<LicenseExpired>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn an_expired_trial_is_refused_by_the_platform_itself() {
    let kit = kit().await;
    trial(&kit, "cv-analysis", "k1").await;
    let entered = async || -> bool {
        sqlx::query_scalar("select platform.enter($1, null, 1000, 'cv-analysis', $2)")
            .bind(kit.a.id.uuid())
            .bind(kit.clock.now())
            .fetch_one(kit.admin())
            .await
            .unwrap()
    };
    assert!(entered().await);
    kit.advance(TimeDelta::days(14));
    assert!(!entered().await);
    let told = Error::license_required("cv-analysis").code();
    assert_eq!(told, ErrorCode::LicenseRequired);
    kit.run_jobs().await;
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_trial_is_given_once() {
    let kit = kit().await;
    trial(&kit, "cv-analysis", "k1").await;
    let second = trial(&kit, "cv-analysis", "k2").await;
    assert_eq!(codes(&second), ["TRIAL_USED"]);
    assert_eq!(second["license"], Value::Null);
    kit.advance(TimeDelta::days(400));
    kit.run_jobs().await;
    assert_eq!(
        codes(&trial(&kit, "cv-analysis", "k3").await),
        ["TRIAL_USED"]
    );
    assert_eq!(codes(&trial(&kit, "interview", "k4").await), [""; 0]);
    assert_eq!(
        codes(&trial(&kit, "payroll", "k5").await),
        ["UNKNOWN_MODULE"]
    );
    let input = json!({"module": "cv-analysis", "idempotencyKey": "k1"});
    let b = mutate(&kit, &kit.b.owner, "startTrial", LICENSE, input).await;
    assert_eq!(
        codes(&b),
        [""; 0],
        "another tenant has its own trial and its own keys"
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_another_request_a_conflict() {
    let kit = kit().await;
    let first = trial(&kit, "cv-analysis", "k1").await;
    let again = trial(&kit, "cv-analysis", "k1").await;
    assert_eq!(again, first);
    let input = json!({"module": "interview", "idempotencyKey": "k1"});
    let other = try_mutate(&kit, &kit.a.owner, "startTrial", LICENSE, input).await;
    assert_eq!(other.codes(), ["CONFLICT"]);
    let input = json!({"module": "interview", "idempotencyKey": ""});
    let empty = try_mutate(&kit, &kit.a.owner, "startTrial", LICENSE, input).await;
    assert_eq!(empty.codes(), ["BAD_USER_INPUT"]);
    assert_eq!(kit.published::<LicenseActivated>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn ten_starts_at_the_same_moment_make_one_trial() {
    let kit = kit().await;
    let query =
        "mutation($k: String!) { startTrial(input: {module: \"interview\", idempotencyKey: $k})
        { license { id } userErrors { code } } }";
    let keys: Vec<_> = (0..10)
        .map(|n| json!({"k": format!("k{}", n / 2)}))
        .collect();
    let answers = kit.ask_at_once("billing", &kit.a.owner, query, keys).await;
    let made: Vec<_> = answers
        .into_iter()
        .map(|a| a.ok()["startTrial"].take())
        .filter(|p| codes(p).is_empty())
        .collect();
    // The key that won, twice.
    assert_eq!(made.len(), 2);
    assert_eq!(made[0], made[1]);
    assert_eq!(kit.published::<LicenseActivated>().await.len(), 1);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn only_those_who_manage_licences_start_a_trial() {
    let kit = kit().await;
    let input = || json!({"module": "interview", "idempotencyKey": "k"});
    let viewer = try_mutate(&kit, &kit.a.viewer, "startTrial", LICENSE, input()).await;
    assert_eq!(viewer.codes(), ["FORBIDDEN"]);
    let nobody = try_mutate(&kit, &kit.anonymous(), "startTrial", LICENSE, input()).await;
    assert_eq!(nobody.codes(), ["UNAUTHENTICATED"]);
    let stranger = kit
        .ask(
            &kit.a.stranger,
            "{ licenses { edges { node { id } } } }",
            json!({}),
        )
        .await;
    assert_eq!(stranger.codes(), ["FORBIDDEN"]);
    kit.finish().await;
}

#[tokio::test]
async fn another_tenants_licences_are_not_there() {
    let kit = kit().await;
    let id = trial(&kit, "interview", "k").await["license"]["id"].clone();
    let entities = "query($r: [_Any!]!) { _entities(representations: $r) {
        ... on License { id module } ... on Tenant { licenses { id } } } }";
    let of = |license: &Value, tenant: String| json!({"r": [{"__typename": "License", "id": license}, {"__typename": "Tenant", "id": tenant}]});
    let own = kit
        .ask(&kit.a.viewer, entities, of(&id, kit.a.id.to_string()))
        .await
        .ok();
    assert_eq!(
        own["_entities"],
        json!([{"id": id, "module": "interview"}, {"licenses": [{"id": id}]}])
    );
    let theirs = kit
        .ask(&kit.b.owner, entities, of(&id, kit.a.id.to_string()))
        .await;
    let nil = uuid::Uuid::nil();
    let missing = kit
        .ask(&kit.b.owner, entities, of(&json!(nil), nil.to_string()))
        .await;
    assert_eq!(theirs, missing);
    assert_eq!(theirs.ok()["_entities"], json!([null, null]));
    let list = "{ licenses { edges { node { id } } } license(module: \"interview\") { id } payments { edges { node { id } } } }";
    let b = kit.ask(&kit.b.owner, list, json!({})).await.ok();
    assert_eq!(
        b,
        json!({"licenses": {"edges": []}, "license": null, "payments": {"edges": []}})
    );
    kit.deliver_events().await;
    kit.finish().await;
}
