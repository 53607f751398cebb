//! What the test executor knows of a schema: a subgraph's with its federation directives, or the public supergraph.

use std::collections::{BTreeSet, HashMap};

use graphql_tools::parser::schema::TypeExtension;
use graphql_tools::parser::{parse_query, parse_schema};
use graphql_tools::static_graphql::query::{
    Definition as QueryDefinition, OperationDefinition, SelectionSet,
};
use graphql_tools::static_graphql::schema::{
    Definition, Directive, Field, InputValue, Type, TypeDefinition, Value as Literal,
};
use serde_json::Value;

/// A field with what federation says about it.
pub(crate) struct FieldInfo {
    pub(crate) ty: Type,
    /// Names and defaults.
    pub(crate) arguments: Vec<(String, Option<Literal>)>,
    pub(crate) argument_types: Vec<(String, Type)>,
    pub(crate) external: bool,
    pub(crate) requires: Option<SelectionSet>,
    pub(crate) provides: Option<SelectionSet>,
    /// Arguments that come from above: their names, contexts and selections.
    pub(crate) contextual: Vec<(String, String, SelectionSet)>,
}

#[derive(Default)]
pub(crate) struct TypeInfo {
    pub(crate) kind: &'static str,
    pub(crate) fields: Vec<(String, FieldInfo)>,
    pub(crate) interfaces: BTreeSet<String>,
    pub(crate) members: BTreeSet<String>,
    pub(crate) values: Vec<String>,
    pub(crate) keys: Vec<SelectionSet>,
    pub(crate) interface_object: bool,
    /// Contexts that its objects set.
    pub(crate) contexts: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Schema {
    pub(crate) types: HashMap<String, TypeInfo>,
    /// Whether what is inaccessible can be asked for.
    everything: bool,
}

impl Schema {
    /// A subgraph's schema.
    pub(crate) fn subgraph(sdl: &str) -> Self {
        Self::parse(sdl, true)
    }

    /// The part of a supergraph that clients see.
    pub(crate) fn public(sdl: &str) -> Self {
        Self::parse(sdl, false)
    }

    fn parse(sdl: &str, everything: bool) -> Self {
        // the parser does not know `extend schema`, with which subgraphs link federation
        let sdl = match sdl.strip_prefix("extend schema") {
            Some(rest) => rest.split_once("\n\n").expect("types after the link").1,
            None => sdl,
        };
        let document = parse_schema::<String>(sdl).expect("a schema").into_static();
        let mut schema = Self {
            everything,
            ..Self::default()
        };
        for definition in &document.definitions {
            match definition {
                Definition::TypeDefinition(definition) => schema.define(definition),
                Definition::TypeExtension(TypeExtension::Object(object)) => {
                    schema.object(
                        &object.name,
                        "object",
                        &object.directives,
                        &object.implements_interfaces,
                        &object.fields,
                    );
                }
                Definition::TypeExtension(TypeExtension::Interface(object)) => {
                    schema.object(
                        &object.name,
                        "interface",
                        &object.directives,
                        &object.implements_interfaces,
                        &object.fields,
                    );
                }
                _ => {}
            }
        }
        schema.settle_external();
        schema
    }

