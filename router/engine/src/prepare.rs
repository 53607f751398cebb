//! From a request to a plan with its variables; what was done before is found again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_graphql_value::ConstValue;
use futures::FutureExt;

use crate::authorization::Denied;
use crate::cache::Prepared;
use crate::context::OperationContext;
use crate::engine::Engine;
use crate::error::{GraphqlError, code};
use crate::execution::{Environment, Execution, Outcome, fitting_text, fitting_value, run_only};
use crate::flight::{Boarding, Mutations, QueryKey};
use crate::plan::Plan;
use crate::request::{GraphqlRequest, OperationKind, Variables, coerce};
use crate::response::{GraphqlResponse, write_data};
use crate::state::{ReadRequest, State, internal};
use crate::upload::Uploads;

/// An operation that is ready to run.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) state: Arc<State>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) variables: Arc<Variables>,
    pub(crate) uploads: Uploads,
    /// The mutations that had ended when it came.
    pub(crate) after: Mutations,
}

impl Engine {
    /// Reads and validates a request, or finds that this was done before.
    pub(crate) async fn read(
        &self,
        request: &GraphqlRequest,
    ) -> Result<(Arc<State>, Arc<Prepared>), GraphqlResponse> {
        let state = self.state.load_full();
        let name = request.operation_name.as_deref();
        let known = match state.cache.get(&request.query, name) {
            Some(known) => known,
            None => {
                let read = ReadRequest {
                    text: Arc::clone(&request.query),
                    name: request.operation_name.clone(),
                    limits: self.options.limits.clone(),
                    max_conditional: self.options.max_conditional_variables.min(64),
                };
                let key = (Arc::clone(&read.text), read.name.clone());
                let work = Arc::clone(&state);
                let flight = state.reading.join(key, || {
                    in_background(move || {
                        let known = work.read(&read);
                        work.cache
                            .keep(&read.text, read.name.as_deref(), known.clone());
                        known
                    })
                    .boxed()
                });
                flight.await?
            }
        };
        let prepared = known.map_err(|refused| GraphqlResponse::refused(refused.errors.clone()))?;
        Ok((state, prepared))
    }

    /// Reads, validates and plans a request, or finds that this was done before. Requests for the same that come
    /// meanwhile wait for the first.
    /// What the caller may not see is not planned.
    pub(crate) async fn prepare(
        &self,
        request: &GraphqlRequest,
        denied: Option<Arc<Denied>>,
    ) -> Result<Ready, GraphqlResponse> {
        let after = self.mutations.now();
        let (state, prepared) = self.read(request).await?;
        if !request.uploads.is_empty()
            && prepared.document.operation.kind != OperationKind::Mutation
        {
            let error = GraphqlError::new("files are for mutations only", code::BAD_USER_INPUT);
            return Err(GraphqlResponse::refused(vec![error]));
        }
        let variables = coerce(
            &prepared.document.operation.variables,
            &request.variables,
            &state.schema,
            request.uploads.len(),
        )
        .map_err(GraphqlResponse::refused)?;
        let key = (
            conditions(&prepared.conditional, &variables).map_err(GraphqlResponse::refused)?,
            state.planner.next_side(),
            denied.as_deref().map_or(0, Denied::key),
        );
        let plan = match prepared.plan(key) {
            Some(plan) => plan,
            None => {
                let limit = self.options.planning_timeout;
                let work = Arc::clone(&state);
                // the flight keeps the document alive, so its address stands for it
                let address = Arc::as_ptr(&prepared) as usize;
                let flight = state.planning.join((address, key), || {
                    in_background(move || {
                        let plan = work.plan(&prepared, key, denied.as_deref(), limit)?;
                        prepared.keep(key, Arc::clone(&plan));
                        Ok(plan)
                    })
                    .boxed()
                });
                flight.await??
            }
        };
        Ok(Ready {
            state,
            plan,
            variables: Arc::new(variables),
            uploads: Arc::clone(&request.uploads),
            after,
        })
    }
}

/// Reading and planning take milliseconds: they must not hold up a worker that serves others.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, GraphqlResponse> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "reading or planning an operation panicked");
        GraphqlResponse::failed(vec![internal()])
    })
}

/// One bit per conditional variable. None of them may be null, for conditions are not (GraphQL specification, section
/// 6.4.1); one that is absent can only be that of a `@defer`, which is true when nothing is said.
fn conditions(names: &[String], variables: &Variables) -> Result<u64, Vec<GraphqlError>> {
    let mut bits = 0;
    for (index, name) in names.iter().enumerate() {
        let holds = match variables.get(name) {
            None => true,
            Some(ConstValue::Null) => {
                let message = format!("variable `${name}` must not be null: it is a condition");
                return Err(vec![GraphqlError::new(message, code::BAD_USER_INPUT)]);
            }
            Some(value) => matches!(value, ConstValue::Boolean(true)),
        };
        bits |= u64::from(holds) << index;
    }
    Ok(bits)
}

impl Ready {
    /// Runs the plan and writes the response; `first` is the answer to the first fetch, when it is already there.
    /// `boarding` is closed at the first answer.
    pub(crate) async fn answer(
        &self,
        context: &Arc<OperationContext>,
        first: Option<Outcome>,
        boarding: Option<&Boarding<QueryKey, GraphqlResponse>>,
    ) -> GraphqlResponse {
        let environment = Environment {
            boarding,
            ..self.environment(context)
        };
        let mut first = first;
        if self.plan.passthrough && first.is_none() {
            first = run_only(environment).await;
            if let Some(body) = first.as_ref().and_then(|first| self.pass_through(first)) {
                return GraphqlResponse::executed(body, Vec::new());
            }
        }
        let mut execution = Execution::run(environment, first).await;
        let body = write_data(
            &mut execution,
            &self.plan,
            &self.state.schema,
            &self.variables,
        );
        GraphqlResponse::executed(body, execution.errors)
    }

    /// The response around an answer that is the client's as it stands, still open.
    fn pass_through(&self, answer: &Outcome) -> Option<Vec<u8>> {
        const HEAD: &[u8] = b"{\"data\":";
        let (root, schema) = (&self.plan.projection.root, &self.state.schema);
        match answer {
            Outcome::Json(bytes) => {
                let (start, end) = fitting_text(bytes, root, schema)?;
                let mut body = Vec::with_capacity(end - start + 16);
                body.extend_from_slice(HEAD);
                body.extend_from_slice(&bytes[start..end]);
                Some(body)
            }
            Outcome::Native(response) => {
                let fits =
                    response.errors.is_empty() && fitting_value(&response.data, root, schema);
                if !fits {
                    return None;
                }
                let bytes = &self.plan.response_bytes;
                let mut body = Vec::with_capacity(bytes.load(Ordering::Relaxed) + 64);
                body.extend_from_slice(HEAD);
                serde_json::to_writer(&mut body, &*response.data).ok()?;
                bytes.store(body.len(), Ordering::Relaxed);
                Some(body)
            }
            Outcome::Failed(_) => None,
        }
    }

    pub(crate) fn environment<'a>(&'a self, context: &'a Arc<OperationContext>) -> Environment<'a> {
        Environment {
            plan: &self.plan,
            schema: &self.state.schema,
            transports: &self.state.transports,
            variables: &self.variables,
            uploads: &self.uploads,
            context,
            after: self.after,
            boarding: None,
            // what a mutation or an event changed must not be read from before
            flights: self
                .state
                .fetches
                .as_ref()
                .filter(|_| self.plan.kind == OperationKind::Query),
        }
    }
}
