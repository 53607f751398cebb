//! Selections of one operation, collected by type and numbered: the same sets on the same type are the same number, so
//! that what is known about them is found again.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::syntax::query::{
    Definition, Document, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    Value,
};

use crate::request::write_literal;
use crate::schema::{Schema, TypeId};

/// Several selection sets that stand at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SetId(pub(super) u32);

/// A response key of a type, with everything that is selected below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FieldId(pub(super) u32);

/// One collected field.
#[derive(Debug)]
pub(super) struct Collected<'a> {
    /// The key under which the data is kept.
    pub(super) key: Rc<str>,
    pub(super) name: &'a str,
    pub(super) arguments: &'a [(String, Value)],
    pub(super) below: Option<SetId>,
}

type Set<'a> = (Vec<&'a SelectionSet>, bool);

/// The selections of an operation.
pub(super) struct Selections<'a> {
    schema: &'a Schema,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    sets: Vec<Set<'a>>,
    set_ids: HashMap<(Vec<usize>, bool), SetId>,
    fields: Vec<Rc<Collected<'a>>>,
    field_ids: HashMap<(Vec<usize>, bool), FieldId>,
    collected: HashMap<(SetId, TypeId), Rc<[FieldId]>>,
    /// Fields that the client selects with arguments and without an alias: requirements stand under another key.
    with_arguments: HashSet<&'a str>,
    /// Texts of arguments of requirements.
    arguments: HashMap<String, usize>,
}

