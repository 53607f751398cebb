//! What was taken away is gone within seconds, in the product as it is served.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{ask, client};
use crate::product::{Demo, Shape};

/// The promise, and a little for a busy machine.
const SECONDS: Duration = Duration::from_secs(5);

async fn mutate(url: &str, token: Option<&str>, name: &str, fields: &str, input: Value) -> Value {
    let mut kind = name[..1].to_uppercase();
    kind.push_str(&name[1..]);
    let query =
        format!("mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {fields} }} }}");
    let mut answer = ask(url, token, &query, json!({ "input": input })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"][name].take()
}

async fn with_key(url: &str, header: &str, value: &str) -> (u16, Value) {
    let answer = client()
        .post(format!("{url}/graphql"))
        .header(header, value)
        .json(&json!({ "query": "{ tenant { name } }" }))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_taken_as_they_are_and_what_was_revoked_or_signed_out_ends_within_seconds() {
    let demo = Demo::new(&[]).await;
    let product = demo.start(Shape::Embedded).await;
    let url = &product.url;
    let token = &product.sign_in(&demo).await;

    let input = json!({ "name": "Import", "scopes": ["core:tenant.read"], "expiresInDays": 1 });
    let fields = "apiKey { id } secret";
    let made = mutate(url, Some(token), "createApiKey", fields, input).await;
    let key = made["secret"].as_str().unwrap();
    let bearer = format!("Bearer {key}");
    for (header, value) in [("x-api-key", key), ("authorization", &bearer)] {
        let (status, answer) = with_key(url, header, value).await;
        assert_eq!(status, 200);
        assert!(answer["data"]["tenant"]["name"].is_string(), "{answer}");
    }
    let (status, _) = with_key(url, "x-api-key", "tsk_nonsense").await;
    assert_eq!(status, 401);
    let input = json!({ "apiKeyId": made["apiKey"]["id"] });
    mutate(url, Some(token), "revokeApiKey", "apiKey { id }", input).await;
    let revoked = Instant::now();
    while with_key(url, "x-api-key", key).await.0 != 401 {
        assert!(revoked.elapsed() < SECONDS, "the key still opens");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let stream = format!("{url}/graphql");
    let reserved = client()
        .put(&stream)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let reserved = reserved.text().await.unwrap();
    let mut open = client()
        .get(&stream)
        .bearer_auth(token)
        .header("accept", "text/event-stream")
        .header("x-graphql-event-stream-token", reserved)
        .send()
        .await
        .unwrap();
    assert!(open.chunk().await.unwrap().is_some());
    let input = json!({ "everywhere": false });
    mutate(url, Some(token), "signOut", "endedSessions", input).await;
    let ended = tokio::time::timeout(SECONDS, async {
        while let Ok(Some(_)) = open.chunk().await {}
    });
    assert!(ended.await.is_ok(), "the stream outlives its session");
    product.end().await;
    demo.remove().await;
}
