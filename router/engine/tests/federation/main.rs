//! The engine against a monolith: small supergraphs with canned data, whose subgraphs and whose monolith are played by
//! one plain executor. The subgraphs refuse what a good plan does not ask.
#![expect(clippy::expect_used, clippy::panic, reason = "tests")]

mod coercion;
mod conditions;
mod deferred;
mod executor;
mod failure;
mod fanout;
mod incremental;
mod introspected;
mod introspection;
mod nonsense;
mod overlap;
mod random;
mod refusal;
mod roots;
mod schema;
mod sharing;
mod store;
mod subscription;
mod supergraph;
mod transport;
mod universe;
mod validation;
mod variables;
mod websocket;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use router_composition::{SubgraphInput, compose};
use router_engine::{
    Engine, EngineOptions, GraphqlRequest, GraphqlResponse, OperationContext, RemoteClient,
    RemoteOptions, RemoteSubgraph, ResponseKind, Transport,
};
use serde_json::{Map, Value};
use universe::{Mode, Universe};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The supergraph of subgraphs by their names.
fn supergraph_of<const N: usize>(subgraphs: [(&str, &str); N]) -> String {
    let inputs = subgraphs.map(|(name, sdl)| SubgraphInput {
        name: name.to_owned(),
        url: format!("http://{name}.invalid"),
        sdl: sdl.to_owned(),
    });
    compose(&inputs).expect("a supergraph").supergraph_sdl
}

/// Subgraphs by their names, at these addresses.
fn over_http<const N: usize>(addresses: [(&str, &str); N]) -> HashMap<String, Transport> {
    let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
    let remote = |url| RemoteSubgraph::new(url, client.clone()).expect("an address");
    addresses
        .map(|(name, url)| (name.to_owned(), Transport::Remote(remote(url))))
        .into()
}

fn context() -> OperationContext {
    OperationContext::anonymous(Instant::now() + Duration::from_secs(5))
}

async fn ask(engine: &Engine, query: &str, variables: &Map<String, Value>) -> Value {
    let mut request = GraphqlRequest::new(query);
    request.variables = variables.clone();
    let context = OperationContext::anonymous(Instant::now() + Duration::from_secs(10));
    let response = engine.execute(request, context).await;
    serde_json::from_slice(&response.body).expect("JSON")
}

/// What differs between two responses: data with the order of keys, whether there are errors, and whether all of them stand
/// where something is null.
fn difference(expected: &Value, got: &Value) -> Option<String> {
    let same_data =
        expected.get("data").map(Value::to_string) == got.get("data").map(Value::to_string);
    let same_errors = expected.get("errors").is_some() == got.get("errors").is_some();
    let in_place = error_paths(got)
        .iter()
        .all(|path| path.is_array() && is_null_at(&got["data"], path));
    (!same_data || !same_errors || !in_place)
        .then(|| format!("expected {expected}\n     got {got}"))
}

fn run_cases(mode: Mode) {
    let mut failures = Vec::new();
    let mut count = 0;
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = universe.engine(mode).await;
            for case in universe.cases() {
                count += 1;
                let expected = universe.monolith(&case.document, &case.variables);
                let got = ask(&engine, &case.document, &case.variables).await;
                if let Some(difference) = difference(&expected, &got) {
                    failures.push(format!(
                        "{}: {}\n{}\n{difference}",
                        universe.name, case.name, case.document
                    ));
                }
            }
        }
    });
    assert!(
        failures.is_empty(),
        "{} of {count} cases differ\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(count >= 250, "only {count} cases");
}

#[test]
fn every_case_is_answered_like_the_monolith_does_with_subgraphs_in_process() {
    run_cases(Mode::Local);
}

#[test]
fn every_case_is_answered_like_the_monolith_does_with_subgraphs_behind_http() {
    run_cases(Mode::Remote);
}

#[test]
fn every_case_is_answered_like_the_monolith_does_with_some_of_both() {
    run_cases(Mode::Mixed);
}

/// Paths of errors.
fn error_paths(response: &Value) -> Vec<&Value> {
    let errors = response["errors"].as_array();
    let paths = errors.into_iter().flatten().map(|error| &error["path"]);
    paths.collect()
}

/// Whether something is null at a path or above it.
fn is_null_at(data: &Value, path: &Value) -> bool {
    let mut at = data;
    for step in path.as_array().into_iter().flatten() {
        if at.is_null() {
            return true;
        }
        at = match step {
            Value::String(key) => &at[key],
            index => &at[index.as_u64().expect("an index") as usize],
        };
    }
    at.is_null()
}

#[test]
fn errors_stand_where_the_monolith_has_them() {
    let mut failures = Vec::new();
    let mut count = 0;
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = universe.engine(Mode::Local).await;
            for case in universe.cases() {
                let monolith = universe.monolith(&case.document, &case.variables);
                let got = ask(&engine, &case.document, &case.variables).await;
                let (expected, paths) = (error_paths(&monolith), error_paths(&got));
                count += usize::from(!expected.is_empty());
                // whoever runs fields one after the other stops where the parent is null anyway
                let is_good = expected.iter().all(|path| paths.contains(path))
                    && paths
                        .iter()
                        .all(|path| path.is_array() && is_null_at(&got["data"], path))
                    && paths.is_empty() == expected.is_empty();
                if !is_good {
                    failures.push(format!(
                        "{}: {}\n{}\nexpected {expected:?}\n     got {paths:?}\n{got}",
                        universe.name, case.name, case.document
                    ));
                }
            }
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(count >= 20, "only {count} cases with errors");
}

