//! GraphQL over HTTP, as any client would speak it.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// The public API at one address, with or without a session.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// An answer's top-level errors.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

impl Client {
    pub(crate) fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: None,
        })
    }

    /// The same server, as somebody else.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Runs one operation and gives its data.
    ///
    /// # Errors
    /// [`Refusal`] when the answer has errors, else what the network says.
    pub(crate) async fn run(&self, query: &str, variables: Value) -> Result<Value> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.base))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("no answer from {}", self.base))?;
        let status = answer.status();
        let text = answer.text().await?;
        let mut body: Value = serde_json::from_str(&text).with_context(|| {
            format!(
                "status {status} and no JSON: {}",
                text.chars().take(200).collect::<String>()
            )
        })?;
        if let Some(error) = body["errors"].get(0) {
            return Err(Refusal {
                code: error["extensions"]["code"]
                    .as_str()
                    .unwrap_or("no code")
                    .to_owned(),
                message: error["message"].as_str().unwrap_or("no message").to_owned(),
            }
            .into());
        }
        match body["data"].take() {
            Value::Null => bail!("status {status} and no data"),
            data => Ok(data),
        }
    }

    /// Runs a mutation of one field, refuses its user errors, and gives the payload.
    pub(crate) async fn mutate(&self, field: &str, query: &str, input: Value) -> Result<Value> {
        let mut data = self.run(query, json!({ "input": input })).await?;
        let payload = data[field].take();
        if let Some(error) = payload["userErrors"].get(0) {
            bail!(
                "{field} refused the input: {} ({})",
                error["message"].as_str().unwrap_or("no message"),
                error["code"].as_str().unwrap_or("no code")
            );
        }
        Ok(payload)
    }

    /// Sends a file to where the ticket says.
    pub(crate) async fn upload(&self, method: &str, url: &str, bytes: Vec<u8>) -> Result<()> {
        let url = if url.starts_with('/') {
            format!("{}{url}", self.base)
        } else {
            url.to_owned()
        };
        let method =
            reqwest::Method::from_bytes(method.as_bytes()).context("the ticket's method")?;
        let answer = self
            .http
            .request(method, &url)
            .body(bytes)
            .send()
            .await
            .context("no answer to the upload")?;
        let status = answer.status();
        if !status.is_success() {
            bail!(
                "the upload was refused with status {status}: {}",
                answer.text().await.unwrap_or_default()
            );
        }
        Ok(())
    }
}
