use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    ObjectType, Response, SDLExportOptions, Schema, SchemaBuilder, SubscriptionType, UploadValue,
    Variables,
};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use platform_types::ErrorCode;

use super::authorization::{Allowed, Enforcer, Rules};
use crate::ctx::Origin;
use crate::module::Runtime;
use crate::{Ctx, Error};

/// Time that one event of a subscription may take to resolve.
const EVENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Marks the requests whose root is a stream: each of their events gets a context of its own.
pub(super) struct PerEvent(pub(super) Duration);

/// Marks the requests whose document the router of this process made.
pub(super) struct MadeByRouter;

/// A module's part of the supergraph, however it is reached.
pub trait Subgraph: Send + Sync {
    /// Name in the supergraph: the module's id.
    fn name(&self) -> &str;

    /// The schema for composition, with federation directives.
    fn sdl(&self) -> &str;

    /// Runs a query or mutation.
    fn execute(&self, request: SubgraphRequest) -> BoxFuture<'static, Response>;

    /// Runs a subscription; a query or mutation gives a stream of one response.
    fn subscribe(&self, request: SubgraphRequest) -> BoxStream<'static, Response>;
}

/// What to run, and on whose behalf.
pub struct SubgraphRequest {
    /// The operation's document.
    pub document: Document,
    /// Which operation of the document.
    pub operation_name: Option<String>,
    /// Values of its variables.
    pub variables: Variables,
    /// Files that the variables name: the placeholder `#__graphql_file__:N` stands for the one at `N`. A resolver takes
    /// one as an argument of type [`async_graphql::Upload`].
    pub uploads: Vec<UploadValue>,
    /// Who asks, and until when.
    pub origin: Origin,
}

/// A document as text from outside, or already parsed by the router in this process.
pub enum Document {
    /// Not looked at yet: the guard runs first.
    Text(String),
    /// Made, guarded and parsed by the router.
    Parsed(Arc<ExecutableDocument>),
}

/// A [`Subgraph`] over an async-graphql schema.
pub struct SchemaSubgraph<Q, M, S> {
    inner: Arc<Inner<Q, M, S>>,
}

struct Inner<Q, M, S> {
    schema: Schema<Q, M, S>,
    runtime: Arc<Runtime>,
    rules: Arc<OnceLock<Rules>>,
    sdl: String,
    limits: platform_guard::Limits,
}

impl<Q, M, S> SchemaSubgraph<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Finishes the schema and reads its authorisation rules out of its own directives.
    ///
    /// # Errors
    /// A sentence for the developer when a root type has another name than the specification's, or
    /// a root field or an entity declares no rule.
    pub fn new(runtime: Arc<Runtime>, builder: SchemaBuilder<Q, M, S>) -> Result<Self, String> {
        // The federation export leaves `schema { … }` out, so the roots have to have their own names.
        for (name, allowed) in [
            (Q::type_name(), ["Query", "Query"]),
            (M::type_name(), ["Mutation", "EmptyMutation"]),
            (S::type_name(), ["Subscription", "EmptySubscription"]),
        ] {
            if !allowed.contains(&name.as_ref()) {
                return Err(format!("root type {name} must be named {}", allowed[0]));
            }
        }
        // The rules are read from the finished schema, and the enforcer has to be part of it.
        let rules = Arc::new(OnceLock::new());
        let schema = builder
            .enable_federation()
            .enable_subscription_in_federation()
            .extension(Enforcer(rules.clone()))
            .finish();
        let exported = schema.sdl_with_options(
            SDLExportOptions::new()
                .federation()
                .include_specified_by()
                .use_space_ident(),
        );
        let read = Rules::read(&exported)?;
        rules.get_or_init(|| read);
        Ok(Self {
            inner: Arc::new(Inner {
                schema,
                runtime,
                rules,
                sdl: for_composition(&exported),
                limits: platform_guard::Limits::default(),
            }),
        })
    }
}

impl<Q, M, S> Inner<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Guard, parse, root rules: what comes before execution, for every transport.
    fn prepare(
        &self,
        request: SubgraphRequest,
    ) -> Result<(async_graphql::Request, Ctx), Box<Response>> {
        let refuse = |error: Error| Box::new(failure(error));
        let made_by_router = matches!(request.document, Document::Parsed(_));
        let document = match request.document {
            Document::Parsed(document) => Arc::unwrap_or_clone(document),
            Document::Text(text) => {
                platform_guard::check(&text, &self.limits)
                    .map_err(|refusal| refuse(Error::bad_input(refusal.to_string())))?;
                async_graphql::parser::parse_query(&text)
                    .map_err(|e| refuse(Error::bad_input(e.to_string())))?
            }
        };
        let ctx = Ctx::new(self.runtime.clone(), request.origin);
        let name = request.operation_name.as_deref();
        let mut may_all = false;
        if let Some(rules) = self.rules.get() {
            may_all = rules.allow_all(&ctx, &document, name);
            if !may_all {
                rules.check_roots(&ctx, &document, name).map_err(refuse)?;
            }
        }
        let mut prepared = async_graphql::Request::new("")
            .variables(request.variables)
            .data(ctx.clone());
        if made_by_router {
            prepared = prepared.data(MadeByRouter);
        }
        if may_all {
            prepared = prepared.data(Allowed);
        }
        prepared.operation_name = request.operation_name;
        prepared.uploads = request.uploads;
        prepared.set_parsed_query(document);
        Ok((prepared, ctx))
    }
}

