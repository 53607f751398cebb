use billing_events::{LicenseActivated, LicenseKind};
use chrono::{Months, TimeDelta};
use platform_sdk::Clock as _;
use serde_json::{Value, json};

use crate::support::{LICENSE, buy, codes, is_usable, kit, license, moment, mutate, trial};

#[tokio::test]
async fn a_purchase_is_for_life_paid_once_and_labelled_as_sandbox() {
    let kit = kit().await;
    let payload = buy(&kit, "ONE_TIME", "sandbox_ok", "k1").await;
    assert_eq!(codes(&payload), [""; 0]);
    assert_eq!(payload["license"]["kind"], json!("PURCHASED"));
    assert_eq!(payload["license"]["expiresAt"], Value::Null);
    assert_eq!(
        payload["payment"]["amount"],
        json!({"amountMinor": "119000", "currency": "EUR"})
    );
    assert_eq!(
        payload["payment"]["notice"],
        json!("SANDBOX: no money moved")
    );
    assert_eq!(
        buy(&kit, "ONE_TIME", "sandbox_ok", "k1").await,
        payload,
        "one key, one payment"
    );
    assert_eq!(
        codes(&buy(&kit, "ONE_TIME", "sandbox_ok", "k2").await),
        ["ALREADY_LICENSED"]
    );
    assert_eq!(
        codes(&trial(&kit, "interview", "k3").await),
        ["ALREADY_LICENSED"]
    );
    kit.advance(TimeDelta::days(36_500));
    assert!(is_usable(&kit, "interview").await);
    let query = "{ payments { edges { node { status provider license { module } } } } }";
    let payments = kit.ask(&kit.a.viewer, query, json!({})).await.ok();
    assert_eq!(
        payments["payments"]["edges"],
        json!([{"node": {"status": "SUCCEEDED", "provider": "sandbox", "license": {"module": "interview"}}}])
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_declined_purchase_leaves_nothing_behind() {
    let kit = kit().await;
    assert_eq!(
        codes(&buy(&kit, "MONTHLY", "sandbox_declined", "k1").await),
        ["PAYMENT_DECLINED"]
    );
    assert_eq!(
        codes(&buy(&kit, "MONTHLY", "pm_card_visa", "k2").await),
        ["UNKNOWN_PAYMENT_METHOD"]
    );
    let dollars = json!({"module": "interview", "plan": "MONTHLY", "currency": "USD", "idempotencyKey": "k3"});
    let payload = mutate(&kit, &kit.a.owner, "purchaseModule", LICENSE, dollars).await;
    assert_eq!(codes(&payload), ["NOT_FOR_SALE"]);
    for table in ["license", "payment", "ledger_entry", "ledger_posting"] {
        let sql = format!("select count(*) from billing.{table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(kit.admin())
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert!(!is_usable(&kit, "interview").await);
    let retried = buy(&kit, "MONTHLY", "sandbox_ok", "k1").await;
    assert_eq!(
        codes(&retried),
        [""; 0],
        "a key that came to nothing is free"
    );
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_trial_becomes_a_subscription_and_stays_the_same_licence() {
    let kit = kit().await;
    let id = trial(&kit, "interview", "k1").await["license"]["id"].clone();
    kit.advance(TimeDelta::days(3));
    let payload = buy(&kit, "MONTHLY", "sandbox_ok", "k2").await;
    assert_eq!(payload["license"]["id"], id);
    let end = kit.clock.now() + Months::new(1);
    assert_eq!(moment(&payload["license"]["expiresAt"]), end);
    // The end of the trial passes without a word.
    kit.advance(TimeDelta::days(14));
    kit.run_jobs().await;
    assert_eq!(license(&kit, "interview").await["status"], json!("ACTIVE"));
    let kinds: Vec<_> = kit
        .published::<LicenseActivated>()
        .await
        .iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(kinds, [LicenseKind::Trial, LicenseKind::Subscription]);
    kit.deliver_events().await;
    kit.finish().await;
}
