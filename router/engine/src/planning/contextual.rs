//! Arguments that come from an object above: `@fromContext` takes a value from the nearest object above the field's own
//! whose type has the `@context` of that name (federation specification 2.8).
//!
//! Such a field is always asked for by key, after the value was fetched, which goes along as a variable. Which object is
//! the nearest may depend on the types that the answer brings, so a plan keeps all that come into question.

use crate::syntax::parse_selection;
use crate::syntax::query::SelectionSet;
use crate::syntax::schema::{Directive, Value};

use super::PlanningError;
use super::build::Builder;
use super::graph::{argument, field_set};
use super::place::Deps;
use super::required::required;
use super::search::Banned;
use crate::plan::{ContextSource, Contextual, PathStep, Representation};
use crate::schema::{TypeId, TypeSet};

/// An argument of a subgraph's field whose value comes from above.
#[derive(Debug)]
pub(super) struct ContextArgument {
    pub(super) name: Box<str>,
    context: Box<str>,
    /// The type of the argument, as text.
    ty: Box<str>,
    /// What is selected of the object above: one leaf.
    selection: SelectionSet,
    text: Box<str>,
}

impl ContextArgument {
    /// Whether one variable is right for both.
    fn is_like(&self, other: &Self) -> bool {
        self.context == other.context && self.ty == other.ty && self.text == other.text
    }
}

/// A value that a fetch takes from above.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    argument: &'a ContextArgument,
    sources: Vec<Source>,
}

/// Objects that may be the nearest to set a context.
#[derive(Debug)]
struct Source {
    place: usize,
    types: Vec<TypeId>,
}

/// Reads the contextual arguments of a `@join__field`.
///
/// # Errors
/// What is wrong with them, for people.
pub(super) fn read(directive: &Directive) -> Result<Vec<ContextArgument>, String> {
    let Some(Value::List(items)) = argument(directive, "contextArguments") else {
        return Ok(Vec::new());
    };
    let part = |item: &Value, name: &str| match item {
        Value::Object(fields) => match fields.iter().find(|(key, _)| *key == name) {
            Some((_, Value::String(text) | Value::Enum(text))) => Ok(text.clone()),
            _ => Err(format!("a contextual argument has no `{name}`")),
        },
        _ => Err("a contextual argument is no object".to_owned()),
    };
    items
        .iter()
        .map(|item| {
            let text = part(item, "selection")?;
            Ok(ContextArgument {
                name: part(item, "name")?.into(),
                context: part(item, "context")?.into(),
                ty: part(item, "type")?.into(),
                selection: selection(text.trim())?,
                text: text.trim().into(),
            })
        })
        .collect()
}

/// `{ field }`, or fragments without braces around them.
fn selection(text: &str) -> Result<SelectionSet, String> {
    if !text.starts_with('{') {
        return field_set(text);
    }
    parse_selection(text)
        .map_err(|error| format!("the context selection `{text}` does not parse: {error}"))
}

impl<'a> Builder<'a, '_> {
    /// Fetches what these arguments take from the objects above a place.
    pub(super) fn take(
        &mut self,
        place: usize,
        arguments: &'a [ContextArgument],
    ) -> Result<(Vec<Taken<'a>>, Deps), PlanningError> {
        let mut all = Vec::with_capacity(arguments.len());
        let mut deps = Deps::new();
        for argument in arguments {
            let sources = self.sources(place, &argument.context);
            if sources.is_empty() {
                return Err(PlanningError::NoWay(format!(
                    "context {}",
                    argument.context
                )));
            }
            let set = self.search.selections.set(vec![&argument.selection], true);
            for source in &sources {
                deps.extend(self.places[source.place].typed.iter().copied());
                for ty in &source.types {
                    if let Some(namer) = self.namer(source.place, *ty) {
                        let node = self.node(namer);
                        self.forest.add_typename(node, None);
                        deps.insert(namer.group);
                    }
                    let fields = self.search.selections.fields(set, *ty).to_vec();
                    deps.extend(self.fields(source.place, *ty, &fields, &Banned::new())?);
                }
            }
            all.push(Taken { argument, sources });
        }
        Ok((all, deps))
    }

    /// Where a context may be set for what stands at a place, the nearest first.
    fn sources(&self, place: usize, context: &str) -> Vec<Source> {
        let mut found = Vec::new();
        let Some(setters) = self.search.graph.setters(context) else {
            return found;
        };
        let mut next = self.places[place].parent;
        while let Some((place, ty)) = next {
            let mut types = Vec::new();
            let mut always = true;
            for object in self.search.schema.ty(ty).matches.iter() {
                if self.visits(place, object).is_empty() {
                    continue;
                }
                if setters.contains(object) {
                    types.push(object);
                } else if object != ty || !super::graph::is_abstract(self.search.schema.ty(ty).kind)
                {
                    always = false;
                }
            }
            // an interface stands for its objects
            types.retain(|object| !super::graph::is_abstract(self.search.schema.ty(*object).kind));
            let is_last = always && !types.is_empty();
            if !types.is_empty() {
                found.push(Source { place, types });
            }
            if is_last {
                break;
            }
            next = self.places[place].parent;
        }
        found
    }

    /// Makes a fetch take values from above, each of them once.
    pub(super) fn note_taken(&mut self, group: usize, taken: Vec<Taken<'a>>) {
        let known = &mut self.groups[group].taken;
        for taken in taken {
            if !known
                .iter()
                .any(|known| known.argument.is_like(taken.argument))
            {
                known.push(taken);
            }
        }
    }

    /// The names of these arguments with the numbers of a fetch's variables.
    pub(super) fn taken(
        &self,
        group: usize,
        arguments: &'a [ContextArgument],
    ) -> Vec<(&'a str, usize)> {
        let taken = &self.groups[group].taken;
        arguments
            .iter()
            .filter_map(|argument| {
                let number = taken
                    .iter()
                    .position(|known| known.argument.is_like(argument))?;
                Some((&*argument.name, number))
            })
            .collect()
    }

    /// What a fetch takes from above, written, with the types of its variables.
    pub(super) fn write_taken(&mut self, group: usize) -> Vec<(Contextual, Box<str>)> {
        let taken = std::mem::take(&mut self.groups[group].taken);
        let mut written = Vec::with_capacity(taken.len());
        for (number, taken) in taken.iter().enumerate() {
            let sources = taken.sources.iter().map(|source| {
                let path = &self.places[source.place].path;
                let depth = path
                    .iter()
                    .filter(|step| matches!(step, PathStep::Field(_)))
                    .count();
                let mut when = TypeSet::default();
                for ty in &source.types {
                    when.insert(*ty);
                }
                (depth, when, &source.types)
            });
            let sources: Vec<_> = sources.collect();
            let sources = sources
                .into_iter()
                .map(|(depth, when, types)| {
                    let mut selection = Representation::default();
                    for ty in types {
                        let only = super::build::only(*ty);
                        let set = &taken.argument.selection;
                        // the root object has no type name
                        let only = (depth > 0).then_some(&only);
                        required(self, &mut selection, set, *ty, only);
                    }
                    ContextSource {
                        depth,
                        when: (depth > 0).then_some(when),
                        selection,
                    }
                })
                .collect();
            let contextual = Contextual {
                variable: self.forest.context_variable(number).into(),
                nullable: !taken.argument.ty.ends_with('!'),
                sources,
            };
            written.push((contextual, taken.argument.ty.clone()));
        }
        written
    }
}
