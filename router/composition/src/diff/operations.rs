//! Which known operations a change breaks

use crate::ast::HashMap;

use super::{Change, Coordinates, Severity, Unreadable};
use crate::ast::{Kind, Name, Root, TypeRef, Value};
use crate::syntax::executable::{Executable, SelectionItem, parse_executable};
use crate::syntax::parser::Document;

/// An operation that breaking changes hit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BrokenOperation {
    /// Its name, or its kind when it has none.
    pub operation: String,
    /// The changes that hit it.
    pub changes: Vec<Change>,
}

/// The operations of a document that breaking changes from the old schema hit.
///
/// # Errors
/// When the old schema or the document can't be read.
pub fn broken_operations(
    old: &str,
    document: &str,
    changes: &[Change],
) -> Result<Vec<BrokenOperation>, Unreadable> {
    let schema = super::schema::read(old)?;
    let executable =
        parse_executable(document).map_err(|error| Unreadable::new(document, &error))?;
    let mut out = Vec::new();
    for operation in &executable.operations {
        let mut walk = Walk {
            schema: &schema,
            executable: &executable,
            used: Coordinates::new(),
            visited: HashMap::default(),
        };
        walk.used.insert(operation.kind.keyword().to_owned());
        for (ty, default) in operation.variables.values() {
            walk.input(ty.base(), default.as_ref());
        }
        if let Some(root) = walk.root(operation.kind) {
            walk.selections(&root, &operation.selections);
        }
        for directive in &operation.directives {
            walk.used.insert(format!("@{directive}"));
        }
        let hit: Vec<Change> = changes
            .iter()
            .filter(|change| change.severity == Severity::Breaking && walk.hits(&change.coordinate))
            .cloned()
            .collect();
        if !hit.is_empty() {
            let name = operation
                .name
                .as_ref()
                .map_or_else(|| operation.kind.keyword().to_owned(), ToString::to_string);
            out.push(BrokenOperation {
                operation: name,
                changes: hit,
            });
        }
    }
    Ok(out)
}

struct Walk<'s> {
    schema: &'s Document,
    executable: &'s Executable,
    used: Coordinates,
    /// Fragments that were walked, per type on which they were spread.
    visited: HashMap<(Name, Name), ()>,
}

impl Walk<'_> {
    fn root(&self, kind: Root) -> Option<Name> {
        let named = self
            .schema
            .roots
            .iter()
            .find(|(other, _)| *other == kind)
            .map(|(_, listed)| listed.name.clone());
        let name = named.unwrap_or_else(|| Name::from(kind.type_name()));
        self.schema.types.contains_key(&name).then_some(name)
    }

    /// Is it used, or is it a new required input of something that is used?
    fn hits(&self, coordinate: &str) -> bool {
        if self.used.contains(coordinate) {
            return true;
        }
        let owner = coordinate.split_once('(').map_or_else(
            || coordinate.split_once('.').map(|(ty, _)| ty),
            |(field, _)| Some(field),
        );
        let Some(owner) = owner else { return false };
        // an argument or input field that the old schema does not know was added, and is required
        let known = match coordinate.split_once('(') {
            Some((field, argument)) => {
                let argument = argument.trim_end_matches(":)");
                field
                    .split_once('.')
                    .and_then(|(ty, field)| {
                        self.schema
                            .types
                            .get(ty)?
                            .fields
                            .get(field)?
                            .argument(argument)
                    })
                    .is_some()
            }
            None => coordinate
                .split_once('.')
                .and_then(|(ty, field)| self.schema.types.get(ty)?.fields.get(field))
                .is_some(),
        };
        let input = coordinate.contains('(')
            || self
                .schema
                .types
                .get(owner)
                .is_some_and(|ty| ty.kind == Kind::InputObject);
        !known && input && self.used.contains(owner)
    }

    fn selections(&mut self, ty: &Name, selections: &[SelectionItem]) {
        self.used.insert(ty.to_string());
        for selection in selections {
            match selection {
                SelectionItem::Field {
                    name,
                    arguments,
                    inner,
                    directives,
                } => {
                    self.directives(directives);
                    let Some(field) = self.schema.types.get(ty).and_then(|ty| ty.fields.get(name))
                    else {
                        continue;
                    };
                    let coordinate = format!("{ty}.{name}");
                    for (argument, value) in arguments {
                        self.used.insert(format!("{coordinate}({argument}:)"));
                        if let Some(definition) = field.argument(argument) {
                            self.input(definition.ty.base(), value.as_ref());
                        }
                    }
                    self.used.insert(coordinate);
                    let target = field.ty.base().clone();
                    self.used.insert(target.to_string());
                    if !inner.is_empty() {
                        self.selections(&target, inner);
                    }
                }
                SelectionItem::Inline {
                    condition,
                    inner,
                    directives,
                } => {
                    self.directives(directives);
                    let target = condition.clone().unwrap_or_else(|| ty.clone());
                    self.used.insert(target.to_string());
                    self.selections(&target, inner);
                }
                SelectionItem::Spread { name, directives } => {
                    self.directives(directives);
                    if self
                        .visited
                        .insert((name.clone(), ty.clone()), ())
                        .is_some()
                    {
                        continue;
                    }
                    let executable = self.executable;
                    if let Some(fragment) = executable.fragments.get(name) {
                        self.used.insert(fragment.condition.to_string());
                        self.selections(&fragment.condition, &fragment.selections);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Name]) {
        for directive in directives {
            self.used.insert(format!("@{directive}"));
        }
    }

    /// Marks an input type as used, with what a literal names; a variable may hold anything, so
    /// its whole type counts.
    fn input(&mut self, ty: &Name, value: Option<&Value>) {
        self.used.insert(ty.to_string());
        let Some(definition) = self.schema.types.get(ty) else {
            return;
        };
        match value {
            Some(Value::Enum(value)) => {
                self.used.insert(format!("{ty}.{value}"));
            }
            Some(Value::List(items)) => {
                for item in items {
                    self.input(ty, Some(item));
                }
            }
            Some(Value::Object(fields)) => {
                for (name, value) in fields {
                    self.used.insert(format!("{ty}.{name}"));
                    if let Some(field) = definition.fields.get(name) {
                        self.input(field.ty.base(), Some(value));
                    }
                }
            }
            Some(_) => {}
            None => self.whole(ty),
        }
    }

    fn whole(&mut self, ty: &Name) {
        let mut queue = vec![ty.clone()];
        let mut seen = crate::ast::HashSet::default();
        while let Some(ty) = queue.pop() {
            let Some(definition) = self
                .schema
                .types
                .get(&ty)
                .filter(|_| seen.insert(ty.clone()))
            else {
                continue;
            };
            self.used.insert(ty.to_string());
            for value in definition.values.keys() {
                self.used.insert(format!("{ty}.{value}"));
            }
            if definition.kind == Kind::InputObject {
                for field in definition.fields.values() {
                    self.used.insert(format!("{ty}.{}", field.name));
                    queue.push(TypeRef::base(&field.ty).clone());
                }
            }
        }
    }
}
