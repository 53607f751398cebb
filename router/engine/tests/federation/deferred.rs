//! `@defer`: both steps together are the answer, and the first does not wait for what only the second needs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use router_engine::{Delivery, Engine, GraphqlRequest, OperationContext, Transport};
use serde_json::{Map, Value, json};

use super::failure::Stuck;
use super::universe::{Mode, Universe};
use super::{overlap, random, runtime, setting};

fn context(limit: Duration) -> OperationContext {
    OperationContext::anonymous(Instant::now() + limit)
}

/// All payloads of an answer.
pub(super) async fn payloads(
    engine: &Engine,
    query: &str,
    variables: &Map<String, Value>,
) -> Vec<Value> {
    let mut request = GraphqlRequest::new(query);
    request.variables = variables.clone();
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).expect("JSON");
    match engine
        .execute_incremental(request, context(Duration::from_secs(10)), None)
        .await
    {
        Delivery::Whole(response) => vec![read(&response.body)],
        Delivery::Parts { initial, rest } => {
            let mut payloads = vec![read(&initial.body)];
            payloads.extend(rest.map(|bytes| read(&bytes)).collect::<Vec<_>>().await);
            payloads
        }
    }
}

/// Puts what came later where it belongs.
pub(super) fn together(payloads: &[Value]) -> Value {
    let mut data = payloads[0]["data"].clone();
    for part in payloads[1..]
        .iter()
        .flat_map(|payload| payload["incremental"].as_array())
        .flatten()
    {
        let mut target = &mut data;
        for step in part["path"].as_array().expect("a path") {
            target = match step {
                Value::String(key) => &mut target[key.as_str()],
                index => &mut target[index.as_u64().expect("an index") as usize],
            };
        }
        assert!(target.is_object(), "{part} has no place");
        merge(target, &part["data"]);
    }
    data
}

fn merge(target: &mut Value, source: &Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => {
            for (key, value) in source {
                match target.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => {
                        target.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(source)) => {
            for (target, source) in target.iter_mut().zip(source) {
                merge(target, source);
            }
        }
        _ => {}
    }
}

#[test]
fn both_steps_together_are_what_the_monolith_answers() {
    let rounds = setting("FEDERATION_RANDOM_ROUNDS", 25);
    let seed = setting("FEDERATION_RANDOM_SEED", 9);
    let (mut whole, mut parts) = (0_u64, 0_u64);
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = universe.engine(Mode::Local).await;
            for round in 0..rounds {
                let (document, variables) =
                    random::deferring(&universe.public, seed.wrapping_mul(1_000_003) + round);
                if !overlap::can_be_merged(&universe.public, &document) {
                    continue;
                }
                let expected = universe.monolith(&document, &variables);
                // where nulls spread to differs on purpose: a part does not take down what was given before
                if expected.get("errors").is_some() {
                    continue;
                }
                let got = payloads(&engine, &document, &variables).await;
                match got.len() {
                    1 => whole += 1,
                    _ => parts += 1,
                }
                assert!(
                    together(&got) == expected["data"] && !got[0].to_string().contains("errors"),
                    "{} round {round}:\n{document}\nexpected {expected}\n     got {got:?}",
                    universe.name
                );
            }
        }
    });
    assert!(
        parts > rounds && whole > 0,
        "{parts} in parts, {whole} whole"
    );
}

#[test]
fn the_first_step_does_not_wait_for_what_only_the_second_needs() {
    runtime().block_on(async {
        let universe = Universe::load("shop");
        let stuck = Transport::Local(Arc::new(Stuck::default()));
        let engine = universe.engine_with("reviews", stuck);
        let query = "query($later: Boolean! = true) {
            product(id: \"1\") { title ...F @defer(if: $later, label: \"reviews\") }
        } fragment F on Product { price rating }";
        let delivery = engine
            .execute_incremental(
                GraphqlRequest::new(query),
                context(Duration::from_millis(300)),
                None,
            )
            .await;
        let Delivery::Parts { initial, mut rest } = delivery else {
            panic!("one part");
        };
        let initial: Value = serde_json::from_slice(&initial.body).expect("JSON");
        assert!(initial["data"]["product"]["title"].is_string());
        assert_eq!(
            initial["data"]["product"]
                .as_object()
                .expect("an object")
                .len(),
            1
        );
        assert_eq!(initial["hasNext"], true);
        // the subgraph never answers: at the deadline what is there is given
        let second: Value =
            serde_json::from_slice(&rest.next().await.expect("a second step")).expect("JSON");
        assert_eq!(second["hasNext"], false);
        let part = &second["incremental"][0];
        assert_eq!(part["path"], json!(["product"]));
        assert_eq!(part["label"], "reviews");
        assert!(part["data"]["price"].is_number() && part["data"]["rating"].is_null());
        assert!(rest.next().await.is_none());

        let mut request = GraphqlRequest::new(query);
        request.variables.insert("later".to_owned(), json!(false));
        let delivery = engine
            .execute_incremental(request, context(Duration::from_millis(100)), None)
            .await;
        assert!(
            matches!(delivery, Delivery::Whole(_)),
            "nothing is deferred"
        );
    });
}
