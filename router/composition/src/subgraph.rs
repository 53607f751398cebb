//! One subgraph, read: links resolved, roots renamed, federation's own elements set aside, and
//! for each field what the federation directives make of it

use std::sync::Arc;

use crate::ast::{Directive, DirectiveDef, Field, Kind, Known, Map, Name, Root, TypeDef};
use crate::error::ErrorCode;
use crate::field_set::{self, Selection};
use crate::link::{Link, LinkFault, Vocabulary, read_links};
use crate::merge::Uses;
use crate::syntax::parser::{Document, parse_schema};
use crate::syntax::source::Source;
use crate::validate;

/// Something wrong in one subgraph.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) coordinate: Option<String>,
    pub(crate) at: u32,
}

/// A subgraph after reading.
#[derive(Clone, Debug)]
pub(crate) struct Subgraph {
    pub(crate) name: Name,
    pub(crate) url: Arc<str>,
    pub(crate) source: Source,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) links: Vec<Link>,
    pub(crate) schema_description: Option<Arc<str>>,
    pub(crate) schema_directives: Vec<Directive>,
    pub(crate) types: Map<TypeDef>,
    /// Definitions of directives that federation doesn't know.
    pub(crate) directives: Map<DirectiveDef>,
    /// Definitions of directives and types that federation knows, for validation only.
    pub(crate) own_directives: Vec<(Known, DirectiveDef)>,
    pub(crate) own_types: Vec<TypeDef>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) uses: Uses,
    /// What it calls the known directives that it applies, and where it does so first.
    pub(crate) applied: Vec<(Known, Name, u32)>,
}

impl Subgraph {
    /// Was it written for federation 1?
    pub(crate) fn is_first_version(&self) -> bool {
        self.vocabulary.minor.is_none()
    }

    /// Reads a subgraph. Faults are collected; a syntax error leaves it empty.
    pub(crate) fn read(name: &str, url: &str, sdl: &str) -> Self {
        let mut subgraph = Self {
            name: Name::from(name),
            url: Arc::from(url),
            source: Source::new(sdl),
            vocabulary: Vocabulary::default(),
            links: Vec::new(),
            schema_description: None,
            schema_directives: Vec::new(),
            types: Map::default(),
            directives: Map::default(),
            own_directives: Vec::new(),
            own_types: Vec::new(),
            faults: Vec::new(),
            uses: Uses::default(),
            applied: Vec::new(),
        };
        let document = match parse_schema(sdl) {
            Ok(document) => document,
            Err(error) => {
                subgraph.fault(ErrorCode::InvalidGraphql, error.message, None, error.at);
                return subgraph;
            }
        };
        subgraph.take(document);
        if subgraph.faults.is_empty() {
            subgraph.faults = validate::subgraph(&subgraph);
            subgraph.uses = Uses::new(&subgraph.types);
        }
        subgraph
    }

    pub(crate) fn fault(
        &mut self,
        code: ErrorCode,
        message: impl Into<String>,
        coordinate: Option<String>,
        at: u32,
    ) {
        self.faults.push(Fault {
            code,
            message: message.into(),
            coordinate,
            at,
        });
    }

    fn take(&mut self, mut document: Document) {
        for fault in std::mem::take(&mut document.faults) {
            self.fault(ErrorCode::InvalidGraphql, fault.message, None, fault.at);
        }
        let mut faults: Vec<LinkFault> = Vec::new();
        self.links = read_links(&document.schema_directives, &mut faults);
        for fault in faults {
            self.fault(fault.code, fault.message, None, fault.at);
        }
        self.vocabulary = Vocabulary::new(&self.links);
        self.applied = classify(&self.vocabulary, &mut document);
        self.schema_description = document.schema_description.take();
        self.schema_directives = std::mem::take(&mut document.schema_directives);
        self.take_roots(&mut document);
        for (name, definition) in std::mem::take(&mut document.directives) {
            match self.vocabulary.known(&name) {
                Known::Custom if !self.is_specification_element(&name) => {
                    self.directives.insert(name, definition);
                }
                known => self.own_directives.push((known, definition)),
            }
        }
        for (name, ty) in std::mem::take(&mut document.types) {
            if self.vocabulary.types.iter().any(|own| *own == *name)
                || self.is_specification_element(&name)
            {
                self.own_types.push(ty);
            } else {
                self.types.insert(name, ty);
            }
        }
        if let Some(query) = self.types.get_mut("Query") {
            query.fields.shift_remove("_entities");
            query.fields.shift_remove("_service");
        }
        for root in Root::ALL {
            if self
                .types
                .get(root.type_name())
                .is_some_and(|ty| ty.fields.is_empty() && ty.kind == Kind::Object)
            {
                self.types.shift_remove(root.type_name());
            }
        }
        self.settle();
    }

