//! Runs a plan: starts every fetch as soon as what it needs is there, and merges the answers.

mod again;
mod call;
mod contextual;
mod failure;
mod fitting;
mod json;
mod locate;
mod merge;
mod native;
mod represent;
mod scan;
mod value;

use std::collections::VecDeque;
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};

pub(crate) use call::{Outcome, local_request, remote_body};
use call::{Pending, prepare};
pub(crate) use fitting::{fitting_text, fitting_value};
pub(crate) use json::elements;
pub(crate) use locate::{Step, public_path};
pub(crate) use value::{Cursor, ListId, Object, ObjectId, Tree, Value};

use crate::context::OperationContext;
use crate::error::{GraphqlError, code};
use crate::flight::{Boarding, FetchKey, Flights, Mutations, QueryKey};
use crate::plan::{Fetch, FetchKind, Plan};
use crate::request::Variables;
use crate::response::GraphqlResponse;
use crate::schema::Schema;
use crate::transport::Transport;
use crate::upload::Uploads;

/// Requests of one operation that run at the same time; others wait.
const MAX_REQUESTS: usize = 64;
/// More errors than this help nobody.
const MAX_ERRORS: usize = 256;

/// What running a plan needs from the engine.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) schema: &'a Schema,
    pub(crate) transports: &'a [Transport],
    pub(crate) variables: &'a Variables,
    /// Files that placeholders in the variables stand for.
    pub(crate) uploads: &'a Uploads,
    pub(crate) context: &'a Arc<OperationContext>,
    /// Fetches to join; absent where an answer from before the operation began would be wrong.
    pub(crate) flights: Option<&'a Flights<FetchKey, Outcome>>,
    /// The mutations that it has to see.
    pub(crate) after: Mutations,
    /// Others that join the operation until its first answer.
    pub(crate) boarding: Option<&'a Boarding<QueryKey, GraphqlResponse>>,
}

/// Runs the only fetch of a plan.
pub(crate) async fn run_only(environment: Environment<'_>) -> Option<Outcome> {
    let first = prepare(environment, &Execution::default(), 0)
        .into_iter()
        .next();
    let Pending { outcome, .. } = first?;
    let deadline = environment.context.deadline.into();
    Some(
        tokio::time::timeout_at(deadline, outcome)
            .await
            .unwrap_or_else(|_| Outcome::Failed(late())),
    )
}

fn late() -> GraphqlError {
    GraphqlError::new(
        "the deadline of the operation has passed",
        code::UNAVAILABLE,
    )
}

/// Which fetches of a plan to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    /// What the client waits for.
    Early,
    /// What only deferred fragments need.
    Late,
}

impl Part {
    fn has(self, fetch: &Fetch) -> bool {
        match self {
            Self::Whole => true,
            Self::Early => !fetch.late,
            Self::Late => fetch.late,
        }
    }
}

/// An operation on its way: the data so far and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Execution {
    /// The root object.
    pub(crate) data: Value,
    pub(crate) tree: Tree,
    pub(crate) errors: Vec<GraphqlError>,
}

impl Execution {
    /// Runs all fetches of a plan; `first` is an answer to fetch 0 that is already there, for an event of a
    /// subscription.
    pub(crate) async fn run(environment: Environment<'_>, first: Option<Outcome>) -> Self {
        let mut execution = Self::begin();
        Self::advance(&mut execution, environment, first, Part::Whole).await;
        execution
    }

    /// An execution of which nothing has run.
    pub(crate) fn begin() -> Self {
        let mut execution = Self {
            tree: Tree::roomy(),
            ..Self::default()
        };
        execution.data = Value::Object(execution.tree.add_object(None, &[]));
        execution
    }

    /// Runs a part of the fetches.
    pub(crate) async fn advance(
        execution: &mut Self,
        environment: Environment<'_>,
        first: Option<Outcome>,
        part: Part,
    ) {
        let plan = environment.plan;
        // what another part has run is there
        let mut waiting: Vec<usize> = plan
            .fetches
            .iter()
            .map(|fetch| {
                let needs = fetch.needs.iter();
                needs.filter(|need| part.has(&plan.fetches[**need])).count()
            })
            .collect();
        let mut ready: Vec<usize> = (0..plan.fetches.len())
            .filter(|index| waiting[*index] == 0 && part.has(&plan.fetches[*index]))
            .collect();
        // the last is taken first: keep the order of the document
        ready.reverse();
        if let Some(outcome) = first {
            ready.retain(|index| *index != 0);
            execution.absorb(environment, 0, Vec::new(), outcome);
            execution.release(plan, 0, part, &mut waiting, &mut ready);
        }
        // requests of a fetch that are not answered
        let mut open = vec![0; plan.fetches.len()];
        let mut queue = VecDeque::new();
        let mut running = FuturesUnordered::new();
        // one timer for the whole operation: setting one for every answer costs more than reading a small answer
        let mut deadline = std::pin::pin!(tokio::time::sleep_until(
            environment.context.deadline.into()
        ));
        loop {
            while let Some(index) = ready.pop() {
                let requests = prepare(environment, execution, index);
                if requests.is_empty() {
                    // there is nothing to ask
                    execution.release(plan, index, part, &mut waiting, &mut ready);
                }
                open[index] = requests.len();
                queue.extend(requests.into_iter().map(|request| (index, request)));
            }
            while running.len() < MAX_REQUESTS
                && let Some((index, request)) = queue.pop_front()
            {
                let Pending {
                    represented,
                    outcome,
                } = request;
                running.push(async move { (index, represented, outcome.await) });
            }
            tokio::select! {
                biased;
                landed = running.next() => match landed {
                    Some((index, represented, outcome)) => {
                        if let Some(boarding) = environment.boarding {
                            boarding.close();
                        }
                        execution.absorb(environment, index, represented, outcome);
                        open[index] -= 1;
                        if open[index] == 0 {
                            execution.release(plan, index, part, &mut waiting, &mut ready);
                        }
                    }
                    None => break,
                },
                () = &mut deadline => {
                    // dropping what still runs cancels it
                    execution.fail(late());
                    break;
                }
            }
        }
    }

