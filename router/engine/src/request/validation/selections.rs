//! Fields, and fragments where they are used (sections 5.3, 5.4 and 5.5.2).

use crate::syntax::query::{Field, InlineFragment, Selection, SelectionSet, TypeCondition};

use super::{Validator, place};
use crate::error::Location;
use crate::schema::{TypeId, TypeKind};

impl<'a> Validator<'a> {
    /// `parent` is none where the type is not known: nothing can be said about fields then, but what stands in them is
    /// looked at all the same.
    pub(super) fn selections(&mut self, parent: Option<TypeId>, set: &'a SelectionSet) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(fragment) => self.inline_fragment(parent, fragment),
                Selection::FragmentSpread(spread) => {
                    let at = place(spread.position);
                    self.directives(&spread.directives, "FRAGMENT_SPREAD", parent);
                    let name = spread.fragment_name.as_str();
                    if let Some(scope) = self.scope() {
                        scope.spreads.push(name);
                    }
                    let Some(fragment) = self.fragments.get(name).copied() else {
                        let message = format!("there is no fragment `{name}`");
                        self.report.error(message, [at]);
                        continue;
                    };
                    let TypeCondition::On(condition) = &fragment.type_condition;
                    self.can_be(
                        parent,
                        condition,
                        &format!("the fragment `{name}` on `{condition}`"),
                        at,
                    );
                }
            }
        }
    }

    fn field(&mut self, parent: Option<TypeId>, field: &'a Field) {
        let at = place(field.position);
        self.directives(&field.directives, "FIELD", parent);
        let Some(parent) = parent else {
            self.arguments_of_nothing(&field.arguments, at);
            self.selections(None, &field.selection_set);
            return;
        };
        let owner = self.schema.ty(parent);
        if field.name == "__typename" {
            for (name, _) in &field.arguments {
                let message = format!("there is no argument `{name}` on `__typename`");
                self.report.error(message, [at]);
            }
            self.arguments_of_nothing(&field.arguments, at);
            if !field.selection_set.items.is_empty() {
                let message = "`__typename` is of type `String!`, which has no fields to select";
                self.report.error(message.to_owned(), [at]);
            }
            return;
        }
        let Some(definition) = self.schema.public_field(parent, &field.name) else {
            let message = format!("there is no field `{}` on `{}`", field.name, owner.name);
            self.report.error(message, [at]);
            self.arguments_of_nothing(&field.arguments, at);
            self.selections(None, &field.selection_set);
            return;
        };
        let whose = format!("`{}.{}`", owner.name, field.name);
        self.arguments(&field.arguments, &definition.arguments, &whose, at);
        let below = owner.fields.get(&field.name).map(|known| known.ty.named());
        let is_composite = below.is_some_and(|id| self.schema.ty(id).kind.is_composite());
        let is_empty = field.selection_set.items.is_empty();
        if !is_composite && !is_empty {
            let message = format!(
                "{whose} is of type `{}`, which has no fields to select",
                definition.field_type
            );
            self.report.error(message, [at]);
        }
        if is_composite && is_empty {
            let message = format!(
                "{whose} is of type `{}`: select some of its fields",
                definition.field_type
            );
            self.report.error(message, [at]);
        }
        self.selections(below.filter(|_| is_composite), &field.selection_set);
    }

    fn inline_fragment(&mut self, parent: Option<TypeId>, fragment: &'a InlineFragment) {
        let at = place(fragment.position);
        self.directives(&fragment.directives, "INLINE_FRAGMENT", parent);
        let ty = match &fragment.type_condition {
            None => parent,
            Some(condition) => {
                let ty = self.condition(condition, "the fragment", at);
                let TypeCondition::On(name) = condition;
                if ty.is_some() {
                    self.can_be(parent, name, &format!("a fragment on `{name}`"), at);
                }
                ty
            }
        };
        self.selections(ty, &fragment.selection_set);
    }

    /// The type that a fragment is for; none when it cannot be for that.
    pub(super) fn condition(
        &mut self,
        condition: &TypeCondition,
        whose: &str,
        at: Location,
    ) -> Option<TypeId> {
        let TypeCondition::On(name) = condition;
        let known = self.schema.id(name).filter(|id| self.schema.ty(*id).public);
        let Some(id) = known else {
            let message = format!("{whose} is for `{name}`, but there is no such type");
            self.report.error(message, [at]);
            return None;
        };
        if !self.schema.ty(id).kind.is_composite() {
            let message = format!("{whose} is for `{name}`, which has no fields");
            self.report.error(message, [at]);
            return None;
        }
        Some(id)
    }

    /// Some object must be of both types.
    fn can_be(&mut self, parent: Option<TypeId>, condition: &str, what: &str, at: Location) {
        let known = self.schema.id(condition);
        let (Some(parent), Some(condition)) = (parent, known) else {
            return;
        };
        let (parent, condition) = (self.schema.ty(parent), self.schema.ty(condition));
        // what is wrong with the condition itself is told where it is defined
        if !condition.public || !condition.kind.is_composite() || parent.name == condition.name {
            return;
        }
        let mut common = parent.public_objects.clone();
        common.intersect(&condition.public_objects);
        let meets = common
            .iter()
            .any(|id| self.schema.ty(id).kind == TypeKind::Object);
        if !meets {
            let message = format!("{what} is never for an object of `{}`", parent.name);
            self.report.error(message, [at]);
        }
    }
}