impl<'a> Selections<'a> {
    /// The selections of a document.
    pub(super) fn new(document: &'a Document, schema: &'a Schema) -> Self {
        let mut selections = Self {
            schema,
            fragments: HashMap::new(),
            sets: Vec::new(),
            set_ids: HashMap::new(),
            fields: Vec::new(),
            field_ids: HashMap::new(),
            collected: HashMap::new(),
            with_arguments: HashSet::new(),
            arguments: HashMap::new(),
        };
        let mut open: Vec<&SelectionSet> = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::Fragment(fragment) => {
                    selections.fragments.insert(&fragment.name, fragment);
                    open.push(&fragment.selection_set);
                }
                Definition::Operation(operation) => open.push(root_set(operation)),
            }
        }
        while let Some(set) = open.pop() {
            for selection in &set.items {
                match selection {
                    Selection::Field(field) => {
                        if field.alias.is_none() && !field.arguments.is_empty() {
                            selections.with_arguments.insert(&field.name);
                        }
                        open.push(&field.selection_set);
                    }
                    Selection::InlineFragment(fragment) => open.push(&fragment.selection_set),
                    Selection::FragmentSpread(_) => {}
                }
            }
        }
        selections
    }

    /// The number of selection sets at one place. `internal` ones are the planner's own: keys and requirements.
    pub(super) fn set(&mut self, sets: Vec<&'a SelectionSet>, internal: bool) -> SetId {
        let identity = (addresses(&sets), internal);
        if let Some(id) = self.set_ids.get(&identity) {
            return *id;
        }
        let id = SetId(self.sets.len() as u32);
        self.sets.push((sets, internal));
        self.set_ids.insert(identity, id);
        id
    }

    /// Whether a set is the planner's own.
    pub(super) fn is_internal(&self, set: SetId) -> bool {
        self.sets[set.0 as usize].1
    }

    pub(super) fn field(&self, id: FieldId) -> Rc<Collected<'a>> {
        Rc::clone(&self.fields[id.0 as usize])
    }

    /// The fields that a set selects of a type, in the order of the document. For an abstract type those that are
    /// selected of whatever stands there.
    pub(super) fn fields(&mut self, set: SetId, ty: TypeId) -> Rc<[FieldId]> {
        if let Some(known) = self.collected.get(&(set, ty)) {
            return Rc::clone(known);
        }
        let (sets, internal) = self.sets[set.0 as usize].clone();
        let mut collected: Vec<(Rc<str>, Vec<&'a Field>)> = Vec::new();
        let mut index = HashMap::new();
        let mut seen = HashSet::new();
        for set in sets {
            self.collect(ty, set, internal, &mut collected, &mut index, &mut seen);
        }
        let ids: Vec<FieldId> = collected
            .into_iter()
            .map(|(key, fields)| self.number(ty, key, fields, internal))
            .collect();
        let ids: Rc<[FieldId]> = ids.into();
        self.collected.insert((set, ty), Rc::clone(&ids));
        ids
    }

    fn collect(
        &mut self,
        ty: TypeId,
        set: &'a SelectionSet,
        internal: bool,
        collected: &mut Vec<(Rc<str>, Vec<&'a Field>)>,
        index: &mut HashMap<Rc<str>, usize>,
        seen: &mut HashSet<&'a str>,
    ) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let key = self.key(field, internal);
                    match index.get(&key) {
                        Some(at) => collected[*at].1.push(field),
                        None => {
                            index.insert(Rc::clone(&key), collected.len());
                            collected.push((key, vec![field]));
                        }
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if self.schema.applies(fragment.type_condition.as_ref(), ty) {
                        self.collect(
                            ty,
                            &fragment.selection_set,
                            internal,
                            collected,
                            index,
                            seen,
                        );
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) =
                        self.fragments.get(spread.fragment_name.as_str()).copied()
                        && seen.insert(&fragment.name)
                        && self.schema.applies(Some(&fragment.type_condition), ty)
                    {
                        self.collect(
                            ty,
                            &fragment.selection_set,
                            internal,
                            collected,
                            index,
                            seen,
                        );
                    }
                }
            }
        }
    }

    fn key(&mut self, field: &'a Field, internal: bool) -> Rc<str> {
        if !internal {
            return Rc::from(field.alias.as_deref().unwrap_or(&field.name));
        }
        self.internal_key(field)
    }

    /// The key under which a field of a key or requirement is kept: apart from the client's when that may be asked with
    /// other arguments. No field and no alias of a client has a digit at this place.
    pub(super) fn internal_key(&mut self, field: &Field) -> Rc<str> {
        if field.arguments.is_empty() {
            return if self.with_arguments.contains(field.name.as_str()) {
                Rc::from(format!("_alias_0_{}", field.name))
            } else {
                Rc::from(field.name.as_str())
            };
        }
        let text = arguments_text(&field.arguments);
        let next = self.arguments.len() + 1;
        let number = *self.arguments.entry(text).or_insert(next);
        Rc::from(format!("_alias_{number}_{}", field.name))
    }

    fn number(
        &mut self,
        ty: TypeId,
        key: Rc<str>,
        fields: Vec<&'a Field>,
        internal: bool,
    ) -> FieldId {
        let identity = (
            fields
                .iter()
                .map(|field| std::ptr::from_ref(*field) as usize)
                .collect::<Vec<_>>(),
            internal,
        );
        if let Some(id) = self.field_ids.get(&identity) {
            return *id;
        }
        let first = fields[0];
        let below: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        // conditions may have left nothing of what was selected below an object
        let is_composite = below.iter().any(|set| !set.items.is_empty())
            || self
                .schema
                .ty(ty)
                .fields
                .get(&first.name)
                .is_some_and(|field| self.schema.ty(field.ty.named()).kind.is_composite());
        let below = is_composite.then(|| self.set(below, internal));
        let id = FieldId(self.fields.len() as u32);
        self.fields.push(Rc::new(Collected {
            key,
            name: &first.name,
            arguments: &first.arguments,
            below,
        }));
        self.field_ids.insert(identity, id);
        id
    }
}

fn addresses(sets: &[&SelectionSet]) -> Vec<usize> {
    sets.iter()
        .map(|set| std::ptr::from_ref(*set) as usize)
        .collect()
}

/// The root selection of an operation.
pub(super) fn root_set(operation: &OperationDefinition) -> &SelectionSet {
    match operation {
        OperationDefinition::SelectionSet(set) => set,
        OperationDefinition::Query(query) => &query.selection_set,
        OperationDefinition::Mutation(mutation) => &mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &subscription.selection_set,
    }
}

/// Arguments as they stand in a document, with parentheses; empty without any.
pub(super) fn arguments_text(arguments: &[(String, Value)]) -> String {
    if arguments.is_empty() {
        return String::new();
    }
    let mut text = String::from("(");
    for (index, (name, value)) in arguments.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push_str(": ");
        write_literal(value, &mut text);
    }
    text.push(')');
    text
}
