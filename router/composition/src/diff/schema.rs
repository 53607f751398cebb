//! Two schemas, type by type

use super::{Change, Severity, Unreadable};
use crate::ast::{Directive, Field, Kind, Map, Root, TypeDef, TypeRef, is_builtin_scalar};
use crate::syntax::parser::{Document, parse_schema};
use crate::syntax::print::value_text;

/// The changes from one schema to another, the worst first.
///
/// # Errors
/// When one of them is not a schema.
pub fn diff(old: &str, new: &str) -> Result<Vec<Change>, Unreadable> {
    let (old, new) = (read(old)?, read(new)?);
    let mut changes = Changes::default();
    for root in Root::ALL {
        let (before, after) = (root_name(&old, root), root_name(&new, root));
        if before.is_some() && after.is_none() {
            changes.add(
                Severity::Breaking,
                root.keyword(),
                format!("{} root removed", root.keyword()),
                "operations of this kind are no longer possible",
            );
        }
    }
    for ty in old.types.values() {
        match new.types.get(&ty.name) {
            None => changes.add(
                Severity::Breaking,
                &ty.name,
                format!("{} removed", ty.kind.keyword()),
                "operations may name it or reach it",
            ),
            Some(after) if after.kind != ty.kind => changes.add(
                Severity::Breaking,
                &ty.name,
                format!("{} became {}", ty.kind.keyword(), after.kind.keyword()),
                "operations and values are written in another way",
            ),
            Some(after) => changes.ty(ty, after, &new),
        }
    }
    for ty in new
        .types
        .values()
        .filter(|ty| !old.types.contains_key(&ty.name))
    {
        changes.add(
            Severity::Safe,
            &ty.name,
            format!("{} added", ty.kind.keyword()),
            "no operation knows it yet",
        );
    }
    for definition in old.directives.values() {
        if !new.directives.contains_key(&definition.name) {
            changes.add(
                Severity::Breaking,
                &format!("@{}", definition.name),
                "directive removed".to_owned(),
                "operations may apply it",
            );
        }
    }
    let mut out = changes.out;
    out.sort();
    out.dedup();
    Ok(out)
}

fn root_name(document: &Document, root: Root) -> Option<&TypeDef> {
    let named = document.roots.iter().find(|(other, _)| *other == root);
    match named {
        Some((_, listed)) => document.types.get(&listed.name),
        None if document.roots.is_empty() => document.types.get(root.type_name()),
        None => None,
    }
}

