//! One small supergraph with its subgraphs, data and cases, read from `universes/<name>/`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_graphql_value::ConstValue;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use graphql_tools::parser::parse_query;
use router_composition::{SubgraphInput, compose};
use router_engine::{
    Engine, EngineOptions, GraphqlError, LocalRequest, LocalResponse, LocalSubgraph, RemoteClient,
    RemoteOptions, RemoteSubgraph, Transport,
};
use serde_json::{Map, Value, json};

use super::executor::Executor;
use super::schema::Schema;
use super::store::Store;

/// How the engine reaches the subgraphs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Local,
    Remote,
    Mixed,
    /// Behind addresses of WebSockets, which give events; the rest by HTTP.
    WebSocket,
}

pub(crate) struct Universe {
    pub(crate) name: String,
    pub(crate) public: Schema,
    pub(crate) supergraph: String,
    store: Arc<Store>,
    subgraphs: Vec<Arc<Subgraph>>,
    folder: PathBuf,
}

/// One operation to ask.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) variables: Map<String, Value>,
    pub(crate) document: String,
}

/// One subgraph, played over the data of its universe.
pub(crate) struct Subgraph {
    name: String,
    schema: Schema,
    store: Arc<Store>,
}

fn read_cases(text: &str) -> Vec<Case> {
    text.split("### ")
        .skip(1)
        .map(|case| {
            let (head, document) = case.split_once('\n').expect("a document below the name");
            let (name, variables) = head.split_once(' ').unwrap_or((head, "{}"));
            let variables =
                serde_json::from_str(variables).unwrap_or_else(|error| panic!("{name}: {error}"));
            Case {
                name: name.to_owned(),
                variables,
                document: document.trim().to_owned(),
            }
        })
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Universe {
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/federation/universes");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("universes")
            .map(|entry| {
                entry
                    .expect("a folder")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        names.sort();
        names.iter().map(|name| Self::load(name)).collect()
    }

    pub(crate) fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/federation/universes")
            .join(name);
        let supergraph = read(&folder.join("supergraph.graphql"));
        let store = Arc::new(Store::parse(&read(&folder.join("data.json"))));
        let mut subgraphs = Vec::new();
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("a file").path();
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a name")
                .to_owned();
            let is_schema = path
                .extension()
                .is_some_and(|extension| extension == "graphql");
            if is_schema && !["supergraph", "cases"].contains(&stem.as_str()) {
                let schema = Schema::subgraph(&read(&path));
                subgraphs.push(Arc::new(Subgraph {
                    name: stem,
                    schema,
                    store: Arc::clone(&store),
                }));
            }
        }
        let mut public = Schema::public(&supergraph);
        for subgraph in &subgraphs {
            public.learn_contexts(&subgraph.schema);
        }
        Self {
            name: name.to_owned(),
            public,
            supergraph,
            store,
            subgraphs,
            folder,
        }
    }

    /// Cases stand one after the other, each under a line `### name {variables}`.
    pub(crate) fn cases(&self) -> Vec<Case> {
        read_cases(&read(&self.folder.join("cases.graphql")))
    }

    pub(crate) fn monolith(&self, document: &str, variables: &Map<String, Value>) -> Value {
        run(&self.public, &self.store, document, variables, None)
    }

    /// What the monolith says of every event of a subscription.
    pub(crate) fn monolith_events(
        &self,
        document: &str,
        field: &str,
        variables: &Map<String, Value>,
    ) -> Vec<Value> {
        let events = events(&self.store, field);
        events
            .iter()
            .map(|event| run(&self.public, &self.store, document, variables, Some(event)))
            .collect()
    }

    /// Ways to all subgraphs in this process.
    pub(crate) fn transports(&self) -> HashMap<String, Transport> {
        self.subgraphs
            .iter()
            .map(|subgraph| {
                let local = Arc::clone(subgraph) as Arc<dyn LocalSubgraph>;
                (subgraph.name.clone(), Transport::Local(local))
            })
            .collect()
    }

    /// The supergraph that our own composer makes of the subgraphs.
    pub(crate) fn composed(&self) -> String {
        let inputs: Vec<SubgraphInput> = self
            .subgraphs
            .iter()
            .map(|subgraph| SubgraphInput {
                name: subgraph.name.clone(),
                url: format!("http://{}.invalid/graphql", subgraph.name),
                sdl: read(&self.folder.join(format!("{}.graphql", subgraph.name))),
            })
            .collect();
        match compose(&inputs) {
            Ok(composition) => composition.supergraph_sdl,
            Err(errors) => panic!("{}: {errors}", self.name),
        }
    }

    /// An engine with all subgraphs in this process but one.
    pub(crate) fn engine_with(&self, name: &str, transport: Transport) -> Engine {
        let mut transports = self.transports();
        transports.insert(name.to_owned(), transport);
        Engine::new(&self.supergraph, transports, EngineOptions::default()).expect("a supergraph")
    }

    pub(crate) async fn engine(&self, mode: Mode) -> Engine {
        let client = RemoteClient::new(RemoteOptions::default()).expect("a client");
        let mut transports = HashMap::new();
        for (index, subgraph) in self.subgraphs.iter().enumerate() {
            let remote = match mode {
                Mode::Local => false,
                Mode::Remote | Mode::WebSocket => true,
                Mode::Mixed => index % 2 == 0,
            };
            let transport = if remote {
                let mut url = serve(Arc::clone(subgraph)).await;
                if mode == Mode::WebSocket {
                    url = url.replacen("http", "ws", 1);
                }
                Transport::Remote(RemoteSubgraph::new(&url, client.clone()).expect("an address"))
            } else {
                Transport::Local(Arc::clone(subgraph) as Arc<dyn LocalSubgraph>)
            };
            transports.insert(subgraph.name.clone(), transport);
        }
        Engine::new(&self.supergraph, transports, EngineOptions::default())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn run(
    schema: &Schema,
    store: &Store,
    text: &str,
    variables: &Map<String, Value>,
    event: Option<&Value>,
) -> Value {
    let document = parse_query::<String>(text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .into_static();
    Executor::run(schema, store, &document, variables, event)
}

fn events(store: &Store, field: &str) -> Vec<Value> {
    let events = store
        .root("Subscription")
        .get(field)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let root = |event: Value| Value::Object(Map::from_iter([(field.to_owned(), event)]));
    events.into_iter().map(root).collect()
}

impl Subgraph {
    fn answer(&self, text: &str, variables: &Map<String, Value>) -> Value {
        run(&self.schema, &self.store, text, variables, None)
    }

    fn answers(&self, text: &str, variables: &Map<String, Value>) -> Vec<Value> {
        let fields = &self.schema.types["Subscription"].fields;
        let (field, _) = fields
            .iter()
            .find(|(name, _)| text.contains(name.as_str()))
            .expect("a subscription field");
        let events = events(&self.store, field);
        events
            .iter()
            .map(|event| run(&self.schema, &self.store, text, variables, Some(event)))
            .collect()
    }
}

impl LocalSubgraph for Subgraph {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        let response = self.answer(&request.text, &plain(&request));
        Box::pin(std::future::ready(native(response)))
    }

    fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
        let responses = self.answers(&request.text, &plain(&request));
        futures::stream::iter(responses.into_iter().map(native)).boxed()
    }
}

fn plain(request: &LocalRequest) -> Map<String, Value> {
    assert_eq!(
        request.document.operations.iter().count(),
        1,
        "the parsed document comes along"
    );
    request
        .variables
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone().into_json().expect("JSON")))
        .collect()
}

