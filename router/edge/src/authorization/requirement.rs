//! What a caller has to have to see something.

use platform_identity::Identity;
use router_engine::syntax::{Directive, Value};

/// One of these lists, all of its members: `[["a", "b"], ["c"]]` is «a and b, or c».
type Alternatives = Vec<Vec<String>>;

/// What a caller has to have to see something; all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Requirement {
    authenticated: bool,
    scopes: Vec<Alternatives>,
    policies: Vec<Alternatives>,
}

/// What a caller does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lack {
    /// Nobody knows who it is.
    Identity,
    /// Permissions, as text.
    Scopes(String),
    /// A policy does not let it.
    Policy,
}

impl Requirement {
    /// What the directives on one type or field declare; nothing if none of them is about authorisation.
    ///
    /// A declaration that cannot be read is an error: it must not count for none.
    pub(super) fn of(directives: &[Directive]) -> Result<Option<Self>, String> {
        let mut requirement = Self::default();
        for directive in directives {
            match directive.name.as_str() {
                "authenticated" => requirement.authenticated = true,
                "requiresScopes" => {
                    requirement.authenticated = true;
                    requirement.scopes.push(alternatives(directive, "scopes")?);
                }
                "policy" => requirement
                    .policies
                    .push(alternatives(directive, "policies")?),
                _ => {}
            }
        }
        Ok(Some(requirement).filter(|requirement| *requirement != Self::default()))
    }

    /// What the caller does not have of identity and permissions.
    pub(super) fn lack(&self, identity: &Identity) -> Option<Lack> {
        if self.authenticated && !identity.is_authenticated() {
            return Some(Lack::Identity);
        }
        let missing = self.scopes.iter().find(|any| {
            !any.iter()
                .any(|all| all.iter().all(|scope| identity.has_scope(scope)))
        })?;
        Some(Lack::Scopes(
            missing
                .iter()
                .map(|all| all.join(" "))
                .collect::<Vec<_>>()
                .join(" or "),
        ))
    }

    /// The policies to be asked.
    pub(super) fn policies(&self) -> &[Alternatives] {
        &self.policies
    }
}

fn alternatives(directive: &Directive, argument: &str) -> Result<Alternatives, String> {
    let malformed = || {
        format!(
            "@{} without a list of lists of strings in {argument}",
            directive.name
        )
    };
    let value = directive
        .arguments
        .iter()
        .find(|(name, _)| name == argument)
        .ok_or_else(malformed)?;
    let Value::List(any) = &value.1 else {
        return Err(malformed());
    };
    any.iter()
        .map(|all| match all {
            Value::List(all) => all
                .iter()
                .map(|one| match one {
                    Value::String(text) => Ok(text.clone()),
                    _ => Err(malformed()),
                })
                .collect(),
            _ => Err(malformed()),
        })
        .collect()
}
