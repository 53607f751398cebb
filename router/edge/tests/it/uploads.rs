//! Files that come with mutations: in by a form, out to the subgraphs that use them and to no other.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _};
use std::sync::Arc;

use async_graphql::http::{MultipartOptions, receive_body};
use async_graphql::{
    Context, EmptySubscription, InputObject, Object, Request as Inner, Response, Schema, Upload,
    UploadValue,
};
use axum::body::Body;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{BoxStream, StreamExt as _};
use http::{HeaderMap, Request, StatusCode};
use parking_lot::Mutex;
use router_edge::EdgeConfig;
use router_engine::{
    LocalRequest, LocalResponse, LocalSubgraph, RemoteClient, RemoteOptions, RemoteSubgraph,
    Transport,
};
use serde_json::{Value, json};

use crate::subgraphs::Log;
use crate::world::{Answer, GRAPHQL, World};

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

fn checksum(bytes: &[u8]) -> u64 {
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
type Came = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

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

fn local(change: impl FnOnce(&mut EdgeConfig)) -> World {
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

async fn distant() -> (World, Came) {
    let (log, came) = (Log::default(), Came::default());
    let mut transports = HashMap::new();
    for (name, run) in [("letters", letters()), ("photos", photos())] {
        let transport = remote(run, Arc::clone(&log), Arc::clone(&came)).await;
        transports.insert(name.to_owned(), transport);
    }
    (World::over(SUPERGRAPH, transports, log, |_| {}), came)
}

/// A part: its head after `form-data; ` and its bytes.
type Part = (String, Vec<u8>);

fn field(name: &str, text: impl ToString) -> Part {
    (format!("name=\"{name}\""), text.to_string().into_bytes())
}

fn file(name: &str, filename: &str, bytes: &[u8]) -> Part {
    (
        format!("name=\"{name}\"; filename=\"{filename}\"\r\ncontent-type: text/plain"),
        bytes.to_vec(),
    )
}

fn form(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, bytes) in parts {
        body.extend_from_slice(b"--b\r\ncontent-disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

async fn send_as(world: &World, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/graphql")
        .header("accept", GRAPHQL)
        .header("content-type", "multipart/form-data; boundary=b");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::from(body)).unwrap()).await
}

async fn send(world: &World, parts: &[Part]) -> Answer {
    send_as(world, form(parts), &[("graphql-require-preflight", "1")]).await
}

const LETTER: &str = "mutation($f: Upload!) { letter(file: $f) }";

fn letter() -> Part {
    field(
        "operations",
        json!({"query": LETTER, "variables": {"f": null}}),
    )
}

fn one_place() -> Part {
    field("map", json!({"0": ["variables.f"]}))
}

/// Larger than what stays in memory, with every byte in it.
fn large() -> Vec<u8> {
    (0..300_000_u32).map(|n| (n % 251) as u8).collect()
}

fn expected(name: &str, bytes: &[u8]) -> String {
    format!("{name}|text/plain|{}|{}", bytes.len(), checksum(bytes))
}

/// Files in inputs and lists, twice in one fetch, in two subgraphs, empty and large.
async fn files_arrive(world: &World) {
    let (small, large) = (&b"dear reader"[..], large());
    let answer = send(world, &[letter(), one_place(), file("0", "a.txt", small)]).await;
    assert_eq!(
        answer.json(),
        json!({"data": {"letter": expected("a.txt", small)}})
    );

    let query = "mutation($l: Upload!, $p: Upload!, $n: String) { letter(file: $l, note: $n) photo(file: $l) more: photo(file: $p) }";
    let operations = json!({"query": query, "variables": {"l": null, "p": null, "n": "!"}});
    let map = json!({"x": ["variables.p"], "y": ["variables.l"]});
    let parts = [
        field("operations", operations),
        field("map", map),
        file("y", "large.bin", &large),
        file("x", "empty", b""),
    ];
    let answer = send(world, &parts).await;
    let of_large = expected("large.bin", &large);
    assert_eq!(
        answer.json(),
        json!({"data": {
            "letter": format!("{of_large}!"),
            "photo": of_large,
            "more": expected("empty", b""),
        }})
    );

    let query = "mutation($i: Bundle!) { bundle(input: $i) }";
    let variables = json!({"i": {"title": "t", "files": [null, null, null], "cover": null}});
    let map =
        json!({"0": ["variables.i.files.2", "variables.i.cover"], "1": ["variables.i.files.0"]});
    let parts = [
        field(
            "operations",
            json!({"query": query, "variables": variables}),
        ),
        field("map", map),
        file("0", "../../zero", small),
        file("1", "one", &large),
    ];
    let answer = send(world, &parts).await;
    let zero = expected("zero", small);
    let text = format!("t: {}, none, {zero}, {zero}", expected("one", &large));
    assert_eq!(answer.json(), json!({"data": {"bundle": text}}));
}

#[tokio::test]
async fn files_arrive_at_subgraphs_in_this_process() {
    files_arrive(&local(|_| {})).await;
}

#[tokio::test]
async fn files_arrive_at_remote_subgraphs_as_a_form_again() {
    let (world, came) = distant().await;
    files_arrive(&world).await;
    let came = came.lock();
    for (headers, body) in &*came {
        let content_type = headers["content-type"].to_str().unwrap();
        assert!(content_type.starts_with("multipart/form-data; boundary="));
        assert_eq!(headers["apollo-require-preflight"], "true");
        let text = String::from_utf8_lossy(body);
        assert!(!text.contains("__graphql_file__"), "{text}");
    }
    // the first of two that use the large file does not get the empty one
    let text = String::from_utf8_lossy(&came[1].1);
    assert!(text.contains(r#"{"0":["variables.l"]}"#), "{text}");
    assert!(!text.contains("filename=\"empty\""));
    assert_eq!(came.len(), 4);
}

#[tokio::test]
async fn a_fetch_without_files_stays_json() {
    let (world, came) = distant().await;
    let query = "mutation($f: Upload!) { maybe photo(file: $f) }";
    let operations = json!({"query": query, "variables": {"f": null}});
    let parts = [
        field("operations", operations),
        one_place(),
        file("0", "a", b"x"),
    ];
    let answer = send(&world, &parts).await;
    assert_eq!(
        answer.json(),
        json!({"data": {"maybe": "none", "photo": expected("a", b"x")}})
    );
    let came = came.lock();
    assert_eq!(came[0].0["content-type"], "application/json");
    assert!(!came[0].0.contains_key("apollo-require-preflight"));
}

#[tokio::test]
async fn the_same_file_sent_twice_at_once_is_fetched_twice() {
    let (world, came) = distant().await;
    let parts = [letter(), one_place(), file("0", "a", b"x")];
    let (one, other) = tokio::join!(send(&world, &parts), send(&world, &parts));
    assert_eq!(one.json(), other.json());
    assert_eq!(came.lock().len(), 2);
}

#[tokio::test]
async fn a_field_that_the_caller_may_not_use_gets_no_file() {
    let world = local(|_| {});
    let query = "mutation($f: Upload!) { guarded(file: $f) letter(file: $f) }";
    let operations = json!({"query": query, "variables": {"f": null}});
    let parts = [
        field("operations", operations),
        one_place(),
        file("0", "a", b"x"),
    ];
    let answer = send(&world, &parts).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    assert!(world.fetches.lock().is_empty());
}

fn operations(query: &str, variables: Value) -> Part {
    field(
        "operations",
        json!({"query": query, "variables": variables}),
    )
}

/// Forms that are refused, with their name, the status and a piece of the reason.
fn hostile() -> Vec<(&'static str, u16, &'static str, Vec<u8>)> {
    let a = || file("0", "a", b"x");
    let null = json!({"f": null});
    let mut cases = Vec::new();
    let mut case = |name, status, reason, parts: &[Part]| {
        cases.push((name, status, reason, form(parts)));
    };
    case("nothing", 400, "operations is missing", &[]);
    case("operations only", 400, "map is missing", &[letter()]);
    case(
        "map first",
        400,
        "operations has to come before",
        &[one_place(), letter(), a()],
    );
    case(
        "file first",
        400,
        "operations has to come before",
        &[a(), letter(), one_place()],
    );
    case(
        "file before map",
        400,
        "map has to come before",
        &[letter(), a(), one_place()],
    );
    case(
        "map twice",
        400,
        "\"map\" is not in the map",
        &[letter(), one_place(), one_place(), a()],
    );
    case(
        "operations twice",
        400,
        "map has to come before",
        &[letter(), letter(), one_place(), a()],
    );
    case(
        "operations at the end",
        400,
        "\"operations\" is not in the map",
        &[letter(), one_place(), a(), letter()],
    );
    case(
        "operations as a file",
        400,
        "operations is a file",
        &[
            file("operations", "o.json", letter().1.as_slice()),
            one_place(),
            a(),
        ],
    );
    case(
        "map as a file",
        400,
        "map is a file",
        &[letter(), file("map", "m.json", b"{}"), a()],
    );
    case("no file", 400, "was not sent", &[letter(), one_place()]);
    case(
        "file twice",
        400,
        "is sent twice",
        &[letter(), one_place(), a(), a()],
    );
    case(
        "file that is in no map",
        400,
        "is not in the map",
        &[letter(), one_place(), a(), file("1", "b", b"")],
    );
    case(
        "a field in place of a file",
        400,
        "is no file",
        &[letter(), one_place(), field("0", "x")],
    );
    case(
        "part without a name",
        400,
        "has no name",
        &[letter(), one_place(), ("filename=\"a\"".into(), vec![])],
    );
    case(
        "empty operations",
        400,
        "operations is not JSON",
        &[field("operations", ""), one_place(), a()],
    );
    case(
        "operations that are no JSON",
        400,
        "operations is not JSON",
        &[field("operations", "{"), one_place(), a()],
    );
    case(
        "operations that are a text",
        400,
        "is not there",
        &[field("operations", "\"x\""), one_place(), a()],
    );
    case(
        "a batch",
        400,
        "a batch cannot have files",
        &[
            field("operations", json!([{"query": LETTER, "variables": null}])),
            field("map", json!({"0": ["0.variables.f"]})),
            a(),
        ],
    );
    case(
        "an empty batch",
        400,
        "a batch cannot have files",
        &[field("operations", "[]"), one_place(), a()],
    );
    case(
        "deep operations",
        400,
        "json depth",
        &[field("operations", "[".repeat(10_000)), one_place(), a()],
    );
    case(
        "deep map",
        400,
        "json depth",
        &[letter(), field("map", "[".repeat(10_000)), a()],
    );
    case(
        "empty map",
        400,
        "names no file",
        &[letter(), field("map", "{}"), a()],
    );
    case(
        "map is a list",
        400,
        "map is not",
        &[letter(), field("map", "[]"), a()],
    );
    case(
        "map is null",
        400,
        "map is not",
        &[letter(), field("map", "null"), a()],
    );
    case(
        "map of numbers",
        400,
        "map is not",
        &[letter(), field("map", json!({"0": [0]})), a()],
    );
    case(
        "map names a file twice",
        400,
        "twice",
        &[
            letter(),
            field("map", r#"{"0":["variables.f"],"0":["variables.f"]}"#),
            a(),
        ],
    );
    case(
        "no place",
        400,
        "no place",
        &[letter(), field("map", json!({"0": []})), a()],
    );
    case(
        "place of two files",
        400,
        "twice",
        &[
            letter(),
            field("map", json!({"0": ["variables.f"], "1": ["variables.f"]})),
            a(),
            file("1", "b", b""),
        ],
    );
    case(
        "place in the query",
        400,
        "not in the variables",
        &[letter(), field("map", json!({"0": ["query"]})), a()],
    );
    case(
        "place in the extensions",
        400,
        "not in the variables",
        &[letter(), field("map", json!({"0": ["extensions.f"]})), a()],
    );
    case(
        "place of a prototype",
        400,
        "is not there",
        &[
            letter(),
            field("map", json!({"0": ["variables.__proto__.f"]})),
            a(),
        ],
    );
    case(
        "place that is not there",
        400,
        "is not there",
        &[letter(), field("map", json!({"0": ["variables.g"]})), a()],
    );
    case(
        "place below null",
        400,
        "is not there",
        &[letter(), field("map", json!({"0": ["variables.f.0"]})), a()],
    );
    case(
        "place of a large index",
        400,
        "is not there",
        &[
            operations(
                "mutation($i: Bundle!) { bundle(input: $i) }",
                json!({"i": {"files": [null]}}),
            ),
            field("map", json!({"0": ["variables.i.files.4294967296"]})),
            a(),
        ],
    );
    case(
        "place that is taken by a value",
        400,
        "is not null",
        &[operations(LETTER, json!({"f": "x"})), one_place(), a()],
    );
    case(
        "place that the client filled",
        400,
        "stands for a file already",
        &[
            operations(LETTER, json!({"f": "#__graphql_file__:0"})),
            one_place(),
            a(),
        ],
    );
    case(
        "placeholder beside a file",
        400,
        "stands for a file already",
        &[
            operations(LETTER, json!({"f": null, "g": ["#__graphql_file__:0"]})),
            one_place(),
            a(),
        ],
    );
    case(
        "placeholder in the document",
        400,
        "not in the document",
        &[
            operations(
                "mutation($f: Upload!) { letter(file: $f) photo(file: \"#__graphql_file__:0\") }",
                null.clone(),
            ),
            one_place(),
            a(),
        ],
    );
    case(
        "placeholder in escapes",
        400,
        "not in the document",
        &[
            operations(
                "mutation($f: Upload!) { letter(file: $f) photo(file: \"\\u0023__graphql_\\u0066ile__:0\") }",
                null.clone(),
            ),
            one_place(),
            a(),
        ],
    );
    case(
        "many places",
        400,
        "places of files exceeded",
        &[
            letter(),
            field("map", json!({"0": vec!["variables.f"; 5000]})),
            a(),
        ],
    );
    case(
        "many files",
        400,
        "files exceeded",
        &[
            letter(),
            field(
                "map",
                json!(
                    (0..1000)
                        .map(|n| (n.to_string(), json!(["variables.f"])))
                        .collect::<serde_json::Map<_, _>>()
                ),
            ),
            a(),
        ],
    );
    case(
        "large operations",
        413,
        "bytes in operations",
        &[field("operations", " ".repeat(2_000_000)), one_place(), a()],
    );
    case(
        "large map",
        413,
        "bytes in map",
        &[letter(), field("map", " ".repeat(1_100_000)), a()],
    );
    case(
        "large file",
        413,
        "bytes in a file",
        &[letter(), one_place(), file("0", "a", &vec![0; 1_100_000])],
    );
    case(
        "large files",
        413,
        "bytes in all files",
        &[
            operations(
                "mutation($i: Bundle!) { bundle(input: $i) }",
                json!({"i": {"files": [null, null]}}),
            ),
            field(
                "map",
                json!({"0": ["variables.i.files.0"], "1": ["variables.i.files.1"]}),
            ),
            file("0", "a", &vec![0; 900_000]),
            file("1", "b", &vec![0; 900_000]),
        ],
    );
    case(
        "a query",
        400,
        "mutations only",
        &[
            operations("query($f: Upload) { size(file: $f) }", null.clone()),
            one_place(),
            a(),
        ],
    );
    case(
        "a query with a mutation beside it",
        400,
        "mutations only",
        &[
            field(
                "operations",
                json!({"query": "query A($f: Upload) { size(file: $f) } mutation B($f: Upload!) { letter(file: $f) }", "operationName": "A", "variables": {"f": null}}),
            ),
            one_place(),
            a(),
        ],
    );
    case(
        "a file for a text",
        400,
        "is no valid `String`",
        &[
            operations(
                "mutation($f: String, $g: Upload!) { letter(file: $g, note: $f) }",
                json!({"f": null, "g": null}),
            ),
            field("map", json!({"0": ["variables.f", "variables.g"]})),
            a(),
        ],
    );
    case(
        "a file for anything",
        400,
        "is no valid `Anything`",
        &[
            operations(
                "mutation($f: Anything) { keep(anything: $f) }",
                null.clone(),
            ),
            one_place(),
            a(),
        ],
    );
    case(
        "no query",
        400,
        "query is missing",
        &[
            field("operations", json!({"variables": {"f": null}})),
            one_place(),
            a(),
        ],
    );
    case(
        "variables as a list",
        400,
        "is not there",
        &[operations(LETTER, json!([null])), one_place(), a()],
    );
    let good = form(&[letter(), one_place(), a()]);
    let text = String::from_utf8(good.clone()).unwrap();
    for (name, body) in [
        ("no end", text.trim_end_matches("--b--\r\n").to_owned()),
        ("half an end", text.trim_end_matches("--\r\n").to_owned()),
        ("cut in a file", text[..text.len() - 12].to_owned()),
        (
            "cut in a head",
            text[..text.find("filename").unwrap()].to_owned(),
        ),
        ("line feeds only", text.replace("\r\n", "\n")),
        ("another boundary", text.replace("--b", "--c")),
        ("no heads", text.replace("content-disposition", "x")),
        (
            "thousands of headers",
            text.replacen(
                "content-disposition",
                &format!("{}content-disposition", "x: y\r\n".repeat(5000)),
                1,
            ),
        ),
        (
            "an endless header",
            text.replacen(
                "content-disposition",
                &format!("x: {}\r\ncontent-disposition", "y".repeat(6_000_000)),
                1,
            ),
        ),
        ("nothing at all", String::new()),
    ] {
        cases.push((name, 0, "", body.into_bytes()));
    }
    cases
}

#[tokio::test]
async fn no_hostile_form_runs_an_operation() {
    let world = local(|config| {
        config.uploads.file_bytes = 1_000_000;
        config.uploads.total_bytes = 1_500_000;
    });
    let cases = hostile();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, status, reason, body) in cases {
        let answer = send_as(&world, body, &[("graphql-require-preflight", "1")]).await;
        let is_refused = answer.status.is_client_error()
            && (status == 0 || answer.status.as_u16() == status)
            && answer.message().contains(reason);
        if !is_refused {
            wrong.push(format!("{name}: {} {}", answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(*world.fetches.lock(), Vec::<String>::new());
}

#[tokio::test]
async fn odd_content_types_are_refused() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data, application/json",
        "multipart/mixed; boundary=b",
        "multipart/related; boundary=b",
        "multipart/form-data-x; boundary=b",
        "application/x-www-form-urlencoded",
        &long,
    ] {
        let request = Request::post("/graphql")
            .header("graphql-require-preflight", "1")
            .header("content-type", content_type)
            .body(Body::from(good.clone()));
        let answer = world.send(request.unwrap()).await;
        assert!(
            answer.status.is_client_error(),
            "{content_type}: {answer:?}"
        );
    }
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_file_is_nothing_but_a_file_of_a_form() {
    let world = local(|_| {});
    for variables in [
        json!({"f": "#__graphql_file__:0"}),
        json!({"f": "#__graphql_file__:x"}),
        json!({"f": "a.txt"}),
        json!({"f": {"filename": "/etc/passwd"}}),
        json!({"f": 0}),
        json!({}),
    ] {
        let answer = world
            .post(json!({"query": LETTER, "variables": variables}))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{variables}");
    }
    let literal = "mutation { letter(file: \"#__graphql_file__:x\") }";
    let answer = world.query(literal).await;
    assert!(
        answer.message().contains("not in the document"),
        "{answer:?}"
    );
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn pages_of_other_sites_send_no_files() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    for headers in [
        &[][..],
        &[("graphql-require-preflight", "")],
        &[("origin", "https://evil.example")],
        &[("cookie", "session=1")],
    ] {
        let answer = send_as(&world, good.clone(), headers).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{headers:?}"
        );
    }
    assert!(world.fetches.lock().is_empty());
    for name in ["apollo-require-preflight", "x-requested-with"] {
        let answer = send_as(&world, good.clone(), &[(name, "1")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn files_are_off_by_a_switch() {
    let world = local(|config| config.uploads.enabled = false);
    let answer = send(&world, &[letter(), one_place(), file("0", "a", b"x")]).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let world = local(|config| config.uploads.concurrent = 0);
    let answer = send(&world, &[letter(), one_place(), file("0", "a", b"x")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_slow_sender_takes_the_room_of_no_other() {
    let world = local(|config| config.uploads.per_address = 1);
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let request = |body| {
        let request = Request::post("/graphql")
            .header("graphql-require-preflight", "1")
            .header("content-type", "multipart/form-data; boundary=b");
        request.body(body).unwrap()
    };
    let slow = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let mut waiting = std::pin::pin!(world.send(request(slow)));
    assert!(futures::poll!(&mut waiting).is_pending());
    let second = world.send(request(good.clone().into())).await;
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        second.message(),
        "limit of 1 requests with files at once per address exceeded"
    );
    let mut elsewhere = request(good.into());
    let other: std::net::SocketAddr = "192.0.2.8:1000".parse().unwrap();
    elsewhere
        .extensions_mut()
        .insert(axum::extract::ConnectInfo(other));
    assert_eq!(world.send(elsewhere).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_does_not_come_is_given_up() {
    let world = local(|config| config.uploads.timeout_ms = 100);
    let mut body = form(&[letter(), one_place(), file("0", "a", b"x")]);
    body.truncate(body.len() - 10);
    let first = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
    let body = Body::from_stream(first.chain(futures::stream::pending()));
    let request = Request::post("/graphql")
        .header("graphql-require-preflight", "1")
        .header("content-type", "multipart/form-data; boundary=b");
    let answer = world.send(request.body(body).unwrap()).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert!(world.fetches.lock().is_empty());
}

#[tokio::test]
async fn a_token_that_does_not_hold_sends_no_file() {
    let world = local(|_| {});
    let good = form(&[letter(), one_place(), file("0", "a", b"x")]);
    let answer = send_as(&world, good, &[("authorization", "Bearer forged")]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(world.fetches.lock().is_empty());
}
