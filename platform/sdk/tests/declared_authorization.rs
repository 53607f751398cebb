//! What a schema declares is what its subgraph enforces, and a schema that declares nothing does not boot.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::{
    EmptyMutation, ID, Object, Response, Schema, SimpleObject, Subscription, Variables,
};
use futures::{Stream, StreamExt as _};
use platform_identity::{Authority, Scopes, Secret, TokenSigner};
use platform_sdk::graphql::{
    Document, Ready, SchemaSubgraph, Subgraph, SubgraphRequest, authenticated, public,
};
use platform_sdk::{
    Ambient, Ctx, Database, Error, Identity, Manifest, Objects, Origin, PoolOptions, Result,
    Runtime, Sandbox, Signals, TokenIssuer, plain_object,
};
use tokio_util::sync::CancellationToken;

struct Query;

#[derive(SimpleObject)]
struct Secretive {
    open: i32,
    #[graphql(requires_scopes = "a:secret.read")]
    closed: i32,
    /// Not foreseen below.
    other: Option<String>,
    inner: Vec<Inner>,
}

#[derive(SimpleObject)]
struct Inner {
    id: ID,
    words: Option<String>,
    yes: bool,
}

plain_object!(Secretive { "open" => open, "closed" => closed, "inner" => inner });
plain_object!(Inner { "id" => id, "words" => words, "yes" => yes });

fn secretive() -> Secretive {
    let inner = |id: &str, words: Option<&str>| Inner {
        id: id.into(),
        words: words.map(str::to_owned),
        yes: words.is_some(),
    };
    Secretive {
        open: 1,
        closed: 2,
        other: None,
        inner: vec![inner("a", Some("two words")), inner("b", None)],
    }
}

#[Object]
impl Query {
    #[graphql(directive = public::apply())]
    async fn hello(&self) -> &str {
        "hello"
    }
    #[graphql(directive = authenticated::apply())]
    async fn secretive(&self) -> Secretive {
        secretive()
    }
    #[graphql(directive = authenticated::apply())]
    async fn ready(&self) -> Ready<Option<Secretive>> {
        Ready(Some(secretive()))
    }
    #[graphql(
        requires_scopes = "a:thing.read",
        requires_scopes = "a:thing.manage a:other.manage"
    )]
    async fn scoped(&self) -> i32 {
        3
    }
    #[graphql(directive = public::apply())]
    async fn leaks(&self) -> Result<i32, std::io::Error> {
        Err(std::io::Error::other("password=hunter2"))
    }
    #[graphql(directive = public::apply())]
    async fn missing(&self) -> Result<i32> {
        Err(Error::not_found("thing"))
    }
    #[graphql(directive = public::apply())]
    async fn panics(&self) -> i32 {
        std::hint::black_box(None::<i32>).expect("a mistake")
    }
    #[graphql(directive = public::apply())]
    async fn sleeps(&self) -> i32 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        1
    }
}

struct Ticks;

#[Subscription(name = "Subscription")]
impl Ticks {
    #[graphql(directive = authenticated::apply())]
    async fn ticks(
        &self,
        ctx: &async_graphql::Context<'_>,
    ) -> Result<impl Stream<Item = i32> + use<>> {
        Ctx::of(ctx)?;
        Ok(futures::stream::iter([1, 2]))
    }
}

fn runtime() -> Arc<Runtime> {
    let secret = Secret::new([7; 32]).unwrap();
    let manifest = r#"{"id":"a","name":"A","description":"","version":"1.0.0","platform":"*"}"#;
    Arc::new(Runtime {
        manifest: Arc::new(Manifest::parse(manifest).unwrap()),
        database: Database::new(
            sqlx::postgres::PgConnectOptions::new(),
            PoolOptions::default(),
        ),
        ambient: Ambient::default(),
        signals: Signals::default(),
        objects: Objects::new(Arc::new(object_store::memory::InMemory::new())),
        tokens: TokenIssuer::new(TokenSigner::for_module(&secret, "a")),
        sandbox: Sandbox::new("/bin/false", &[]),
        public_url: "http://localhost".to_owned(),
        config: serde_json::Value::Null,
    })
}

fn subgraph() -> Arc<dyn Subgraph> {
    Arc::new(SchemaSubgraph::new(runtime(), Schema::build(Query, EmptyMutation, Ticks)).unwrap())
}

fn nobody() -> Identity {
    Authority::claim().anonymous()
}

fn user(scopes: &str) -> Identity {
    Authority::claim().identity(
        platform_sdk::Subject::User(platform_sdk::UserId(uuid::Uuid::from_u128(1))),
        None,
        Scopes::parse(scopes).unwrap(),
        None,
        None,
    )
}

fn request(query: &str, identity: Identity) -> SubgraphRequest {
    SubgraphRequest {
        document: Document::Text(query.to_owned()),
        operation_name: None,
        variables: Variables::default(),
        uploads: Vec::new(),
        origin: Origin {
            identity: Arc::new(identity),
            deadline: Instant::now() + Duration::from_millis(500),
            trace_parent: None,
            cancel: CancellationToken::new(),
        },
    }
}

async fn ask(query: &str, identity: Identity) -> Response {
    subgraph().execute(request(query, identity)).await
}

