//! A plain GraphQL executor over canned data. It plays every subgraph, and the monolith whose answers the engine's have
//! to equal.

use std::collections::HashMap;

use graphql_tools::static_graphql::query::{
    Definition as QueryDefinition, Document as Query, Field, FragmentDefinition,
    OperationDefinition, Selection, SelectionSet, TypeCondition, Value as Literal,
};
use graphql_tools::static_graphql::schema::Type;
use serde_json::{Map, Value, json};

use super::schema::{FieldInfo, Schema};
use super::store::Store;

/// Runs documents of one schema over a store.
pub(crate) struct Executor<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) store: &'a Store,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    variables: Map<String, Value>,
    errors: Vec<Value>,
    path: Vec<Value>,
    /// The objects that are being resolved, with their types.
    above: Vec<(&'a Value, String)>,
}

/// An object of the data while it is resolved.
#[derive(Clone)]
struct Node<'a> {
    value: &'a Value,
    /// What the router sent for it, when it came through `_entities`.
    representation: Option<&'a Value>,
    /// Fields that the way here provides although they are external.
    provided: Option<SelectionSet>,
}

struct Nulled;

type Collected<'a> = Vec<(String, &'a Field, Vec<&'a SelectionSet>)>;

impl<'a> Executor<'a> {
    /// Runs the only operation of a document. `event` replaces the root value, for subscriptions.
    pub(crate) fn run(
        schema: &'a Schema,
        store: &'a Store,
        document: &'a Query,
        variables: &Map<String, Value>,
        event: Option<&'a Value>,
    ) -> Value {
        let mut fragments = HashMap::new();
        let mut operation = None;
        for definition in &document.definitions {
            match definition {
                QueryDefinition::Fragment(fragment) => {
                    fragments.insert(fragment.name.as_str(), fragment);
                }
                QueryDefinition::Operation(definition) => operation = Some(definition),
            }
        }
        let (kind, set, definitions) = match operation.expect("an operation") {
            OperationDefinition::SelectionSet(set) => ("Query", set, [].as_slice()),
            OperationDefinition::Query(query) => (
                "Query",
                &query.selection_set,
                query.variable_definitions.as_slice(),
            ),
            OperationDefinition::Mutation(mutation) => (
                "Mutation",
                &mutation.selection_set,
                mutation.variable_definitions.as_slice(),
            ),
            OperationDefinition::Subscription(subscription) => (
                "Subscription",
                &subscription.selection_set,
                subscription.variable_definitions.as_slice(),
            ),
        };
        let mut executor = Executor {
            schema,
            store,
            fragments,
            variables: variables.clone(),
            errors: Vec::new(),
            path: Vec::new(),
            above: Vec::new(),
        };
        for definition in definitions {
            if let Some(default) = &definition.default_value
                && !executor.variables.contains_key(&definition.name)
            {
                let default = executor.value(default);
                executor.variables.insert(definition.name.clone(), default);
            }
        }
        let root = Node {
            value: event.unwrap_or_else(|| store.root(kind)),
            representation: None,
            provided: None,
        };
        let data = executor.object(&root, kind, &[set]).unwrap_or(Value::Null);
        let mut response = json!({ "data": data });
        if !executor.errors.is_empty() {
            response["errors"] = Value::Array(executor.errors);
        }
        response
    }

    fn object(
        &mut self,
        node: &Node<'a>,
        ty: &str,
        sets: &[&'a SelectionSet],
    ) -> Result<Value, Nulled> {
        let mut fields = Vec::new();
        for set in sets {
            self.collect(ty, set, &mut fields);
        }
        self.above.push((node.value, ty.to_owned()));
        let object = fields
            .into_iter()
            .map(|(key, field, below)| {
                self.path.push(Value::from(key.as_str()));
                let value = self.field(node, ty, field, &below);
                self.path.pop();
                Ok((key, value?))
            })
            .collect::<Result<Map<_, _>, Nulled>>();
        self.above.pop();
        Ok(Value::Object(object?))
    }

    fn collect(&self, ty: &str, set: &'a SelectionSet, fields: &mut Collected<'a>) {
        for selection in &set.items {
            let directives = match selection {
                Selection::Field(field) => &field.directives,
                Selection::InlineFragment(fragment) => &fragment.directives,
                Selection::FragmentSpread(spread) => &spread.directives,
            };
            let kept = directives
                .iter()
                .all(|directive| match directive.name.as_str() {
                    "skip" => self.value(&directive.arguments[0].1) != json!(true),
                    "include" => self.value(&directive.arguments[0].1) == json!(true),
                    _ => true,
                });
            if !kept {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name);
                    match fields.iter_mut().find(|(known, ..)| known == key) {
                        Some((.., below)) => below.push(&field.selection_set),
                        None => fields.push((key.clone(), field, vec![&field.selection_set])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let applies = match &fragment.type_condition {
                        None => true,
                        Some(TypeCondition::On(condition)) => self.schema.is_a(ty, condition),
                    };
                    if applies {
                        self.collect(ty, &fragment.selection_set, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments[spread.fragment_name.as_str()];
                    let TypeCondition::On(condition) = &fragment.type_condition;
                    if self.schema.is_a(ty, condition) {
                        self.collect(ty, &fragment.selection_set, fields);
                    }
                }
            }
        }
    }

    fn value(&self, literal: &Literal) -> Value {
        match literal {
            Literal::Variable(name) => self.variables.get(name).cloned().unwrap_or(Value::Null),
            Literal::Int(number) => json!(number.as_i64()),
            Literal::Float(number) => json!(number),
            Literal::String(text) | Literal::Enum(text) => json!(text),
            Literal::Boolean(value) => json!(value),
            Literal::Null => Value::Null,
            Literal::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Literal::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.value(value)))
                    .collect(),
            ),
        }
    }

