//! The selection that one fetch sends, while it grows, and its text.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::syntax::query::Value;

use super::graph::FieldGraph;
use super::operation::{Collected, arguments_text};
use crate::plan::{Shape, ShapeField, ShapeKind, Symbols};
use crate::schema::{Schema, TypeId};

/// A selection's number within one [`Forest`].
pub(super) type NodeId = usize;

/// With more fields than this their keys are looked up in a table.
const FEW: usize = 16;

#[derive(Debug, Default)]
struct Node<'a> {
    fields: Vec<Leaf<'a>>,
    /// Where the fields stand, once they are many.
    by_key: HashMap<Rc<str>, usize>,
    fragments: Vec<(TypeId, NodeId)>,
}

impl<'a> Node<'a> {
    fn find(&self, key: &str) -> Option<&Leaf<'a>> {
        if self.fields.len() <= FEW {
            return self.fields.iter().find(|leaf| *leaf.key == *key);
        }
        self.by_key.get(key).map(|index| &self.fields[*index])
    }

    /// Adds a field under a key that is new, or is one of a type's name.
    fn push(&mut self, leaf: Leaf<'a>) {
        self.fields.push(leaf);
        let unknown = match self.fields.len() {
            ..=FEW => return,
            count if self.by_key.is_empty() => 0..count,
            count => count - 1..count,
        };
        for index in unknown {
            let key = Rc::clone(&self.fields[index].key);
            self.by_key.entry(key).or_insert(index);
        }
    }
}

#[derive(Debug)]
struct Leaf<'a> {
    /// The key under which the data is kept.
    key: Rc<str>,
    /// The key that the subgraph is asked to use, where the other one would clash.
    alias: Option<Box<str>>,
    name: &'a str,
    arguments: &'a [(String, Value)],
    /// Arguments that come from above, with the numbers of their variables.
    taken: Vec<(&'a str, usize)>,
    signature: &'a str,
    below: Option<NodeId>,
}

/// All selections of a plan.
#[derive(Debug, Default)]
pub(super) struct Forest<'a> {
    nodes: Vec<Node<'a>>,
    /// How names of variables begin that the planner makes: as no variable of the client's does.
    pub(super) prefix: String,
}