fn codes(response: &Response) -> Vec<String> {
    let code = |e: &async_graphql::ServerError| {
        let code = e.extensions.as_ref().and_then(|x| x.get("code").cloned());
        code.map_or_else(String::new, |c| {
            c.into_json().unwrap().as_str().unwrap().to_owned()
        })
    };
    response.errors.iter().map(code).collect()
}

#[tokio::test]
async fn declared_fields_open_exactly_to_whom_they_declare() {
    assert!(ask("{ hello }", nobody()).await.errors.is_empty());
    for (query, identity, code) in [
        ("{ secretive { open } }", nobody(), "UNAUTHENTICATED"),
        (
            "{ ... { ...F } } fragment F on Query { x: scoped }",
            nobody(),
            "UNAUTHENTICATED",
        ),
        ("{ scoped }", user(""), "FORBIDDEN"),
        ("{ scoped }", user("a:thing.manage"), "FORBIDDEN"),
        (
            "{ secretive { x: closed } }",
            user("a:thing.read"),
            "FORBIDDEN",
        ),
    ] {
        let response = ask(query, identity).await;
        assert_eq!(codes(&response), [code], "{query}");
    }
    for (query, identity) in [
        ("{ scoped }", user("a:thing.read")),
        ("{ scoped }", user("a:other.manage a:thing.manage")),
        ("{ secretive { open } }", user("")),
        ("{ secretive { open closed } }", user("a:secret.read")),
    ] {
        let response = ask(query, identity).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
    }
}

#[tokio::test]
async fn what_is_answered_at_once_is_answered_the_same_and_refused_the_same() {
    for selection in [
        "{ open }",
        "{ a: open b: open closed }",
        "{ __typename inner { __typename id words yes } }",
        "{ inner { id } inner { words } }",
        "{ open open }",
        "{ other open }",
        "{ ...F } fragment F on Secretive { open inner { ...G } } fragment G on Inner { yes id }",
        "{ ... { open } ... on Secretive { inner { words } } }",
        "{ open @skip(if: true) inner @include(if: true) { yes @include(if: false) id } }",
        "{ open @include(if: false) }",
    ] {
        let of = async |field: &str, scopes: &str| {
            let text = match selection.split_once(" fragment") {
                Some((set, fragments)) => format!("{{ x: {field} {set} }} fragment{fragments}"),
                None => format!("{{ x: {field} {selection} }}"),
            };
            let response = ask(&text, user(scopes)).await;
            let codes = codes(&response);
            (response.data, codes)
        };
        for scopes in ["a:secret.read", ""] {
            let (at_once, codes) = of("ready", scopes).await;
            let (by_field, other_codes) = of("secretive", scopes).await;
            assert_eq!(codes, other_codes, "{selection}");
            if codes.is_empty() {
                assert_eq!(at_once, by_field, "{selection}");
            } else {
                assert_eq!((codes.len(), scopes), (1, ""), "{selection}");
                assert!(!at_once.to_string().contains('2'), "{at_once}");
            }
            assert_eq!(
                codes.is_empty(),
                !scopes.is_empty() || !selection.contains("closed")
            );
        }
    }
}

#[tokio::test]
async fn clients_see_codes_and_public_sentences_only() {
    for (query, code) in [
        ("{ leaks }", "INTERNAL"),
        ("{ missing }", "NOT_FOUND"),
        ("{ panics }", "INTERNAL"),
        ("{ sleeps }", "UNAVAILABLE"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{ ", "BAD_USER_INPUT"),
    ] {
        let response = ask(query, nobody()).await;
        assert_eq!(codes(&response), [code], "{query}");
        let text = serde_json::to_string(&response).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("a mistake"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_subscription_is_refused_before_its_stream_is_made_and_flows_otherwise() {
    let refused: Vec<_> = subgraph()
        .subscribe(request("subscription { ticks }", nobody()))
        .collect()
        .await;
    assert_eq!(codes(&refused[0]), ["UNAUTHENTICATED"]);
    let events: Vec<_> = subgraph()
        .subscribe(request("subscription { ticks }", user("")))
        .collect()
        .await;
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|e| e.errors.is_empty()), "{events:?}");
}

#[tokio::test]
async fn the_composed_schema_imports_what_it_uses_and_hides_our_own_directive() {
    let subgraph = subgraph();
    let sdl = subgraph.sdl();
    assert!(!sdl.contains("@public"), "{sdl}");
    assert!(!sdl.contains("directive @authenticated"), "{sdl}");
    assert!(
        sdl.contains(r#"import: ["@authenticated", "@key""#),
        "{sdl}"
    );
    assert!(sdl.contains(r#"scoped: Int! @requiresScopes(scopes: [["a:thing.read"], ["a:thing.manage", "a:other.manage"]])"#), "{sdl}");
    async_graphql::parser::parse_schema(sdl).unwrap();
}

struct Careless;

#[Object(name = "Query")]
impl Careless {
    async fn open_by_mistake(&self) -> i32 {
        1
    }
}

#[tokio::test]
async fn a_root_field_that_declares_nothing_does_not_boot() {
    let builder = Schema::build(Careless, EmptyMutation, async_graphql::EmptySubscription);
    let error = SchemaSubgraph::new(runtime(), builder).err().unwrap();
    assert!(error.contains("Query.openByMistake"), "{error}");
}
