//! The declarations of a supergraph, by coordinate.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use router_engine::syntax::parse_schema;
use router_engine::syntax::schema::{Definition, Directive, Field, TypeDefinition, Value};

use super::field_set;
use super::requirement::Requirement;

/// What has to be had for every field that somebody declared something about.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// By type, then by field: so that a look-up needs no key of its own.
    fields: HashMap<String, HashMap<String, Vec<Arc<Requirement>>>>,
    /// The name of the root type of subscriptions.
    subscription: String,
}

/// A type while the model is being made.
#[derive(Default)]
struct Draft {
    own: Option<Arc<Requirement>>,
    interfaces: Vec<String>,
    fields: HashMap<String, DraftField>,
}

struct DraftField {
    own: Option<Arc<Requirement>>,
    ty: String,
    /// Field sets that subgraphs get to compute it.
    requires: Vec<String>,
}

impl Model {
    /// Reads a supergraph.
    pub(super) fn new(supergraph_sdl: &str) -> Result<Self, String> {
        let document = parse_schema(supergraph_sdl).map_err(|error| error.to_string())?;
        let mut drafts = HashMap::new();
        for definition in &document.definitions {
            if let Definition::TypeDefinition(definition) = definition {
                let (name, draft) = draft(definition)?;
                drafts.insert(name, draft);
            }
        }
        let subscription = document
            .subscription_type_name()
            .cloned()
            .unwrap_or_default();
        let mut model = Self {
            subscription,
            ..Self::default()
        };
        for (ty, draft) in &drafts {
            for field in draft.fields.keys() {
                let mut all = Vec::new();
                collect(&drafts, ty, field, &mut all, &mut HashSet::new());
                if !all.is_empty() {
                    model
                        .fields
                        .entry(ty.clone())
                        .or_default()
                        .insert(field.clone(), all);
                }
            }
            // `__typename` tells that an object is there
            if let Some(own) = &draft.own {
                let fields = model.fields.entry(ty.clone()).or_default();
                fields.insert("__typename".into(), vec![Arc::clone(own)]);
            }
        }
        Ok(model)
    }

    /// Whether nobody declared anything.
    pub(super) fn is_open(&self) -> bool {
        self.fields.is_empty()
    }

    /// The name of the root type of subscriptions; empty without one.
    pub(super) fn subscription(&self) -> &str {
        &self.subscription
    }

    /// What has to be had for a field.
    pub(super) fn requirements(&self, ty: &str, field: &str) -> &[Arc<Requirement>] {
        self.fields
            .get(ty)
            .and_then(|fields| fields.get(field))
            .map_or(&[], Vec::as_slice)
    }
}

/// Adds what a field needs: by itself, by its type, by the type of what it gives, by the interfaces that declare it, and
/// by the fields that are fetched to compute it.
fn collect(
    drafts: &HashMap<String, Draft>,
    ty: &str,
    field: &str,
    all: &mut Vec<Arc<Requirement>>,
    seen: &mut HashSet<(String, String)>,
) {
    let mut open = vec![(ty.to_owned(), field.to_owned())];
    let mut add = |requirement: &Option<Arc<Requirement>>| {
        if let Some(requirement) = requirement
            && !all.contains(requirement)
        {
            all.push(Arc::clone(requirement));
        }
    };
    while let Some((ty, field)) = open.pop() {
        if !seen.insert((ty.clone(), field.clone())) {
            continue;
        }
        let Some(draft) = drafts.get(&ty) else {
            continue;
        };
        add(&draft.own);
        open.extend(
            draft
                .interfaces
                .iter()
                .map(|interface| (interface.clone(), field.clone())),
        );
        let Some(definition) = draft.fields.get(&field) else {
            continue;
        };
        add(&definition.own);
        if let Some(output) = drafts.get(&definition.ty) {
            add(&output.own);
        }
        for set in &definition.requires {
            let type_of =
                |ty: &str, field: &str| Some(drafts.get(ty)?.fields.get(field)?.ty.as_str());
            let needed = field_set::coordinates(set, &ty, type_of);
            open.extend(
                needed
                    .into_iter()
                    .map(|(ty, field)| (ty.to_owned(), field.to_owned())),
            );
        }
    }
}

