use platform_testkit::catalogue;
use serde_json::json;

use crate::support::kit;

#[tokio::test]
async fn every_table_is_protected() {
    let kit = kit().await;
    assert_eq!(catalogue::check(kit.admin()).await, []);
    kit.finish().await;
}

#[tokio::test]
async fn anybody_sees_what_is_for_sale_and_what_it_costs() {
    let kit = kit().await;
    let query = "query($n: Int, $after: String) { products(first: $n, after: $after) { pageInfo { hasNextPage endCursor }
        edges { node { module name trialDays prices { plan version amount { amountMinor currency } } } } } }";
    let all = kit.ask(&kit.anonymous(), query, json!({})).await.ok();
    assert_eq!(
        all["products"]["edges"][0]["node"],
        json!({"module": "cv-analysis", "name": "CV Analysis", "trialDays": 14, "prices": [
            {"plan": "ONE_TIME", "version": 1, "amount": {"amountMinor": "99000", "currency": "EUR"}},
            {"plan": "MONTHLY", "version": 1, "amount": {"amountMinor": "4900", "currency": "EUR"}},
            {"plan": "ANNUAL", "version": 1, "amount": {"amountMinor": "49000", "currency": "EUR"}},
        ]})
    );
    let first = kit.ask(&kit.anonymous(), query, json!({"n": 1})).await.ok();
    assert_eq!(first["products"]["pageInfo"]["hasNextPage"], json!(true));
    let after = &first["products"]["pageInfo"]["endCursor"];
    let second = kit
        .ask(&kit.anonymous(), query, json!({"n": 1, "after": after}))
        .await
        .ok();
    assert_eq!(
        second["products"]["edges"][0]["node"]["module"],
        json!("interview")
    );
    assert_eq!(second["products"]["pageInfo"]["hasNextPage"], json!(false));
    kit.finish().await;
}

#[tokio::test]
async fn a_price_is_never_changed() {
    let kit = kit().await;
    for statement in [
        "update billing.price set amount_minor = 1",
        "delete from billing.price",
        "truncate billing.price",
    ] {
        let error = sqlx::query(statement)
            .execute(kit.admin())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    kit.finish().await;
}
