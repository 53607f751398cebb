//! The compiled form of what a client selected: which keys to write, in which order, with which types.

use std::collections::HashMap;
use std::sync::Arc;

use crate::syntax::query::{FragmentDefinition, SelectionSet, Value as Literal};

use super::Leaf;
use crate::error::GraphqlError;
use crate::plan::Symbol;
use crate::schema::{TypeId, TypeSet};

/// What a client selected.
#[derive(Debug)]
pub(crate) struct Projection {
    pub(crate) root: Arc<Selection>,
    /// Type and field of everything that the operation selects, for authorisation and metrics.
    pub(crate) coordinates: Vec<(Arc<str>, Arc<str>)>,
}

/// Selected fields of a composite type.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Object types that may stand here; others are not shown.
    pub(crate) allowed: TypeSet,
    /// The type of the objects when there is only one.
    pub(crate) only: Option<TypeId>,
    /// Fields by the object's type, in the order of the types.
    pub(crate) by_type: Vec<(TypeId, Arc<[ProjectedField]>)>,
    /// Fields of an object whose type is not known: those that the abstract type itself has, or of the only type.
    pub(crate) fallback: Arc<[ProjectedField]>,
}

/// One key of the answer.
#[derive(Debug)]
pub(crate) struct ProjectedField {
    pub(crate) key: Arc<str>,
    /// The key as it is written: a comma, the quoted key and a colon.
    pub(crate) written: Box<[u8]>,
    pub(crate) source: FieldSource,
    pub(crate) ty: OutputType,
    /// How its values are checked when they are scalars, which need no look at the schema.
    pub(crate) scalar: Option<Leaf>,
}

impl ProjectedField {
    pub(crate) fn new(key: Arc<str>, source: FieldSource, ty: OutputType) -> Self {
        // keys are GraphQL names: nothing to escape
        let written = format!(",\"{key}\":").into_bytes().into();
        let scalar = match &ty {
            OutputType::NonNull(inner) => inner.scalar(),
            nullable => nullable.scalar(),
        };
        Self {
            key,
            written,
            source,
            ty,
            scalar,
        }
    }
}

impl Selection {
    /// The fields of an object of a type; none when the type is not known here.
    pub(crate) fn fields_of(&self, id: TypeId) -> Option<&[ProjectedField]> {
        let index = self.by_type.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.by_type[index].1)
    }
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(crate) enum FieldSource {
    /// From the merged data; none when no fetch asks for it.
    Data(Option<Symbol>),
    /// The name of the object's type.
    Typename,
    /// From the schema.
    Meta(Box<MetaField>),
    /// The caller may not see it: null, with this error.
    Denied(Box<GraphqlError>),
}

/// A `__schema` or `__type` field.
#[derive(Debug)]
pub(crate) struct MetaField {
    /// The `name` argument of `__type`; absent for `__schema`.
    pub(crate) type_name: Option<Literal>,
    pub(crate) selections: Vec<SelectionSet>,
    pub(crate) fragments: Arc<HashMap<String, FragmentDefinition>>,
}

/// The type of a field, as far as writing it needs to know.
#[derive(Debug)]
pub(crate) enum OutputType {
    NonNull(Box<OutputType>),
    List(Box<OutputType>),
    Leaf(Leaf),
    Composite(Arc<Selection>),
}

impl OutputType {
    /// How values are checked, when it is a scalar.
    fn scalar(&self) -> Option<Leaf> {
        match self {
            Self::Leaf(leaf) if !matches!(leaf, Leaf::Enum(_)) => Some(*leaf),
            _ => None,
        }
    }
}
