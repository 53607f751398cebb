//! Compiles an operation into a projection: field collection (GraphQL specification, section 6.3.2), done once for every
//! type that an object can be of.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::syntax::query::{Field, FragmentDefinition, Selection as AstSelection, SelectionSet};

use super::{FieldSource, Leaf, MetaField, OutputType, ProjectedField, Projection, Selection};
use crate::authorization::Denied;
use crate::plan::Symbols;
use crate::request::shown;
use crate::schema::{Schema, TypeId, TypeKind, TypeRef, TypeSet};

/// A projection with more parts than this comes from a document that was made to blow up.
const MAX_FIELDS: usize = 200_000;

/// The operation selects more than can be compiled.
#[derive(Debug, thiserror::Error)]
#[error("the operation selects too many fields over too many types")]
pub(crate) struct TooLarge;

/// Compiles one operation.
pub(crate) struct Collector<'a> {
    schema: &'a Schema,
    symbols: &'a Symbols,
    fragments: &'a Arc<HashMap<String, FragmentDefinition>>,
    /// Selections by the sets they are made of: the same sets on the same type are compiled once.
    known: HashMap<(Vec<usize>, TypeId), Arc<Selection>>,
    coordinates: HashSet<(TypeId, &'a str)>,
    denied: Option<&'a Denied>,
    fields: usize,
}

struct Collected<'a> {
    key: &'a str,
    field: &'a Field,
    below: Vec<&'a SelectionSet>,
}