#[test]
fn a_supergraph_of_our_own_composer_gives_the_same_answers() {
    let mut failures = Vec::new();
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = Engine::new(
                &universe.composed(),
                universe.transports(),
                EngineOptions::default(),
            )
            .unwrap_or_else(|error| panic!("{}: {error}", universe.name));
            for case in universe.cases() {
                let expected = universe.monolith(&case.document, &case.variables);
                let got = ask(&engine, &case.document, &case.variables).await;
                if let Some(difference) = difference(&expected, &got) {
                    failures.push(format!(
                        "{}: {}\n{}\n{difference}",
                        universe.name, case.name, case.document
                    ));
                }
            }
        }
    });
    assert!(
        failures.is_empty(),
        "{} cases differ\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

async fn plan(
    engine: &Engine,
    query: &str,
    variables: &Map<String, Value>,
) -> Result<String, GraphqlResponse> {
    let mut request = GraphqlRequest::new(query);
    request.variables = variables.clone();
    engine.explain(&request).await
}

async fn explain(engine: &Engine, query: &str, variables: &Map<String, Value>) -> String {
    plan(engine, query, variables)
        .await
        .unwrap_or_else(|_| "no plan".to_owned())
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// More rounds with `FEDERATION_RANDOM_ROUNDS`, others with `FEDERATION_RANDOM_SEED`.
#[test]
fn random_queries_are_answered_like_the_monolith_does() {
    let rounds = setting("FEDERATION_RANDOM_ROUNDS", 60);
    let seed = setting("FEDERATION_RANDOM_SEED", 1);
    let mut failures = Vec::new();
    let mut count = 0;
    runtime().block_on(async {
        for universe in Universe::all() {
            // an answer is read in one way and values are taken up in another
            let engines = [
                ("in process", universe.engine(Mode::Local).await),
                ("over HTTP", universe.engine(Mode::Remote).await),
            ];
            for round in 0..rounds {
                let (document, variables) =
                    random::query(&universe.public, seed.wrapping_mul(1_000_003) + round);
                if !overlap::can_be_merged(&universe.public, &document) {
                    continue;
                }
                count += 1;
                let expected = universe.monolith(&document, &variables);
                for (way, engine) in &engines {
                    let got = ask(engine, &document, &variables).await;
                    if let Some(difference) = difference(&expected, &got) {
                        let plan = explain(engine, &document, &variables).await;
                        failures.push(format!(
                            "{} round {round} {way}:\n{document}\n{difference}\n{plan}",
                            universe.name
                        ));
                    }
                }
            }
        }
    });
    assert!(
        failures.is_empty(),
        "{} of {count} queries differ\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(count > rounds, "only {count} of the queries were valid");
}

#[test]
fn fields_that_cannot_be_merged_are_found_like_the_specification_says() {
    let rounds = setting("FEDERATION_RANDOM_ROUNDS", 40);
    let seed = setting("FEDERATION_RANDOM_SEED", 3);
    let (mut refused, mut count) = (0, 0);
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = universe.engine(Mode::Local).await;
            for round in 0..rounds {
                let (document, variables) =
                    random::clashing(&universe.public, seed.wrapping_mul(1_000_003) + round);
                let expected = overlap::can_be_merged(&universe.public, &document);
                let got = plan(&engine, &document, &variables).await;
                let is_refused =
                    matches!(&got, Err(response) if response.kind == ResponseKind::Refused);
                assert!(
                    expected != is_refused,
                    "{} round {round}: mergeable {expected}\n{document}\n{got:?}",
                    universe.name
                );
                count += 1;
                refused += u64::from(is_refused);
            }
        }
    });
    assert!(
        refused > 0 && refused < count,
        "{refused} of {count} were refused"
    );
}

/// 100,000 of them: `FEDERATION_GENERATED_ROUNDS=1961` (three kinds, seventeen universes).
#[test]
fn generated_documents_are_planned_or_refused_and_never_fail() {
    let rounds = setting("FEDERATION_GENERATED_ROUNDS", 20);
    let seed = setting("FEDERATION_RANDOM_SEED", 5);
    let (mut planned, mut refused) = (0_u64, 0_u64);
    runtime().block_on(async {
        for universe in Universe::all() {
            let engine = universe.engine(Mode::Local).await;
            for round in 0..rounds {
                let seed = seed.wrapping_mul(1_000_003) + round;
                let documents = [
                    random::query(&universe.public, seed),
                    random::clashing(&universe.public, seed),
                    (random::broken(&universe.public, seed), Map::new()),
                ];
                for (document, variables) in documents {
                    match plan(&engine, &document, &variables).await {
                        Ok(_) => planned += 1,
                        Err(response) => {
                            assert_eq!(
                                response.kind,
                                ResponseKind::Refused,
                                "{} round {round}:\n{document}\n{:?}",
                                universe.name,
                                response.errors
                            );
                            refused += 1;
                        }
                    }
                }
            }
        }
    });
    assert!(
        planned > rounds && refused > rounds,
        "{planned} planned, {refused} refused"
    );
}
