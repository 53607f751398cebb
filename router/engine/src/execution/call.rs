//! One fetch as a request to its subgraph.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql_value::{ConstValue, Name};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use smallvec::{SmallVec, smallvec};
use tracing::Instrument as _;

use super::contextual::{Given, parties};
use super::represent::{Ground, Represented, decode, represent, represent_objects};
use super::{Environment, Execution};
use crate::context::OperationContext;
use crate::error::{GraphqlError, code};
use crate::flight::FetchKey;
use crate::plan::{Fetch, FetchKind};
use crate::request::OperationKind;
use crate::transport::{LocalRequest, LocalResponse, Payload, RemoteSubgraph, Transport};
use crate::upload::{Passed, Upload};

/// What came of a fetch.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// The bytes of a GraphQL response.
    Json(Bytes),
    /// Values from a subgraph in this process.
    Native(LocalResponse),
    /// No answer.
    Failed(GraphqlError),
}

/// A fetch under way.
pub(super) struct Pending {
    /// For every batch of entities, what was sent.
    pub(super) represented: Vec<Represented>,
    pub(super) outcome: BoxFuture<'static, Outcome>,
}

/// An error for an answer that cannot be used.
pub(super) fn unusable(what: &str) -> GraphqlError {
    GraphqlError::new(format!("the subgraph gave {what}"), code::UNAVAILABLE)
}

/// Makes the requests of a fetch: one, or one for all entities that are given the same values from above; none when there
/// is no entity to ask for.
pub(super) fn prepare(
    environment: Environment<'_>,
    execution: &Execution,
    index: usize,
) -> SmallVec<[Pending; 1]> {
    let fetch = &environment.plan.fetches[index];
    let transport = &environment.transports[usize::from(fetch.subgraph.0)];
    let ground = Ground {
        data: execution.data,
        tree: &execution.tree,
        schema: environment.schema,
    };
    let mut represented = Vec::new();
    let mut values = Vec::new();
    if let FetchKind::Query(paths) = &fetch.kind {
        let standing = Represented::standing(paths, ground);
        if standing.len() == 0 {
            return SmallVec::new();
        }
        represented.push(standing);
    }
    if let FetchKind::Entities(batches) = &fetch.kind {
        if !fetch.contexts.is_empty() {
            let [batch] = batches.as_slice() else {
                return SmallVec::new();
            };
            return parties(fetch, batch, ground)
                .into_iter()
                .filter_map(|party| {
                    let mut values = Vec::new();
                    let wanted = matches!(transport, Transport::Local(_)).then_some(&mut values);
                    let objects = party.objects.into_iter();
                    let represented = represent_objects(batch, ground, objects, wanted);
                    let values = vec![(Name::new(&batch.variable), values)];
                    (represented.len() > 0).then(|| {
                        request(environment, fetch, vec![represented], values, party.given)
                    })
                })
                .collect();
        }
        for batch in batches {
            let mut batch_values = Vec::new();
            let wanted = matches!(transport, Transport::Local(_)).then_some(&mut batch_values);
            represented.push(represent(batch, ground, wanted));
            values.push((Name::new(&batch.variable), batch_values));
        }
        if represented.iter().all(|batch| batch.len() == 0) {
            return SmallVec::new();
        }
    }
    smallvec![request(
        environment,
        fetch,
        represented,
        values,
        Given::new()
    )]
}

fn request(
    environment: Environment<'_>,
    fetch: &Fetch,
    represented: Vec<Represented>,
    values: Vec<(Name, Vec<ConstValue>)>,
    given: Given,
) -> Pending {
    let transport = &environment.transports[usize::from(fetch.subgraph.0)];
    let outcome = match transport {
        Transport::Local(subgraph) => match local_request(environment, fetch, values, &given) {
            Some(request) => {
                let flights = environment.flights.filter(|_| request.uploads.is_empty());
                match flights {
                    Some(flights) => {
                        // what a remote subgraph would get is the same for the same values
                        let mut none = Passed::default();
                        let body = remote_body(fetch, &represented, &given, environment, &mut none);
                        let key = FetchKey::new(
                            fetch.subgraph,
                            body.into(),
                            environment.after,
                            environment.context,
                        );
                        let start = || subgraph.execute(request).map(Outcome::Native).boxed();
                        flights.join(key, start).boxed()
                    }
                    None => subgraph.execute(request).map(Outcome::Native).boxed(),
                }
            }
            None => std::future::ready(Outcome::Failed(unparsable())).boxed(),
        },
        Transport::Remote(remote) => {
            let mut passed = Passed::default();
            let body = remote_body(fetch, &represented, &given, environment, &mut passed);
            let body = Bytes::from(body);
            let subgraph = Arc::clone(environment.plan.subgraph(fetch));
            let remote = remote.clone();
            let context = Arc::clone(environment.context);
            let has_files = !passed.is_empty();
            let repeatable = environment.plan.kind == OperationKind::Query && !has_files;
            let start = {
                let body = body.clone();
                move || {
                    async move {
                        let sent = match payload(body, passed).await {
                            Ok(payload) => {
                                send(&remote, &subgraph, payload, &context, repeatable).await
                            }
                            Err(error) => Err(error),
                        };
                        sent.map_or_else(Outcome::Failed, Outcome::Json)
                    }
                    .boxed()
                }
            };
            match environment.flights.filter(|_| !has_files) {
                Some(flights) => flights
                    .join(
                        FetchKey::new(fetch.subgraph, body, environment.after, environment.context),
                        start,
                    )
                    .boxed(),
                None => start(),
            }
        }
    };
    // one span per fetch, for whoever follows an operation through the subgraphs
    let span = tracing::info_span!(
        target: crate::TRACES,
        "engine.fetch.run",
        subgraph = &**environment.plan.subgraph(fetch),
        entities = represented.iter().map(Represented::len).sum::<usize>(),
    );
    let outcome = if span.is_disabled() {
        outcome
    } else {
        outcome.instrument(span).boxed()
    };
    Pending {
        represented,
        outcome,
    }
}

