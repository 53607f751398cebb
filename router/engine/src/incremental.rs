//! `@defer`: an answer in two steps. What the plan fetches for deferred fragments alone is fetched after the first step
//! was given; fragments whose fields come along with others are in the second step as well, at no cost.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};

use crate::authorization::Denied;
use crate::context::OperationContext;
use crate::engine::Engine;
use crate::error::{GraphqlError, PathSegment};
use crate::execution::{Execution, ObjectId, Part, Tree, Value};
use crate::plan::{Deferral, PathStep, Plan};
use crate::prepare::Ready;
use crate::request::{GraphqlRequest, OperationKind};
use crate::response::{GraphqlResponse, Place, write_errors, write_part};

/// The answer to a query.
pub enum Delivery {
    /// All at once.
    Whole(GraphqlResponse),
    /// In steps.
    Parts {
        /// `{"data": …, "hasNext": true, "errors": …}`.
        initial: GraphqlResponse,
        /// `{"incremental": [{"data": …, "path": …, "label": …, "errors": …}], "hasNext": …}`, the last of them with
        /// `"hasNext": false`. Dropping the stream cancels what is still being fetched.
        rest: BoxStream<'static, Bytes>,
    },
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(response) => f.debug_tuple("Whole").field(response).finish(),
            Self::Parts { initial, .. } => f
                .debug_struct("Parts")
                .field("initial", initial)
                .finish_non_exhaustive(),
        }
    }
}

impl Engine {
    /// Runs a query or a mutation for a client that takes deferred fragments later, over a transport for several
    /// payloads (`multipart/mixed; deferSpec=20220824`). Everything is whole when nothing is deferred. The deadline of
    /// the context bounds all steps. What the caller may not see is left out as in [`Engine::execute_without`], and then
    /// nothing is deferred.
    pub async fn execute_incremental(
        &self,
        request: GraphqlRequest,
        context: OperationContext,
        denied: Option<Arc<Denied>>,
    ) -> Delivery {
        if denied.is_some() {
            return Delivery::Whole(self.execute_without(request, context, denied).await);
        }
        // the plan is found again, so reading the request here costs a look-up
        let ready = match self.prepare(&request, None).await {
            Ok(ready) => ready,
            Err(response) => return Delivery::Whole(response),
        };
        if ready.plan.kind != OperationKind::Query || ready.plan.deferral.is_none() {
            return Delivery::Whole(self.execute(request, context).await);
        }
        ready.deliver(Arc::new(context)).await
    }
}

impl Ready {
    async fn deliver(self, context: Arc<OperationContext>) -> Delivery {
        let plan = Arc::clone(&self.plan);
        let Some(deferral) = &plan.deferral else {
            return Delivery::Whole(self.answer(&context, None, None).await);
        };
        let mut execution = Execution::begin();
        Execution::advance(
            &mut execution,
            self.environment(&context),
            None,
            Part::Early,
        )
        .await;
        let root = match execution.data {
            Value::Object(id) => Some(id),
            _ => None,
        };
        let scene = (&self.state.schema, self.variables.as_ref());
        let data = write_part(
            &mut execution,
            root,
            &deferral.initial.root,
            Vec::new(),
            scene,
        );
        let errors = std::mem::take(&mut execution.errors);
        let mut body = b"{\"data\":".to_vec();
        body.extend_from_slice(&data);
        body.extend_from_slice(b",\"hasNext\":true");
        let initial = GraphqlResponse::executed(body, errors);
        let rest = futures::stream::once(async move {
            let late = Part::Late;
            Execution::advance(&mut execution, self.environment(&context), None, late).await;
            // what is null in the first step has nothing below it
            let shown = serde_json::from_slice(&data).unwrap_or_default();
            Bytes::from(self.second(&mut execution, shown))
        });
        Delivery::Parts {
            initial,
            rest: rest.boxed(),
        }
    }

