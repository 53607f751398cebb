use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, NextValidation,
    ResolveInfo,
};
use async_graphql::parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{
    CacheControl, Data, Response, ServerError, ServerResult, TypeDirective, ValidationResult, Value,
};
use async_trait::async_trait;
use platform_identity::Subject;

use super::endpoint::{MadeByRouter, PerEvent};
use crate::{Ctx, Error, Result};

// The doc comments of these would end up in every exported schema.
#[expect(missing_docs, reason = "the macro makes types of them")]
mod directives {
    use super::TypeDirective;

    #[TypeDirective(
        location = "FieldDefinition",
        location = "Object",
        name = "authenticated"
    )]
    pub fn authenticated() {}

    #[TypeDirective(location = "FieldDefinition", location = "Object", name = "public")]
    pub fn public() {}

    // Objects and fields have `requires_scopes = "…"` of async-graphql's own; subscriptions do not.
    #[TypeDirective(location = "FieldDefinition", name = "requiresScopes")]
    pub fn requires_scopes(scopes: Vec<Vec<String>>) {}
}

pub use directives::{authenticated, public, requires_scopes};

/// The argument of [`requires_scopes`] for one scope.
pub fn scope(scope: &str) -> Vec<Vec<String>> {
    vec![vec![scope.to_owned()]]
}

/// What a field or type demands of the identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Requirement {
    /// Anybody, signed in or not.
    Public,
    /// Any identity.
    Authenticated,
    /// One of these sets of scopes, whole.
    Scopes(Vec<Vec<String>>),
}

impl Requirement {
    fn check(&self, ctx: &Ctx) -> Result<()> {
        let identity = ctx.identity();
        // The platform's own work (deliveries, jobs) acts with the module's full rights.
        if matches!(identity.subject(), Subject::Service(_)) {
            return Ok(());
        }
        let anonymous = matches!(identity.subject(), Subject::Anonymous);
        match self {
            Self::Public => Ok(()),
            Self::Authenticated if anonymous => Err(Error::unauthenticated()),
            Self::Authenticated => Ok(()),
            Self::Scopes(_) if anonymous => Err(Error::unauthenticated()),
            Self::Scopes(any) => any
                .iter()
                .any(|all| all.iter().all(|scope| identity.has_scope(scope)))
                .then_some(())
                .ok_or_else(Error::forbidden),
        }
    }
}

/// Requirements of a schema, read from its own directives, so that they are said once.
#[derive(Debug, Default)]
pub(super) struct Rules {
    types: HashMap<String, TypeRules>,
}

#[derive(Debug, Default)]
struct TypeRules {
    whole: Option<Requirement>,
    fields: HashMap<String, Requirement>,
    /// The type that each field of an object gives, without lists and non-null.
    given: HashMap<String, String>,
}

/// Marks the requests whose identity may have everything that their document can ask for.
pub(super) struct Allowed;

/// Fragments that spread each other in a circle are refused by validation, after what looks at them here.
const DEEPEST: usize = 64;

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

