//! Values that a fetch takes from objects above its entities.

use super::Representation;
use crate::schema::TypeSet;

/// A variable whose value comes from an object above the entity.
#[derive(Debug)]
pub(crate) struct Contextual {
    pub(crate) variable: Box<str>,
    pub(crate) nullable: bool,
    /// The first that fits is taken: the nearest.
    pub(crate) sources: Vec<ContextSource>,
}

/// Objects above that may have the value.
#[derive(Debug)]
pub(crate) struct ContextSource {
    /// How many fields below the root the object stands.
    pub(crate) depth: usize,
    /// The object's types; any when absent.
    pub(crate) when: Option<TypeSet>,
    /// One leaf, by the object's type.
    pub(crate) selection: Representation,
}
