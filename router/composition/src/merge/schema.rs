//! The schema element: links and definitions for everything that was applied

use crate::ast::{DirectiveDef, Field, Known, Name, TypeRef, Value};
use crate::merge::Merger;
use crate::merge::applied::usual;
use crate::merge::coordinate::Coordinate;
use crate::merge::memory::Implementations;
use crate::supergraph::{GraphId, SuperLink, Supergraph};

impl Merger<'_> {
    /// Links and definitions for everything that was applied.
    pub(super) fn finish_schema(
        &mut self,
        supergraph: &mut Supergraph,
        implementations: &Implementations,
    ) {
        let subgraphs = self.subgraphs;
        supergraph.description = self.description(
            Coordinate::of("schema"),
            subgraphs
                .iter()
                .enumerate()
                .map(|(at, s)| (at as GraphId, s.schema_description.as_ref())),
        );
        let directives: Vec<_> = subgraphs
            .iter()
            .enumerate()
            .map(|(at, s)| (at as GraphId, s.schema_directives.as_slice()))
            .collect();
        supergraph.directives = self.merge_applied(Coordinate::of("schema"), "SCHEMA", &directives);
        self.spread_authorisation(supergraph, implementations);
        let used = self.applied.used;
        for (known, url, purpose) in [
            (Known::Tag, "https://specs.apollo.dev/tag/v0.3", None),
            (
                Known::Inaccessible,
                "https://specs.apollo.dev/inaccessible/v0.2",
                Some("SECURITY"),
            ),
            (
                Known::Authenticated,
                "https://specs.apollo.dev/authenticated/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::RequiresScopes,
                "https://specs.apollo.dev/requiresScopes/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::Policy,
                "https://specs.apollo.dev/policy/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::Context,
                "https://specs.apollo.dev/context/v0.1",
                Some("SECURITY"),
            ),
            (
                Known::CacheTag,
                "https://specs.apollo.dev/cacheTag/v0.1",
                Some("EXECUTION"),
            ),
        ] {
            if used.contains(known) {
                let imports = self
                    .applied
                    .renamed
                    .get(&known)
                    .map(|name| (format!("@{}", usual(known)), format!("@{name}")))
                    .into_iter()
                    .collect();
                supergraph.links.push(SuperLink {
                    url: url.to_owned(),
                    purpose,
                    imports,
                });
            }
        }
        let costs: Vec<(String, String)> = [Known::Cost, Known::ListSize]
            .into_iter()
            .filter(|known| used.contains(*known))
            .map(|known| {
                (
                    format!("@{}", usual(known)),
                    format!("@{}", self.applied.name(known)),
                )
            })
            .collect();
        if !costs.is_empty() {
            let url = "https://specs.apollo.dev/cost/v0.1".to_owned();
            supergraph.links.push(SuperLink {
                url,
                purpose: None,
                imports: costs,
            });
        }
        for known in used.iter() {
            let name = Name::from(self.applied.name(known));
            supergraph
                .directive_definitions
                .extend(definition(known).map(|definition| DirectiveDef { name, ..definition }));
            match known {
                Known::RequiresScopes => {
                    supergraph.scalars.push(Name::from("requiresScopes__Scope"))
                }
                Known::Policy => supergraph.scalars.push(Name::from("policy__Policy")),
                Known::Context => {
                    supergraph
                        .scalars
                        .push(Name::from("context__ContextFieldValue"));
                    supergraph
                        .directive_definitions
                        .extend(definition(Known::FromContext));
                }
                _ => {}
            }
        }
        self.finish_composed(supergraph);
    }
}

/// For contracts of supergraphs in which nothing was inaccessible before.
pub(crate) fn inaccessible_definition() -> Option<DirectiveDef> {
    definition(Known::Inaccessible)
}

/// How the supergraph defines a directive that federation knows.
fn definition(known: Known) -> Option<DirectiveDef> {
    let named = |name: &str| TypeRef::Named(Name::from(name));
    let required = |ty: TypeRef| TypeRef::NonNull(Box::new(ty));
    let list = |ty: TypeRef| TypeRef::List(Box::new(ty));
    let argument = |name: &str, ty: TypeRef, default: Option<Value>| Field {
        name: Name::from(name),
        description: None,
        arguments: Vec::new(),
        ty,
        default,
        directives: Vec::new(),
        at: 0,
        part: 0,
        facts: crate::ast::Facts::default(),
    };
    let (name, arguments, repeatable) = match known {
        Known::Tag => (
            "tag",
            vec![argument("name", required(named("String")), None)],
            true,
        ),
        Known::Inaccessible => ("inaccessible", Vec::new(), false),
        Known::Authenticated => ("authenticated", Vec::new(), false),
        Known::RequiresScopes => {
            let ty = required(list(required(list(required(named(
                "requiresScopes__Scope",
            ))))));
            ("requiresScopes", vec![argument("scopes", ty, None)], false)
        }
        Known::Policy => {
            let ty = required(list(required(list(required(named("policy__Policy"))))));
            ("policy", vec![argument("policies", ty, None)], false)
        }
        Known::Cost => (
            "cost",
            vec![argument("weight", required(named("Int")), None)],
            false,
        ),
        Known::ListSize => (
            "listSize",
            vec![
                argument("assumedSize", named("Int"), None),
                argument("slicingArguments", list(required(named("String"))), None),
                argument("sizedFields", list(required(named("String"))), None),
                argument(
                    "requireOneSlicingArgument",
                    named("Boolean"),
                    Some(Value::Boolean(true)),
                ),
            ],
            false,
        ),
        Known::Context => (
            "context",
            vec![argument("name", required(named("String")), None)],
            true,
        ),
        Known::FromContext => (
            "context__fromContext",
            vec![argument("field", named("context__ContextFieldValue"), None)],
            false,
        ),
        _ => return None,
    };
    let locations = crate::link::FEDERATION_DIRECTIVES
        .iter()
        .find(|(_, other, ..)| *other == known)
        .map(|(.., locations)| {
            locations
                .iter()
                .map(|location| Name::from(*location))
                .collect()
        })?;
    Some(DirectiveDef {
        name: Name::from(name),
        description: None,
        arguments,
        repeatable,
        locations,
        at: 0,
    })
}
