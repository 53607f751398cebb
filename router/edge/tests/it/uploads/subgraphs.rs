//! Two subgraphs that say what they read of the files that they are sent, in this process and behind HTTP.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _};
use std::sync::Arc;

use async_graphql::http::{MultipartOptions, receive_body};
use async_graphql::{
    Context, EmptySubscription, InputObject, Object, Request as Inner, Response, Schema, Upload,
    UploadValue,
};
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{BoxStream, StreamExt as _};
use http::HeaderMap;
use parking_lot::Mutex;
use router_edge::EdgeConfig;
use router_engine::{
    LocalRequest, LocalResponse, LocalSubgraph, RemoteClient, RemoteOptions, RemoteSubgraph,
    Transport,
};

use crate::subgraphs::Log;
use crate::world::World;

const SUPERGRAPH: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation }
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph {
  LETTERS @join__graph(name: "letters", url: "http://letters.invalid/")
  PHOTOS @join__graph(name: "photos", url: "http://photos.invalid/")
}
scalar Upload @join__type(graph: LETTERS) @join__type(graph: PHOTOS)
scalar Anything @join__type(graph: LETTERS)
input Bundle @join__type(graph: LETTERS) { title: String files: [Upload]! cover: Upload }
type Query @join__type(graph: LETTERS) @join__type(graph: PHOTOS) {
  size(file: Upload): String @join__field(graph: LETTERS)
}
type Mutation @join__type(graph: LETTERS) @join__type(graph: PHOTOS) {
  letter(file: Upload!, note: String): String @join__field(graph: LETTERS)
  maybe(file: Upload): String @join__field(graph: LETTERS)
  bundle(input: Bundle!): String @join__field(graph: LETTERS)
  keep(anything: Anything): String @join__field(graph: LETTERS)
  guarded(file: Upload!): String @join__field(graph: LETTERS) @requiresScopes(scopes: [["core:tenant.manage"]])
  photo(file: Upload!): String @join__field(graph: PHOTOS)
}
"#;

/// Name, type, length and a sum that depends on the order of the bytes.
fn seen(file: Upload, ctx: &Context<'_>) -> String {
    let mut value = file.value(ctx).unwrap();
    let mut bytes = Vec::new();
    value.content.read_to_end(&mut bytes).unwrap();
    // copies of one file share their position
    value.content.rewind().unwrap();
    let media = value.content_type.unwrap_or_default();
    format!(
        "{}|{media}|{}|{}",
        value.filename,
        bytes.len(),
        checksum(&bytes)
    )
}

pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(7, |sum: u64, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
    })
}

#[derive(InputObject)]
struct Bundle {
    title: Option<String>,
    files: Vec<Option<Upload>>,
    cover: Option<Upload>,
}

struct Query;

#[Object]
impl Query {
    async fn size(&self, ctx: &Context<'_>, file: Option<Upload>) -> Option<String> {
        Some(seen(file?, ctx))
    }
}

struct Letters;

#[Object(name = "Mutation")]
impl Letters {
    async fn letter(&self, ctx: &Context<'_>, file: Upload, note: Option<String>) -> String {
        format!("{}{}", seen(file, ctx), note.unwrap_or_default())
    }

    async fn maybe(&self, ctx: &Context<'_>, file: Option<Upload>) -> String {
        file.map_or("none".into(), |file| seen(file, ctx))
    }

    async fn bundle(&self, ctx: &Context<'_>, input: Bundle) -> String {
        let files: Vec<String> = input
            .files
            .into_iter()
            .chain([input.cover])
            .map(|file| file.map_or("none".into(), |file| seen(file, ctx)))
            .collect();
        format!("{}: {}", input.title.unwrap_or_default(), files.join(", "))
    }

    async fn guarded(&self, ctx: &Context<'_>, file: Upload) -> String {
        seen(file, ctx)
    }
}

struct Photos;

#[Object(name = "Mutation")]
impl Photos {
    async fn photo(&self, ctx: &Context<'_>, file: Upload) -> String {
        seen(file, ctx)
    }
}

type Run = Arc<dyn Fn(Inner) -> BoxFuture<'static, Response> + Send + Sync>;

fn letters() -> Run {
    let schema = Schema::new(Query, Letters, EmptySubscription);
    Arc::new(move |request| {
        let schema = schema.clone();
        async move { schema.execute(request).await }.boxed()
    })
}

fn photos() -> Run {
    let schema = Schema::new(Query, Photos, EmptySubscription);
    Arc::new(move |request| {
        let schema = schema.clone();
        async move { schema.execute(request).await }.boxed()
    })
}

struct Local {
    log: Log,
    run: Run,
}

impl LocalSubgraph for Local {
    fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        self.log.lock().push(request.text.to_string());
        let mut inner = Inner::new("").variables(request.variables);
        inner.set_parsed_query((*request.document).clone());
        for upload in &*request.uploads {
            let mut content = tempfile::tempfile().unwrap();
            upload.copy_to(&mut content).unwrap();
            content.rewind().unwrap();
            inner.uploads.push(UploadValue {
                filename: upload.name().to_owned(),
                content_type: upload.content_type().map(str::to_owned),
                content,
            });
        }
        let run = (self.run)(inner);
        async move {
            let response = run.await;
            let errors = serde_json::to_value(&response.errors).unwrap();
            LocalResponse {
                data: Arc::new(response.data),
                errors: serde_json::from_value(errors).unwrap(),
            }
        }
        .boxed()
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

/// What came to a remote subgraph: its headers and its body.
pub(super) type Came = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A subgraph behind HTTP, which reads forms with async-graphql's own reader.
async fn remote(run: Run, log: Log, came: Came) -> Transport {
    let handler = move |headers: HeaderMap, body: bytes::Bytes| {
        let (run, log, came) = (Arc::clone(&run), Arc::clone(&log), Arc::clone(&came));
        async move {
            came.lock().push((headers.clone(), body.to_vec()));
            let content_type = headers
                .get("content-type")
                .map(|value| value.to_str().unwrap().to_owned());
            let reader = futures::io::Cursor::new(body.to_vec());
            let request = receive_body(content_type, reader, MultipartOptions::default())
                .await
                .unwrap();
            log.lock().push(request.query.clone());
            axum::Json(run(request).await)
        }
    };
    let app = axum::Router::new()
        .route("/", axum::routing::post(handler))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client = RemoteClient::new(RemoteOptions::default()).unwrap();
    Transport::Remote(RemoteSubgraph::new(&url, client).unwrap())
}

pub(super) fn local(change: impl FnOnce(&mut EdgeConfig)) -> World {
    let log = Log::default();
    let subgraph = |run| {
        let log = Arc::clone(&log);
        Transport::Local(Arc::new(Local { log, run }))
    };
    let transports = HashMap::from([
        ("letters".to_owned(), subgraph(letters())),
        ("photos".to_owned(), subgraph(photos())),
    ]);
    World::over(SUPERGRAPH, transports, log, change)
}

pub(super) async fn distant() -> (World, Came) {
    let (log, came) = (Log::default(), Came::default());
    let mut transports = HashMap::new();
    for (name, run) in [("letters", letters()), ("photos", photos())] {
        let transport = remote(run, Arc::clone(&log), Arc::clone(&came)).await;
        transports.insert(name.to_owned(), transport);
    }
    (World::over(SUPERGRAPH, transports, log, |_| {}), came)
}
