//! Authorisation that follows from other authorisation
//!
//! An interface demands what any implementation demands, so that no selection on the interface
//! gets around it; and a field that reads others by `@requires` or `@fromContext` must itself
//! demand what they demand.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ast::{Directive, Kind, Known, Name, Value, find};
use crate::error::ErrorCode;
use crate::field_set::{self, Selection};
use crate::merge::Merger;
use crate::merge::applied::conjunction;
use crate::merge::memory::Implementations;
use crate::supergraph::{GraphId, SuperField, Supergraph};
use crate::validate::contexts;
use crate::validate::scope::{Scope, View};

const KINDS: [Known; 3] = [Known::Authenticated, Known::RequiresScopes, Known::Policy];

fn demands(directives: &[Directive]) -> Vec<Directive> {
    directives
        .iter()
        .filter(|directive| KINDS.contains(&directive.known))
        .cloned()
        .collect()
}

impl Merger<'_> {
    /// Gives interfaces and their fields what their implementations demand.
    pub(super) fn spread_authorisation(
        &mut self,
        supergraph: &mut Supergraph,
        implementations: &Implementations,
    ) {
        if !self.applied.any_authorisation() {
            return;
        }
        let mut additions: Vec<(Name, Option<Name>, Vec<Directive>)> = Vec::new();
        for interface in supergraph
            .types
            .values()
            .filter(|ty| ty.kind == Kind::Interface)
        {
            let implementations: Vec<_> = implementations
                .of(&interface.name)
                .iter()
                .filter_map(|name| supergraph.types.get(name))
                .collect();
            let whole: Vec<Directive> = implementations
                .iter()
                .flat_map(|ty| demands(&ty.directives))
                .collect();
            additions.push((interface.name.clone(), None, whole));
            for field in interface.fields.keys() {
                let all: Vec<Directive> = implementations
                    .iter()
                    .filter_map(|ty| ty.fields.get(field))
                    .flat_map(|field| demands(&field.field.directives))
                    .collect();
                additions.push((interface.name.clone(), Some(field.clone()), all));
            }
        }
        for (ty, field, all) in additions.into_iter().filter(|(.., all)| !all.is_empty()) {
            let names = self.applied.clone();
            let Some(ty) = supergraph.types.get_mut(&ty) else {
                continue;
            };
            let ty = Arc::make_mut(ty);
            let directives = match field {
                None => &mut ty.directives,
                Some(field) => match ty.fields.get_mut(&field) {
                    Some(field) => &mut Arc::make_mut(field).field.directives,
                    None => continue,
                },
            };
            for known in KINDS {
                let same: Vec<&Directive> = directives
                    .iter()
                    .chain(&all)
                    .filter(|directive| directive.known == known)
                    .collect();
                if same.is_empty() {
                    continue;
                }
                let name = names.name(known);
                let mut merged = match known {
                    Known::RequiresScopes => conjunction(&name, "scopes", same.into_iter()),
                    Known::Policy => conjunction(&name, "policies", same.into_iter()),
                    _ => Directive::new(&name, Vec::new()),
                };
                merged.known = known;
                directives.retain(|directive| directive.known != known);
                directives.push(merged);
            }
        }
    }

    /// Checks fields that read others.
    pub(super) fn check_transitive_authorisation(&mut self, scope: &Scope<'_>) {
        if !self.applied.any_authorisation() {
            return;
        }
        for ty in scope.types() {
            let view = scope.seen_from(&ty.name);
            for field in ty.fields.values() {
                for join in &field.joins {
                    let Some(graph) = join.graph else { continue };
                    let mut needed: Vec<(String, Vec<Directive>)> = Vec::new();
                    if let Some(Ok(selections)) = join.requires.as_deref().map(field_set::parse) {
                        collect(view, &ty.name, &selections, &mut needed);
                    }
                    for argument in &join.context_arguments {
                        let Some(Ok(selections)) = Some(field_set::parse(&argument.selection))
                        else {
                            continue;
                        };
                        for setter in scope.supergraph.types.values() {
                            let sets = setter.directives.iter().any(|directive| {
                                directive.known == Known::Context
                                    && directive.text("name") == Some(&argument.context)
                            });
                            if sets {
                                collect(view, &setter.name, &selections, &mut needed);
                            }
                        }
                    }
                    if needed.is_empty() {
                        continue;
                    }
                    self.compare(&ty.name, &ty.directives, field, graph, &needed);
                }
            }
        }
    }

    fn compare(
        &mut self,
        ty: &Name,
        above: &[Directive],
        field: &SuperField,
        graph: GraphId,
        needed: &[(String, Vec<Directive>)],
    ) {
        let own: Vec<Directive> = demands(above)
            .into_iter()
            .chain(demands(&field.field.directives))
            .collect();
        for (read, demanded) in needed {
            if demanded.iter().all(|demand| implied(&own, demand)) {
                continue;
            }
            let coordinate = format!("{ty}.{}", field.field.name);
            let at = self.subgraphs[usize::from(graph)]
                .types
                .get(ty)
                .and_then(|ty| ty.fields.get(&field.field.name))
                .map(|field| (graph, field.at));
            self.error(
                ErrorCode::MissingTransitiveAuthRequirements,
                format!("field \"{coordinate}\" does not specify necessary @authenticated, @requiresScopes and/or @policy auth requirements to access the transitive field \"{read}\""),
                Some(coordinate),
                at.into_iter().collect(),
            );
            return;
        }
    }
}

