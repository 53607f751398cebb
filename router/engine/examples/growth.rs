//! What an operation costs by the number of subgraphs, of entities and of fields: `growth`. Prints one JSON object per line.
//! Subgraphs are in this process and give again what they gave before, so what is measured is the engine. Every document is
//! planned before it is measured; planning has lines of its own. `growth N` executes with N subgraphs only, `growth N planning`
//! plans with them.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for measuring"
)]

#[path = "support/clock.rs"]
mod clock;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_graphql_parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql_value::{ConstValue, Name, indexmap::IndexMap};
use clock::cost;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use router_composition::{SubgraphInput, compose};
use router_engine::{
    Engine, EngineOptions, GraphqlRequest, Limits, LocalRequest, LocalResponse, LocalSubgraph,
    OperationContext, Transport,
};

/// Gives `things`, or the entities that it is asked for, every field with a short text.
struct Things {
    count: usize,
    /// By the place of the document's text, which a plan keeps where it is, and the number of entities.
    answers: Mutex<HashMap<(usize, usize), Arc<ConstValue>>>,
}

impl Things {
    fn new(count: usize) -> Self {
        Self {
            count,
            answers: Mutex::default(),
        }
    }
}

impl LocalSubgraph for Things {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let representations = request.variables.iter().find_map(|(_, value)| match value {
            ConstValue::List(list) => Some(list.len()),
            _ => None,
        });
        let count = representations.unwrap_or(self.count);
        let key = (request.text.as_ptr() as usize, count);
        let mut answers = self.answers.lock().expect("no panic");
        let data = answers
            .entry(key)
            .or_insert_with(|| Arc::new(answer(&request.document, count)));
        let response = LocalResponse {
            data: Arc::clone(data),
            errors: Vec::new(),
        };
        Box::pin(std::future::ready(response))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

/// One list of `count` objects below every root field of the document.
fn answer(document: &ExecutableDocument, count: usize) -> ConstValue {
    let (_, operation) = document.operations.iter().next().expect("an operation");
    let set = &operation.node.selection_set.node;
    let mut data = IndexMap::new();
    for item in &set.items {
        if let Selection::Field(field) = &item.node {
            let keys = keys(&field.node.selection_set.node);
            let objects = (0..count).map(|index| object(&keys, index)).collect();
            data.insert(
                Name::new(field.node.response_key().node.as_str()),
                ConstValue::List(objects),
            );
        }
    }
    ConstValue::Object(data)
}

fn object(keys: &[Name], index: usize) -> ConstValue {
    let text = |key: &Name| match key.as_str() {
        "__typename" => "Thing".to_owned(),
        key => format!("{key} of {index}"),
    };
    let fields = keys
        .iter()
        .map(|key| (key.clone(), ConstValue::String(text(key))));
    ConstValue::Object(fields.collect())
}

fn keys(set: &SelectionSet) -> Vec<Name> {
    let mut found = Vec::new();
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => found.push(field.node.response_key().node.clone()),
            Selection::InlineFragment(fragment) => {
                found.extend(keys(&fragment.node.selection_set.node));
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    found
}

fn engine(subgraphs: usize, things: usize) -> Engine {
    let inputs: Vec<SubgraphInput> = (0..subgraphs)
        .map(|index| SubgraphInput {
            name: format!("s{index}"),
            url: String::new(),
            sdl: format!(
                "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"]) {} \
                 type Thing @key(fields: \"id\") {{ id: ID! f{index}: String }}",
                if index == 0 { "type Query { things: [Thing!]! }" } else { "" }
            ),
        })
        .collect();
    let supergraph = compose(&inputs).expect("a supergraph").supergraph_sdl;
    let transports: HashMap<String, Transport> = (0..subgraphs)
        .map(|index| {
            let subgraph = Transport::Local(Arc::new(Things::new(things)));
            (format!("s{index}"), subgraph)
        })
        .collect();
    let options = EngineOptions {
        limits: Limits {
            aliases: 1_000,
            tokens: 100_000,
            ..Limits::default()
        },
        ..EngineOptions::default()
    };
    Engine::new(&supergraph, transports, options).expect("an engine")
}

async fn execution(engine: &Engine, query: &str) -> f64 {
    let query: Arc<str> = query.into();
    cost(|_| {
        let request = GraphqlRequest::new(Arc::clone(&query));
        let context = OperationContext::anonymous(Instant::now() + Duration::from_secs(60));
        async {
            let response = engine.execute(request, context).await;
            assert!(response.errors.is_empty(), "{:?}", response.errors);
        }
    })
    .await
}

async fn planning(engine: &Engine, query: &str) -> f64 {
    cost(|run| {
        // a document that is not known
        let request = GraphqlRequest::new(format!("{query} #{run}"));
        async move {
            assert!(engine.explain(&request).await.is_ok());
        }
    })
    .await
}

fn print(of: &str, by: &str, size: usize, microseconds: f64) {
    println!(r#"{{"of":"{of}","by":"{by}","size":{size},"us":{microseconds:.2}}}"#);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    if let Some(size) = arguments.next() {
        let subgraphs = size.parse().expect("a number of subgraphs");
        let fields: Vec<String> = (0..subgraphs).map(|index| format!("f{index}")).collect();
        let query = format!("{{ things {{ id {} }} }}", fields.join(" "));
        let engine = engine(subgraphs, 100);
        if arguments.next().is_some_and(|of| of == "planning") {
            let us = planning(&engine, &query).await;
            return print("planning", "subgraphs", subgraphs, us);
        }
        let us = execution(&engine, &query).await;
        return print("execution", "subgraphs", subgraphs, us);
    }
    for subgraphs in [5, 10, 20, 40, 60] {
        let fields: Vec<String> = (0..subgraphs).map(|index| format!("f{index}")).collect();
        let query = format!("{{ things {{ id {} }} }}", fields.join(" "));
        let engine = engine(subgraphs, 100);
        print(
            "execution",
            "subgraphs",
            subgraphs,
            execution(&engine, &query).await,
        );
        print(
            "planning",
            "subgraphs",
            subgraphs,
            planning(&engine, &query).await,
        );
    }
    for entities in [10, 100, 1_000, 10_000] {
        let engine = engine(2, entities);
        let query = "{ things { id f0 f1 } }";
        print(
            "execution",
            "entities",
            entities,
            execution(&engine, query).await,
        );
    }
    for fields in [10, 50, 250, 1_000] {
        let aliases: Vec<String> = (0..fields).map(|index| format!("a{index}: f1")).collect();
        let query = format!("{{ things {{ id {} }} }}", aliases.join(" "));
        let engine = engine(2, 10);
        print(
            "execution",
            "fields",
            fields,
            execution(&engine, &query).await,
        );
        print(
            "planning",
            "fields",
            fields,
            planning(&engine, &query).await,
        );
    }
}