/// The body as it is sent: with files, as a form.
async fn payload(body: Bytes, passed: Passed) -> Result<Payload, GraphqlError> {
    if passed.is_empty() {
        return Ok(body.into());
    }
    // files may lie on disk
    let form = tokio::task::spawn_blocking(move || Payload::form(&body, &passed));
    let failure = match form.await {
        Ok(Ok(payload)) => return Ok(payload),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(%failure, "files of a request cannot be read");
    Err(GraphqlError::new(
        "the files cannot be passed on",
        code::INTERNAL,
    ))
}

async fn send(
    remote: &RemoteSubgraph,
    subgraph: &str,
    body: Payload,
    context: &OperationContext,
    repeatable: bool,
) -> Result<Bytes, GraphqlError> {
    remote
        .execute(subgraph, body, context, repeatable)
        .await
        .map_err(|failure| {
            tracing::warn!(%subgraph, %failure, "fetch failed");
            GraphqlError::new(failure.public(), code::UNAVAILABLE)
        })
}

fn unparsable() -> GraphqlError {
    GraphqlError::new(
        "the fetch cannot be expressed for its subgraph",
        code::INTERNAL,
    )
}

/// The request for a subgraph in this process; none when the planner's document does not parse.
pub(crate) fn local_request(
    environment: Environment<'_>,
    fetch: &Fetch,
    representations: Vec<(Name, Vec<ConstValue>)>,
    given: &Given,
) -> Option<LocalRequest> {
    let mut variables = async_graphql_value::Variables::default();
    let mut passed = Passed::default();
    for name in &fetch.variables {
        if let Some(value) = environment.variables.get(name) {
            let mut value = value.clone();
            if !environment.uploads.is_empty() {
                passed.take(&mut value, name, environment.uploads, &|own| {
                    ConstValue::String(Upload::placeholder(own))
                });
            }
            variables.insert(Name::new(name), value);
        }
    }
    for (name, values) in representations {
        variables.insert(name, ConstValue::List(values));
    }
    for (contextual, text) in fetch.contexts.iter().zip(given) {
        variables.insert(Name::new(&contextual.variable), decode(text)?);
    }
    Some(LocalRequest {
        document: Arc::clone(fetch.document()?),
        operation_name: None,
        variables,
        uploads: passed.files.into(),
        context: Arc::clone(environment.context),
        text: Arc::clone(&fetch.text),
    })
}

/// The JSON for a remote subgraph; with null in the place of every file, which is noted in `passed`.
pub(crate) fn remote_body(
    fetch: &Fetch,
    represented: &[Represented],
    given: &Given,
    environment: Environment<'_>,
    passed: &mut Passed,
) -> Vec<u8> {
    let mut body = Vec::with_capacity(fetch.body_head.len() + 64);
    body.extend_from_slice(&fetch.body_head);
    let mut separator: &[u8] = b",\"variables\":{\"";
    if let FetchKind::Entities(batches) = &fetch.kind {
        for (batch, represented) in batches.iter().zip(represented) {
            body.extend_from_slice(separator);
            separator = b",\"";
            body.extend_from_slice(batch.variable.as_bytes());
            body.extend_from_slice(b"\":");
            represented.write_list(&mut body);
        }
    }
    for (contextual, text) in fetch.contexts.iter().zip(given) {
        body.extend_from_slice(separator);
        separator = b",\"";
        body.extend_from_slice(contextual.variable.as_bytes());
        body.extend_from_slice(b"\":");
        body.extend_from_slice(text);
    }
    for name in &fetch.variables {
        let Some(value) = environment.variables.get(name) else {
            continue;
        };
        let mut value = Cow::Borrowed(value);
        if !environment.uploads.is_empty() {
            let place = format!("variables.{name}");
            passed.take(value.to_mut(), &place, environment.uploads, &|_| {
                ConstValue::Null
            });
        }
        let start = body.len();
        body.extend_from_slice(separator);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        match serde_json::to_writer(&mut body, &*value) {
            Ok(()) => separator = b",\"",
            // came out of JSON, so it goes back into JSON; if not, it is as if it had not been given
            Err(_) => body.truncate(start),
        }
    }
    if separator == b",\"" {
        body.push(b'}');
    }
    body.push(b'}');
    body
}
