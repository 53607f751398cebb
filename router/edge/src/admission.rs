//! The way of every operation to the engine, the same on every transport: rates, guard, introspection, authorisation,
//! a free slot. Only what passed all of it is planned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use http::StatusCode;
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{
    Delivery, Denied, GraphqlError, GraphqlRequest, GraphqlResponse, OperationContext,
    OperationKind,
};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument as _, Span};

use crate::authentication::{AuthenticationError, Credential};
use crate::caller::Caller;
use crate::config::Introspection;
use crate::connection::Connection;
use crate::document::Document;
use crate::edge::Shared;
use crate::observe;
use crate::quota::Holder;
use crate::rate::Left;
use crate::refused::Refused;
use crate::settings::Settings;

/// An operation that may run.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) request: GraphqlRequest,
    pub(crate) kind: OperationKind,
    /// Names the request, the operation and the caller in every line of the log.
    pub(crate) span: Span,
    document: Arc<Document>,
    /// What the caller may not see of it.
    pub(crate) denied: Option<Arc<Denied>>,
    pub(crate) context: OperationContext,
    /// Held while the operation runs; a subscription gives it back when it has begun.
    pub(crate) slot: OwnedSemaphorePermit,
    /// What it was estimated at, if anybody wants to know.
    cost: Option<u64>,
    /// What was in force when it was let in.
    settings: Arc<Settings>,
}

impl Admitted {
    /// The label under which the operation is counted.
    pub(crate) fn label(&self) -> &str {
        self.document.label.get().map_or("", |label| label)
    }
}

/// The edge's own answer or the engine's, in place of a run.
#[derive(Debug)]
pub(crate) enum NotAdmitted {
    ByEdge(Refused),
    ByEngine(GraphqlResponse),
}

impl From<Refused> for NotAdmitted {
    fn from(refused: Refused) -> Self {
        Self::ByEdge(refused)
    }
}

impl Shared {
    /// Finds out who shows a credential. Keys cost a question to somebody else: an address that shows many wrong ones is not
    /// asked about any more, so that guessing keys takes the turn of nobody who has one.
    pub(crate) async fn authenticate(
        &self,
        credential: &Credential,
        connection: &Connection,
    ) -> Result<Identity, Refused> {
        let settings = self.settings_for(connection);
        if credential.is_key() {
            settings.rates.may_show_key(connection.address).await?;
        }
        let shown = self.authenticator.authenticate(credential).await;
        if credential.is_key() && shown == Err(AuthenticationError::Invalid) {
            settings.rates.key_refused(connection.address).await;
        }
        Ok(shown?)
    }

    /// Counts operations against the quotas of whoever sends them.
    pub(crate) async fn count(
        &self,
        identity: &Identity,
        connection: &Connection,
        operations: usize,
    ) -> Result<Option<Left>, Refused> {
        let operations = u32::try_from(operations).unwrap_or(u32::MAX);
        let settings = self.settings_for(connection);
        settings
            .rates
            .take(&Holder::of(identity, connection.address), operations)
            .await
    }

    /// Lets one operation in, or not.
    pub(crate) async fn admit(
        &self,
        mut request: GraphqlRequest,
        identity: &Identity,
        connection: &Connection,
    ) -> Result<Admitted, NotAdmitted> {
        let settings = self.settings_for(connection);
        let document = resolve(&settings, &mut request, identity)?;
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| {
            metrics::counter!("tessera_edge_shed_total").increment(1);
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Refused::too_many(
                status,
                "too many operations are under way",
                Duration::from_secs(1),
            )
        })?;
        let kind = match document.kind.get() {
            Some(kind) => *kind,
            None => {
                let kind = self.engine.operation_kind(&request);
                let kind = kind.map_err(NotAdmitted::ByEngine)?;
                *document.kind.get_or_init(|| kind)
            }
        };
        let config = &settings.config.cost;
        let cost = self.costs.check(&request, document.digest, config)?;
        let denied = self
            .authorization
            .check(&self.engine, &request, kind, identity, &*self.authenticator)
            .await?;
        let caller = Caller::new(identity.clone(), self.signer.clone(), self.clock.clone());
        let context = OperationContext {
            principal: Arc::new(caller),
            deadline: Instant::now() + settings.config.operation_timeout(),
            trace_parent: connection.trace_parent.clone(),
            headers: connection.forwarded.clone(),
        };
        let name = document.label.get_or_init(|| self.names.label(&request));
        let span = tracing::info_span!(
            "edge.operation.run",
            kind = observe::kind(kind),
            operation = &**name,
            request_id = connection.request_id.to_str().unwrap_or_default(),
            subject = %identity.subject(),
        );
        Ok(Admitted {
            request,
            kind,
            span,
            document,
            denied,
            context,
            slot,
            cost,
            settings: Arc::clone(&settings),
        })
    }

    /// Runs a query or mutation that was let in.
    pub(crate) async fn run(&self, admitted: Admitted) -> GraphqlResponse {
        let Admitted {
            request,
            kind,
            span,
            document,
            context,
            denied,
            slot,
            cost,
            settings,
        } = admitted;
        let started = Instant::now();
        // The engine keeps to the deadline; this is the net below it.
        let config = &settings.config;
        let limit = config.operation_timeout() + Duration::from_secs(1);
        let run = self.engine.execute_without(request, context, denied);
        // put in its place once, not moved with everything that goes around it
        let run = Box::pin(run).instrument(span.clone());
        let response = tokio::time::timeout(limit, run).await;
        drop(slot);
        let response = response.unwrap_or_else(|_| GraphqlResponse::failed(vec![late()]));
        observe::answered(kind, &document, &response, started.elapsed());
        let response = span.in_scope(|| crate::mask::response(response, config.mask_errors));
        match cost.filter(|_| config.cost.report) {
            Some(cost) => crate::cost::reported(response, cost),
            None => response,
        }
    }
}