fn draft(definition: &TypeDefinition) -> Result<(String, Draft), String> {
    let (name, directives, interfaces, fields): (_, _, &[String], &[Field]) = match definition {
        TypeDefinition::Object(ty) => (
            &ty.name,
            &ty.directives,
            &ty.implements_interfaces,
            &ty.fields,
        ),
        TypeDefinition::Interface(ty) => (
            &ty.name,
            &ty.directives,
            &ty.implements_interfaces,
            &ty.fields,
        ),
        TypeDefinition::Scalar(ty) => (&ty.name, &ty.directives, &[], &[]),
        TypeDefinition::Enum(ty) => (&ty.name, &ty.directives, &[], &[]),
        TypeDefinition::Union(ty) => (&ty.name, &ty.directives, &[], &[]),
        TypeDefinition::InputObject(ty) => (&ty.name, &ty.directives, &[], &[]),
    };
    let own = |directives: &[Directive], at: &str| {
        Requirement::of(directives)
            .map(|own| own.map(Arc::new))
            .map_err(|error| format!("{at}: {error}"))
    };
    let fields = fields
        .iter()
        .map(|field| {
            let draft = DraftField {
                own: own(&field.directives, &format!("{name}.{}", field.name))?,
                ty: field.field_type.named().to_owned(),
                requires: field.directives.iter().filter_map(requires).collect(),
            };
            Ok((field.name.clone(), draft))
        })
        .collect::<Result<_, String>>()?;
    let draft = Draft {
        own: own(directives, name)?,
        interfaces: interfaces.to_vec(),
        fields,
    };
    Ok((name.clone(), draft))
}

fn requires(directive: &Directive) -> Option<String> {
    if directive.name != "join__field" {
        return None;
    }
    directive
        .arguments
        .iter()
        .find_map(|(name, value)| match value {
            Value::String(text) if name == "requires" => Some(text.clone()),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use platform_identity::{Authority, Identity, Scopes};

    const SDL: &str = r#"
        type Query { open: String  me: User @authenticated  node: Node  any: Any  stats: Stats  level: Level }
        interface Node { id: ID! @requiresScopes(scopes: [["n:read"]])  plain: String }
        type User implements Node @join__type(graph: A) {
          id: ID!
          plain: String
          email: String @requiresScopes(scopes: [["u:email", "u:read"], ["u:admin"]])
          greeting: String @join__field(graph: B, requires: "profile { name } open")
          profile: Profile
          open: String
        }
        type Profile { name: String @requiresScopes(scopes: [["p:read"]]) }
        type Stats @policy(policies: [["paid"]]) { total: Int }
        enum Level @authenticated { LOW }
        union Any = User | Stats
    "#;

    fn needs(
        ty: &str,
        field: &str,
        identity: &Identity,
    ) -> Vec<Option<super::super::requirement::Lack>> {
        let model = Model::new(SDL).unwrap();
        model
            .requirements(ty, field)
            .iter()
            .map(|requirement| requirement.lack(identity))
            .collect()
    }

    fn somebody(scopes: &str) -> Identity {
        Authority::claim().service("core", None, Scopes::parse(scopes).unwrap())
    }

    fn may(ty: &str, field: &str, scopes: &str) -> bool {
        needs(ty, field, &somebody(scopes))
            .iter()
            .all(Option::is_none)
    }

    #[test]
    fn declarations_reach_fields_through_types_interfaces_and_requirements() {
        let nobody = Authority::claim().anonymous();
        assert!(needs("Query", "open", &nobody).is_empty());
        assert_eq!(needs("Query", "me", &nobody).len(), 1);
        assert!(may("Query", "me", ""));
        assert!(
            !needs("Query", "level", &nobody).iter().all(Option::is_none),
            "the enum is for known callers"
        );
        assert!(may("Query", "level", ""));
        assert!(
            !may("User", "id", ""),
            "the interface's declaration holds for its types"
        );
        assert!(may("User", "id", "n:read"));
        assert!(may("User", "email", "u:admin") && may("User", "email", "u:email u:read"));
        assert!(!may("User", "email", "u:email"));
        assert!(
            !may("User", "greeting", ""),
            "what it is computed from needs a permission"
        );
        assert!(may("User", "greeting", "p:read"));
    }

    #[test]
    fn policies_are_kept_for_whoever_decides_them() {
        let model = Model::new(SDL).unwrap();
        for (ty, field) in [
            ("Query", "stats"),
            ("Stats", "total"),
            ("Stats", "__typename"),
        ] {
            assert_eq!(
                model.requirements(ty, field)[0].policies(),
                [vec![vec!["paid".to_owned()]]],
                "{ty}.{field}"
            );
        }
    }

    #[test]
    fn declarations_that_cannot_be_read_do_not_count_for_none() {
        for sdl in [
            "type Query { a: Int @requiresScopes }",
            "type Query { a: Int @requiresScopes(scopes: \"a\") }",
            "type Query { a: Int @requiresScopes(scopes: [\"a\"]) }",
            "type Query @policy(policies: [[1]]) { a: Int }",
        ] {
            assert!(Model::new(sdl).is_err(), "{sdl}");
        }
        // an empty list of alternatives lets nobody through
        let model = Model::new("type Query { a: Int @requiresScopes(scopes: []) }").unwrap();
        assert!(
            model.requirements("Query", "a")[0]
                .lack(&somebody("a:b"))
                .is_some()
        );
    }
}