/// Reads a schema and leaves out what clients do not see.
pub(super) fn read(text: &str) -> Result<Document, Unreadable> {
    let mut document = parse_schema(text).map_err(|error| Unreadable::new(text, &error))?;
    let machinery = |name: &str| {
        [
            "join__",
            "link__",
            "core__",
            "requiresScopes__",
            "policy__",
            "context__",
            "federation__",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    };
    let gone = |directives: &[Directive]| {
        directives
            .iter()
            .any(|directive| directive.name == "inaccessible")
    };
    document
        .types
        .retain(|name, ty| !machinery(name) && !gone(&ty.directives));
    document.directives.retain(|name, _| {
        !machinery(name)
            && ![
                "link",
                "tag",
                "inaccessible",
                "authenticated",
                "requiresScopes",
                "policy",
                "cost",
                "listSize",
                "context",
            ]
            .contains(&name.as_str())
    });
    for ty in document.types.values_mut() {
        ty.fields.retain(|_, field| !gone(&field.directives));
        ty.values.retain(|_, value| !gone(&value.directives));
        for field in ty.fields.values_mut() {
            field
                .arguments
                .retain(|argument| !gone(&argument.directives));
        }
    }
    Ok(document)
}

#[derive(Default)]
struct Changes {
    out: Vec<Change>,
}

impl Changes {
    fn add(&mut self, severity: Severity, coordinate: &str, message: String, reason: &'static str) {
        self.out.push(Change {
            severity,
            coordinate: coordinate.to_owned(),
            message,
            reason,
        });
    }

    fn ty(&mut self, old: &TypeDef, new: &TypeDef, schema: &Document) {
        let name = &old.name;
        if old.description != new.description {
            self.add(
                Severity::Safe,
                name,
                "description changed".to_owned(),
                "descriptions have no effect",
            );
        }
        for interface in &old.interfaces {
            if !new.implements(&interface.name) {
                self.add(
                    Severity::Breaking,
                    name,
                    format!("no longer implements {}", interface.name),
                    "fragments on the interface no longer match",
                );
            }
        }
        for interface in &new.interfaces {
            if !old.implements(&interface.name) {
                self.add(
                    Severity::Dangerous,
                    name,
                    format!("now implements {}", interface.name),
                    "fields of the interface may give a type that clients do not expect",
                );
            }
        }
        for member in &old.members {
            if !new.members.iter().any(|other| other.name == member.name) {
                self.add(
                    Severity::Breaking,
                    name,
                    format!("member {} removed", member.name),
                    "fragments on the member no longer match",
                );
            }
        }
        for member in &new.members {
            if !old.members.iter().any(|other| other.name == member.name) {
                self.add(
                    Severity::Dangerous,
                    name,
                    format!("member {} added", member.name),
                    "clients may not expect the new member",
                );
            }
        }
        for value in old.values.values() {
            let coordinate = format!("{name}.{}", value.name);
            match new.values.get(&value.name) {
                None => self.add(
                    Severity::Breaking,
                    &coordinate,
                    "enum value removed".to_owned(),
                    "operations may send it",
                ),
                Some(after) => self.deprecation(&coordinate, &value.directives, &after.directives),
            }
        }
        for value in new
            .values
            .values()
            .filter(|value| !old.values.contains_key(&value.name))
        {
            self.add(
                Severity::Dangerous,
                &format!("{name}.{}", value.name),
                "enum value added".to_owned(),
                "clients may not expect the new value",
            );
        }
        if old.kind == Kind::InputObject {
            self.input_fields(name, &old.fields, &new.fields);
        } else {
            self.fields(name, old, new, schema);
        }
    }

    fn fields(&mut self, name: &str, old: &TypeDef, new: &TypeDef, schema: &Document) {
        for field in old.fields.values() {
            let coordinate = format!("{name}.{}", field.name);
            let Some(after) = new.fields.get(&field.name) else {
                self.add(
                    Severity::Breaking,
                    &coordinate,
                    "field removed".to_owned(),
                    "operations may select it",
                );
                continue;
            };
            if field.ty != after.ty {
                let message = format!("type changed from {} to {}", field.ty, after.ty);
                if narrows(&field.ty, &after.ty, schema) {
                    self.add(
                        Severity::Safe,
                        &coordinate,
                        message,
                        "every value of the new type is one of the old type",
                    );
                } else {
                    self.add(
                        Severity::Breaking,
                        &coordinate,
                        message,
                        "clients may get values that they do not expect",
                    );
                }
            }
            self.deprecation(&coordinate, &field.directives, &after.directives);
            if field.description != after.description {
                self.add(
                    Severity::Safe,
                    &coordinate,
                    "description changed".to_owned(),
                    "descriptions have no effect",
                );
            }
            self.inputs(
                &field.arguments,
                &after.arguments,
                |argument| format!("{coordinate}({}:)", argument.name),
                "argument",
            );
        }
        for field in new
            .fields
            .values()
            .filter(|field| !old.fields.contains_key(&field.name))
        {
            self.add(
                Severity::Safe,
                &format!("{name}.{}", field.name),
                "field added".to_owned(),
                "no operation selects it yet",
            );
        }
    }

    fn input_fields(&mut self, name: &str, old: &Map<Field>, new: &Map<Field>) {
        let list = |fields: &Map<Field>| fields.values().cloned().collect::<Vec<_>>();
        self.inputs(
            &list(old),
            &list(new),
            |field| format!("{name}.{}", field.name),
            "input field",
        );
    }

    /// Arguments and input fields follow the same rules.
    fn inputs(
        &mut self,
        old: &[Field],
        new: &[Field],
        coordinate: impl Fn(&Field) -> String,
        what: &str,
    ) {
        for input in old {
            let at = coordinate(input);
            let Some(after) = new.iter().find(|other| other.name == input.name) else {
                self.add(
                    Severity::Breaking,
                    &at,
                    format!("{what} removed"),
                    "operations may give it",
                );
                continue;
            };
            if input.ty != after.ty {
                let message = format!("type changed from {} to {}", input.ty, after.ty);
                if accepts(&after.ty, &input.ty) {
                    self.add(
                        Severity::Safe,
                        &at,
                        message,
                        "every value of the old type is accepted",
                    );
                } else {
                    self.add(
                        Severity::Breaking,
                        &at,
                        message,
                        "operations may give a value that is no longer accepted",
                    );
                }
            }
            if input.default != after.default {
                let text =
                    |field: &Field| field.default.as_ref().map_or("none".to_owned(), value_text);
                let message = format!("default changed from {} to {}", text(input), text(after));
                if after.is_required() && !input.is_required() {
                    self.add(
                        Severity::Breaking,
                        &at,
                        message,
                        "operations may leave it out",
                    );
                } else {
                    self.add(
                        Severity::Dangerous,
                        &at,
                        message,
                        "operations that leave it out mean something else now",
                    );
                }
            }
            self.deprecation(&at, &input.directives, &after.directives);
        }
        for input in new
            .iter()
            .filter(|input| !old.iter().any(|other| other.name == input.name))
        {
            let at = coordinate(input);
            if input.is_required() {
                self.add(
                    Severity::Breaking,
                    &at,
                    format!("required {what} added"),
                    "operations do not give it",
                );
            } else {
                self.add(
                    Severity::Dangerous,
                    &at,
                    format!("optional {what} added"),
                    "its default may change what operations mean",
                );
            }
        }
    }

    fn deprecation(&mut self, coordinate: &str, old: &[Directive], new: &[Directive]) {
        let deprecated = |directives: &[Directive]| {
            directives
                .iter()
                .any(|directive| directive.name == "deprecated")
        };
        match (deprecated(old), deprecated(new)) {
            (false, true) => self.add(
                Severity::Safe,
                coordinate,
                "deprecated".to_owned(),
                "it still works",
            ),
            (true, false) => self.add(
                Severity::Safe,
                coordinate,
                "no longer deprecated".to_owned(),
                "it still works",
            ),
            _ => {}
        }
    }
}

/// Output position: is the new type a subtype of the old one?
fn narrows(old: &TypeRef, new: &TypeRef, schema: &Document) -> bool {
    match (old, new) {
        (TypeRef::NonNull(old), TypeRef::NonNull(new)) => narrows(old, new, schema),
        (old, TypeRef::NonNull(new)) => narrows(old, new, schema),
        (TypeRef::List(old), TypeRef::List(new)) => narrows(old, new, schema),
        (TypeRef::Named(old), TypeRef::Named(new)) => {
            old == new
                || (!is_builtin_scalar(new)
                    && (schema.types.get(new).is_some_and(|ty| ty.implements(old))
                        || schema
                            .types
                            .get(old)
                            .is_some_and(|ty| ty.members.iter().any(|member| member.name == *new))))
        }
        _ => false,
    }
}

/// Input position: does the wide type accept every value of the narrow one?
fn accepts(wide: &TypeRef, narrow: &TypeRef) -> bool {
    match (wide, narrow) {
        (TypeRef::NonNull(wide), TypeRef::NonNull(narrow)) => accepts(wide, narrow),
        (wide, TypeRef::NonNull(narrow)) => accepts(wide, narrow),
        (TypeRef::List(wide), TypeRef::List(narrow)) => accepts(wide, narrow),
        (TypeRef::Named(wide), TypeRef::Named(narrow)) => wide == narrow,
        _ => false,
    }
}