    /// Writes all deferred fragments.
    fn second(&self, execution: &mut Execution, mut shown: serde_json::Value) -> Vec<u8> {
        let plan: &Plan = &self.plan;
        let fetched = std::mem::take(&mut execution.errors);
        let mut parts: Vec<Written<'_>> = Vec::new();
        let fragments = plan
            .deferral
            .iter()
            .flat_map(|Deferral { fragments, .. }| fragments);
        for fragment in fragments {
            let mut found = Vec::new();
            let steps = &fragment.path;
            find(
                &execution.tree,
                execution.data,
                steps,
                plan,
                &mut Vec::new(),
                &mut found,
            );
            for (object, at) in found {
                let type_id = execution.tree.object(object).type_id;
                let is_meant = type_id.is_none_or(|id| fragment.when.contains(id));
                if !is_meant || !is_shown(&shown, &at) {
                    continue;
                }
                let path = public(&at);
                let scene = (&self.state.schema, self.variables.as_ref());
                let selection = &fragment.projection.root;
                let data = write_part(execution, Some(object), selection, at.clone(), scene);
                if fragment.holds_others {
                    show(&mut shown, &at, &data);
                }
                let errors = std::mem::take(&mut execution.errors);
                parts.push(Written {
                    data,
                    path,
                    label: fragment.label.as_deref(),
                    errors,
                });
            }
        }
        // an error of a fetch belongs to the innermost part that it stands in
        let mut homeless = Vec::new();
        for error in fetched {
            let home = parts
                .iter_mut()
                .filter(|part| error.path.starts_with(&part.path))
                .max_by_key(|part| part.path.len());
            match home {
                Some(part) => part.errors.push(error),
                None => homeless.push(error),
            }
        }
        let mut out = b"{".to_vec();
        for (index, part) in parts.iter().enumerate() {
            out.extend_from_slice(match index {
                0 => &b"\"incremental\":["[..],
                _ => b",",
            });
            out.extend_from_slice(b"{\"data\":");
            out.extend_from_slice(&part.data);
            out.extend_from_slice(b",\"path\":");
            // names, numbers and texts always serialise
            out.extend(serde_json::to_vec(&part.path).unwrap_or_default());
            if let Some(label) = part.label {
                out.extend_from_slice(b",\"label\":");
                out.extend(serde_json::to_vec(label).unwrap_or_default());
            }
            if !part.errors.is_empty() {
                out.push(b',');
                write_errors(&mut out, &part.errors);
            }
            out.push(b'}');
        }
        if !parts.is_empty() {
            out.extend_from_slice(b"],");
        }
        if !homeless.is_empty() {
            write_errors(&mut out, &homeless);
            out.push(b',');
        }
        out.extend_from_slice(b"\"hasNext\":false}");
        out
    }
}

/// A deferred fragment of one object.
struct Written<'a> {
    data: Vec<u8>,
    path: Vec<PathSegment>,
    label: Option<&'a str>,
    errors: Vec<GraphqlError>,
}

/// Finds the objects at the end of a path, each with its place.
fn find<'a>(
    tree: &Tree,
    value: Value,
    path: &'a [PathStep],
    plan: &'a Plan,
    at: &mut Vec<Place<'a>>,
    found: &mut Vec<(ObjectId, Vec<Place<'a>>)>,
) {
    match value {
        Value::Null | Value::Leaf(_) => {}
        Value::List(id) => {
            for (index, item) in tree.items(id).iter().enumerate() {
                at.push(Place::Index(index));
                find(tree, *item, path, plan, at, found);
                at.pop();
            }
        }
        Value::Object(id) => match path.split_first() {
            None => found.push((id, at.clone())),
            Some((PathStep::Type(set), rest)) => {
                if tree.object(id).type_id.is_none_or(|id| set.contains(id)) {
                    find(tree, value, rest, plan, at, found);
                }
            }
            Some((PathStep::Field(symbol), rest)) => {
                if let Some(below) = tree.get(tree.object(id), *symbol) {
                    at.push(Place::Key(plan.symbols.shown(*symbol)));
                    find(tree, below, rest, plan, at, found);
                    at.pop();
                }
            }
        },
    }
}

/// Whether there is an object at a place of the first step.
fn is_shown(shown: &serde_json::Value, at: &[Place<'_>]) -> bool {
    let place = at.iter().try_fold(shown, |value, step| match step {
        Place::Key(key) => value.get(key),
        Place::Index(index) => value.get(index),
    });
    place.is_some_and(serde_json::Value::is_object)
}

/// Adds a part to what is shown, for the parts within it.
fn show(shown: &mut serde_json::Value, at: &[Place<'_>], part: &[u8]) {
    let place = at.iter().try_fold(shown, |value, step| match step {
        Place::Key(key) => value.get_mut(key),
        Place::Index(index) => value.get_mut(index),
    });
    if let (Some(place), Ok(part)) = (place, serde_json::from_slice(part)) {
        merge(place, part);
    }
}

/// Takes up what is not there yet. Depth is that of the document.
fn merge(shown: &mut serde_json::Value, part: serde_json::Value) {
    use serde_json::Value as Json;
    match (shown, part) {
        (Json::Object(shown), Json::Object(part)) => {
            for (key, value) in part {
                match shown.get_mut(&key) {
                    Some(known) => merge(known, value),
                    None => {
                        shown.insert(key, value);
                    }
                }
            }
        }
        (Json::Array(shown), Json::Array(part)) => {
            for (shown, part) in shown.iter_mut().zip(part) {
                merge(shown, part);
            }
        }
        _ => {}
    }
}

fn public(at: &[Place<'_>]) -> Vec<PathSegment> {
    at.iter()
        .map(|step| match step {
            Place::Key(key) => PathSegment::from(*key),
            Place::Index(index) => PathSegment::Index(*index),
        })
        .collect()
}
