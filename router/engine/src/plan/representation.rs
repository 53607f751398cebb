//! What an entity fetch sends for each entity.

use async_graphql_value::Name;

use super::Symbol;
use crate::schema::TypeSet;

/// The fields to send for an object, by the object's type.
#[derive(Debug, Default, Clone)]
pub(crate) struct Representation {
    pub(crate) fields: Vec<RepresentationField>,
}

#[derive(Debug, Clone)]
pub(crate) struct RepresentationField {
    /// Types of the object for which the field is sent; for all when absent.
    pub(crate) when: Option<TypeSet>,
    /// Where the value stands in the data.
    pub(crate) source: Symbol,
    /// The key under which it is sent.
    pub(crate) key: Name,
    /// The key as it is written: in quotes, with a colon.
    pub(crate) written: Box<[u8]>,
    /// Whether it is the name of the object's type.
    pub(crate) typename: bool,
    /// Fields below, for objects.
    pub(crate) below: Option<Representation>,
}

impl RepresentationField {
    /// A field that is sent for objects of all types, as it stands.
    pub(crate) fn new(key: &str, source: Symbol) -> Self {
        Self {
            when: None,
            source,
            key: Name::new(key),
            // keys are GraphQL names: nothing to escape
            written: format!("\"{key}\":").into_bytes().into(),
            typename: false,
            below: None,
        }
    }

    /// The name of an object's type.
    pub(crate) fn typename(source: Symbol) -> Self {
        Self {
            typename: true,
            ..Self::new("__typename", source)
        }
    }
}

/// Sends another type name for objects of some types, for instance an interface's name to an `@interfaceObject`.
#[derive(Debug, Clone)]
pub(crate) struct TypenameSetter {
    pub(crate) when: TypeSet,
    pub(crate) name: Box<str>,
}
