//! `__schema` and `__type`, answered from the public schema (GraphQL specification, section 4.2).

mod node;

use std::collections::{HashMap, HashSet};

use crate::syntax::query::{
    Field, FragmentDefinition, Selection, SelectionSet, TypeCondition, Value as Literal,
};

use crate::request::{Variables, shown};
use crate::response::MetaField;
use crate::schema::Schema;
use node::{Answer, Node};

/// Writes the value of a `__schema` or `__type` field.
pub(crate) fn write(field: &MetaField, schema: &Schema, variables: &Variables, out: &mut Vec<u8>) {
    let writer = Writer {
        schema,
        variables,
        fragments: &field.fragments,
    };
    let node = match &field.type_name {
        None => Some(Node::Schema),
        Some(name) => writer
            .text(name)
            .and_then(|name| schema.public_definition(&name).map(Node::Named)),
    };
    let sets: Vec<&SelectionSet> = field.selections.iter().collect();
    match node {
        Some(node) => writer.object(node, &sets, out),
        None => out.extend_from_slice(b"null"),
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    variables: &'a Variables,
    fragments: &'a HashMap<String, FragmentDefinition>,
}

impl<'a> Writer<'a> {
    /// A string argument, given as a literal or by a variable.
    fn text(&self, value: &Literal) -> Option<String> {
        match value {
            Literal::String(text) => Some(text.clone()),
            Literal::Variable(name) => match self.variables.get(name)? {
                async_graphql_value::ConstValue::String(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    fn include_deprecated(&self, field: &Field) -> bool {
        match field
            .arguments
            .iter()
            .find(|(name, _)| name == "includeDeprecated")
        {
            Some((_, Literal::Boolean(value))) => *value,
            Some((_, Literal::Variable(name))) => self.variables.holds(name),
            _ => false,
        }
    }

    fn object(&self, node: Node<'a>, sets: &[&'a SelectionSet], out: &mut Vec<u8>) {
        let mut fields: Vec<(&str, &Field, Vec<&SelectionSet>)> = Vec::new();
        let mut seen = HashSet::new();
        for set in sets {
            self.collect(node.type_name(), set, &mut fields, &mut seen);
        }
        out.push(b'{');
        for (index, (key, field, below)) in fields.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            string(shown(key), out);
            out.push(b':');
            let answer = node.field(&field.name, self.include_deprecated(field), self.schema);
            self.answer(answer, &below, out);
        }
        out.push(b'}');
    }

    fn answer(&self, answer: Answer<'a>, below: &[&'a SelectionSet], out: &mut Vec<u8>) {
        match answer {
            Answer::Null => out.extend_from_slice(b"null"),
            Answer::Bool(true) => out.extend_from_slice(b"true"),
            Answer::Bool(false) => out.extend_from_slice(b"false"),
            Answer::Text(text) => string(&text, out),
            Answer::Node(node) => self.object(node, below, out),
            Answer::Texts(texts) => {
                list(texts, out, string);
            }
            Answer::Nodes(nodes) => list(nodes, out, |node, out| self.object(node, below, out)),
        }
    }

    fn collect(
        &self,
        type_name: &str,
        set: &'a SelectionSet,
        fields: &mut Vec<(&'a str, &'a Field, Vec<&'a SelectionSet>)>,
        seen: &mut HashSet<&'a str>,
    ) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    match fields.iter_mut().find(|(known, ..)| *known == key) {
                        Some((.., below)) => below.push(&field.selection_set),
                        None => fields.push((key, field, vec![&field.selection_set])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let applies = match &fragment.type_condition {
                        None => true,
                        Some(TypeCondition::On(name)) => name == type_name,
                    };
                    if applies {
                        self.collect(type_name, &fragment.selection_set, fields, seen);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name)
                        && seen.insert(&fragment.name)
                        && *fragment.type_condition.as_ref() == *type_name
                    {
                        self.collect(type_name, &fragment.selection_set, fields, seen);
                    }
                }
            }
        }
    }
}

fn list<T>(items: Vec<T>, out: &mut Vec<u8>, mut write: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn string(text: &str, out: &mut Vec<u8>) {
    // writing a string into memory does not fail
    let _written = serde_json::to_writer(out, text);
}