/// The fields of one type, while they are collected.
#[derive(Default)]
struct Collection<'a> {
    fields: Vec<Collected<'a>>,
    by_key: HashMap<&'a str, usize>,
    /// Fragments that were taken in.
    fragments: HashSet<&'a str>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        symbols: &'a Symbols,
        fragments: &'a Arc<HashMap<String, FragmentDefinition>>,
    ) -> Self {
        Self {
            schema,
            symbols,
            fragments,
            known: HashMap::new(),
            coordinates: HashSet::new(),
            denied: None,
            fields: 0,
        }
    }

    /// Compiles these fields as denied.
    pub(crate) fn denying(self, denied: Option<&'a Denied>) -> Self {
        Self { denied, ..self }
    }

    /// Compiles the selection of an operation's root.
    pub(crate) fn compile(
        mut self,
        root: TypeId,
        set: &'a SelectionSet,
    ) -> Result<Projection, TooLarge> {
        let root = self.selection(root, &[set])?;
        let mut coordinates: Vec<(Arc<str>, Arc<str>)> = self
            .coordinates
            .into_iter()
            .map(|(id, field)| (Arc::clone(&self.schema.ty(id).name), Arc::from(field)))
            .collect();
        coordinates.sort();
        Ok(Projection { root, coordinates })
    }

    fn selection(
        &mut self,
        ty: TypeId,
        sets: &[&'a SelectionSet],
    ) -> Result<Arc<Selection>, TooLarge> {
        let identity = (
            sets.iter()
                .map(|set| std::ptr::from_ref(*set) as usize)
                .collect::<Vec<_>>(),
            ty,
        );
        if let Some(known) = self.known.get(&identity) {
            return Ok(Arc::clone(known));
        }
        let definition = self.schema.ty(ty);
        let is_object = definition.kind == TypeKind::Object;
        let fallback = self.project(ty, sets)?;
        let mut by_type = Vec::new();
        if !is_object {
            for object in definition.public_objects.iter() {
                if self.schema.ty(object).kind == TypeKind::Object {
                    by_type.push((object, self.project(object, sets)?));
                }
            }
        }
        let allowed: TypeSet = definition.public_objects.clone();
        let selection = Arc::new(Selection {
            allowed,
            only: is_object.then_some(ty),
            by_type,
            fallback,
        });
        self.known.insert(identity, Arc::clone(&selection));
        Ok(selection)
    }

    /// The fields of one type, compiled.
    fn project(
        &mut self,
        ty: TypeId,
        sets: &[&'a SelectionSet],
    ) -> Result<Arc<[ProjectedField]>, TooLarge> {
        let mut collection = Collection::default();
        for set in sets {
            self.collect(ty, set, &mut collection);
        }
        let collected = collection.fields;
        self.fields += collected.len();
        if self.fields > MAX_FIELDS {
            return Err(TooLarge);
        }
        let mut fields = Vec::with_capacity(collected.len());
        for Collected { key, field, below } in collected {
            if let Some(projected) = self.field(ty, key, field, &below)? {
                fields.push(projected);
            }
        }
        Ok(fields.into())
    }

    fn collect(&self, ty: TypeId, set: &'a SelectionSet, collection: &mut Collection<'a>) {
        for selection in &set.items {
            match selection {
                AstSelection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    let fields = &mut collection.fields;
                    match collection.by_key.entry(key) {
                        Entry::Occupied(known) => {
                            fields[*known.get()].below.push(&field.selection_set);
                        }
                        Entry::Vacant(place) => {
                            place.insert(fields.len());
                            fields.push(Collected {
                                key,
                                field,
                                below: vec![&field.selection_set],
                            });
                        }
                    }
                }
                AstSelection::InlineFragment(fragment) => {
                    if self.schema.applies(fragment.type_condition.as_ref(), ty) {
                        self.collect(ty, &fragment.selection_set, collection);
                    }
                }
                AstSelection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name)
                        && collection.fragments.insert(&fragment.name)
                        && self.schema.applies(Some(&fragment.type_condition), ty)
                    {
                        self.collect(ty, &fragment.selection_set, collection);
                    }
                }
            }
        }
    }

    fn field(
        &mut self,
        ty: TypeId,
        key: &'a str,
        field: &'a Field,
        below: &[&'a SelectionSet],
    ) -> Result<Option<ProjectedField>, TooLarge> {
        let projected = |source, ty| ProjectedField::new(Arc::from(shown(key)), source, ty);
        let error = self
            .denied
            .and_then(|denied| denied.error(&self.schema.ty(ty).name, &field.name));
        let denied = || error.map(|error| FieldSource::Denied(Box::new(error.clone())));
        if field.name == "__typename" {
            self.coordinates.insert((ty, &field.name));
            let ty = OutputType::NonNull(Box::new(OutputType::Leaf(Leaf::Any)));
            let source = denied().unwrap_or(FieldSource::Typename);
            return Ok(Some(projected(source, ty)));
        }
        if ty == self.schema.query && (field.name == "__schema" || field.name == "__type") {
            let type_name = field
                .arguments
                .iter()
                .find(|(name, _)| name == "name")
                .map(|(_, value)| value.clone());
            let meta = MetaField {
                type_name,
                selections: below.iter().map(|set| (*set).clone()).collect(),
                fragments: Arc::clone(self.fragments),
            };
            let ty = OutputType::Leaf(Leaf::Any);
            return Ok(Some(projected(FieldSource::Meta(Box::new(meta)), ty)));
        }
        // validation has refused fields that do not exist; a type can still lack a field of an abstract one that is
        // hidden there
        let Some(definition) = self.schema.ty(ty).fields.get(&field.name) else {
            return Ok(None);
        };
        self.coordinates.insert((ty, &field.name));
        let ty = self.output(&definition.ty, below)?;
        let source = denied().unwrap_or_else(|| FieldSource::Data(self.symbols.get(key)));
        Ok(Some(projected(source, ty)))
    }

    fn output(&mut self, ty: &TypeRef, below: &[&'a SelectionSet]) -> Result<OutputType, TooLarge> {
        Ok(match ty {
            TypeRef::NonNull(inner) => OutputType::NonNull(Box::new(self.output(inner, below)?)),
            TypeRef::List(inner) => OutputType::List(Box::new(self.output(inner, below)?)),
            TypeRef::Named(id) => {
                let definition = self.schema.ty(*id);
                match definition.kind {
                    kind if kind.is_composite() => {
                        OutputType::Composite(self.selection(*id, below)?)
                    }
                    TypeKind::Enum => OutputType::Leaf(Leaf::Enum(*id)),
                    _ => OutputType::Leaf(Leaf::scalar(&definition.name)),
                }
            }
        })
    }
}