impl Rules {
    /// Reads the rules out of an exported schema.
    ///
    /// # Errors
    /// A sentence for the developer when the schema does not parse, or when a root field or an
    /// entity declares nothing: what is not declared is closed, and that is found at boot.
    pub(super) fn read(sdl: &str) -> Result<Self, String> {
        let document =
            async_graphql::parser::parse_schema(sdl).map_err(|e| format!("schema: {e}"))?;
        let mut rules = Self::default();
        for definition in &document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let definition = &definition.node;
            let TypeKind::Object(object) = &definition.kind else {
                continue;
            };
            let name = definition.name.node.as_str();
            let entry = rules.types.entry(name.to_owned()).or_default();
            entry.whole = requirement(&definition.directives);
            let is_root = ROOTS.contains(&name);
            let is_entity = definition
                .directives
                .iter()
                .any(|d| d.node.name.node == "key");
            if is_entity && entry.whole.is_none() {
                return Err(format!(
                    "type {name} is an entity and must declare @authenticated, @requiresScopes or @public"
                ));
            }
            for field in &object.fields {
                let field = &field.node;
                let given = named(&field.ty.node.base).to_owned();
                entry.given.insert(field.name.node.to_string(), given);
                match requirement(&field.directives) {
                    Some(rule) => {
                        entry.fields.insert(field.name.node.to_string(), rule);
                    }
                    None if is_root && entry.whole.is_none() => {
                        return Err(format!(
                            "root field {name}.{} must declare @authenticated, @requiresScopes or @public",
                            field.name.node
                        ));
                    }
                    None => {}
                }
            }
        }
        Ok(rules)
    }

    fn check(&self, ctx: &Ctx, parent: &str, field: &str) -> Result<()> {
        let Some(rules) = self.types.get(parent) else {
            return Ok(());
        };
        if let Some(rule) = rules.fields.get(field) {
            rule.check(ctx)?;
            // A field that opens itself to the public opens itself out of its type's rule, too.
            if *rule == Requirement::Public {
                return Ok(());
            }
        }
        rules.whole.as_ref().map_or(Ok(()), |rule| rule.check(ctx))
    }

    /// Checks the root fields of an operation before anything of it runs.
    pub(super) fn check_roots(
        &self,
        ctx: &Ctx,
        document: &ExecutableDocument,
        operation_name: Option<&str>,
    ) -> Result<()> {
        let Some((root, set)) = operation(document, operation_name) else {
            return Ok(()); // async-graphql says so in its own words
        };
        self.check_set(ctx, document, root, set, 0)
    }

    /// Whether nothing that the operation can reach is refused to this identity. `false` where that depends on the data:
    /// fields of an interface, whose objects may have rules of their own.
    pub(super) fn allow_all(
        &self,
        ctx: &Ctx,
        document: &ExecutableDocument,
        operation_name: Option<&str>,
    ) -> bool {
        operation(document, operation_name)
            .is_some_and(|(root, set)| self.allow_set(ctx, document, root, set, 0))
    }

    fn allow_set(
        &self,
        ctx: &Ctx,
        document: &ExecutableDocument,
        parent: &str,
        set: &SelectionSet,
        depth: usize,
    ) -> bool {
        depth <= DEEPEST
            && set.items.iter().all(|item| match &item.node {
                Selection::Field(field) => {
                    let (field, inner) = (&field.node.name.node, &field.node.selection_set.node);
                    if field == "__typename" {
                        return true;
                    }
                    let entities = parent == "Query" && field == "_entities";
                    let given = match self.types.get(parent) {
                        _ if entities => Some("_Entity"),
                        Some(rules) => rules.given.get(field.as_str()).map(String::as_str),
                        None => None,
                    };
                    given.is_some_and(|given| {
                        self.check(ctx, parent, field).is_ok()
                            && self.allow_set(ctx, document, given, inner, depth + 1)
                    })
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let parent = fragment
                        .type_condition
                        .as_ref()
                        .map_or(parent, |condition| condition.node.on.node.as_str());
                    let set = &fragment.selection_set.node;
                    self.allow_set(ctx, document, parent, set, depth + 1)
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    document.fragments.get(name).is_some_and(|fragment| {
                        let parent = fragment.node.type_condition.node.on.node.as_str();
                        let set = &fragment.node.selection_set.node;
                        self.allow_set(ctx, document, parent, set, depth + 1)
                    })
                }
            })
    }

    fn check_set(
        &self,
        ctx: &Ctx,
        document: &ExecutableDocument,
        root: &str,
        set: &SelectionSet,
        depth: usize,
    ) -> Result<()> {
        if depth > DEEPEST {
            return Err(Error::bad_input("fragments are nested too deeply"));
        }
        for item in &set.items {
            let inner = match &item.node {
                Selection::Field(field) => {
                    self.check(ctx, root, &field.node.name.node)?;
                    continue;
                }
                Selection::InlineFragment(fragment) => &fragment.node.selection_set,
                Selection::FragmentSpread(spread) => {
                    match document.fragments.get(&spread.node.fragment_name.node) {
                        Some(fragment) => &fragment.node.selection_set,
                        None => continue,
                    }
                }
            };
            self.check_set(ctx, document, root, &inner.node, depth + 1)?;
        }
        Ok(())
    }
}

