//! What one request costs the engine by the way to its subgraphs: `gateway FOLDER QUERY PORT [MODE]`. FOLDER and PORT are
//! those of `canned`, which has to run; QUERY is a file. Prints one JSON object per line, in microseconds of CPU of this
//! process: the engine is called as a function, so there is no client in it, and over HTTP no subgraph either. In this
//! process a subgraph gives an answer that was made before: its work is to find it. Nothing is shared between requests.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for measuring"
)]

#[path = "support/clock.rs"]
mod clock;
mod support;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use async_graphql_value::{ConstValue, Name};
use bytes::Bytes;
use clock::cost;
use futures::future::{BoxFuture, join_all};
use futures::stream::{BoxStream, StreamExt as _};
use router_engine::{
    Engine, EngineOptions, GraphqlRequest, LocalRequest, LocalResponse, LocalSubgraph,
    OperationContext, RemoteClient, RemoteOptions, Transport,
};
use serde_json::Value;
use support::{Subgraphs, text};

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Requests under way at the same time.
const AT_ONCE: usize = 50;
const NAMES: [&str; 4] = ["accounts", "inventory", "products", "reviews"];

/// One subgraph whose answers are made once, as values. They are found again by the document and the number of
/// representations, which tells all fetches of one query apart; that the answers are right is looked at in the end.
struct Canned {
    name: &'static str,
    subgraphs: Arc<Subgraphs>,
    answers: RwLock<HashMap<(usize, usize), Arc<ConstValue>>>,
}

impl LocalSubgraph for Canned {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let lists = request.variables.values().map(|value| match value {
            ConstValue::List(items) => items.len(),
            _ => 0,
        });
        // a plan keeps the text of its fetches where it is
        let key = (request.text.as_ptr() as usize, lists.sum());
        let known = self.answers.read().expect("no panic").get(&key).cloned();
        let data = known.unwrap_or_else(|| {
            let variables = request
                .variables
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone().into_json().expect("JSON")))
                .collect();
            let mut answer = self.subgraphs.answer(self.name, &request.text, &variables);
            let data = Arc::new(values(answer["data"].take(), &mut HashMap::new()));
            let mut answers = self.answers.write().expect("no panic");
            answers.insert(key, Arc::clone(&data));
            data
        });
        Box::pin(std::future::ready(LocalResponse {
            data,
            errors: Vec::new(),
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

/// A tree of values as an executor makes it: every object has the names that stand in the document.
fn values(json: Value, names: &mut HashMap<String, Name>) -> ConstValue {
    match json {
        Value::Array(items) => {
            ConstValue::List(items.into_iter().map(|item| values(item, names)).collect())
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| {
                let name = names
                    .entry(key)
                    .or_insert_with_key(|key| Name::new(key))
                    .clone();
                (name, values(value, names))
            });
            ConstValue::Object(fields.collect())
        }
        leaf => ConstValue::from_json(leaf).expect("a value"),
    }
}

async fn run(engine: &Engine, query: &Arc<str>) -> Bytes {
    let request = GraphqlRequest::new(Arc::clone(query));
    let context = OperationContext::anonymous(Instant::now() + Duration::from_secs(60));
    let response = engine.execute(request, context).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.body
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, query, port, only @ ..] = arguments.as_slice() else {
        panic!("FOLDER QUERY PORT [MODE]");
    };
    let folder = Path::new(folder);
    let query: Arc<str> = text(Path::new(query)).into();
    let mut supergraph = text(&folder.join("supergraph.graphql"));
    for name in NAMES {
        let from = format!("http://{name}.invalid/graphql");
        supergraph = supergraph.replace(&from, &format!("http://127.0.0.1:{port}/{name}"));
    }
    let options = EngineOptions {
        single_flight: false,
        ..EngineOptions::default()
    };
    let subgraphs = Arc::new(Subgraphs::read(folder));
    let transports = NAMES.map(|name| {
        let canned = Canned {
            name,
            subgraphs: Arc::clone(&subgraphs),
            answers: RwLock::default(),
        };
        (name.to_owned(), Transport::Local(Arc::new(canned)))
    });
    let local = Engine::new(&supergraph, transports.into(), options.clone()).expect("an engine");
    let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
    let remote = Engine::remote(&supergraph, &client, options).expect("an engine");

    let mut answers = Vec::new();
    for (name, engine) in [("in-process", &local), ("http", &remote)] {
        if only.first().is_some_and(|only| only != name) {
            continue;
        }
        let all = cost(|_| async {
            join_all((0..AT_ONCE).map(|_| async {
                run(engine, &query).await;
            }))
            .await;
        });
        let per_request = all.await / AT_ONCE as f64;
        answers.push(run(engine, &query).await);
        let bytes = answers.last().map_or(0, Bytes::len);
        println!(r#"{{"way":"{name}","us":{per_request:.2},"answer_bytes":{bytes}}}"#);
    }
    assert!(
        answers.windows(2).all(|two| two[0] == two[1]),
        "both ways give the same"
    );
}