    /// `federation__X`, `link__X` and so on for every linked specification of federation's own.
    fn is_specification_element(&self, name: &str) -> bool {
        name.contains("__")
            && self.links.iter().any(|link| {
                link.identity.starts_with("https://specs.apollo.dev/")
                    && name
                        .strip_prefix(&link.prefix)
                        .is_some_and(|rest| rest.starts_with("__"))
            })
    }

    /// Gives the root types their usual names, everywhere.
    fn take_roots(&mut self, document: &mut Document) {
        let mut renames: Vec<(Name, Name)> = Vec::new();
        for (root, listed) in std::mem::take(&mut document.roots) {
            let usual = Name::from(root.type_name());
            match document.types.get(&listed.name) {
                None => {
                    let message = format!("unknown type \"{}\"", listed.name);
                    self.fault(ErrorCode::InvalidGraphql, message, None, listed.at);
                }
                Some(ty) if ty.kind != Kind::Object => {
                    let message = format!(
                        "{} root type must be an object type, it cannot be {}",
                        root.keyword(),
                        listed.name
                    );
                    self.fault(
                        ErrorCode::InvalidGraphql,
                        message,
                        Some(listed.name.to_string()),
                        listed.at,
                    );
                }
                Some(_) if listed.name == usual => {}
                Some(_) => {
                    if let Some(taken) = document.types.get(&usual) {
                        let code = match root {
                            Root::Query => ErrorCode::RootQueryUsed,
                            Root::Mutation => ErrorCode::RootMutationUsed,
                            Root::Subscription => ErrorCode::RootSubscriptionUsed,
                        };
                        let message = format!(
                            "the schema has a type named \"{usual}\" but it is not set as the {} root type (\"{}\" is instead)",
                            root.keyword(),
                            listed.name
                        );
                        let at = taken.at;
                        self.fault(code, message, Some(usual.to_string()), at);
                    } else {
                        renames.push((listed.name, usual));
                    }
                }
            }
        }
        if renames.is_empty() {
            return;
        }
        let renamed = |name: &Name| {
            renames
                .iter()
                .find(|(from, _)| from == name)
                .map(|(_, to)| to.clone())
        };
        document.types = std::mem::take(&mut document.types)
            .into_iter()
            .map(|(name, mut ty)| {
                for field in ty.fields.values_mut() {
                    if let Some(to) = renamed(field.ty.base()) {
                        *field.ty.base_mut() = to;
                    }
                }
                for member in &mut ty.members {
                    if let Some(to) = renamed(&member.name) {
                        member.name = to;
                    }
                }
                if let Some(to) = renamed(&name) {
                    ty.name = to;
                }
                (ty.name.clone(), ty)
            })
            .collect();
    }

    /// Works out what each field is: external, shareable, part of a key and so on.
    fn settle(&mut self) {
        let first = self.is_first_version();
        for ty in self.types.values_mut() {
            let extension_only = !ty.defined || ty.has(Known::Extends);
            let whole = |known: Known| -> Vec<u16> {
                ty.directives
                    .iter()
                    .filter(|d| d.known == known)
                    .map(|d| d.part)
                    .collect()
            };
            let shareable_parts = whole(Known::Shareable);
            let external_parts = whole(Known::External);
            let mut own_keys: Vec<Name> = Vec::new();
            for key in ty.directives.iter().filter(|d| d.known == Known::Key) {
                if !(extension_only || key.of_extension) {
                    continue;
                }
                if let Some(Ok(selections)) = key.text("fields").map(field_set::parse) {
                    for selection in selections {
                        if let Selection::Field { name, .. } = selection {
                            own_keys.push(name);
                        }
                    }
                }
            }
            let object = ty.kind == Kind::Object;
            for field in ty.fields.values_mut() {
                let marked =
                    field.has(Known::External) || (object && external_parts.contains(&field.part));
                field.facts.external = object && marked && !own_keys.contains(&field.name);
                field.facts.shareable = !object
                    || first
                    || field.has(Known::Shareable)
                    || shareable_parts.contains(&field.part);
            }
        }
        let mut uses: Vec<(Name, Name, Use)> = Vec::new();
        for ty in self.types.values() {
            for key in ty.directives.iter().filter(|d| d.known == Known::Key) {
                self.selected(&ty.name, key.text("fields"), Use::Key, &mut uses);
            }
            for field in ty.fields.values() {
                for directive in &field.directives {
                    match directive.known {
                        Known::Requires => self.selected(
                            &ty.name,
                            directive.text("fields"),
                            Use::Requires,
                            &mut uses,
                        ),
                        Known::Provides => {
                            self.selected(
                                field.ty.base(),
                                directive.text("fields"),
                                Use::Provides,
                                &mut uses,
                            );
                        }
                        _ => {}
                    }
                }
            }
            for argument in ty.fields.values().flat_map(|field| &field.arguments) {
                let reads = argument
                    .directive(Known::FromContext)
                    .and_then(|directive| validate::contexts::split(directive.text("field")?));
                let Some((context, selection)) = reads else {
                    continue;
                };
                for setter in self.types.values() {
                    let sets = |directive: &Directive| {
                        directive.known == Known::Context && directive.text("name") == Some(context)
                    };
                    if setter.directives.iter().any(sets) {
                        self.selected(&setter.name, Some(selection), Use::Requires, &mut uses);
                    }
                }
            }
            for interface in &ty.interfaces {
                if let Some(interface) = self.types.get(&interface.name) {
                    for name in interface.fields.keys() {
                        uses.push((ty.name.clone(), name.clone(), Use::Interface));
                    }
                }
            }
        }
        for (ty, field, usage) in uses {
            let Some(field) = self
                .types
                .get_mut(&ty)
                .and_then(|ty| ty.fields.get_mut(&field))
            else {
                continue;
            };
            match usage {
                Use::Key => {
                    field.facts.in_key = true;
                    field.facts.shareable = true;
                }
                Use::Requires => field.facts.in_requires = true,
                Use::Provides => field.facts.in_provides = true,
                Use::Interface => field.facts.for_interface = true,
            }
        }
        if first {
            self.remove_unused_externals();
        }
    }