    fn define(&mut self, definition: &TypeDefinition) {
        match definition {
            TypeDefinition::Object(object) => {
                self.object(
                    &object.name,
                    "object",
                    &object.directives,
                    &object.implements_interfaces,
                    &object.fields,
                );
            }
            TypeDefinition::Interface(object) => {
                self.object(
                    &object.name,
                    "interface",
                    &object.directives,
                    &object.implements_interfaces,
                    &object.fields,
                );
            }
            TypeDefinition::Union(union) if !self.hidden(&union.directives) => {
                let info = self.types.entry(union.name.clone()).or_default();
                info.contexts.extend(contexts(&union.directives));
                info.kind = "union";
                info.members.extend(union.types.iter().cloned());
            }
            TypeDefinition::Enum(definition) if !self.hidden(&definition.directives) => {
                let values = definition
                    .values
                    .iter()
                    .filter(|value| !self.hidden(&value.directives));
                let values: Vec<String> = values.map(|value| value.name.clone()).collect();
                let info = self.types.entry(definition.name.clone()).or_default();
                info.kind = "enum";
                info.values.extend(values);
            }
            TypeDefinition::InputObject(input) => {
                let info = self.types.entry(input.name.clone()).or_default();
                info.kind = "input";
                info.fields = input
                    .fields
                    .iter()
                    .map(|field| {
                        let info = FieldInfo {
                            ty: field.value_type.clone(),
                            arguments: Vec::new(),
                            argument_types: Vec::new(),
                            external: false,
                            requires: None,
                            provides: None,
                            contextual: Vec::new(),
                        };
                        (field.name.clone(), info)
                    })
                    .collect();
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        name: &str,
        kind: &'static str,
        directives: &[Directive],
        interfaces: &[String],
        fields: &[Field],
    ) {
        let everything = self.everything;
        let hidden = |directives: &[Directive]| {
            !everything
                && directives
                    .iter()
                    .any(|directive| directive.name == "inaccessible")
        };
        if hidden(directives) {
            return;
        }
        let info = self.types.entry(name.to_owned()).or_default();
        info.kind = kind;
        info.interfaces.extend(interfaces.iter().cloned());
        info.keys.extend(
            directives
                .iter()
                .filter(|d| d.name == "key")
                .filter_map(field_set),
        );
        info.interface_object |= directives
            .iter()
            .any(|directive| directive.name == "interfaceObject");
        info.contexts.extend(contexts(directives));
        let extension_external = directives
            .iter()
            .any(|directive| directive.name == "external");
        for field in fields.iter().filter(|field| !hidden(&field.directives)) {
            let find = |name: &str| {
                field
                    .directives
                    .iter()
                    .find(|directive| directive.name == name)
            };
            info.fields.push((
                field.name.clone(),
                FieldInfo {
                    ty: field.field_type.clone(),
                    arguments: field
                        .arguments
                        .iter()
                        .map(|argument| (argument.name.clone(), argument.default_value.clone()))
                        .collect(),
                    argument_types: field
                        .arguments
                        .iter()
                        .map(|argument| (argument.name.clone(), argument.value_type.clone()))
                        .collect(),
                    external: extension_external || find("external").is_some(),
                    requires: find("requires").and_then(field_set),
                    provides: find("provides").and_then(field_set),
                    contextual: field.arguments.iter().filter_map(contextual).collect(),
                },
            ));
        }
    }

    /// Whether it is the monolith's.
    pub(crate) fn is_public(&self) -> bool {
        !self.everything
    }

    /// Takes over what a subgraph's fields take from above: clients do not see it.
    pub(crate) fn learn_contexts(&mut self, subgraph: &Self) {
        for (name, info) in &subgraph.types {
            let Some(known) = self.types.get_mut(name) else {
                continue;
            };
            known.contexts.extend(info.contexts.iter().cloned());
            for (field, info) in &info.fields {
                if let Some((_, known)) = known.fields.iter_mut().find(|(known, _)| known == field)
                    && known.contextual.is_empty()
                {
                    known.contextual = info.contextual.clone();
                }
            }
        }
    }

    /// Whether objects of a type set a context.
    pub(crate) fn sets(&self, ty: &str, context: &str) -> bool {
        self.types
            .iter()
            .any(|(name, info)| info.contexts.contains(context) && self.is_a(ty, name))
    }

    /// Fields of keys can be asked for, external or not.
    fn settle_external(&mut self) {
        for info in self.types.values_mut() {
            let mut in_keys = BTreeSet::new();
            for key in &info.keys {
                for selection in &key.items {
                    if let graphql_tools::static_graphql::query::Selection::Field(field) = selection
                    {
                        in_keys.insert(field.name.clone());
                    }
                }
            }
            for (name, field) in &mut info.fields {
                field.external &= !in_keys.contains(name);
            }
        }
    }

    fn hidden(&self, directives: &[Directive]) -> bool {
        !self.everything
            && directives
                .iter()
                .any(|directive| directive.name == "inaccessible")
    }

    pub(crate) fn field(&self, ty: &str, name: &str) -> Option<&FieldInfo> {
        self.types
            .get(ty)?
            .fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, info)| info)
    }

    pub(crate) fn keys(&self, ty: &str) -> &[SelectionSet] {
        self.types.get(ty).map_or(&[], |info| &info.keys)
    }

    pub(crate) fn is_composite(&self, ty: &str) -> bool {
        self.types
            .get(ty)
            .is_some_and(|info| matches!(info.kind, "object" | "interface" | "union"))
    }

    pub(crate) fn enum_values(&self, ty: &str) -> Option<&[String]> {
        self.types
            .get(ty)
            .filter(|info| info.kind == "enum")
            .map(|info| info.values.as_slice())
    }

    /// Whether an object type is, or stands below, another type.
    pub(crate) fn is_a(&self, ty: &str, condition: &str) -> bool {
        ty == condition
            || self
                .types
                .get(ty)
                .is_some_and(|info| info.interfaces.contains(condition))
            || self
                .types
                .get(condition)
                .is_some_and(|info| info.members.contains(ty))
    }

    /// The type as which an object of the data appears where `declared` is expected; none when it must not appear.
    pub(crate) fn concrete(&self, declared: &str, object: &Value) -> Option<String> {
        let info = self.types.get(declared)?;
        if info.kind == "object" {
            return Some(declared.to_owned());
        }
        let name = object["__typename"]
            .as_str()
            .expect("a type name in the data");
        (self.types.contains_key(name) && self.is_a(name, declared)).then(|| name.to_owned())
    }

    /// Object types that can stand for a type.
    pub(crate) fn objects(&self, ty: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .types
            .iter()
            .filter(|(name, info)| info.kind == "object" && self.is_a(name, ty))
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        names
    }
}

fn contexts(directives: &[Directive]) -> Vec<String> {
    directives
        .iter()
        .filter(|directive| directive.name == "context")
        .map(|directive| directive.arguments[0].1.to_string().replace('"', ""))
        .collect()
}

/// `$context selection`, in braces or in fragments.
fn contextual(argument: &InputValue) -> Option<(String, String, SelectionSet)> {
    let directive = argument
        .directives
        .iter()
        .find(|directive| directive.name == "fromContext")?;
    let Literal::String(text) = &directive.arguments[0].1 else {
        return None;
    };
    let (context, selection) = text.strip_prefix('$')?.split_once(' ')?;
    let set = parse_set(selection).or_else(|| parse_set(&format!("{{ {selection} }}")))?;
    Some((argument.name.clone(), context.to_owned(), set))
}

fn parse_set(text: &str) -> Option<SelectionSet> {
    let document = parse_query::<String>(text).ok()?.into_static();
    document
        .definitions
        .into_iter()
        .find_map(|definition| match definition {
            QueryDefinition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
            _ => None,
        })
}

fn field_set(directive: &Directive) -> Option<SelectionSet> {
    let (_, Literal::String(fields)) = directive
        .arguments
        .iter()
        .find(|(name, _)| name == "fields")?
    else {
        return None;
    };
    Some(parse_set(&format!("{{ {fields} }}")).expect("a field set"))
}
