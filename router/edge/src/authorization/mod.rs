//! Declared authorisation: `@authenticated`, `@requiresScopes` and `@policy` of the supergraph, enforced before anything
//! is fetched.

mod field_set;
mod model;
mod requirement;

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use platform_identity::Identity;
use platform_types::ErrorCode;
use router_engine::{Engine, GraphqlError, GraphqlRequest};

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

    /// Refuses an operation that selects anything that the caller may not see. Fields of interfaces and unions count for
    /// every type that an answer could be of.
    pub(crate) async fn check(
        &self,
        engine: &Engine,
        request: &GraphqlRequest,
        identity: &Identity,
        authenticator: &dyn Authenticator,
    ) -> Result<(), NotAdmitted> {
        let model = self.models.load_full();
        if model.is_open() {
            return Ok(());
        }
        let coordinates = engine
            .coordinates(request)
            .await
            .map_err(NotAdmitted::ByEngine)?;
        let mut lacks: BTreeSet<(&str, &str, Lack)> = BTreeSet::new();
        for (ty, field) in &coordinates {
            for requirement in model.requirements(ty, field) {
                if let Some(lack) = lack(requirement, identity, authenticator).await {
                    lacks.insert((ty, field, lack));
                }
            }
        }
        if lacks.is_empty() {
            Ok(())
        } else {
            Err(refusal(&lacks).into())
        }
    }
}

async fn lack(
    requirement: &Requirement,
    identity: &Identity,
    authenticator: &dyn Authenticator,
) -> Option<Lack> {
    if let Some(lack) = requirement.lack(identity) {
        return Some(lack);
    }
    for alternatives in requirement.policies() {
        let mut granted = false;
        for all in alternatives {
            let mut every = true;
            for policy in all {
                every = every && authenticator.allows(identity, policy).await;
            }
            granted = granted || every;
        }
        if !granted {
            return Some(Lack::Policy);
        }
    }
    None
}

fn refusal(lacks: &BTreeSet<(&str, &str, Lack)>) -> Refused {
    let unknown = lacks.iter().any(|(_, _, lack)| *lack == Lack::Identity);
    let (code, message) = if unknown {
        (ErrorCode::Unauthenticated, "sign in to select")
    } else {
        (ErrorCode::Forbidden, "not permitted to select")
    };
    let mut fields: Vec<String> = lacks
        .iter()
        .map(|(ty, field, _)| format!("{ty}.{field}"))
        .collect();
    fields.dedup();
    let more = fields.len().saturating_sub(MAX_LISTED);
    fields.truncate(MAX_LISTED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let mut refused = Refused::document(code, format!("{message} {}{rest}", fields.join(", ")));
    let scopes: BTreeSet<&str> = lacks
        .iter()
        .filter_map(|(_, _, lack)| match lack {
            Lack::Scopes(text) => Some(text.as_str()),
            Lack::Identity | Lack::Policy => None,
        })
        .collect();
    if !scopes.is_empty() {
        insert(
            &mut refused.error,
            "requiredScopes",
            scopes.into_iter().collect::<Vec<_>>().join(" and "),
        );
    }
    refused
}

fn insert(error: &mut GraphqlError, key: &str, value: String) {
    error.extensions.insert(key.to_owned(), value.into());
}
