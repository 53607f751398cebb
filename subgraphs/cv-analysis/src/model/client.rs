//! One question over HTTP: `POST {base}/chat/completions` with a JSON Schema for the answer.

use std::sync::LazyLock;
use std::time::Duration;

use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest, ResponseFormat, ResponseFormatJsonSchema,
};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;

use super::Unused;
use crate::config::Config;
use crate::domain::model::Question;

/// Longest answer that is read, in bytes, with everything around it.
const MAX_ANSWER: usize = 256 * 1024;

/// An answer of the form that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) content: Value,
    /// Tokens asked and answered, where the service says so.
    pub(super) usage: Option<(u64, u64)>,
}

/// The part of a completion that matters here; compatible services leave out much of the rest.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

static CLIENT: LazyLock<Option<Client>> = LazyLock::new(|| {
    // the process may have chosen one before, which is just as well
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .inspect_err(|error| tracing::error!(%error, "no client for the language model"))
        .ok()
});

/// Asks.
pub(super) async fn ask(config: &Config, question: &Question) -> Result<Answer, Unused> {
    let limit = Duration::from_secs(config.model_timeout_s);
    tokio::time::timeout(limit, exchange(config, question))
        .await
        .unwrap_or(Err(Unused::TimedOut))
}

async fn exchange(config: &Config, question: &Question) -> Result<Answer, Unused> {
    let client = CLIENT.as_ref().ok_or(Unused::Unavailable)?;
    let key = config.model_api_key.as_ref().ok_or(Unused::Unavailable)?;
    let request = CreateChatCompletionRequest {
        model: config.model_name().to_owned(),
        messages: vec![
            ChatCompletionRequestSystemMessage::from(question.task.as_str()).into(),
            ChatCompletionRequestUserMessage::from(question.material.as_str()).into(),
        ],
        response_format: Some(ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                description: None,
                name: question.name.to_owned(),
                schema: question.schema.clone(),
                strict: Some(true),
            },
        }),
        temperature: Some(0.0),
        max_completion_tokens: Some(question.max_tokens),
        ..CreateChatCompletionRequest::default()
    };
    let mut response = client
        .post(format!("{}/chat/completions", config.model_base_url()))
        .bearer_auth(key.expose())
        .json(&request)
        .send()
        .await
        .map_err(|_| Unused::Unavailable)?;
    if !response.status().is_success() {
        return Err(Unused::Unavailable);
    }
    let mut body: Vec<u8> = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Unused::Unavailable)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Unused::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    read(&body, question.schema)
}

/// Reads an answer and holds it against its schema.
fn read(body: &[u8], schema: &Value) -> Result<Answer, Unused> {
    let completion: Completion = serde_json::from_slice(body).map_err(|_| Unused::Malformed)?;
    let content = completion
        .choices
        .into_iter()
        .next()
        .and_then(|choice| choice.message.content)
        .ok_or(Unused::Malformed)?;
    let content: Value = serde_json::from_str(&content).map_err(|_| Unused::Malformed)?;
    if !jsonschema::is_valid(schema, &content) {
        return Err(Unused::Malformed);
    }
    Ok(Answer {
        content,
        usage: completion
            .usage
            .map(|usage| (usage.prompt_tokens, usage.completion_tokens)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_answer_of_the_form_is_read() {
        let schema = json!({"type": "object", "required": ["a"], "additionalProperties": false, "properties": {"a": {"type": "integer"}}});
        let body = |content: &str| {
            json!({"choices": [{"message": {"content": content}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}).to_string()
        };
        assert_eq!(
            read(body("{\"a\": 1}").as_bytes(), &schema),
            Ok(Answer {
                content: json!({"a": 1}),
                usage: Some((3, 4))
            })
        );
        let refused = json!({"choices": [{"message": {"refusal": "no"}}]}).to_string();
        for bad in [
            body("{\"a\": \"1\"}"),
            body("{\"a\": 1, \"b\": 2}"),
            body("I think that"),
            refused,
            "{\"choices\": []}".to_owned(),
            "<html>".to_owned(),
            String::new(),
        ] {
            assert_eq!(
                read(bad.as_bytes(), &schema),
                Err(Unused::Malformed),
                "{bad}"
            );
        }
    }
}