type Directives = [async_graphql::Positioned<async_graphql::parser::types::ConstDirective>];

fn requirement(directives: &Directives) -> Option<Requirement> {
    for directive in directives {
        let directive = &directive.node;
        match directive.name.node.as_str() {
            "public" => return Some(Requirement::Public),
            "authenticated" => return Some(Requirement::Authenticated),
            "requiresScopes" => {
                let scopes = directive.arguments.iter().find(|(n, _)| n.node == "scopes");
                return Some(Requirement::Scopes(
                    scopes.map_or_else(Vec::new, |(_, v)| any_of(&v.node)),
                ));
            }
            _ => {}
        }
    }
    None
}

/// The name of a type without its lists.
fn named(base: &BaseType) -> &str {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(&inner.base),
    }
}

/// The root type and the selection of the operation to run.
fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<(&'static str, &'a SelectionSet)> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => operation,
        (DocumentOperations::Multiple(map), Some(name)) => map.get(name)?,
        (DocumentOperations::Multiple(map), None) => map.values().next()?,
    };
    let root = match operation.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    Some((root, &operation.node.selection_set.node))
}

fn any_of(value: &Value) -> Vec<Vec<String>> {
    let list = |value: &Value| match value {
        Value::List(items) => items.clone(),
        other => vec![other.clone()],
    };
    list(value)
        .iter()
        .map(|all| {
            list(all)
                .into_iter()
                .filter_map(|scope| match scope {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect()
        })
        .collect()
}

/// Enforces [`Rules`] on every field, and gives each event of a subscription a context of its own. Documents that the
/// router of this process made are not validated again: it made them from validated operations and this very schema, and
/// coerced their variables.
///
/// The rules are set once the schema that the enforcer is a part of is finished.
pub(super) struct Enforcer(pub(super) Arc<OnceLock<Rules>>);

impl ExtensionFactory for Enforcer {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self(self.0.clone()))
    }
}

#[async_trait]
impl Extension for Enforcer {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        if ctx.data_opt::<MadeByRouter>().is_none() {
            return next.run(ctx).await;
        }
        Ok(ValidationResult {
            cache_control: CacheControl::default(),
            complexity: 0,
            depth: 0,
        })
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        match (ctx.data::<PerEvent>(), ctx.data::<Ctx>()) {
            (Ok(PerEvent(timeout)), Ok(request)) => {
                let mut data = Data::default();
                data.insert(request.refreshed(*timeout));
                next.run_with_data(ctx, operation_name, data).await
            }
            _ => next.run(ctx, operation_name).await,
        }
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if ctx.data_opt::<Allowed>().is_some() {
            return next.run(ctx, info).await;
        }
        let rules = self
            .0
            .get()
            .filter(|rules| rules.types.contains_key(info.parent_type));
        if let (false, Some(rules)) = (info.is_for_introspection, rules) {
            let request = ctx
                .data::<Ctx>()
                .map_err(|e| e.into_server_error(info.field.name.pos))?;
            rules
                .check(request, info.parent_type, info.name)
                .map_err(|e| {
                    let mut error = e.to_graphql(info.field.name.pos);
                    error.path = info
                        .path_node
                        .to_string_vec()
                        .into_iter()
                        .map(async_graphql::PathSegment::Field)
                        .collect();
                    error
                })?;
        }
        next.run(ctx, info).await
    }
}
