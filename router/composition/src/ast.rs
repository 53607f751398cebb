//! What a schema is made of after parsing: the same few structs serve subgraphs and supergraph

mod value;

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;

pub use value::{TypeRef, Value};

/// A map that keeps the order in which things were written.
pub type Map<V> = IndexMap<Name, V, foldhash::fast::RandomState>;

/// Hash tables inside this crate; never walked where the order would show.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
pub(crate) type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// A GraphQL name; cloning it costs a counter.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A directive as applied to something.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The name without `@`, as the schema at hand knows it.
    pub name: Name,
    /// Arguments as written.
    pub arguments: Vec<(Name, Value)>,
    /// Byte offset of the `@` in the source.
    pub at: u32,
    /// Was it written on an `extend …`?
    pub(crate) of_extension: bool,
    /// Which known directive it is; set when links are resolved.
    pub(crate) known: Known,
    /// Which declaration of its type it stands on, counted from 0.
    pub(crate) part: u16,
}

impl Directive {
    pub(crate) fn new(name: &str, arguments: Vec<(&str, Value)>) -> Self {
        Self {
            name: Name::from(name),
            arguments: arguments
                .into_iter()
                .map(|(name, value)| (Name::from(name), value))
                .collect(),
            at: 0,
            of_extension: false,
            known: Known::Custom,
            part: 0,
        }
    }

    /// The value of an argument, when it was given.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments
            .iter()
            .find(|(argument, _)| argument == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.argument(name).and_then(Value::as_str)
    }
}

impl PartialEq for Directive {
    /// Same name and the same arguments in any order.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.arguments.len() == other.arguments.len()
            && self
                .arguments
                .iter()
                .all(|(name, value)| other.argument(name).is_some_and(|with| value.same(with)))
    }
}

/// The directives whose meaning composition knows, whatever name a subgraph gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the directive of that name")]
pub enum Known {
    Key,
    Requires,
    Provides,
    External,
    Extends,
    Shareable,
    Override,
    Inaccessible,
    Tag,
    InterfaceObject,
    ComposeDirective,
    Authenticated,
    RequiresScopes,
    Policy,
    Cost,
    ListSize,
    Context,
    FromContext,
    CacheTag,
    Link,
    Deprecated,
    SpecifiedBy,
    OneOf,
    /// Anything else.
    Custom,
}

/// A field of an output type, a field of an input type, or an argument.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Arguments; empty for input fields and arguments.
    pub arguments: Vec<Field>,
    /// Its type.
    pub ty: TypeRef,
    /// The default of an input field or argument.
    pub default: Option<Value>,
    /// Applied directives.
    pub directives: Vec<Directive>,
    /// Byte offset of its name in the source.
    pub at: u32,
    pub(crate) part: u16,
    pub(crate) facts: Facts,
}

/// What federation directives make of a field in one subgraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Declared here, resolved elsewhere.
    pub(crate) external: bool,
    /// May be resolved in several subgraphs.
    pub(crate) shareable: bool,
    /// Part of a key of its type.
    pub(crate) in_key: bool,
    /// Part of some `@provides`.
    pub(crate) in_provides: bool,
    /// Part of some `@requires`, or of a `@fromContext` selection.
    pub(crate) in_requires: bool,
    /// Declared because an interface of the type asks for it.
    pub(crate) for_interface: bool,
}

impl Facts {
    /// Does something in its subgraph read it although another may resolve it?
    pub(crate) fn used(self) -> bool {
        self.in_key || self.in_provides || self.in_requires || self.for_interface
    }
}

impl Field {
    /// An argument by name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Field> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// Must a caller give it: non-null and without a default?
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.ty.is_non_null() && self.default.is_none()
    }
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Applied directives.
    pub directives: Vec<Directive>,
    /// Byte offset of its name in the source.
    pub at: u32,
}

/// The six kinds of named types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the kind of that name")]
pub enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
}

impl Kind {
    /// The keyword that defines such a type.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Object => "type",
            Self::Interface => "interface",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::InputObject => "input",
        }
    }

    /// How a message calls it.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Scalar => "Scalar Type",
            Self::Object => "Object Type",
            Self::Interface => "Interface Type",
            Self::Union => "Union Type",
            Self::Enum => "Enum Type",
            Self::InputObject => "Input Object Type",
        }
    }

    /// May it stand behind an argument or input field?
    #[must_use]
    pub fn is_input(self) -> bool {
        matches!(self, Self::Scalar | Self::Enum | Self::InputObject)
    }

    /// May it stand behind a field?
    #[must_use]
    pub fn is_output(self) -> bool {
        self != Self::InputObject
    }

    /// Does it have fields to select?
    #[must_use]
    pub fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }
}

/// A name in a list (implemented interfaces, union members) and where it was written.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name of the other type.
    pub name: Name,
    /// Byte offset in the source.
    pub at: u32,
}

/// A named type of a subgraph: its definition and all its extensions.
#[derive(Clone, Debug)]
pub struct TypeDef {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Kind,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Directives of the definition and the extensions.
    pub directives: Vec<Directive>,
    /// Implemented interfaces.
    pub interfaces: Vec<Listed>,
    /// Fields of an object, interface or input object.
    pub fields: Map<Field>,
    /// Members of a union.
    pub members: Vec<Listed>,
    /// Values of an enum.
    pub values: Map<EnumValue>,
    /// Byte offset of its name in the source.
    pub at: u32,
    /// Was there a definition, or extensions only?
    pub(crate) defined: bool,
    /// How many declarations (definition and extensions) it has.
    pub(crate) parts: u16,
}

impl TypeDef {
    pub(crate) fn directive(&self, known: Known) -> Option<&Directive> {
        find(&self.directives, known)
    }

    pub(crate) fn has(&self, known: Known) -> bool {
        self.directive(known).is_some()
    }

    pub(crate) fn implements(&self, interface: &str) -> bool {
        self.interfaces
            .iter()
            .any(|listed| listed.name == interface)
    }

    /// `@interfaceObject type X`: an object here, an interface elsewhere.
    pub(crate) fn is_interface_object(&self) -> bool {
        self.kind == Kind::Object && self.has(Known::InterfaceObject)
    }
}

/// The first application of a known directive.
pub(crate) fn find(directives: &[Directive], known: Known) -> Option<&Directive> {
    directives.iter().find(|directive| directive.known == known)
}

impl Field {
    pub(crate) fn directive(&self, known: Known) -> Option<&Directive> {
        find(&self.directives, known)
    }

    pub(crate) fn has(&self, known: Known) -> bool {
        self.directive(known).is_some()
    }
}

/// The definition of a directive.
#[derive(Clone, Debug)]
pub struct DirectiveDef {
    /// Its name without `@`.
    pub name: Name,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// Its arguments.
    pub arguments: Vec<Field>,
    /// May it be applied twice in one place?
    pub repeatable: bool,
    /// Where it may stand, in the spelling of the specification.
    pub locations: Vec<Name>,
    /// Byte offset of its name in the source.
    pub at: u32,
}

/// Root operation kinds in the order in which schemas print them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the operation of that name")]
pub enum Root {
    Query,
    Mutation,
    Subscription,
}

impl Root {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// The keyword of the operation.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }

    /// The name that the root type has in a supergraph.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}

/// The five scalars that every schema has.
#[must_use]
pub fn is_builtin_scalar(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}
