//! Who a client is and what it still may, asked of the subgraph that owns accounts.
//!
//! Access tokens prove themselves. API keys, and how a token stands after it was made, only the accounts' owner knows: it
//! is asked through the engine like by any client, so that it does not matter in which process it is. Answers are kept for
//! moments: what was taken away is gone within seconds.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::HeaderMap;
use moka::future::Cache;
use platform_identity::{AssertionSigner, Authority, Identity, Scopes};
use router_edge::{
    AuthenticationError, Authenticator, Caller, Clock, Credential, TokenAuthenticator,
};
use router_engine::{Engine, GraphqlRequest, OperationContext, ResponseKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

/// How long a key is taken for what it was found to be.
const KEY_LIFE: Duration = Duration::from_secs(3);
/// Keys that are remembered.
const KEYS: u64 = 10_000;
/// How long the standing of an identity is believed.
const STANDING_LIFE: Duration = Duration::from_secs(1);
/// Identities whose standing is remembered.
const STANDINGS: u64 = 20_000;
/// Questions under way at once; more wait until they are answered or given up.
const QUESTIONS: usize = 8;
/// Longest time for one question, the wait for its turn included.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest text that is looked up as a key.
const KEY_BYTES: usize = 256;
/// What policies of the schema begin with that ask for the licence of a module.
const LICENSED: &str = "licensed:";

const EXCHANGE: &str = "mutation ExchangeKey($key: String!) { exchangeApiKey(input: { apiKey: $key }) { accessToken } }";
const ACCESS: &str = "query Access { access { active scopes licensedModules } }";

/// Verifies credentials, and knows what has been taken away since.
pub(crate) struct LiveRights {
    tokens: TokenAuthenticator,
    accounts: Arc<Accounts>,
    /// Modules that a tenant needs a licence for.
    licensed: HashSet<String>,
    keys: Cache<[u8; 32], Result<Identity, AuthenticationError>>,
    standings: Cache<[u8; 32], Option<Arc<Standing>>>,
}

/// The way to the owner of accounts.
struct Accounts {
    engine: Arc<Engine>,
    signer: Option<Arc<AssertionSigner>>,
    clock: Clock,
    turns: Semaphore,
}

/// What a proof is still good for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    active: bool,
    scopes: Vec<String>,
    licensed_modules: Vec<String>,
}

/// Why the owner of accounts did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoAnswer {
    /// The supergraph has none.
    NobodyToAsk,
    /// It does not take the caller for somebody.
    Refused,
    /// Not now.
    Unavailable,
}

impl LiveRights {
    /// `licensed` names the modules that need a licence.
    pub(crate) fn new(
        tokens: TokenAuthenticator,
        engine: Arc<Engine>,
        signer: Option<Arc<AssertionSigner>>,
        clock: Clock,
        licensed: HashSet<String>,
    ) -> Self {
        let accounts = Accounts {
            engine,
            signer,
            clock,
            turns: Semaphore::new(QUESTIONS),
        };
        Self {
            tokens,
            accounts: Arc::new(accounts),
            licensed,
            keys: Cache::builder()
                .max_capacity(KEYS)
                .time_to_live(KEY_LIFE)
                .build(),
            standings: Cache::builder()
                .max_capacity(STANDINGS)
                .time_to_live(STANDING_LIFE)
                .build(),
        }
    }

    /// Exchanges a key for the identity of its program. It expires with the token that the owner of accounts gives for
    /// it, so a stream by key comes back now and then.
    async fn by_key(&self, key: &str) -> Result<Identity, AuthenticationError> {
        if key.len() > KEY_BYTES {
            return Err(AuthenticationError::Invalid);
        }
        // Kept under its digest: memory that leaks tells no key.
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let look_up = async {
            let nobody = Authority::claim().anonymous();
            let variables = Map::from_iter([("key".to_owned(), json!(key))]);
            let answer = self.accounts.ask(nobody, EXCHANGE, variables).await;
            let token = match answer {
                Ok(data) => data["exchangeApiKey"]["accessToken"]
                    .as_str()
                    .map(str::to_owned),
                Err(NoAnswer::Unavailable) => return Err(AuthenticationError::Unavailable),
                Err(NoAnswer::NobodyToAsk | NoAnswer::Refused) => None,
            };
            Ok(match token {
                Some(token) => self.tokens.authenticate(&Credential::Bearer(token)).await,
                None => Err(AuthenticationError::Invalid),
            })
        };
        // A lookup that failed is not remembered.
        self.keys
            .try_get_with(digest, look_up)
            .await
            .map_err(|error: Arc<AuthenticationError>| *error)?
    }

