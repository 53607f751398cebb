//! The fields of a type that is merged again: what no changed subgraph declares stays as it was

use std::sync::Arc;

use crate::ast::{HashSet, Map, Name};
use crate::error::CompositionError;
use crate::hint::Hint;
use crate::merge::applied::KnownSet;
use crate::merge::facts::Fact;
use crate::supergraph::{SuperField, SuperType};

/// What merging one field gave, and what went into it besides the subgraphs that declare it.
#[derive(Default)]
pub(crate) struct FieldPart {
    pub(super) field: Option<Arc<SuperField>>,
    /// As it is printed, once it was.
    pub(super) text: Option<Arc<str>>,
    /// Did every subgraph that has the type have the field?
    pub(super) everywhere: bool,
    /// Mostly there are none.
    pub(super) remarks: Option<Box<(Vec<CompositionError>, Vec<Hint>)>>,
    pub(super) used: KnownSet,
    pub(super) reads: Box<[Fact]>,
}

/// A type as it was merged before.
pub(crate) struct Before {
    pub(super) merged: Arc<SuperType>,
    pub(super) fields: Map<FieldPart>,
    /// The fields that changed subgraphs declare, or declared.
    pub(super) touched: HashSet<Name>,
}

/// The fields of the type that is being merged.
#[derive(Default)]
pub(crate) struct Kept {
    /// Nobody will merge again: there is nothing to be kept.
    pub(super) forgets: bool,
    pub(super) before: Option<Before>,
    pub(super) now: Map<FieldPart>,
}

impl Kept {
    pub(super) fn keeps(&self) -> bool {
        !self.forgets
    }

    /// Says what the type is this time. Who may resolve a field depends on kind and interfaces.
    pub(super) fn expect(&mut self, merged: &SuperType) {
        let alike = |before: &mut Before| {
            before.merged.kind == merged.kind && before.merged.interfaces().eq(merged.interfaces())
        };
        self.before = self.before.take_if(alike);
        if let Some(before) = &self.before {
            self.now.reserve(before.fields.len());
        }
    }

    /// The field as it was, when it would be merged to the same again.
    pub(super) fn take(&mut self, name: &Name, everywhere: bool) -> Option<FieldPart> {
        let before = self.before.as_mut()?;
        if before.touched.contains(name) {
            return None;
        }
        let part = before.fields.get_mut(name)?;
        (part.everywhere == everywhere).then(|| std::mem::take(part))
    }

    pub(super) fn put(&mut self, name: &Name, part: FieldPart) {
        self.now.insert(name.clone(), part);
    }
}