fn native(mut response: Value) -> LocalResponse {
    let errors: Vec<GraphqlError> = response
        .get("errors")
        .map(|errors| serde_json::from_value(errors.clone()).expect("errors"))
        .unwrap_or_default();
    LocalResponse {
        data: Arc::new(ConstValue::from_json(response["data"].take()).expect("a value")),
        errors,
    }
}

#[derive(serde::Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

/// Gives the events of one subscription.
async fn events_over(mut socket: WebSocket, subgraph: Arc<Subgraph>) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let mut answers = Vec::new();
        match message["type"].as_str() {
            Some("connection_init") => answers.push(json!({"type": "connection_ack"})),
            Some("subscribe") => {
                let body: Body =
                    serde_json::from_value(message["payload"].clone()).expect("a body");
                for payload in subgraph.answers(&body.query, &body.variables) {
                    answers.push(json!({"type": "next", "id": message["id"], "payload": payload}));
                }
                answers.push(json!({"type": "complete", "id": message["id"]}));
            }
            _ => {}
        }
        for answer in answers {
            let text = answer.to_string().into();
            socket.send(Message::Text(text)).await.expect("a client");
        }
    }
}

/// Serves a subgraph on a port of its own and gives the address.
async fn serve(subgraph: Arc<Subgraph>) -> String {
    async fn graphql(
        State(subgraph): State<Arc<Subgraph>>,
        Json(body): Json<Body>,
    ) -> ([(&'static str, &'static str); 1], String) {
        if body.query.starts_with("subscription") {
            let mut text = String::from(":\n\n");
            for answer in subgraph.answers(&body.query, &body.variables) {
                text.push_str(&format!("event: next\ndata: {answer}\n\n"));
            }
            text.push_str("event: complete\ndata:\n\n");
            return ([("content-type", "text/event-stream")], text);
        }
        (
            [("content-type", "application/json")],
            subgraph.answer(&body.query, &body.variables).to_string(),
        )
    }
    async fn socket(State(subgraph): State<Arc<Subgraph>>, upgrade: WebSocketUpgrade) -> Response {
        upgrade
            .protocols(["graphql-transport-ws"])
            .on_upgrade(move |socket| events_over(socket, subgraph))
    }
    let router = Router::new()
        .route("/graphql", post(graphql).get(socket))
        .with_state(subgraph);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/graphql")
}