impl<'a> Forest<'a> {
    pub(super) fn new_node(&mut self) -> NodeId {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// How many selections there are: a measure of the plan's size.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The part of a selection that holds for one type only.
    pub(super) fn fragment(&mut self, node: NodeId, ty: TypeId) -> NodeId {
        let known = self.nodes[node]
            .fragments
            .iter()
            .find(|(known, _)| *known == ty);
        if let Some((_, below)) = known {
            return *below;
        }
        let below = self.new_node();
        self.nodes[node].fragments.push((ty, below));
        below
    }

    /// Adds a field and gives the selection below it, if it has one.
    pub(super) fn add(
        &mut self,
        node: NodeId,
        field: &Collected<'a>,
        known: &'a FieldGraph,
        taken: Vec<(&'a str, usize)>,
    ) -> Option<NodeId> {
        if let Some(known) = self.nodes[node].find(&field.key) {
            return known.below;
        }
        let below = field.below.map(|_| self.new_node());
        self.nodes[node].push(Leaf {
            key: Rc::clone(&field.key),
            alias: None,
            name: field.name,
            arguments: field.arguments,
            taken,
            signature: &known.signature,
            below,
        });
        below
    }

    /// Asks for the name of the type under a key of the client's, or under its own.
    pub(super) fn add_typename(&mut self, node: NodeId, key: Option<&Rc<str>>) {
        let node = &mut self.nodes[node];
        if node
            .fields
            .iter()
            .any(|leaf| leaf.name == "__typename" && key.is_none_or(|key| leaf.key == *key))
        {
            return;
        }
        node.push(Leaf {
            key: key.map_or_else(|| Rc::from("__typename"), Rc::clone),
            alias: None,
            name: "__typename",
            arguments: &[],
            taken: Vec::new(),
            signature: "String!",
            below: None,
        });
    }

    /// How names of variables for what comes from above begin.
    pub(super) fn context_variable_stem(&self) -> String {
        format!("{}contextualArgument_", self.prefix)
    }

    /// The name of a variable for what comes from above.
    pub(super) fn context_variable(&self, number: usize) -> String {
        format!("{}{number}", self.context_variable_stem())
    }

    /// Adds arguments to those that are written, if there are any.
    fn write_taken(&self, taken: &[(&str, usize)], is_first: bool, out: &mut String) {
        if taken.is_empty() {
            return;
        }
        let mut separator = "(";
        if !is_first {
            // the parenthesis
            out.pop();
            separator = ", ";
        }
        for (name, number) in taken {
            out.push_str(separator);
            separator = ", ";
            out.push_str(name);
            out.push_str(": $");
            out.push_str(&self.context_variable(*number));
        }
        out.push(')');
    }

    /// Makes a selection valid for a subgraph: the same key may not stand for values of different shapes, not even in
    /// fragments of different types.
    pub(super) fn settle(&mut self, node: NodeId) {
        let mut known: HashMap<Rc<str>, (&'a str, Option<NodeId>)> = HashMap::new();
        let mut count = 0;
        self.settle_level(node, &mut known, &mut count);
    }

    fn settle_level(
        &mut self,
        node: NodeId,
        known: &mut HashMap<Rc<str>, (&'a str, Option<NodeId>)>,
        count: &mut usize,
    ) {
        for index in 0..self.nodes[node].fields.len() {
            let leaf = &self.nodes[node].fields[index];
            let (key, signature, below) = (Rc::clone(&leaf.key), leaf.signature, leaf.below);
            match known.get(&key).copied() {
                None => {
                    known.insert(key, (signature, below));
                }
                Some((other, other_below)) => {
                    let same = match (below, other_below) {
                        (None, None) => signature == other,
                        (Some(below), Some(other_below)) => {
                            wrappers(signature).eq(wrappers(other))
                                && !self.clash(below, other_below)
                        }
                        _ => false,
                    };
                    if !same {
                        *count += 1;
                        // no name begins with a digit, so no alias of a client's looks like this
                        let alias = format!("_alias_{count}t_{key}");
                        self.nodes[node].fields[index].alias = Some(alias.into());
                    }
                }
            }
            if let Some(below) = below {
                self.settle(below);
            }
        }
        for index in 0..self.nodes[node].fragments.len() {
            let (_, below) = self.nodes[node].fragments[index];
            self.settle_level(below, known, count);
        }
    }

    /// Whether two selections under the same key would give the same key different values.
    fn clash(&self, one: NodeId, other: NodeId) -> bool {
        let mut all = Vec::new();
        self.flatten(one, &mut all);
        let mut others = Vec::new();
        self.flatten(other, &mut others);
        all.iter().any(|leaf| {
            others.iter().any(|other| {
                leaf.key == other.key
                    && match (leaf.below, other.below) {
                        (None, None) => leaf.signature != other.signature,
                        (Some(below), Some(other_below)) => {
                            !wrappers(leaf.signature).eq(wrappers(other.signature))
                                || self.clash(below, other_below)
                        }
                        _ => true,
                    }
            })
        })
    }

    fn flatten<'f>(&'f self, node: NodeId, leaves: &mut Vec<&'f Leaf<'a>>) {
        leaves.extend(&self.nodes[node].fields);
        for (_, below) in &self.nodes[node].fragments {
            self.flatten(*below, leaves);
        }
    }

    /// Writes a selection with its braces, notes the variables that it reads, and gives what an answer looks like.
    pub(super) fn write(
        &self,
        node: NodeId,
        schema: &Schema,
        symbols: &mut Symbols,
        variables: &mut Vec<String>,
        out: &mut String,
    ) -> Shape {
        let mut shape = Shape::default();
        self.write_node(
            node,
            schema,
            symbols,
            variables,
            out,
            &mut shape,
            &mut Vec::new(),
        );
        shape
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one recursion")]
    fn write_node<'f>(
        &'f self,
        node: NodeId,
        schema: &Schema,
        symbols: &mut Symbols,
        variables: &mut Vec<String>,
        out: &mut String,
        shape: &mut Shape,
        above: &mut Vec<&'f Rc<str>>,
    ) {
        let node = &self.nodes[node];
        out.push('{');
        let start = out.len();
        let level = above.len();
        let mut keys = HashSet::new();
        let mut is_first_level = shape.fields.is_empty();
        for leaf in &node.fields {
            // what is asked of all types need not be asked of one again
            if leaf.below.is_none() && above[..level].contains(&&leaf.key) {
                continue;
            }
            if out.len() > start {
                out.push(' ');
            }
            let key = leaf.alias.as_deref().unwrap_or(&leaf.key);
            if key != leaf.name {
                out.push_str(key);
                out.push_str(": ");
            }
            out.push_str(leaf.name);
            out.push_str(&arguments_text(leaf.arguments));
            self.write_taken(&leaf.taken, leaf.arguments.is_empty(), out);
            for (_, value) in leaf.arguments {
                read_variables(value, variables);
            }
            let kind = match leaf.below {
                None => {
                    above.push(&leaf.key);
                    if leaf.name == "__typename" {
                        ShapeKind::Typename
                    } else {
                        ShapeKind::Leaf
                    }
                }
                Some(below) => {
                    out.push(' ');
                    ShapeKind::Composite(self.write(below, schema, symbols, variables, out))
                }
            };
            let field = ShapeField::new(key, symbols.intern(&leaf.key), kind);
            // most selections have no key twice, and then none has to be searched for
            is_first_level &= keys.insert(key) && (key == &*leaf.key || keys.insert(&leaf.key));
            if is_first_level {
                shape.fields.push(field);
            } else {
                shape.add(field);
            }
        }
        for (ty, below) in &node.fragments {
            let before = out.len();
            if out.len() > start {
                out.push(' ');
            }
            out.push_str("... on ");
            out.push_str(&schema.ty(*ty).name);
            out.push(' ');
            let body = out.len();
            self.write_node(*below, schema, symbols, variables, out, shape, above);
            if &out[body..] == "{}" {
                out.truncate(before);
            }
        }
        above.truncate(level);
        if out.len() == start && level == 0 {
            out.push_str("__typename");
            let symbol = symbols.intern("__typename");
            shape.add(ShapeField::new("__typename", symbol, ShapeKind::Typename));
        }
        out.push('}');
    }
}

/// The list and non-null wrappers of a type's text.
fn wrappers(signature: &str) -> impl Iterator<Item = char> + '_ {
    signature.chars().filter(|c| matches!(c, '[' | ']' | '!'))
}

fn read_variables(value: &Value, variables: &mut Vec<String>) {
    match value {
        Value::Variable(name) if !variables.contains(name) => variables.push(name.clone()),
        Value::List(items) => items
            .iter()
            .for_each(|item| read_variables(item, variables)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(_, value)| read_variables(value, variables)),
        _ => {}
    }
}