    /// Federation 1 let external fields stand that nothing reads; they say nothing.
    fn remove_unused_externals(&mut self) {
        let mut emptied: Vec<(Name, u32)> = Vec::new();
        for ty in self.types.values_mut() {
            // an extension without a key may mean the key of the subgraph that it extends
            let keyless = !ty.defined && !ty.has(Known::Key);
            if ty.kind != Kind::Object || ty.fields.is_empty() || keyless {
                continue;
            }
            ty.fields
                .retain(|_, field| !field.facts.external || field.facts.used());
            if ty.fields.is_empty() {
                emptied.push((ty.name.clone(), ty.at));
            }
        }
        for (name, at) in emptied {
            let referenced = self.types.values().any(|other| {
                other.fields.values().any(|field| field.ty.base() == &name)
                    || other.members.iter().any(|member| member.name == name)
            });
            if referenced {
                let message = format!(
                    "type \"{name}\" contains only external fields, and nothing reads them: they do not appear in any @key, @provides or @requires"
                );
                let coordinate = Some(name.to_string());
                self.fault(
                    ErrorCode::TypeWithOnlyUnusedExternal,
                    message,
                    coordinate,
                    at,
                );
            } else {
                self.types.shift_remove(&name);
            }
        }
    }

    fn selected(
        &self,
        ty: &str,
        fields: Option<&str>,
        usage: Use,
        uses: &mut Vec<(Name, Name, Use)>,
    ) {
        if let Some(Ok(selections)) = fields.map(field_set::parse) {
            self.walk(ty, &selections, &mut |ty, field| {
                uses.push((ty.name.clone(), field.name.clone(), usage))
            });
        }
    }

    /// Calls `visit` for every field that the selections touch; for a field of an interface, for
    /// the field of every implementation as well.
    pub(crate) fn walk(
        &self,
        ty: &str,
        selections: &[Selection],
        visit: &mut dyn FnMut(&TypeDef, &Field),
    ) {
        let Some(parent) = self.types.get(ty) else {
            return;
        };
        for selection in selections {
            match selection {
                Selection::Field { name, inner, .. } => {
                    let Some(field) = parent.fields.get(name) else {
                        continue;
                    };
                    visit(parent, field);
                    if parent.kind == Kind::Interface {
                        for other in self.types.values().filter(|other| other.implements(ty)) {
                            if let Some(field) = other.fields.get(name) {
                                visit(other, field);
                            }
                        }
                    }
                    self.walk(field.ty.base(), inner, visit);
                }
                Selection::On {
                    condition, inner, ..
                } => {
                    self.walk(condition.as_deref().unwrap_or(ty), inner, visit);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Use {
    Key,
    Requires,
    Provides,
    Interface,
}

/// Tells every applied directive which known directive it is. Gives each that is applied once.
fn classify(vocabulary: &Vocabulary, document: &mut Document) -> Vec<(Known, Name, u32)> {
    let mut applied: Vec<(Known, Name, u32)> = Vec::new();
    let mut settle = |directives: &mut Vec<Directive>| {
        for directive in directives {
            directive.known = vocabulary.known(&directive.name);
            if directive.known != Known::Custom
                && applied.iter().all(|(known, ..)| *known != directive.known)
            {
                applied.push((directive.known, directive.name.clone(), directive.at));
            }
        }
    };
    settle(&mut document.schema_directives);
    for ty in document.types.values_mut() {
        settle(&mut ty.directives);
        for field in ty.fields.values_mut() {
            settle(&mut field.directives);
            for argument in &mut field.arguments {
                settle(&mut argument.directives);
            }
        }
        for value in ty.values.values_mut() {
            settle(&mut value.directives);
        }
    }
    for definition in document.directives.values_mut() {
        for argument in &mut definition.arguments {
            settle(&mut argument.directives);
        }
    }
    applied
}
