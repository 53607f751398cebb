//! The SDK on a real database: isolation, idempotency, events, jobs, licences, subscriptions.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use platform_sdk::LicenseState;
use platform_testkit::Harness;
use serde_json::{Value, json};

mod sample;
mod shop;

const WRITE: &str =
    "mutation($body: String!, $key: String!) { writeNote(body: $body, key: $key) { id body } }";
const READ: &str = "query($id: ID!) { note(id: $id) { body } }";

async fn write(kit: &Harness, body: &str, key: &str) -> String {
    let answer = kit
        .ask(&kit.a.owner, WRITE, json!({"body": body, "key": key}))
        .await;
    answer.ok()["writeNote"]["id"].as_str().unwrap().to_owned()
}

async fn body(kit: &Harness, id: &str) -> Value {
    let answer = kit.ask(&kit.a.owner, READ, json!({"id": id})).await;
    answer.ok()["note"]["body"].clone()
}

#[tokio::test]
async fn another_tenants_object_is_missing_byte_for_byte() {
    let kit = Harness::new(sample::Sample).await;
    let id = write(&kit, "mine", "k").await;
    let theirs = kit.ask(&kit.b.owner, READ, json!({"id": id})).await;
    let missing = kit
        .ask(
            &kit.b.owner,
            READ,
            json!({"id": uuid::Uuid::from_u128(1).to_string()}),
        )
        .await;
    let nonsense = kit.ask(&kit.b.owner, READ, json!({"id": "x"})).await;
    assert_eq!(theirs.codes(), ["NOT_FOUND"]);
    assert_eq!(theirs, missing);
    assert_eq!(theirs, nonsense);
    kit.deliver_events().await;
    kit.run_jobs().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_key_gives_one_effect_and_one_answer() {
    let kit = Harness::new(sample::Sample).await;
    let requests = vec![json!({"body": "x", "key": "same"}); 8];
    let answers = kit
        .ask_at_once("sample", &kit.a.owner, WRITE, requests)
        .await;
    let ids: std::collections::HashSet<_> = answers
        .into_iter()
        .map(|a| a.ok()["writeNote"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    let other = kit
        .ask(&kit.a.owner, WRITE, json!({"body": "y", "key": "same"}))
        .await;
    assert_eq!(other.codes(), ["CONFLICT"]);
    // Another tenant's key is another key.
    let theirs = kit
        .ask(&kit.b.owner, WRITE, json!({"body": "y", "key": "same"}))
        .await;
    assert!(!ids.contains(theirs.ok()["writeNote"]["id"].as_str().unwrap()));
    kit.deliver_events().await;
    kit.run_jobs().await;
    kit.finish().await;
}

#[tokio::test]
async fn an_event_delivered_twice_has_one_effect() {
    let kit = Harness::new(sample::Sample).await;
    let id = write(&kit, " hi ", "k").await;
    assert_eq!(kit.deliver_events().await, 1);
    sqlx::query("update platform.outbox set published_at = null")
        .execute(kit.admin())
        .await
        .unwrap();
    assert_eq!(kit.deliver_events().await, 1);
    assert_eq!(body(&kit, &id).await, " hi !");
    assert_eq!(kit.run_jobs().await, 1);
    assert_eq!(body(&kit, &id).await, "hi !");
    assert_eq!(kit.published::<sample::Written>().await.len(), 1);
    kit.finish().await;
}

#[tokio::test]
async fn a_failing_job_is_tried_again_and_then_parked() {
    let kit = Harness::new(sample::Sample).await;
    let ctx = kit.ctx("sample", &kit.a.owner);
    let mut tx = ctx.begin().await.unwrap();
    tx.enqueue(&sample::Doomed {}).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kit.run_jobs().await, 1);
    assert_eq!(
        kit.run_jobs().await,
        0,
        "not before its next attempt is due"
    );
    kit.advance(TimeDelta::minutes(2));
    assert_eq!(kit.run_jobs().await, 1);
    assert_eq!(kit.accept_parked().await, ["doomed"]);
    kit.finish().await;
}

#[tokio::test]
async fn without_a_licence_nothing_opens_and_the_platforms_own_work_goes_on() {
    let kit = Harness::new(sample::Sample).await;
    let id = write(&kit, "x", "k").await;
    kit.unlicense(kit.a.id, "sample").await;
    for answer in [
        kit.ask(&kit.a.owner, READ, json!({"id": id})).await,
        kit.ask(&kit.a.owner, WRITE, json!({"body": "y", "key": "k2"}))
            .await,
        kit.ask(&kit.a.owner, "{ notes { edges { cursor } } }", json!({}))
            .await,
    ] {
        assert_eq!(answer.codes(), ["LICENSE_REQUIRED"]);
    }
    kit.deliver_events().await;
    kit.run_jobs().await;
    kit.license(kit.a.id, "sample").await;
    assert_eq!(body(&kit, &id).await, "x!");
    kit.finish().await;
}

#[tokio::test]
async fn pages_are_stable_bounded_and_whole() {
    let kit = Harness::new(sample::Sample).await;
    for n in 0..7 {
        write(&kit, &n.to_string(), &n.to_string()).await;
    }
    kit.deliver_events().await;
    kit.run_jobs().await;
    let query = "query($after: String) { notes(first: 3, after: $after) { pageInfo { hasNextPage endCursor } edges { node { body } } } }";
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let page = kit
            .ask(&kit.a.owner, query, json!({"after": after}))
            .await
            .ok();
        for edge in page["notes"]["edges"].as_array().unwrap() {
            seen.push(edge["node"]["body"].as_str().unwrap().to_owned());
        }
        after = page["notes"]["pageInfo"]["endCursor"].clone();
        if page["notes"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["0!", "1!", "2!", "3!", "4!", "5!", "6!"]);
    for bad in [
        "{ notes(first: 101) { edges { cursor } } }",
        "{ notes(after: \"x\") { edges { cursor } } }",
    ] {
        assert_eq!(
            kit.ask(&kit.a.owner, bad, json!({})).await.codes(),
            ["BAD_USER_INPUT"]
        );
    }
    let empty = kit.ask(&kit.b.owner, query, json!({})).await.ok();
    assert_eq!(empty["notes"]["edges"], json!([]));
    kit.finish().await;
}

#[tokio::test]
async fn a_subscription_sees_what_commits_and_ends() {
    let kit = Harness::new(sample::Sample).await;
    let id = write(&kit, "x", "k").await;
    let query = "subscription($id: ID!) { body(id: $id) { body } }";
    let mut stream = kit.subscribe("sample", &kit.a.owner, query, json!({"id": id}));
    let first = stream.next().await.unwrap().ok();
    assert_eq!(first["body"]["body"], "x");
    kit.deliver_events().await;
    let rest = kit.collect(stream, Duration::from_secs(30)).await;
    assert_eq!(rest.last().unwrap().clone().ok()["body"]["body"], "x!");
    let theirs = kit.subscribe("sample", &kit.b.owner, query, json!({"id": id}));
    let refused = kit.collect(theirs, Duration::from_secs(10)).await;
    assert_eq!(refused[0].codes(), ["NOT_FOUND"]);
    assert_eq!(kit.runtime("sample").signals.topics(), 0);
    kit.run_jobs().await;
    kit.finish().await;
}

#[tokio::test]
async fn the_database_itself_refuses_what_the_code_forgets() {
    let kit = Harness::new(sample::Sample).await;
    let id = write(&kit, "x", "k").await;
    let ctx = kit.ctx("sample", &kit.b.owner);
    let mut tx = ctx.begin().await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from sample.note")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(
        seen, 0,
        "tenant B sees rows of tenant A without any where clause"
    );
    let changed = sqlx::query("update sample.note set body = 'stolen'")
        .execute(tx.conn())
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 0);
    let planted = sqlx::query("insert into sample.note values ($1, $2, 'planted', now())")
        .bind(kit.a.id.uuid())
        .bind(uuid::Uuid::from_u128(5))
        .execute(tx.conn())
        .await;
    assert!(planted.is_err(), "tenant B writes into tenant A");
    drop(tx);
    let mut tx = ctx.begin().await.unwrap();
    for forbidden in [
        "select * from platform.outbox",
        "insert into platform.license values (gen_random_uuid(), 'sample', gen_random_uuid(), 'ACTIVE', null, now())",
        "alter table sample.note disable row level security",
        "set role tessera_platform",
        "set session authorization tessera_admin",
    ] {
        sqlx::query("savepoint s").execute(tx.conn()).await.unwrap();
        let outcome = sqlx::query(forbidden).execute(tx.conn()).await;
        assert!(outcome.is_err(), "{forbidden}");
        sqlx::query("rollback to savepoint s")
            .execute(tx.conn())
            .await
            .unwrap();
    }
    drop(tx);
    kit.deliver_events().await;
    assert_eq!(body(&kit, &id).await, "x!");
    kit.run_jobs().await;
    kit.finish().await;
}

