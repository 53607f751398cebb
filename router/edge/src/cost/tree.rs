//! An operation as far as its cost goes: weights, and list sizes that are known now or when the variables are.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use router_engine::syntax::query::{
    Definition, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value as Literal, VariableDefinition,
};
use serde_json::{Map, Value};

use super::model::{FieldCost, ListSize, Model};

/// What a mutation costs before its fields: it writes.
const MUTATION: u64 = 10;

/// An operation as far as its cost goes.
#[derive(Debug)]
pub(super) struct Tree {
    base: u64,
    nodes: Vec<Node>,
    /// Integers that variables have when they are not given.
    defaults: HashMap<String, Value>,
    /// Where no variable counts: what it costs for a usual size, which hardly ever changes.
    fixed: Option<OnceLock<(u64, Found)>>,
}

#[derive(Debug)]
struct Node {
    field: String,
    own: u64,
    /// What its arguments ask for, where that is the size of a list below.
    demand: Option<Size>,
    size: Size,
    below: Vec<Node>,
}

impl Node {
    /// Whether variables say what it or something below it costs. As deep as the guard lets selections be.
    fn varies(&self) -> bool {
        let by_variable = |size: &Size| matches!(size, Size::Variable(..));
        by_variable(&self.size)
            || self.demand.as_ref().is_some_and(by_variable)
            || self.below.iter().any(Self::varies)
    }
}

/// How many objects a field gives.
#[derive(Debug, Clone)]
enum Size {
    One,
    /// A list of which nothing is known.
    Unknown,
    Number(u64),
    /// What a variable says, a path into it, and what counts where it says nothing.
    Variable(String, Vec<String>, Option<u64>),
    /// Not one slicing argument but that many.
    Ambiguous(u64),
}

/// What an operation was found to cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) cost: u64,
    /// The longest list that is asked for by number, and the field that asks.
    pub(super) longest: Option<(u64, String)>,
    /// A field with another number of slicing arguments than the one that it needs.
    pub(super) ambiguous: Option<(u64, String)>,
}

impl Tree {
    /// Reads an operation; `None` where there is none to read, which others say.
    pub(super) fn new(model: &Model, text: &str, name: Option<&str>) -> Option<Self> {
        let document = router_engine::parse_document(text)?;
        let mut fragments = HashMap::new();
        let mut operations = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::Fragment(fragment) => {
                    fragments.insert(fragment.name.as_str(), fragment);
                }
                Definition::Operation(operation) => operations.push(operation),
            }
        }
        let operation = match name {
            None => operations.first().copied()?,
            Some(name) => operations
                .into_iter()
                .find(|operation| name_of(operation) == Some(name))?,
        };
        let (root, base, variables, set): (_, _, &[VariableDefinition], _) = match operation {
            OperationDefinition::SelectionSet(set) => (0, 0, &[], set),
            OperationDefinition::Query(query) => {
                (0, 0, &query.variable_definitions, &query.selection_set)
            }
            OperationDefinition::Mutation(mutation) => (
                1,
                MUTATION,
                &mutation.variable_definitions,
                &mutation.selection_set,
            ),
            OperationDefinition::Subscription(subscription) => (
                2,
                0,
                &subscription.variable_definitions,
                &subscription.selection_set,
            ),
        };
        let reader = Reader { model, fragments };
        let mut nodes = Vec::new();
        reader.set(
            set,
            &model.roots[root],
            None,
            &mut HashSet::new(),
            &mut nodes,
        );
        let defaults = variables
            .iter()
            .filter_map(|variable| {
                let Some(Literal::Int(number)) = &variable.default_value else {
                    return None;
                };
                Some((variable.name.clone(), Value::from(number.as_i64()?)))
            })
            .collect();
        let fixed = (!nodes.iter().any(Node::varies)).then(OnceLock::new);
        Some(Self {
            base,
            nodes,
            defaults,
            fixed,
        })
    }

    /// What it costs with these variables, where a list of which nothing is known has `usual` objects.
    pub(super) fn evaluate(&self, variables: &Map<String, Value>, usual: u64) -> Cow<'_, Found> {
        if let Some(fixed) = &self.fixed {
            let (for_size, found) = fixed.get_or_init(|| (usual, self.sum(variables, usual)));
            if *for_size == usual {
                return Cow::Borrowed(found);
            }
        }
        Cow::Owned(self.sum(variables, usual))
    }

    fn sum(&self, variables: &Map<String, Value>, usual: u64) -> Found {
        let mut found = Found::default();
        let known = Known {
            variables,
            defaults: &self.defaults,
            usual,
        };
        let below = sum(&self.nodes, known, &mut found);
        found.cost = self.base.saturating_add(below);
        found
    }
}

/// What is known when an operation is about to run.
#[derive(Clone, Copy)]
struct Known<'v> {
    variables: &'v Map<String, Value>,
    defaults: &'v HashMap<String, Value>,
    /// Objects in a list of which nothing is known.
    usual: u64,
}

/// As deep as the guard lets selections be.
fn sum(nodes: &[Node], known: Known<'_>, found: &mut Found) -> u64 {
    let mut total = 0_u64;
    for node in nodes {
        if let Some(demand) = &node.demand {
            number(demand, &node.field, known, found);
        }
        let size = number(&node.size, &node.field, known, found);
        let below = sum(&node.below, known, found);
        total = total.saturating_add(size.saturating_mul(node.own.saturating_add(below)));
    }
    total
}