    fn release(
        &self,
        plan: &Plan,
        index: usize,
        part: Part,
        waiting: &mut [usize],
        ready: &mut Vec<usize>,
    ) {
        let feeds = plan.fetches[index].feeds.iter().rev();
        for next in feeds.filter(|next| part.has(&plan.fetches[**next])) {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.push(*next);
            }
        }
    }

    fn fail(&mut self, error: GraphqlError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    /// Takes up the outcome of a fetch.
    fn absorb(
        &mut self,
        environment: Environment<'_>,
        index: usize,
        represented: Vec<represent::Represented>,
        outcome: Outcome,
    ) {
        let fetch = &environment.plan.fetches[index];
        let (data, errors) = match outcome {
            Outcome::Json(bytes) => {
                let source = self.tree.add_source(bytes.clone());
                match json::read_answer(
                    &bytes,
                    source,
                    &mut self.tree,
                    &fetch.shape,
                    environment.schema,
                ) {
                    Ok(answer)
                        if answer.errors.is_empty()
                            && !matches!(answer.data, Some(Value::Object(_))) =>
                    {
                        (Value::Null, vec![call::unusable("neither data nor errors")])
                    }
                    Ok(answer) => (answer.data.unwrap_or_default(), answer.errors),
                    Err(malformed) => {
                        tracing::warn!(subgraph = %environment.plan.subgraph(fetch), %malformed, "unusable answer");
                        (
                            Value::Null,
                            vec![call::unusable("an answer that is no GraphQL response")],
                        )
                    }
                }
            }
            Outcome::Native(response) => {
                let tree = &mut self.tree;
                let data = native::take_up(&response.data, &fetch.shape, tree, environment.schema);
                (data, response.errors)
            }
            Outcome::Failed(error) => (Value::Null, vec![error]),
        };
        let explained = !errors.is_empty();
        for error in errors {
            self.attribute(environment, index, &represented, error);
        }
        match (&fetch.kind, data) {
            (FetchKind::Root, data) => {
                self.data = merge::merge(&mut self.tree, self.data, data, environment.schema);
            }
            (FetchKind::Entities(batches), Value::Object(answer)) => {
                for (batch, represented) in batches.iter().zip(&represented) {
                    let entities = self.tree.get(self.tree.object(answer), batch.alias);
                    match entities {
                        // of another number it cannot be told which of them is whose
                        Some(Value::List(entities))
                            if self.tree.items(entities).len() == represented.len() =>
                        {
                            self.distribute(environment, represented, entities);
                        }
                        _ if explained || represented.len() == 0 => {}
                        _ => {
                            let error = call::unusable("other entities than it was asked for");
                            let error = error.from_subgraph(environment.plan.subgraph(fetch));
                            let place = failure::common_path(batch, &environment.plan.symbols);
                            self.fail(error.at(place));
                        }
                    }
                }
            }
            (FetchKind::Query(_), Value::Object(_)) => {
                let answer = self.tree.add_list(&[data]);
                for standing in &represented {
                    self.distribute(environment, standing, answer);
                }
            }
            (FetchKind::Entities(_) | FetchKind::Query(_), _) => {}
        }
    }

    /// Gives every object the entity that was fetched for it. Objects at the same path share what stands below the
    /// entity, for everything that comes later comes to all of them; objects at different paths do not, nor do any when
    /// what comes depends on what stands above.
    fn distribute(
        &mut self,
        environment: Environment<'_>,
        represented: &represent::Represented,
        entities: ListId,
    ) {
        let apart = environment.plan.is_contextual();
        // by representation: the last path that took the entity, and how many objects took it there
        let mut taken: Vec<(usize, u32)> = vec![(usize::MAX, 0); self.tree.items(entities).len()];
        for (path, assigned) in represented.assignment.iter().enumerate() {
            for (object, index) in assigned {
                let index = *index as usize;
                let Some(Value::Object(entity)) = self.tree.items(entities).get(index).copied()
                else {
                    continue;
                };
                let (last_path, times) = &mut taken[index];
                if *last_path == path && !apart {
                    *times += 1;
                } else {
                    if *last_path != usize::MAX {
                        self.tree.unshare(entity);
                    }
                    (*last_path, *times) = (path, 1);
                }
                let type_id = self.tree.object(entity).type_id;
                merge::merge_type(&mut self.tree, *object, type_id, environment.schema);
                for part in 0..self.tree.parts(entity) {
                    let part = self.tree.part(entity, part);
                    if *times == 2 {
                        self.tree.share(part);
                    }
                    merge::merge_part(&mut self.tree, *object, part, environment.schema);
                }
            }
        }
    }
}