impl Shared {
    /// Runs a query for a client that takes deferred fragments in a later step. The operation keeps its place until the
    /// last step is given or nobody waits for it any more.
    pub(crate) async fn run_in_steps(&self, admitted: Admitted) -> Delivery {
        let Admitted {
            request,
            kind,
            span,
            document,
            context,
            denied,
            slot,
            cost,
            settings,
        } = admitted;
        let started = Instant::now();
        let config = &settings.config;
        let mask = config.mask_errors;
        let end = started + config.operation_timeout() + Duration::from_secs(1);
        let run = self
            .engine
            .execute_incremental(request, context, denied)
            .instrument(span.clone());
        let (response, rest) = match tokio::time::timeout_at(end.into(), run).await {
            Ok(Delivery::Parts { initial, rest }) => (initial, Some(rest)),
            Ok(Delivery::Whole(response)) => (response, None),
            Err(_) => (GraphqlResponse::failed(vec![late()]), None),
        };
        observe::answered(kind, &document, &response, started.elapsed());
        let response = span.in_scope(|| match rest {
            Some(_) => crate::mask::first_step(response, mask),
            None => crate::mask::response(response, mask),
        });
        let response = match cost.filter(|_| config.cost.report) {
            Some(cost) => crate::cost::reported(response, cost),
            None => response,
        };
        let Some(mut rest) = rest else {
            return Delivery::Whole(response);
        };
        let rest = async_stream::stream! {
            let _held_until_the_last_step = slot;
            loop {
                let next = rest.next().instrument(span.clone());
                match tokio::time::timeout_at(end.into(), next).await {
                    Ok(Some(step)) => yield span.in_scope(|| crate::mask::step(step, mask)),
                    Ok(None) => break,
                    Err(_) => {
                        yield crate::mask::failed_step(&late());
                        break;
                    }
                }
            }
        };
        Delivery::Parts {
            initial: response,
            rest: rest.boxed(),
        }
    }
}

fn late() -> GraphqlError {
    let message = "the operation took too long";
    GraphqlError::new(message, ErrorCode::Unavailable.as_str())
}

/// Puts the text in place of its hash, and lets the document in or not.
fn resolve(
    settings: &Settings,
    request: &mut GraphqlRequest,
    identity: &Identity,
) -> Result<Arc<Document>, Refused> {
    let name = request.operation_name.take();
    let refuse = |refusal: platform_guard::Refusal| {
        metrics::counter!(
            "tessera_edge_guard_refusals_total",
            "limit" => refusal.limit().map_or("syntax", platform_guard::Limit::name)
        )
        .increment(1);
        Refused::from(refusal)
    };
    let mut document = None;
    settings.persisted.resolve(request, |text| {
        let accept = || platform_guard::check(text, &settings.limits).map(|_| ());
        if text.len() > settings.limits.bytes {
            // not even looked up
            accept().map_err(refuse)?;
        }
        let found = settings.documents.get(text, name.as_deref(), accept);
        let found = found.map_err(refuse)?;
        check_introspection(settings.config.introspection, &found, identity)?;
        document = Some(found);
        Ok(())
    })?;
    request.operation_name = name;
    let document = document.ok_or_else(|| Refused::malformed("query is missing"))?;
    // one copy of the text serves everybody
    request.query = Arc::clone(&document.text);
    Ok(document)
}

fn check_introspection(
    to: Introspection,
    document: &Document,
    identity: &Identity,
) -> Result<(), Refused> {
    let open = match to {
        Introspection::Everyone => true,
        Introspection::Authenticated => identity.is_authenticated(),
        Introspection::Nobody => false,
    };
    if open || !document.names_schema() {
        return Ok(());
    }
    Err(Refused::document(
        ErrorCode::Forbidden,
        "the schema is not open to introspection",
    ))
}
