//! Fields that a caller may not see: they are taken out before planning, and are null with an error in the answer.
//!
//! Who may see what is for others to say. The engine tells what an operation selects (`Engine::coordinates`) and runs it
//! without what it is told to leave out.

use std::collections::BTreeMap;

use crate::syntax::query::{
    Definition, Document as Ast, Field, InlineFragment, OperationDefinition, Selection,
    SelectionSet, TypeCondition,
};
use xxhash_rust::xxh3::Xxh3;

use crate::error::GraphqlError;
use crate::request::selection_set_mut;
use crate::schema::{Schema, TypeId, TypeKind, TypeRef};

/// Fields that a caller may not see, by type and name, and the error that stands in the place of each.
///
/// Fields of interfaces are denied type by type: an answer can hold an object that is seen beside one that is not.
#[derive(Debug, Clone)]
pub struct Denied {
    fields: BTreeMap<String, BTreeMap<String, GraphqlError>>,
    key: u128,
}

impl Denied {
    /// Denies these fields; nothing to deny is no denial.
    pub fn new(fields: impl IntoIterator<Item = (String, String, GraphqlError)>) -> Option<Self> {
        let mut all: BTreeMap<String, BTreeMap<String, GraphqlError>> = BTreeMap::new();
        for (ty, field, error) in fields {
            all.entry(ty).or_default().insert(field, error);
        }
        if all.is_empty() {
            return None;
        }
        let mut hasher = Xxh3::new();
        for (ty, fields) in &all {
            for (field, error) in fields {
                let error = serde_json::to_string(error).unwrap_or_default();
                for part in [ty, field, &error] {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part.as_bytes());
                }
            }
        }
        Some(Self {
            fields: all,
            key: hasher.digest128(),
        })
    }

    /// The error that stands for a field, if it is denied.
    #[must_use]
    pub fn error(&self, ty: &str, field: &str) -> Option<&GraphqlError> {
        self.fields.get(ty)?.get(field)
    }

    /// What tells plans without different fields apart.
    #[must_use]
    pub fn key(&self) -> u128 {
        self.key
    }
}

/// The operation without the denied fields. What is left without any selection keeps its `__typename`, so that an object
/// which the caller may see is there.
pub(crate) fn without(ast: &Ast, schema: &Schema, denied: &Denied) -> Ast {
    let filter = Filter { schema, denied };
    let mut ast = ast.clone();
    for definition in &mut ast.definitions {
        match definition {
            Definition::Operation(operation) => {
                let root = match operation {
                    OperationDefinition::SelectionSet(_) | OperationDefinition::Query(_) => {
                        Some(schema.query)
                    }
                    OperationDefinition::Mutation(_) => schema.mutation,
                    OperationDefinition::Subscription(_) => schema.subscription,
                };
                if let Some(root) = root {
                    filter.set(selection_set_mut(operation), root);
                }
            }
            Definition::Fragment(fragment) => {
                let TypeCondition::On(name) = &fragment.type_condition;
                if let Some(ty) = schema.id(name) {
                    filter.set(&mut fragment.selection_set, ty);
                }
            }
        }
    }
    ast
}

struct Filter<'a> {
    schema: &'a Schema,
    denied: &'a Denied,
}

impl Filter<'_> {
    /// Recursion is bounded by the guard's limit on the depth of selections.
    fn set(&self, set: &mut SelectionSet, ty: TypeId) {
        let mut kept = Vec::with_capacity(set.items.len());
        for selection in set.items.drain(..) {
            match selection {
                Selection::Field(field) => self.field(field, ty, &mut kept),
                Selection::InlineFragment(mut fragment) => {
                    let inner = match &fragment.type_condition {
                        Some(TypeCondition::On(name)) => self.schema.id(name).unwrap_or(ty),
                        None => ty,
                    };
                    self.set(&mut fragment.selection_set, inner);
                    kept.push(Selection::InlineFragment(fragment));
                }
                spread @ Selection::FragmentSpread(_) => kept.push(spread),
            }
        }
        if kept.is_empty() {
            kept.push(Selection::Field(typename(set)));
        }
        set.items = kept;
    }

    fn field(&self, mut field: Field, ty: TypeId, kept: &mut Vec<Selection>) {
        let definition = self.schema.ty(ty);
        if let Some(inner) = definition.fields.get(&field.name)
            && !field.selection_set.items.is_empty()
        {
            self.set(&mut field.selection_set, named(&inner.ty));
        }
        if self.denied.error(&definition.name, &field.name).is_some() {
            return;
        }
        let objects = || {
            definition
                .public_objects
                .iter()
                .filter(|id| self.schema.ty(*id).kind == TypeKind::Object)
        };
        let is_denied = |id: TypeId| {
            self.denied
                .error(&self.schema.ty(id).name, &field.name)
                .is_some()
        };
        if definition.kind == TypeKind::Object || !objects().any(is_denied) {
            kept.push(Selection::Field(field));
            return;
        }
        // some of the types may not show it: the others are asked one by one
        for id in objects().filter(|id| !is_denied(*id)) {
            kept.push(Selection::InlineFragment(InlineFragment {
                position: field.position,
                type_condition: Some(TypeCondition::On(self.schema.ty(id).name.to_string())),
                directives: Vec::new(),
                selection_set: SelectionSet {
                    span: (field.position, field.position),
                    items: vec![Selection::Field(field.clone())],
                },
            }));
        }
    }
}

/// The type inside all wrappers.
fn named(ty: &TypeRef) -> TypeId {
    match ty {
        TypeRef::Named(id) => *id,
        TypeRef::List(inner) | TypeRef::NonNull(inner) => named(inner),
    }
}

fn typename(set: &SelectionSet) -> Field {
    Field {
        position: set.span.0,
        alias: None,
        name: "__typename".to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: SelectionSet {
            span: set.span,
            items: Vec::new(),
        },
    }
}
