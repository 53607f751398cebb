//! Splits a query at its deferred fragments.

use crate::syntax::query::{
    Definition, Directive, Document as Ast, FragmentDefinition, InlineFragment, Selection,
    SelectionSet, TypeCondition, Value,
};

use super::document::selection_set_mut;
use crate::schema::{Schema, TypeId, TypeSet};

/// A fragment that may come later.
#[derive(Debug)]
pub(crate) struct Deferred {
    pub(crate) path: Vec<Step>,
    /// The type that its fields stand on.
    pub(crate) ty: TypeId,
    /// The types that it is for.
    pub(crate) when: TypeSet,
    pub(crate) label: Option<Box<str>>,
    /// Without the deferred fragments within it.
    pub(crate) selection: SelectionSet,
    /// Whether there were such; they come behind it.
    pub(crate) holds_others: bool,
}

/// A step to the place of a fragment.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Objects of these types.
    Type(TypeSet),
    /// A response key.
    Key(String),
}

/// The query without its deferred fragments, and the fragments; none when nothing is deferred. Conditions must be
/// decided. A deferred fragment within another one is a part of its own, which comes at the same time.
pub(crate) fn split(ast: &Ast, schema: &Schema) -> Option<(Ast, Vec<Deferred>)> {
    if !ast.definitions.iter().any(|definition| match definition {
        Definition::Operation(operation) => defers(super::document::selection_set(operation)),
        Definition::Fragment(fragment) => defers(&fragment.selection_set),
    }) {
        return None;
    }
    let fragments: Vec<FragmentDefinition> = ast
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some(fragment.clone()),
            Definition::Operation(_) => None,
        })
        .collect();
    let mut splitter = Splitter {
        schema,
        fragments: &fragments,
        path: Vec::new(),
        deferred: Vec::new(),
    };
    let mut initial = ast.clone();
    for definition in &mut initial.definitions {
        if let Definition::Operation(operation) = definition {
            let when = schema.ty(schema.query).matches.clone();
            splitter.set(selection_set_mut(operation), schema.query, &when);
        }
    }
    let deferred = splitter.deferred;
    (!deferred.is_empty()).then_some((initial, deferred))
}

fn defers(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match selection {
        Selection::Field(field) => defers(&field.selection_set),
        Selection::InlineFragment(fragment) => {
            is_deferred(&fragment.directives) || defers(&fragment.selection_set)
        }
        Selection::FragmentSpread(spread) => is_deferred(&spread.directives),
    })
}

fn is_deferred(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| directive.name == "defer")
}

struct Splitter<'a> {
    schema: &'a Schema,
    fragments: &'a [FragmentDefinition],
    path: Vec<Step>,
    deferred: Vec<Deferred>,
}

impl Splitter<'_> {
    /// Takes the deferred fragments out of a set. Named fragments are written out: what is deferred in one comes later
    /// at every place.
    fn set(&mut self, set: &mut SelectionSet, ty: TypeId, when: &TypeSet) {
        let mut kept = Vec::with_capacity(set.items.len());
        for selection in std::mem::take(&mut set.items) {
            match selection {
                Selection::Field(mut field) => {
                    let below = self.schema.ty(ty).fields.get(&field.name);
                    if let Some(below) = below.map(|known| known.ty.named())
                        && self.schema.ty(below).kind.is_composite()
                    {
                        let length = self.path.len();
                        let key = field.alias.as_ref().unwrap_or(&field.name);
                        self.path.push(Step::Type(when.clone()));
                        self.path.push(Step::Key(key.clone()));
                        let all = self.schema.ty(below).matches.clone();
                        self.set(&mut field.selection_set, below, &all);
                        self.path.truncate(length);
                    }
                    kept.push(Selection::Field(field));
                }
                Selection::InlineFragment(fragment) => {
                    kept.extend(self.fragment(fragment, ty, when));
                }
                Selection::FragmentSpread(spread) => {
                    let known = self
                        .fragments
                        .iter()
                        .find(|known| known.name == spread.fragment_name);
                    if let Some(known) = known {
                        let fragment = InlineFragment {
                            position: spread.position,
                            type_condition: Some(known.type_condition.clone()),
                            directives: spread.directives,
                            selection_set: known.selection_set.clone(),
                        };
                        kept.extend(self.fragment(fragment, ty, when));
                    }
                }
            }
        }
        set.items = kept;
    }

    fn fragment(
        &mut self,
        mut fragment: InlineFragment,
        ty: TypeId,
        when: &TypeSet,
    ) -> Option<Selection> {
        let ty = match &fragment.type_condition {
            Some(TypeCondition::On(name)) => self.schema.id(name)?,
            None => ty,
        };
        let mut when = when.clone();
        when.intersect(&self.schema.ty(ty).matches);
        let directive = fragment
            .directives
            .iter()
            .find(|directive| directive.name == "defer");
        let Some(directive) = directive else {
            self.set(&mut fragment.selection_set, ty, &when);
            return Some(Selection::InlineFragment(fragment));
        };
        let label = directive
            .arguments
            .iter()
            .find_map(|(name, value)| match value {
                Value::String(text) if name == "label" => Some(text.as_str().into()),
                _ => None,
            });
        let own = self.deferred.len();
        self.deferred.push(Deferred {
            path: self.path.clone(),
            ty,
            when: when.clone(),
            label,
            selection: SelectionSet {
                span: fragment.selection_set.span,
                items: Vec::new(),
            },
            holds_others: false,
        });
        self.set(&mut fragment.selection_set, ty, &when);
        let holds_others = self.deferred.len() > own + 1;
        if let Some(deferred) = self.deferred.get_mut(own) {
            deferred.selection = fragment.selection_set;
            deferred.holds_others = holds_others;
        }
        None
    }
}
