//! Declared authorisation: `@authenticated`, `@requiresScopes` and `@policy` of the supergraph, enforced before anything
//! is fetched.

mod field_set;
mod model;
mod requirement;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{Denied, Engine, GraphqlError, GraphqlRequest, GraphqlResponse, OperationKind};

use crate::admission::NotAdmitted;
use crate::authentication::Authenticator;
use crate::refused::Refused;
use model::Model;
use requirement::{Lack, Requirement};

/// Errors of one refusal that are listed; the rest is counted.
const MAX_LISTED: usize = 10;

/// Who may see what, for the supergraph that is being served.
#[derive(Debug)]
pub(crate) struct Authorization {
    models: ArcSwap<Models>,
}

/// The declarations in force, and while the engine changes supergraphs those of the next one as well.
#[derive(Debug)]
struct Models {
    current: Arc<Model>,
    next: Option<Arc<Model>>,
}

/// The declarations of a supergraph that is not served yet.
#[derive(Debug, Clone)]
pub(crate) struct Next(Arc<Model>);

impl Models {
    fn is_open(&self) -> bool {
        self.current.is_open() && self.next.as_ref().is_none_or(|next| next.is_open())
    }

    fn is_subscription(&self, ty: &str) -> bool {
        ty == self.current.subscription()
            || self
                .next
                .as_ref()
                .is_some_and(|next| ty == next.subscription())
    }

    fn requirements(&self, ty: &str, field: &str) -> impl Iterator<Item = &Requirement> {
        let next = self
            .next
            .iter()
            .flat_map(move |next| next.requirements(ty, field));
        self.current
            .requirements(ty, field)
            .iter()
            .chain(next)
            .map(AsRef::as_ref)
    }
}

impl Authorization {
    /// Reads the declarations of a supergraph.
    pub(crate) fn new(supergraph_sdl: &str) -> Result<Self, String> {
        let current = Arc::new(Model::new(supergraph_sdl)?);
        Ok(Self {
            models: ArcSwap::from_pointee(Models {
                current,
                next: None,
            }),
        })
    }

    /// Reads the declarations of another supergraph.
    pub(crate) fn prepare(&self, supergraph_sdl: &str) -> Result<Next, String> {
        Ok(Next(Arc::new(Model::new(supergraph_sdl)?)))
    }

    /// From now on both hold.
    pub(crate) fn hold_both(&self, next: &Next) {
        let current = Arc::clone(&self.models.load().current);
        self.models.store(Arc::new(Models {
            current,
            next: Some(Arc::clone(&next.0)),
        }));
    }

    /// From now on the next ones hold alone.
    pub(crate) fn settle(&self, next: Next) {
        self.models.store(Arc::new(Models {
            current: next.0,
            next: None,
        }));
    }

    /// From now on the current ones hold alone again.
    pub(crate) fn go_back(&self) {
        let current = Arc::clone(&self.models.load().current);
        self.models.store(Arc::new(Models {
            current,
            next: None,
        }));
    }

    /// What has to be taken out of an operation because its caller may not see it. Fields of interfaces and unions are
    /// looked at for every type that an answer could be of.
    ///
    /// A mutation is refused as a whole, and so is a subscription whose events may not be seen: half of a write, or an
    /// empty stream, is nothing that anybody asked for.
    pub(crate) async fn check(
        &self,
        engine: &Engine,
        request: &GraphqlRequest,
        kind: OperationKind,
        identity: &Identity,
        authenticator: &dyn Authenticator,
    ) -> Result<Option<Arc<Denied>>, NotAdmitted> {
        let models = self.models.load_full();
        if models.is_open() {
            return Ok(None);
        }
        let denied = lacking(&models, engine, request, identity, authenticator)
            .await
            .map_err(NotAdmitted::ByEngine)?;
        let at_root = |ty: &str| models.is_subscription(ty);
        let whole = match kind {
            OperationKind::Query => false,
            OperationKind::Mutation => !denied.is_empty(),
            OperationKind::Subscription => denied.iter().any(|(ty, _, _)| at_root(ty)),
        };
        if whole {
            return Err(refusal(&denied).into());
        }
        let errors = denied.into_iter().map(|(ty, field, lack)| {
            let error = error(&format!("{ty}.{field}"), &[&lack]);
            (ty, field, error)
        });
        Ok(Denied::new(errors).map(Arc::new))
    }