/// How many objects there are; notes what is asked for by number, and what is not asked for as it should be.
fn number(size: &Size, field: &str, known: Known<'_>, found: &mut Found) -> u64 {
    let number = match size {
        Size::One => return 1,
        Size::Unknown => return known.usual,
        Size::Ambiguous(seen) => {
            found
                .ambiguous
                .get_or_insert_with(|| (*seen, field.to_owned()));
            return known.usual;
        }
        Size::Number(number) => *number,
        Size::Variable(name, path, otherwise) => {
            let said = known
                .variables
                .get(name)
                .or_else(|| known.defaults.get(name))
                .and_then(|value| path.iter().try_fold(value, |value, key| value.get(key)))
                .and_then(Value::as_u64);
            match said.or(*otherwise) {
                Some(number) => number,
                None => return known.usual,
            }
        }
    };
    note(found, number, field);
    number
}

fn note(found: &mut Found, number: u64, field: &str) {
    if found
        .longest
        .as_ref()
        .is_none_or(|(longest, _)| number > *longest)
    {
        found.longest = Some((number, field.to_owned()));
    }
}

fn name_of(operation: &OperationDefinition) -> Option<&str> {
    match operation {
        OperationDefinition::SelectionSet(_) => None,
        OperationDefinition::Query(query) => query.name.as_deref(),
        OperationDefinition::Mutation(mutation) => mutation.name.as_deref(),
        OperationDefinition::Subscription(subscription) => subscription.name.as_deref(),
    }
}

struct Reader<'d> {
    model: &'d Model,
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
}

impl<'d> Reader<'d> {
    /// Recursion and the number of selections are bounded by the guard, which counts fragments where they are spread.
    fn set(
        &self,
        set: &'d SelectionSet,
        ty: &str,
        sized: Option<(&ListSize, &Size)>,
        open: &mut HashSet<&'d str>,
        nodes: &mut Vec<Node>,
    ) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    if let Some(node) = self.field(field, ty, sized, open) {
                        nodes.push(node);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let inner = match &fragment.type_condition {
                        Some(TypeCondition::On(name)) => name,
                        None => ty,
                    };
                    self.set(&fragment.selection_set, inner, sized, open, nodes);
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) else {
                        continue;
                    };
                    // a circle is refused by others
                    if open.insert(&fragment.name) {
                        let TypeCondition::On(inner) = &fragment.type_condition;
                        self.set(&fragment.selection_set, inner, sized, open, nodes);
                        open.remove(fragment.name.as_str());
                    }
                }
            }
        }
    }

    fn field(
        &self,
        field: &'d Field,
        ty: &str,
        sized: Option<(&ListSize, &Size)>,
        open: &mut HashSet<&'d str>,
    ) -> Option<Node> {
        let cost = self.model.field(ty, &field.name)?;
        let declared = cost
            .size
            .as_ref()
            .map(|size| (size, size_of(field, cost, size)));
        let own_size = match &declared {
            Some((list, size)) if list.sized.is_empty() => size.clone(),
            _ if !cost.list => Size::One,
            _ => match sized {
                Some((above, size)) if above.sized.contains(&field.name) => size.clone(),
                _ => Size::Unknown,
            },
        };
        let arguments = field
            .arguments
            .iter()
            .filter_map(|(name, _)| cost.arguments.get(name))
            .sum::<u64>();
        let mut below = Vec::new();
        let inherited = declared
            .as_ref()
            .filter(|(list, _)| !list.sized.is_empty())
            .map(|(list, size)| (*list, size));
        self.set(&field.selection_set, &cost.ty, inherited, open, &mut below);
        Some(Node {
            field: format!("{ty}.{}", field.name),
            own: self.model.weight(cost).saturating_add(arguments),
            demand: inherited.map(|(_, size)| size.clone()),
            size: own_size,
            below,
        })
    }
}

/// The size that the arguments of a field give.
fn size_of(field: &Field, cost: &FieldCost, list: &ListSize) -> Size {
    let given: Vec<Size> = list
        .slicing
        .iter()
        .filter_map(|path| {
            let mut keys = path.split('.');
            let first = keys.next()?;
            let rest: Vec<String> = keys.map(str::to_owned).collect();
            let default = cost.defaults.get(first).copied().or(list.assumed);
            match field.arguments.iter().find(|(name, _)| name == first) {
                Some((_, value)) => literal_size(value, &rest, default),
                None => cost.defaults.get(first).map(|size| Size::Number(*size)),
            }
        })
        .collect();
    match given.as_slice() {
        _ if list.require_one && given.len() != 1 => Size::Ambiguous(given.len() as u64),
        [] => list.assumed.map_or(Size::Unknown, Size::Number),
        [one] => one.clone(),
        // The largest number that is there; variables are not compared before they are known.
        many => many
            .iter()
            .max_by_key(|size| match size {
                Size::Number(number) => *number,
                _ => u64::MAX,
            })
            .cloned()
            .unwrap_or(Size::Unknown),
    }
}

fn literal_size(value: &Literal, path: &[String], default: Option<u64>) -> Option<Size> {
    match (value, path) {
        (Literal::Variable(name), path) => {
            Some(Size::Variable(name.clone(), path.to_vec(), default))
        }
        // what is negative is refused by whoever gives the list
        (Literal::Int(number), []) => Some(Size::Number(
            u64::try_from(number.as_i64()?).unwrap_or_default(),
        )),
        (Literal::Object(fields), [key, rest @ ..]) => {
            let (_, value) = fields.iter().find(|(name, _)| name == key)?;
            literal_size(value, rest, default)
        }
        _ => None,
    }
}
