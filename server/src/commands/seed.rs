//! A demo organisation with one owner and trials, made through the public API: what works here works for
//! a client.

use anyhow::{Context as _, Result, bail};
use platform_host::InProcess;
use serde_json::{Value, json};

const EMAIL: &str = "demo@tessera.example";
const PASSWORD: &str = "correct horse demo battery";
const ORGANISATION: &str = "Demo Organisation";

const SIGN_UP: &str = "mutation ($input: SignUpInput!) { signUp(input: $input) { session { accessToken } userErrors { code message } } }";
const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code message } } }";
const MEMBERSHIPS: &str = "{ me { memberships(first: 1) { edges { node { tenant { id } } } } } }";
const CREATE: &str = "mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } session { accessToken } userErrors { code message } } }";
const SWITCH: &str = "mutation ($input: SwitchTenantInput!) { switchTenant(input: $input) { session { accessToken } userErrors { code message } } }";
const LICENSE: &str = "query ($module: String!) { license(module: $module) { id } }";
const TRIAL: &str = "mutation ($input: StartTrialInput!) { startTrial(input: $input) { license { id } userErrors { code message } } }";

/// Modules that the demo organisation tries.
const TRIALS: [&str; 2] = ["cv-analysis", "interview"];

pub(crate) async fn run() -> Result<()> {
    let product = super::process(super::config()?)?.in_process()?;
    let token = sign_in_or_up(&product).await?;
    let (tenant, token) = enter(&product, &token).await?;
    for module in TRIALS {
        let found = product
            .run(Some(&token), LICENSE, json!({ "module": module }))
            .await?;
        if found["license"].is_null() {
            let input = json!({ "module": module, "idempotencyKey": format!("demo-{module}") });
            act(&product, Some(&token), TRIAL, "startTrial", input).await?;
        }
    }
    println!(
        "{}",
        json!({ "email": EMAIL, "password": PASSWORD, "tenant": tenant })
    );
    Ok(())
}

/// A token without a tenant, of an account that may exist since an earlier call.
async fn sign_in_or_up(product: &InProcess) -> Result<String> {
    let input = json!({ "email": EMAIL, "password": PASSWORD });
    let answer = product
        .run(None, SIGN_IN, json!({ "input": input }))
        .await?;
    if let Some(token) = answer["signIn"]["session"]["accessToken"].as_str() {
        return Ok(token.to_owned());
    }
    let input = json!({ "email": EMAIL, "password": PASSWORD, "displayName": "Demo Owner" });
    let payload = act(product, None, SIGN_UP, "signUp", input).await?;
    token_of(&payload)
}

/// The demo organisation and a token for it.
async fn enter(product: &InProcess, token: &str) -> Result<(String, String)> {
    let answer = product.run(Some(token), MEMBERSHIPS, json!({})).await?;
    let existing = &answer["me"]["memberships"]["edges"][0]["node"]["tenant"]["id"];
    if let Some(tenant) = existing.as_str() {
        let input = json!({ "tenantId": tenant });
        let payload = act(product, Some(token), SWITCH, "switchTenant", input).await?;
        return Ok((tenant.to_owned(), token_of(&payload)?));
    }
    let input = json!({ "name": ORGANISATION });
    let payload = act(product, Some(token), CREATE, "createTenant", input).await?;
    let tenant = payload["tenant"]["id"]
        .as_str()
        .context("createTenant gave no tenant")?;
    Ok((tenant.to_owned(), token_of(&payload)?))
}

/// Runs a mutation and gives its payload; what the user could mend is an error here.
async fn act(
    product: &InProcess,
    token: Option<&str>,
    mutation: &str,
    field: &str,
    input: Value,
) -> Result<Value> {
    let mut answer = product
        .run(token, mutation, json!({ "input": input }))
        .await
        .with_context(|| field.to_owned())?;
    let payload = answer[field].take();
    match payload["userErrors"].as_array() {
        Some(errors) if !errors.is_empty() => bail!("{field}: {}", payload["userErrors"]),
        _ => Ok(payload),
    }
}

fn token_of(payload: &Value) -> Result<String> {
    payload["session"]["accessToken"]
        .as_str()
        .map(str::to_owned)
        .context("no session was given")
}