    /// Whether a caller, as it stands now, may not see a field of its operation that was not taken out `before`.
    pub(crate) async fn has_lost(
        &self,
        engine: &Engine,
        request: &GraphqlRequest,
        now: &Identity,
        authenticator: &dyn Authenticator,
        before: Option<&Denied>,
    ) -> bool {
        let models = self.models.load_full();
        if models.is_open() {
            return false;
        }
        match lacking(&models, engine, request, now, authenticator).await {
            Ok(denied) => denied.iter().any(|(ty, field, _)| {
                before.is_none_or(|before| before.error(ty, field).is_none())
            }),
            // An operation that another supergraph does not know runs on under the one that it began with.
            Err(_) => false,
        }
    }
}

/// The fields of an operation that its caller may not see, and why.
async fn lacking(
    models: &Models,
    engine: &Engine,
    request: &GraphqlRequest,
    identity: &Identity,
    authenticator: &dyn Authenticator,
) -> Result<Vec<(String, String, Lack)>, GraphqlResponse> {
    let coordinates = engine.coordinates(request).await?;
    let mut decided = HashMap::new();
    let mut denied = Vec::new();
    for (ty, field) in coordinates.iter() {
        for requirement in models.requirements(ty, field) {
            let lack = match requirement.lack(identity) {
                Some(lack) => Some(lack),
                None => refused_by_policy(requirement, identity, authenticator, &mut decided).await,
            };
            if let Some(lack) = lack {
                denied.push((ty.to_string(), field.to_string(), lack));
                break;
            }
        }
    }
    Ok(denied)
}

/// Whether a policy does not let the caller through; every policy is asked once per operation.
async fn refused_by_policy<'m>(
    requirement: &'m Requirement,
    identity: &Identity,
    authenticator: &dyn Authenticator,
    decided: &mut HashMap<&'m str, bool>,
) -> Option<Lack> {
    for alternatives in requirement.policies() {
        let mut granted = false;
        for all in alternatives {
            let mut every = true;
            for policy in all {
                let allowed = match decided.get(policy.as_str()) {
                    Some(allowed) => *allowed,
                    None => authenticator.allows(identity, policy).await,
                };
                decided.insert(policy, allowed);
                every = every && allowed;
            }
            granted = granted || every;
        }
        if !granted {
            return Some(Lack::Policy);
        }
    }
    None
}

fn refusal(denied: &[(String, String, Lack)]) -> Refused {
    let mut fields: Vec<String> = denied
        .iter()
        .map(|(ty, field, _)| format!("{ty}.{field}"))
        .collect();
    let more = fields.len().saturating_sub(MAX_LISTED);
    fields.truncate(MAX_LISTED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let lacks: Vec<&Lack> = denied.iter().map(|(_, _, lack)| lack).collect();
    let mut refused = Refused::document(ErrorCode::Forbidden, "");
    *refused.error = error(&format!("{}{rest}", fields.join(", ")), &lacks);
    refused
}

/// The error for what lacks something.
fn error(what: &str, lacks: &[&Lack]) -> GraphqlError {
    let (code, message) = if lacks.contains(&&Lack::Identity) {
        (ErrorCode::Unauthenticated, "sign in to select")
    } else {
        (ErrorCode::Forbidden, "not permitted to select")
    };
    let mut error = GraphqlError::new(format!("{message} {what}"), code.as_str());
    let scopes: BTreeSet<&str> = lacks
        .iter()
        .filter_map(|lack| match lack {
            Lack::Scopes(text) => Some(text.as_str()),
            Lack::Identity | Lack::Policy => None,
        })
        .collect();
    if !scopes.is_empty() {
        let text = scopes.into_iter().collect::<Vec<_>>().join(" and ");
        error
            .extensions
            .insert("requiredScopes".to_owned(), text.into());
    }
    error
}
