use chrono::{DateTime, Utc};
use platform_sdk::Identity;
use platform_testkit::Harness;
use serde_json::{Value, json};
use subgraph_billing::BillingModule;

/// Billing alone.
pub(crate) async fn kit() -> Harness {
    Harness::builder().module(BillingModule).build().await
}

pub(crate) const LICENSE: &str =
    "license { id module kind status startsAt expiresAt usableUntil cancelledAt }";

/// Runs a mutation `name(input)` with the selection `fields` and gives its payload.
pub(crate) async fn mutate(
    kit: &Harness,
    identity: &Identity,
    name: &str,
    fields: &str,
    input: Value,
) -> Value {
    let answer = try_mutate(kit, identity, name, fields, input).await;
    answer.ok()[name].take()
}

/// The same, errors and all.
pub(crate) async fn try_mutate(
    kit: &Harness,
    identity: &Identity,
    name: &str,
    fields: &str,
    input: Value,
) -> platform_testkit::Answer {
    let mut kind: String = name[..1].to_uppercase();
    kind.push_str(&name[1..]);
    let query = format!(
        "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {fields} userErrors {{ code }} }} }}"
    );
    kit.ask(identity, &query, json!({ "input": input })).await
}

/// Codes of a payload's user errors.
pub(crate) fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap();
    errors.iter().map(|e| e["code"].as_str().unwrap()).collect()
}

/// Starts a trial of tenant A.
pub(crate) async fn trial(kit: &Harness, module: &str, key: &str) -> Value {
    let input = json!({"module": module, "idempotencyKey": key});
    mutate(kit, &kit.a.owner, "startTrial", LICENSE, input).await
}

/// Buys for tenant A.
pub(crate) async fn buy(kit: &Harness, plan: &str, method: &str, key: &str) -> Value {
    let input = json!({"module": "interview", "plan": plan, "paymentMethod": method, "idempotencyKey": key});
    let fields =
        format!("{LICENSE} payment {{ id status amount {{ amountMinor currency }} notice }}");
    mutate(kit, &kit.a.owner, "purchaseModule", &fields, input).await
}

/// Tenant A's licence of a module, as it is shown.
pub(crate) async fn license(kit: &Harness, module: &str) -> Value {
    let query = format!(
        "query($m: String!) {{ {} }}",
        LICENSE.replacen("license", "license(module: $m)", 1)
    );
    kit.ask(&kit.a.owner, &query, json!({ "m": module }))
        .await
        .ok()["license"]
        .take()
}

/// Whether other modules let tenant A in, by what billing told the platform.
pub(crate) async fn is_usable(kit: &Harness, module: &str) -> bool {
    let ctx = kit.service_ctx("billing", kit.a.id);
    let mut tx = ctx.begin().await.unwrap();
    tx.is_licensed(module).await.unwrap()
}

/// A time of an answer.
pub(crate) fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}
