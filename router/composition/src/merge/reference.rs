//! One type reference from several: equal, or one a subtype of the others

use crate::ast::TypeRef;
use crate::merge::{Fact, Merger};

/// What merging type references gave.
pub(crate) enum Merged {
    /// All equal.
    Equal(TypeRef),
    /// Different, but this one fits all.
    Compatible(TypeRef),
    /// No type fits all.
    Incompatible,
}

impl Merger<'_> {
    /// Output position: the most general type. Input position: the most specific.
    pub(crate) fn merge_references<'t>(
        &mut self,
        mut types: impl Iterator<Item = &'t TypeRef>,
        input: bool,
    ) -> Merged {
        let Some(mut chosen) = types.next() else {
            return Merged::Incompatible;
        };
        let mut equal = true;
        for ty in types {
            if ty == chosen {
                continue;
            }
            equal = false;
            let (narrower, wider) = (self.is_subtype(ty, chosen), self.is_subtype(chosen, ty));
            if (narrower && input) || (wider && !input) {
                chosen = ty;
            } else if !narrower && !wider {
                return Merged::Incompatible;
            }
        }
        if equal {
            Merged::Equal(chosen.clone())
        } else {
            Merged::Compatible(chosen.clone())
        }
    }

    /// Can a value of `narrow` stand wherever `wide` is promised?
    pub(crate) fn is_subtype(&mut self, narrow: &TypeRef, wide: &TypeRef) -> bool {
        match (narrow, wide) {
            (TypeRef::NonNull(narrow), TypeRef::NonNull(wide)) => self.is_subtype(narrow, wide),
            (TypeRef::NonNull(narrow), wide) => self.is_subtype(narrow, wide),
            (TypeRef::List(narrow), TypeRef::List(wide)) => self.is_subtype(narrow, wide),
            (TypeRef::Named(narrow), TypeRef::Named(wide)) => {
                narrow == wide || {
                    self.reads.insert(Fact::Subtypes(wide.clone()));
                    self.facts.is_direct_subtype(narrow, wide)
                }
            }
            _ => false,
        }
    }
}