    /// How an identity stands; `None` where nobody knows of such things.
    async fn standing(
        &self,
        identity: &Identity,
    ) -> Result<Option<Arc<Standing>>, AuthenticationError> {
        let Ok(key) = <[u8; 32]>::try_from(identity.scope_key()) else {
            return Err(AuthenticationError::Unavailable);
        };
        let ask = async {
            match self
                .accounts
                .ask(identity.clone(), ACCESS, Map::new())
                .await
            {
                Ok(mut data) => match Standing::deserialize(data["access"].take()) {
                    Ok(standing) => Ok(Some(Arc::new(standing))),
                    Err(error) => {
                        tracing::error!(%error, "the standing of an identity is not readable");
                        Err(AuthenticationError::Unavailable)
                    }
                },
                Err(NoAnswer::NobodyToAsk) => Ok(None),
                Err(NoAnswer::Refused) => Err(AuthenticationError::Invalid),
                Err(NoAnswer::Unavailable) => Err(AuthenticationError::Unavailable),
            }
        };
        self.standings
            .try_get_with(key, ask)
            .await
            .map_err(|error| *error)
    }

    /// The permissions of an identity that still stand, of modules whose licence still stands.
    fn kept<'i>(&self, identity: &'i Identity, standing: &Standing) -> Vec<&'i str> {
        let usable = |scope: &str| {
            let module = scope.split_once(':').map_or("", |(module, _)| module);
            !self.licensed.contains(module)
                || standing.licensed_modules.iter().any(|own| own == module)
        };
        identity
            .scopes()
            .iter()
            .filter(|scope| standing.scopes.iter().any(|own| own == scope) && usable(scope))
            .collect()
    }
}

#[async_trait]
impl Authenticator for LiveRights {
    async fn authenticate(&self, credential: &Credential) -> Result<Identity, AuthenticationError> {
        match credential {
            Credential::ApiKey(key) | Credential::Bearer(key) if credential.is_key() => {
                self.by_key(key).await
            }
            _ => self.tokens.authenticate(credential).await,
        }
    }

    async fn recheck(&self, identity: &Identity) -> Result<Identity, AuthenticationError> {
        if !identity.is_authenticated() {
            return Ok(identity.clone());
        }
        let Some(standing) = self.standing(identity).await? else {
            return Ok(identity.clone());
        };
        if !standing.active {
            return Err(AuthenticationError::Invalid);
        }
        let kept = self.kept(identity, &standing);
        if kept.len() == identity.scopes().len() {
            return Ok(identity.clone());
        }
        // invariant: a part of a set of scopes is one
        let scopes = Scopes::new(kept).unwrap_or_default();
        Ok(Authority::claim().identity(
            identity.subject().clone(),
            identity.tenant(),
            scopes,
            identity.session(),
            identity.expires_at(),
        ))
    }

    /// Knows one kind of policy: `licensed:<module>`, for callers of a tenant that holds the module's licence.
    async fn allows(&self, identity: &Identity, policy: &str) -> bool {
        let Some(module) = policy.strip_prefix(LICENSED) else {
            return false;
        };
        if !identity.is_authenticated() {
            return false;
        }
        match self.standing(identity).await {
            Ok(Some(standing)) => {
                standing.active && standing.licensed_modules.iter().any(|own| own == module)
            }
            Ok(None) | Err(_) => false,
        }
    }
}

