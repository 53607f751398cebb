//! An edge, its engine, its clients.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::ConnectInfo;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use platform_identity::{
    Authority, Claims, Identity, Scopes, Secret, Subject, TokenSigner, TokenVerifier,
};
use platform_types::{TenantId, UserId};
use router_edge::{
    AuthenticationError, Authenticator, Clock, Credential, Edge, EdgeConfig, TokenAuthenticator,
};
use router_engine::{Engine, EngineOptions, Transport};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::subgraphs::{self, Log};

pub(crate) const SUPERGRAPH: &str = include_str!("supergraph.graphql");
pub(crate) const JSON: &str = "application/json";
pub(crate) const GRAPHQL: &str = "application/graphql-response+json";

/// Verifies tokens, knows one policy, and can be told that every session was signed out.
struct Doorkeeper {
    tokens: TokenAuthenticator,
    signed_out: Arc<AtomicBool>,
    /// Whether every permission was taken away.
    powerless: Arc<AtomicBool>,
    licensed: Arc<AtomicBool>,
    keys_asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, credential: &Credential) -> Result<Identity, AuthenticationError> {
        if credential.is_key() {
            self.keys_asked.fetch_add(1, Ordering::SeqCst);
        }
        self.tokens.authenticate(credential).await
    }

    async fn recheck(&self, identity: &Identity) -> Result<Identity, AuthenticationError> {
        if self.signed_out.load(Ordering::SeqCst) {
            return Err(AuthenticationError::Invalid);
        }
        if self.powerless.load(Ordering::SeqCst) {
            return Ok(Authority::claim().identity(
                identity.subject().clone(),
                identity.tenant(),
                Scopes::none(),
                identity.session(),
                identity.expires_at(),
            ));
        }
        Ok(identity.clone())
    }

    async fn allows(&self, identity: &Identity, policy: &str) -> bool {
        identity.is_authenticated() && policy == "interview" && self.licensed.load(Ordering::SeqCst)
    }
}

pub(crate) struct World {
    pub(crate) edge: Edge,
    pub(crate) fetches: Log,
    pub(crate) signed_out: Arc<AtomicBool>,
    pub(crate) powerless: Arc<AtomicBool>,
    pub(crate) licensed: Arc<AtomicBool>,
    /// How many keys the authenticator was asked about; it knows none.
    pub(crate) keys_asked: Arc<AtomicUsize>,
    secret: Secret,
    /// Seconds by which the edge's clock is ahead of the machine's.
    pub(crate) ahead_s: Arc<AtomicI64>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' world has the machine's clock, shifted"
)]
fn machine_now() -> DateTime<Utc> {
    Utc::now()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let fetches = Log::default();
        let transports = HashMap::from([
            (
                "catalog".to_owned(),
                Transport::Local(subgraphs::catalog(Arc::clone(&fetches))),
            ),
            (
                "prices".to_owned(),
                Transport::Local(subgraphs::prices(Arc::clone(&fetches))),
            ),
        ]);
        Self::over(SUPERGRAPH, transports, fetches, change)
    }

    /// An edge in front of other subgraphs than the usual ones, which write what is fetched into `fetches`.
    pub(crate) fn over(
        supergraph: &str,
        transports: HashMap<String, Transport>,
        fetches: Log,
        change: impl FnOnce(&mut EdgeConfig),
    ) -> Self {
        let mut config = EdgeConfig::default();
        config.rate.address_per_minute = 0;
        config.rate.caller_per_minute = 0;
        config.rate.tenant_per_minute = 0;
        config.streams.recheck_ms = 200;
        change(&mut config);
        let engine = Engine::new(supergraph, transports, EngineOptions::default()).unwrap();
        let ahead_s = Arc::new(AtomicI64::new(0));
        let ahead = Arc::clone(&ahead_s);
        let clock = Clock::new(move || {
            machine_now() + chrono::Duration::seconds(ahead.load(Ordering::SeqCst))
        });
        let secret = Secret::new(vec![9; 32]).unwrap();
        let verifier = TokenVerifier::new(&secret, ["core", "billing", "interview"]);
        let jwks = verifier.jwks();
        let signed_out = Arc::new(AtomicBool::new(false));
        let powerless = Arc::new(AtomicBool::new(false));
        let licensed = Arc::new(AtomicBool::new(false));
        let keys_asked = Arc::new(AtomicUsize::new(0));
        let doorkeeper = Doorkeeper {
            tokens: TokenAuthenticator::new(verifier, clock.clone()),
            signed_out: Arc::clone(&signed_out),
            powerless: Arc::clone(&powerless),
            licensed: Arc::clone(&licensed),
            keys_asked: Arc::clone(&keys_asked),
        };
        let edge = Edge::new(
            config,
            Arc::new(engine),
            supergraph,
            Arc::new(doorkeeper),
            clock,
        )
        .unwrap()
        .with_jwks(jwks);
        Self {
            edge,
            fetches,
            signed_out,
            powerless,
            licensed,
            keys_asked,
            secret,
            ahead_s,
        }
    }

    /// A token of a user of one tenant, good for so many seconds.
    pub(crate) fn token(&self, scopes: &str, for_s: i64) -> String {
        self.token_in(Uuid::from_u128(2), scopes, for_s)
    }

    /// A token in a tenant that nobody else uses.
    #[expect(
        clippy::disallowed_methods,
        reason = "services that outlive a test run have to tell its tenants apart"
    )]
    pub(crate) fn token_of_fresh_tenant(&self, for_s: i64) -> String {
        self.token_in(Uuid::now_v7(), "", for_s)
    }

    fn token_in(&self, tenant: Uuid, scopes: &str, for_s: i64) -> String {
        let now = machine_now() + chrono::Duration::seconds(self.ahead_s.load(Ordering::SeqCst));
        TokenSigner::for_module(&self.secret, "core")
            .sign(&Claims {
                subject: Subject::User(UserId(Uuid::from_u128(1))),
                tenant: Some(TenantId(tenant)),
                scopes: Scopes::parse(scopes).unwrap(),
                session: None,
                issued_at: now,
                expires_at: now + chrono::Duration::seconds(for_s),
            })
            .unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        let address: SocketAddr = "192.0.2.7:1234".parse().unwrap();
        if request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .is_none()
        {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let response = self.edge.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn post_as(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/graphql").header("content-type", JSON);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.post_as(&body, &[("accept", GRAPHQL)]).await
    }

    pub(crate) async fn query(&self, query: &str) -> Answer {
        self.post(json!({ "query": query })).await
    }

    pub(crate) async fn query_as(&self, query: &str, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.post_as(
            &json!({ "query": query }),
            &[("accept", GRAPHQL), ("authorization", &authorization)],
        )
        .await
    }

    pub(crate) async fn get(&self, path_and_query: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path_and_query);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Serves on a port of its own until the test ends.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.serve(listener);
        address
    }

    /// Serves at an address until the task is aborted; connections outlive it.
    pub(crate) async fn listen_at(&self, address: SocketAddr) -> tokio::task::JoinHandle<()> {
        self.serve(tokio::net::TcpListener::bind(address).await.unwrap())
    }

    fn serve(&self, listener: tokio::net::TcpListener) -> tokio::task::JoinHandle<()> {
        let service = self
            .edge
            .router()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
    }
}