impl<Q, M, S> Subgraph for SchemaSubgraph<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    #[expect(
        clippy::misnamed_getters,
        reason = "a subgraph is named by its module's id"
    )]
    fn name(&self) -> &str {
        &self.inner.runtime.manifest.id
    }

    fn sdl(&self) -> &str {
        &self.inner.sdl
    }

    fn execute(&self, request: SubgraphRequest) -> BoxFuture<'static, Response> {
        let inner = self.inner.clone();
        async move {
            let (prepared, ctx) = match inner.prepare(request) {
                Ok(prepared) => prepared,
                Err(response) => return *response,
            };
            let run = AssertUnwindSafe(inner.schema.execute(prepared)).catch_unwind();
            let outcome = tokio::select! {
                outcome = run => outcome,
                () = tokio::time::sleep_until(ctx.deadline().into()) => {
                    return failure(Error::unavailable("the deadline passed in a resolver"));
                }
                () = ctx.cancel().cancelled() => {
                    return failure(Error::unavailable("the caller went away"));
                }
            };
            match outcome {
                Ok(response) => with_codes(response),
                Err(_) => failure(Error::internal("a resolver panicked")),
            }
        }
        .boxed()
    }

    fn subscribe(&self, request: SubgraphRequest) -> BoxStream<'static, Response> {
        let inner = self.inner.clone();
        async_stream::stream! {
            let (prepared, ctx) = match inner.prepare(request) {
                Ok(prepared) => prepared,
                Err(response) => {
                    yield *response;
                    return;
                }
            };
            let prepared = prepared.data(PerEvent(EVENT_TIMEOUT));
            let mut stream = AssertUnwindSafe(inner.schema.execute_stream(prepared)).catch_unwind();
            loop {
                let next = tokio::select! {
                    next = stream.next() => next,
                    () = ctx.cancel().cancelled() => return,
                };
                match next {
                    Some(Ok(response)) => yield with_codes(response),
                    Some(Err(_)) => {
                        yield failure(Error::internal("a resolver panicked"));
                        return;
                    }
                    None => return,
                }
            }
        }
        .boxed()
    }
}

/// A response that is one error and no data.
fn failure(error: Error) -> Response {
    Response::from_errors(vec![error.to_graphql(Default::default())])
}

/// Turns what resolvers failed with into what clients may see.
///
/// async-graphql keeps the error value that a resolver returned: ours is given its public half and
/// code, a foreign one (an `sqlx::Error` that slipped through `?`) is masked. What has no value was
/// made by async-graphql itself and is about the request: unknown fields, values that do not parse.
fn with_codes(mut response: Response) -> Response {
    for error in &mut response.errors {
        let pos = error.locations.first().copied().unwrap_or_default();
        let ours = match (error.source::<Error>(), &error.source) {
            (Some(ours), _) => Some(ours.to_graphql(pos)),
            (None, Some(_)) => Some(Error::internal(error.message.clone()).to_graphql(pos)),
            (None, None) => None,
        };
        if let Some(ours) = ours {
            error.message = ours.message;
            error.extensions = ours.extensions;
            error.source = None;
            continue;
        }
        let extensions = error.extensions.get_or_insert_with(Default::default);
        if extensions.get("code").is_none() {
            extensions.set("code", ErrorCode::BadUserInput.as_str());
        }
    }
    response
}

/// Directives that the federation specification defines, or that are ours alone.
const DEFINED_ELSEWHERE: [&str; 3] = [
    "directive @authenticated ",
    "directive @public ",
    "directive @requiresScopes(",
];

/// The exported schema as the composer wants it: `@authenticated` imported from the federation
/// specification instead of defined here, and our own `@public` gone, because a field without a
/// declaration is open in the specification's terms.
fn for_composition(exported: &str) -> String {
    let mut sdl = String::with_capacity(exported.len());
    let mut in_description = false;
    for line in exported.lines() {
        let quotes = line.matches("\"\"\"").count();
        let is_text = in_description || quotes > 0;
        if quotes % 2 == 1 {
            in_description = !in_description;
        }
        if is_text {
            sdl.push_str(line);
        } else if DEFINED_ELSEWHERE.iter().any(|d| line.starts_with(d)) {
            continue;
        } else if line.trim_start().starts_with("import: [\"@key\"") {
            sdl.push_str(&line.replacen("[\"@key\"", "[\"@authenticated\", \"@key\"", 1));
        } else {
            sdl.push_str(&line.replace(" @public", ""));
        }
        sdl.push('\n');
    }
    sdl
}
