use billing_events::{LicenseActivated, LicenseCancelled, LicenseExpired};
use chrono::TimeDelta;
use platform_sdk::Clock as _;
use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::support::{
    LICENSE, buy, codes, is_usable, kit, license, moment, mutate, trial, try_mutate,
};

/// Moves the clock to the moment at which the licence's period ends, and lets the job run.
async fn to_the_end_of_the_period(kit: &Harness) -> Value {
    let end = moment(&license(kit, "interview").await["expiresAt"]);
    kit.advance(end - kit.clock.now());
    kit.run_jobs().await;
    license(kit, "interview").await
}

async fn payments(kit: &Harness) -> i64 {
    sqlx::query_scalar("select count(*) from billing.payment where status = 'SUCCEEDED'")
        .fetch_one(kit.admin())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_subscription_is_renewed_and_paid_for_each_period() {
    let kit = kit().await;
    let start = moment(&buy(&kit, "MONTHLY", "sandbox_ok", "k").await["license"]["startsAt"]);
    for month in 2..=4 {
        let renewed = to_the_end_of_the_period(&kit).await;
        assert_eq!(renewed["status"], json!("ACTIVE"));
        assert_eq!(
            moment(&renewed["expiresAt"]),
            start + chrono::Months::new(month)
        );
        assert_eq!(payments(&kit).await, i64::from(month));
    }
    assert_eq!(kit.published::<LicenseActivated>().await.len(), 4);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_renewal_that_was_given_up_is_made_an_hour_later() {
    let kit = kit().await;
    let start = moment(&buy(&kit, "MONTHLY", "sandbox_ok", "k").await["license"]["startsAt"]);
    for statement in [
        "create function billing.refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$",
        "create trigger refuse before update on billing.license for each row execute function billing.refuse()",
    ] {
        sqlx::query(statement).execute(kit.admin()).await.unwrap();
    }
    to_the_end_of_the_period(&kit).await;
    for _ in 0..5 {
        kit.run_jobs().await;
        kit.advance(TimeDelta::minutes(2));
    }
    assert_eq!(kit.accept_parked().await, ["license.lapse"]);
    sqlx::query("drop function billing.refuse() cascade")
        .execute(kit.admin())
        .await
        .unwrap();
    kit.advance(TimeDelta::hours(1));
    kit.run_jobs().await;
    let renewed = license(&kit, "interview").await;
    assert_eq!(renewed["status"], json!("ACTIVE"));
    assert_eq!(
        moment(&renewed["expiresAt"]),
        start + chrono::Months::new(2)
    );
    assert_eq!(payments(&kit).await, 2);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn an_unpaid_period_goes_into_grace_and_then_expires() {
    let kit = kit().await;
    buy(&kit, "ANNUAL", "sandbox_declined_at_renewal", "k").await;
    let unpaid = to_the_end_of_the_period(&kit).await;
    assert_eq!(unpaid["status"], json!("GRACE"));
    assert!(is_usable(&kit, "interview").await);
    kit.advance(TimeDelta::days(7));
    assert!(!is_usable(&kit, "interview").await);
    assert_eq!(license(&kit, "interview").await["status"], json!("EXPIRED"));
    kit.run_jobs().await;
    assert_eq!(kit.published::<LicenseExpired>().await.len(), 1);
    assert_eq!(payments(&kit).await, 1);
    let back = buy(&kit, "MONTHLY", "sandbox_ok", "k2").await;
    assert_eq!(back["license"]["status"], json!("ACTIVE"));
    assert!(is_usable(&kit, "interview").await);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_cancelled_subscription_runs_to_the_end_of_its_period_and_is_not_renewed() {
    let kit = kit().await;
    buy(&kit, "MONTHLY", "sandbox_ok", "k").await;
    let input = json!({"module": "interview"});
    let leaving = mutate(&kit, &kit.a.owner, "cancelLicense", LICENSE, input.clone()).await;
    assert_eq!(leaving["license"]["status"], json!("ACTIVE"));
    assert_eq!(
        leaving["license"]["usableUntil"],
        leaving["license"]["expiresAt"]
    );
    assert!(is_usable(&kit, "interview").await);
    let stays = mutate(&kit, &kit.a.owner, "resumeLicense", LICENSE, input.clone()).await;
    assert_eq!(stays["license"]["cancelledAt"], Value::Null);
    let again = mutate(&kit, &kit.a.owner, "resumeLicense", LICENSE, input.clone()).await;
    assert_eq!(codes(&again), ["NOT_CANCELLING"]);
    mutate(&kit, &kit.a.owner, "cancelLicense", LICENSE, input.clone()).await;

    let ended = to_the_end_of_the_period(&kit).await;
    assert_eq!(ended["status"], json!("CANCELLED"));
    assert!(!is_usable(&kit, "interview").await);
    assert_eq!(payments(&kit).await, 1);
    assert_eq!(kit.published::<LicenseCancelled>().await.len(), 1);
    let over = mutate(&kit, &kit.a.owner, "cancelLicense", LICENSE, input).await;
    assert_eq!(codes(&over), ["NOT_ACTIVE"]);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_licence_cancelled_at_once_is_gone_at_once() {
    let kit = kit().await;
    trial(&kit, "interview", "k").await;
    let input = json!({"module": "interview", "atOnce": true});
    let gone = mutate(&kit, &kit.a.owner, "cancelLicense", LICENSE, input).await;
    assert_eq!(gone["license"]["status"], json!("CANCELLED"));
    assert!(!is_usable(&kit, "interview").await);
    let other = json!({"module": "cv-analysis"});
    let none = try_mutate(&kit, &kit.a.owner, "cancelLicense", LICENSE, other).await;
    assert_eq!(none.codes(), ["NOT_FOUND"]);
    kit.deliver_events().await;
    kit.finish().await;
}

#[tokio::test]
async fn a_suspended_licence_is_refused_and_cannot_be_bought_back() {
    let kit = kit().await;
    trial(&kit, "interview", "k").await;
    sqlx::query("update billing.license set suspended_at = now()")
        .execute(kit.admin())
        .await
        .unwrap();
    assert_eq!(
        license(&kit, "interview").await["status"],
        json!("SUSPENDED")
    );
    assert_eq!(
        codes(&buy(&kit, "MONTHLY", "sandbox_ok", "k2").await),
        ["SUSPENDED"]
    );
    kit.deliver_events().await;
    kit.finish().await;
}