    fn field(
        &mut self,
        node: &Node<'a>,
        ty: &str,
        field: &'a Field,
        below: &[&'a SelectionSet],
    ) -> Result<Value, Nulled> {
        if field.name == "__typename" {
            return Ok(json!(ty));
        }
        if field.name == "_entities" {
            return self.entities(field, below);
        }
        let info = self
            .schema
            .field(ty, &field.name)
            .unwrap_or_else(|| panic!("no field {ty}.{}", field.name));
        let mut arguments = Map::new();
        for (name, default) in &info.arguments {
            let given = field
                .arguments
                .iter()
                .find(|(given, _)| given == name)
                .map(|(_, value)| value);
            let absent = matches!(given, Some(Literal::Variable(variable)) if !self.variables.contains_key(variable));
            match (given, default) {
                (Some(value), _) if !absent => {
                    arguments.insert(name.clone(), self.value(value));
                }
                (_, Some(default)) => {
                    arguments.insert(name.clone(), self.value(default));
                }
                _ => {}
            }
        }
        for (name, context, selection) in &info.contextual {
            if self.schema.is_public() {
                let value = self.above_value(context, selection);
                arguments.insert(name.clone(), value);
            } else if !arguments.contains_key(name) {
                return self.fail(&format!("{name} was not taken from above"), &info.ty);
            }
        }
        if let Some(problem) = self.problem(node, info, &field.name) {
            return self.fail(&problem, &info.ty);
        }
        let value = self.store.resolve(node.value, &field.name, &arguments);
        let value = value.map_or(Value::Null, |value| value.into_owned());
        // the tree lives as long as the test: what `resolve` had to make is leaked on purpose
        let value: &'a Value = Box::leak(Box::new(value));
        self.complete(value, &info.ty, info, below)
    }

    /// The value that the nearest object above gives for a contextual argument.
    fn above_value(&self, context: &str, selection: &SelectionSet) -> Value {
        let (object, ty) = self
            .above
            .iter()
            .rev()
            .skip(1)
            .find(|(_, ty)| self.schema.sets(ty, context))
            .expect("an object above that sets the context");
        self.only_leaf(object, ty, selection).unwrap_or(Value::Null)
    }

    fn only_leaf(&self, object: &Value, ty: &str, set: &SelectionSet) -> Option<Value> {
        set.items.iter().find_map(|selection| match selection {
            Selection::Field(field) => {
                let value = self.store.dereference(object.get(&field.name)?);
                if field.selection_set.items.is_empty() || value.is_null() {
                    return Some(value.clone());
                }
                let below = value["__typename"].as_str().unwrap_or_default();
                self.only_leaf(value, below, &field.selection_set)
            }
            Selection::InlineFragment(fragment) => match &fragment.type_condition {
                Some(TypeCondition::On(condition)) if !self.schema.is_a(ty, condition) => None,
                _ => self.only_leaf(object, ty, &fragment.selection_set),
            },
            Selection::FragmentSpread(_) => None,
        })
    }

    /// What a subgraph must not be asked.
    fn problem(&self, node: &Node<'a>, info: &FieldInfo, name: &str) -> Option<String> {
        let provided = node.provided.as_ref().is_some_and(|set| selects(set, name));
        if info.external && !provided {
            return Some(format!("{name} is external"));
        }
        if let (Some(required), Some(representation)) = (&info.requires, node.representation)
            && let Some(missing) = missing(required, representation)
        {
            return Some(format!("{name} requires {missing}, which was not sent"));
        }
        None
    }

    fn fail(&mut self, message: &str, ty: &Type) -> Result<Value, Nulled> {
        self.errors
            .push(json!({ "message": message, "path": self.path.clone() }));
        if matches!(ty, Type::NonNullType(_)) {
            Err(Nulled)
        } else {
            Ok(Value::Null)
        }
    }

    fn complete(
        &mut self,
        value: &'a Value,
        ty: &Type,
        info: &FieldInfo,
        below: &[&'a SelectionSet],
    ) -> Result<Value, Nulled> {
        if let Some(message) = value.get("$error").and_then(Value::as_str) {
            return self.fail(message, ty);
        }
        if let Type::NonNullType(inner) = ty {
            if value.is_null() {
                return self.fail("null where it must not be", ty);
            }
            // the inner type would swallow what must go further up
            return match self.complete_present(value, inner, info, below) {
                Ok(Value::Null) => self.fail("null where it must not be", ty),
                other => other,
            };
        }
        if value.is_null() {
            return Ok(Value::Null);
        }
        Ok(self
            .complete_present(value, ty, info, below)
            .unwrap_or(Value::Null))
    }

    fn complete_present(
        &mut self,
        value: &'a Value,
        ty: &Type,
        info: &FieldInfo,
        below: &[&'a SelectionSet],
    ) -> Result<Value, Nulled> {
        match ty {
            Type::NonNullType(inner) => self.complete(value, inner, info, below),
            Type::ListType(inner) => {
                let mut items = Vec::new();
                for (index, item) in value.as_array().expect("a list").iter().enumerate() {
                    self.path.push(json!(index));
                    let item = self.complete(item, inner, info, below);
                    self.path.pop();
                    items.push(item?);
                }
                Ok(Value::Array(items))
            }
            Type::NamedType(name) if self.schema.is_composite(name) => {
                let object = self.store.dereference(value);
                if object.is_null() {
                    return Ok(Value::Null);
                }
                let concrete = self.schema.concrete(name, object);
                let Some(concrete) = concrete else {
                    self.errors.push(
                        json!({ "message": "hidden or foreign type", "path": self.path.clone() }),
                    );
                    return Err(Nulled);
                };
                let node = Node {
                    value: object,
                    representation: None,
                    provided: info.provides.clone(),
                };
                self.object(&node, &concrete, below)
            }
            Type::NamedType(name) => match self.schema.enum_values(name) {
                Some(values) if !values.iter().any(|known| *value == *known) => {
                    self.errors.push(
                        json!({ "message": "no such enum value", "path": self.path.clone() }),
                    );
                    Err(Nulled)
                }
                _ => Ok(value.clone()),
            },
        }
    }

    fn entities(&mut self, field: &'a Field, below: &[&'a SelectionSet]) -> Result<Value, Nulled> {
        let representations = self.value(&field.arguments[0].1);
        let representations: &'a Value = Box::leak(Box::new(representations));
        let mut entities = Vec::new();
        for (index, representation) in representations
            .as_array()
            .expect("representations")
            .iter()
            .enumerate()
        {
            let name = representation["__typename"].as_str().expect("a type name");
            let keys = self.schema.keys(name);
            assert!(
                keys.iter()
                    .any(|key| missing(key, representation).is_none()),
                "no key of {name} in {representation}"
            );
            self.path.push(json!(index));
            let object = self.store.find(self.schema, name, representation);
            let entity = match object {
                Some(object) => {
                    let concrete = self
                        .schema
                        .concrete(name, object)
                        .expect("a type of the subgraph");
                    let node = Node {
                        value: object,
                        representation: Some(representation),
                        provided: None,
                    };
                    self.object(&node, &concrete, below).unwrap_or(Value::Null)
                }
                None => Value::Null,
            };
            self.path.pop();
            entities.push(entity);
        }
        Ok(Value::Array(entities))
    }
}

/// Whether a provided selection has a field.
fn selects(set: &SelectionSet, name: &str) -> bool {
    set.items.iter().any(|selection| match selection {
        Selection::Field(field) => field.name == name,
        Selection::InlineFragment(fragment) => selects(&fragment.selection_set, name),
        Selection::FragmentSpread(_) => false,
    })
}

/// The first field of a field set that a representation lacks.
fn missing(set: &SelectionSet, representation: &Value) -> Option<String> {
    if representation.is_null() {
        return None;
    }
    if let Value::Array(items) = representation {
        return items.iter().find_map(|item| missing(set, item));
    }
    set.items.iter().find_map(|selection| match selection {
        Selection::Field(field) => match representation.get(&field.name) {
            None => Some(field.name.clone()),
            Some(value) => missing(&field.selection_set, value),
        },
        // a fragment's fields are there only for its type, which nested objects do not always tell
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
    })
}