/// Writes the licence as billing would and lets the module follow.
async fn sell(kit: &Harness, status: &str, lasts: TimeDelta) -> Vec<String> {
    let mut tx = kit.service_ctx("billing", kit.a.id).begin().await.unwrap();
    let usable_until = Some(tx.now() + lasts);
    tx.write_license(&LicenseState {
        license_id: uuid::Uuid::from_u128(7),
        module: "sample".to_owned(),
        status: status.to_owned(),
        usable_until,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    kit.run_jobs().await;
    sqlx::query_scalar("select body from sample.note order by tenant_id, created_at, note_id")
        .fetch_all(kit.admin())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_module_is_enabled_once_per_licence_and_disabled_when_it_is_gone() {
    let kit = Harness::builder()
        .module(shop::Shop)
        .module(sample::Sample)
        .build()
        .await;
    let (day, none) = (TimeDelta::days(1), TimeDelta::zero());
    assert_eq!(sell(&kit, "ACTIVE", day).await, ["welcome"]);
    assert_eq!(sell(&kit, "GRACE", day).await, ["welcome"], "only once");
    assert_eq!(
        sell(&kit, "ACTIVE", none).await,
        ["farewell"],
        "out of time"
    );
    assert_eq!(sell(&kit, "EXPIRED", day).await, ["farewell"]);
    kit.advance(TimeDelta::seconds(1));
    assert_eq!(sell(&kit, "ACTIVE", day).await, ["farewell", "welcome"]);
    kit.finish().await;
}

#[tokio::test]
async fn only_billing_writes_licences() {
    let kit = Harness::new(sample::Sample).await;
    let mut tx = kit.service_ctx("sample", kit.a.id).begin().await.unwrap();
    let refused = tx
        .write_license(&LicenseState {
            license_id: uuid::Uuid::from_u128(7),
            module: "sample".to_owned(),
            status: "ACTIVE".to_owned(),
            usable_until: None,
        })
        .await;
    assert!(refused.is_err());
    drop(tx);
    kit.finish().await;
}