impl Accounts {
    /// Asks under an identity; gives the `data`.
    async fn ask(
        &self,
        identity: Identity,
        query: &str,
        variables: Map<String, Value>,
    ) -> Result<Value, NoAnswer> {
        tokio::time::timeout(PATIENCE, self.ask_in_turn(identity, query, variables))
            .await
            .unwrap_or(Err(NoAnswer::Unavailable))
    }

    async fn ask_in_turn(
        &self,
        identity: Identity,
        query: &str,
        variables: Map<String, Value>,
    ) -> Result<Value, NoAnswer> {
        // The semaphore is never closed.
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|_| NoAnswer::Unavailable)?;
        let caller = Caller::new(identity, self.signer.clone(), self.clock.clone());
        let request = GraphqlRequest {
            variables,
            ..GraphqlRequest::new(query)
        };
        let context = OperationContext {
            principal: Arc::new(caller),
            deadline: Instant::now() + PATIENCE,
            trace_parent: None,
            headers: HeaderMap::new(),
        };
        let response = self.engine.execute(request, context).await;
        if response.kind == ResponseKind::Refused {
            return Err(NoAnswer::NobodyToAsk);
        }
        if let Some(error) = response.errors.first() {
            return Err(match error.code() {
                Some("UNAUTHENTICATED" | "FORBIDDEN") => NoAnswer::Refused,
                _ => {
                    tracing::warn!(error = %error.message, "the owner of accounts gave no answer");
                    NoAnswer::Unavailable
                }
            });
        }
        let mut body: Value =
            serde_json::from_slice(&response.body).map_err(|_| NoAnswer::Unavailable)?;
        Ok(body["data"].take())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{BoxFuture, FutureExt as _};
    use futures::stream::{BoxStream, StreamExt as _};
    use parking_lot::Mutex;
    use platform_identity::{Claims, Secret, Subject, TokenSigner, TokenVerifier};
    use platform_types::TenantId;
    use router_engine::{EngineOptions, LocalRequest, LocalResponse, LocalSubgraph, Transport};
    use uuid::Uuid;

    use super::*;

    const SDL: &str = r#"
        type Query { access: Access }
        type Access { active: Boolean! scopes: [String!]! licensedModules: [String!]! }
        type Mutation { exchangeApiKey(input: ExchangeApiKeyInput!): ExchangeApiKeyPayload }
        input ExchangeApiKeyInput { apiKey: String! }
        type ExchangeApiKeyPayload { accessToken: String }
    "#;

    /// Answers what it is told to, and counts.
    struct Owner {
        answer: Mutex<Value>,
        asked: AtomicUsize,
    }

    impl LocalSubgraph for Owner {
        fn execute(&self, _: LocalRequest) -> BoxFuture<'static, LocalResponse> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let data = async_graphql::Value::from_json(self.answer.lock().clone()).unwrap();
            let data = Arc::new(data);
            let errors = Vec::new();
            async move { LocalResponse { data, errors } }.boxed()
        }

        fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
            futures::stream::empty().boxed()
        }
    }

    struct Around(Arc<Owner>);

    impl LocalSubgraph for Around {
        fn execute(&self, request: LocalRequest) -> BoxFuture<'static, LocalResponse> {
            self.0.execute(request)
        }

        fn subscribe(&self, request: LocalRequest) -> BoxStream<'static, LocalResponse> {
            self.0.subscribe(request)
        }
    }

    fn secret() -> Secret {
        Secret::new([7; 32]).unwrap()
    }

    fn rights(answer: Value) -> (LiveRights, Arc<Owner>) {
        let owner = Arc::new(Owner {
            answer: Mutex::new(answer),
            asked: AtomicUsize::new(0),
        });
        let input = router_composition::SubgraphInput {
            name: "core".into(),
            url: "local:core".into(),
            sdl: SDL.into(),
        };
        let sdl = router_composition::compose(&[input])
            .unwrap()
            .supergraph_sdl;
        let transport = Transport::Local(Arc::new(Around(Arc::clone(&owner))));
        let transports = HashMap::from([("core".to_owned(), transport)]);
        let engine = Engine::new(&sdl, transports, EngineOptions::default()).unwrap();
        let clock = Clock::system();
        let verifier = TokenVerifier::new(&secret(), ["core"]);
        let rights = LiveRights::new(
            TokenAuthenticator::new(verifier, clock.clone()),
            Arc::new(engine),
            None,
            clock,
            HashSet::from(["interview".to_owned()]),
        );
        (rights, owner)
    }

    fn claims() -> Claims {
        let now = Clock::system().now();
        Claims {
            subject: Subject::ApiKey(Uuid::from_u128(5)),
            tenant: Some(TenantId(Uuid::from_u128(2))),
            scopes: Scopes::parse("core:tenant.read interview:session.read").unwrap(),
            session: None,
            issued_at: now,
            expires_at: now + chrono::TimeDelta::minutes(15),
        }
    }

    fn token() -> String {
        TokenSigner::for_module(&secret(), "core")
            .sign(&claims())
            .unwrap()
    }

    fn access(active: bool, scopes: &[&str], licensed: &[&str]) -> Value {
        json!({"access": {"active": active, "scopes": scopes, "licensedModules": licensed}})
    }

    async fn program(rights: &LiveRights) -> Identity {
        let token = Credential::Bearer(token());
        rights.authenticate(&token).await.unwrap()
    }

    #[tokio::test]
    async fn a_key_is_looked_up_once_for_many_requests_and_is_who_its_token_says() {
        let (rights, owner) = rights(json!({"exchangeApiKey": {"accessToken": token()}}));
        for credential in [
            Credential::ApiKey("tsk_a".into()),
            Credential::Bearer("tsk_a".into()),
            Credential::ApiKey("tsk_a".into()),
        ] {
            let identity = rights.authenticate(&credential).await.unwrap();
            assert_eq!(*identity.subject(), Subject::ApiKey(Uuid::from_u128(5)));
        }
        assert_eq!(owner.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_unknown_key_is_refused_and_a_long_one_not_even_asked_about() {
        let (rights, owner) = rights(json!({"exchangeApiKey": {"accessToken": null}}));
        for key in ["tsk_b".to_owned(), "k".repeat(KEY_BYTES + 1)] {
            let refused = rights.authenticate(&Credential::ApiKey(key)).await;
            assert_eq!(refused, Err(AuthenticationError::Invalid));
        }
        assert_eq!(owner.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn permissions_go_with_the_role_and_with_the_licence() {
        let both = ["core:tenant.read", "interview:session.read"];
        for (scopes, licensed, left) in [
            (&both[..], &["interview"][..], &both[..]),
            (&both, &[], &both[..1]),
            (&both[1..], &["interview"], &both[1..]),
            (&[], &["interview"], &[]),
        ] {
            let (rights, _) = rights(access(true, scopes, licensed));
            let now = rights.recheck(&program(&rights).await).await.unwrap();
            assert_eq!(now.scopes().iter().collect::<Vec<_>>(), left);
        }
        let (rights, _) = rights(access(false, &both, &["interview"]));
        let gone = rights.recheck(&program(&rights).await).await;
        assert_eq!(gone, Err(AuthenticationError::Invalid));
    }

    #[tokio::test]
    async fn a_licence_is_a_policy_and_no_other_is_known() {
        let (rights, owner) = rights(access(true, &[], &["interview"]));
        let program = program(&rights).await;
        assert!(rights.allows(&program, "licensed:interview").await);
        assert!(!rights.allows(&program, "licensed:other").await);
        assert!(!rights.allows(&program, "interview").await);
        let nobody = Authority::claim().anonymous();
        assert!(!rights.allows(&nobody, "licensed:interview").await);
        assert_eq!(owner.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn nobody_is_thrown_out_when_the_question_cannot_be_answered() {
        let (rights, _) = rights(json!({"access": 1}));
        let program = program(&rights).await;
        assert_eq!(
            rights.recheck(&program).await,
            Err(AuthenticationError::Unavailable)
        );
    }
}