/// All demands of the fields that a selection reads, and of their types.
fn collect(
    view: View<'_, '_>,
    ty: &str,
    selections: &[Selection],
    out: &mut Vec<(String, Vec<Directive>)>,
) {
    let Some(ty) = view.get(ty) else {
        return;
    };
    for selection in selections {
        match selection {
            Selection::Field { name, inner, .. } => {
                let Some(field) = ty.fields.get(name) else {
                    continue;
                };
                let mut all = demands(&field.field.directives);
                if let Some(target) = view.get(field.field.ty.base()) {
                    all.extend(demands(&target.directives));
                }
                out.push((format!("{}.{name}", ty.name), all));
                collect(view, field.field.ty.base(), inner, out);
            }
            Selection::On {
                condition, inner, ..
            } => {
                let condition = condition.as_ref().unwrap_or(&ty.name);
                if let Some(target) = view.get(condition) {
                    out.push((target.name.to_string(), demands(&target.directives)));
                }
                collect(view, condition, inner, out);
            }
        }
    }
}

/// Does whoever meets `own` meet the demand as well? Each is a choice between sets.
fn implied(own: &[Directive], demand: &Directive) -> bool {
    if demand.known == Known::Authenticated {
        return find(own, Known::Authenticated).is_some();
    }
    let argument = if demand.known == Known::Policy {
        "policies"
    } else {
        "scopes"
    };
    let sets = |directive: &Directive| -> Vec<BTreeSet<String>> {
        directive
            .argument(argument)
            .map(|value| {
                value
                    .items()
                    .iter()
                    .map(|set| {
                        set.items()
                            .iter()
                            .filter_map(Value::as_str)
                            .map(str::to_owned)
                            .collect()
                    })
                    .collect()
            })
            .unwrap_or_default()
    };
    let wanted = sets(demand);
    let mine: Vec<&Directive> = own
        .iter()
        .filter(|directive| directive.known == demand.known)
        .collect();
    if mine.is_empty() {
        return wanted.is_empty() || wanted.iter().any(BTreeSet::is_empty);
    }
    let mine = sets(&conjunction("", argument, mine.into_iter()));
    mine.iter()
        .all(|have| wanted.iter().any(|want| want.is_subset(have)))
}

/// The arguments of a field that contexts fill, as the supergraph writes them.
pub(super) fn context_arguments(
    subgraph: &str,
    field: &crate::ast::Field,
) -> Vec<crate::supergraph::ContextArgument> {
    field
        .arguments
        .iter()
        .filter_map(|argument| {
            let (name, selection) =
                contexts::split(argument.directive(Known::FromContext)?.text("field")?)?;
            Some(crate::supergraph::ContextArgument {
                name: argument.name.clone(),
                ty: argument.ty.clone(),
                context: format!("{subgraph}__{name}").into(),
                selection: selection.into(),
            })
        })
        .collect()
}
