use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use platform_identity::{Authority, TokenError, TokenVerifier};
use platform_sdk::Ambient;
use router_edge::{Caller, Clock};
use router_engine::{Engine, GraphqlRequest, OperationContext};
use serde_json::{Map, Value};

use crate::supergraph::Supergraph;

/// Longest time for one operation.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The product as a client sees it, without a network in between: operations in, data out, under the
/// identity that a token proves.
pub struct InProcess {
    engine: Arc<Engine>,
    verifier: TokenVerifier,
    ambient: Ambient,
}

/// Why an operation gave no data.
#[derive(Debug, thiserror::Error)]
pub enum InProcessError {
    /// The token does not hold.
    #[error("token")]
    Token(#[from] TokenError),
    /// Errors of the operation, as a client would see them.
    #[error("{}", .0.join("; "))]
    Operation(Vec<String>),
    /// The answer is no JSON.
    #[error("answer")]
    Answer(#[from] serde_json::Error),
}

impl InProcess {
    pub(crate) fn new(supergraph: Supergraph, verifier: TokenVerifier, ambient: Ambient) -> Self {
        Self {
            engine: supergraph.engine,
            verifier,
            ambient,
        }
    }

    /// Runs a query or mutation and gives its `data`.
    ///
    /// # Errors
    /// [`InProcessError`]; any error of the operation is one.
    pub async fn run(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<Value, InProcessError> {
        let identity = match token {
            Some(token) => self.verifier.verify(token, self.ambient.clock.now())?,
            None => Authority::claim().anonymous(),
        };
        let ambient = self.ambient.clone();
        let caller = Caller::new(identity, None, Clock::new(move || ambient.clock.now()));
        let request = GraphqlRequest {
            variables: match variables {
                Value::Object(map) => map,
                _ => Map::new(),
            },
            ..GraphqlRequest::new(query)
        };
        let context = OperationContext {
            principal: Arc::new(caller),
            deadline: Instant::now() + TIMEOUT,
            trace_parent: None,
            headers: HeaderMap::new(),
        };
        let response = self.engine.execute(request, context).await;
        if !response.errors.is_empty() {
            let messages = response.errors.into_iter().map(|e| e.message).collect();
            return Err(InProcessError::Operation(messages));
        }
        let mut body: Value = serde_json::from_slice(&response.body)?;
        Ok(body["data"].take())
    }
}
