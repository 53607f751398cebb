//! Objects that are there already, answered at once: async-graphql makes a task of every field, which is most of what a
//! list of small objects costs.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, FragmentDefinition, Selection};
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, ID, Name, OutputType, Positioned, ServerResult, Value};

use super::authorization::Allowed;

/// A value that takes no waiting to answer: scalars, enums, objects of such by [`plain_object!`](crate::plain_object),
/// optional ones and lists of them.
pub trait Plain {
    /// The answer; `None` where async-graphql is to give it: the selection asks for what is not foreseen here.
    fn answer(&self, selected: &Selected<'_>) -> Option<Value>;
}

/// What is selected of an object.
pub struct Selected<'a> {
    items: &'a [Positioned<Selection>],
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
}

impl Selected<'_> {
    /// An object's answer from those of its fields, which `field` gives by their names in the schema.
    pub fn object(
        &self,
        type_name: &str,
        mut field: impl FnMut(&str, &Selected<'_>) -> Option<Value>,
    ) -> Option<Value> {
        let mut object = IndexMap::with_capacity(self.items.len());
        self.collect(type_name, &mut field, &mut object)?;
        // of an object of which everything is left out async-graphql makes null
        Some(if object.is_empty() {
            Value::Null
        } else {
            Value::Object(object)
        })
    }

    fn collect(
        &self,
        type_name: &str,
        field: &mut dyn FnMut(&str, &Selected<'_>) -> Option<Value>,
        object: &mut IndexMap<Name, Value>,
    ) -> Option<()> {
        for item in self.items {
            let (condition, items) = match &item.node {
                Selection::Field(selected) => {
                    let selected = &selected.node;
                    if !selected.directives.is_empty() {
                        return None;
                    }
                    let inner = self.inner(&selected.selection_set.node.items);
                    let value = match selected.name.node.as_str() {
                        "__typename" => Value::String(type_name.to_owned()),
                        name => field(name, &inner)?,
                    };
                    let key = selected.response_key().node.clone();
                    // the same field twice: their selections are to be merged
                    if object.insert(key, value).is_some() {
                        return None;
                    }
                    continue;
                }
                Selection::InlineFragment(fragment) if fragment.node.directives.is_empty() => (
                    fragment.node.type_condition.as_ref(),
                    &fragment.node.selection_set.node.items,
                ),
                Selection::FragmentSpread(spread) if spread.node.directives.is_empty() => {
                    let fragment = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    (
                        Some(&fragment.type_condition),
                        &fragment.selection_set.node.items,
                    )
                }
                Selection::InlineFragment(_) | Selection::FragmentSpread(_) => return None,
            };
            if condition.is_some_and(|condition| condition.node.on.node != type_name) {
                return None;
            }
            self.inner(items).collect(type_name, field, object)?;
        }
        Some(())
    }

    fn inner<'a>(&'a self, items: &'a [Positioned<Selection>]) -> Selected<'a> {
        Selected {
            items,
            fragments: self.fragments,
        }
    }
}

impl Plain for i32 {
    fn answer(&self, _: &Selected<'_>) -> Option<Value> {
        Some(Value::from(*self))
    }
}

impl Plain for bool {
    fn answer(&self, _: &Selected<'_>) -> Option<Value> {
        Some(Value::Boolean(*self))
    }
}

impl Plain for ID {
    fn answer(&self, _: &Selected<'_>) -> Option<Value> {
        Some(Value::String(self.0.clone()))
    }
}

impl Plain for String {
    fn answer(&self, _: &Selected<'_>) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl<T: Plain> Plain for Option<T> {
    fn answer(&self, selected: &Selected<'_>) -> Option<Value> {
        match self {
            Some(value) => value.answer(selected),
            None => Some(Value::Null),
        }
    }
}

impl<T: Plain> Plain for Vec<T> {
    fn answer(&self, selected: &Selected<'_>) -> Option<Value> {
        let values: Option<Vec<Value>> = self.iter().map(|value| value.answer(selected)).collect();
        values.map(Value::List)
    }
}

/// Makes an object [`Plain`] by its fields and their names in the schema. A field that is left out is answered by
/// async-graphql, with whatever else is selected beside it.
///
/// ```ignore
/// platform_sdk::plain_object!(Evidence { "quote" => quote, "page" => page });
/// ```
#[macro_export]
macro_rules! plain_object {
    ($type:ty { $($name:literal => $field:ident),+ $(,)? }) => {
        impl $crate::graphql::Plain for $type {
            fn answer(
                &self,
                selected: &$crate::graphql::Selected<'_>,
            ) -> ::std::option::Option<::async_graphql::Value> {
                let type_name = <$type as ::async_graphql::OutputType>::type_name();
                selected.object(&type_name, |name, inner| match name {
                    $($name => $crate::graphql::Plain::answer(&self.$field, inner),)+
                    _ => ::std::option::Option::None,
                })
            }
        }
    };
}

/// Makes an enum [`Plain`].
#[macro_export]
macro_rules! plain_enum {
    ($type:ty) => {
        impl $crate::graphql::Plain for $type {
            fn answer(
                &self,
                _: &$crate::graphql::Selected<'_>,
            ) -> ::std::option::Option<::async_graphql::Value> {
                ::std::option::Option::Some(::async_graphql::resolver_utils::enum_value(*self))
            }
        }
    };
}

/// What a resolver returns to have a [`Plain`] value answered at once. In the schema it is the value's own type.
///
/// Rules of authorisation inside are kept: where a request might break one, async-graphql answers field by field.
pub struct Ready<T>(pub T);

impl<T: Plain + OutputType> OutputType for Ready<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if ctx.data_opt::<Allowed>().is_some() {
            let selected = Selected {
                items: &ctx.item.node.items,
                fragments: &ctx.query_env.fragments,
            };
            if let Some(answer) = self.0.answer(&selected) {
                return Ok(answer);
            }
        }
        self.0.resolve(ctx, field).await
    }
}
