//! Documents that can be executed (sections 2.2 to 2.8).

pub use super::{Directive, Number, Pos, Type, Value};

/// A document with operations and fragments.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What is defined, as it is written.
    pub definitions: Vec<Definition>,
}

/// An operation or a fragment.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// An operation.
    Operation(OperationDefinition),
    /// A named fragment.
    Fragment(FragmentDefinition),
}

/// A named fragment.
#[derive(Debug, Clone, PartialEq)]
pub struct FragmentDefinition {
    /// Where it begins.
    pub position: Pos,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub type_condition: TypeCondition,
    /// Its directives.
    pub directives: Vec<Directive>,
    /// What it selects.
    pub selection_set: SelectionSet,
}

/// An operation.
#[derive(Debug, Clone, PartialEq)]
pub enum OperationDefinition {
    /// A query that is only a selection.
    SelectionSet(SelectionSet),
    /// `query`
    Query(Query),
    /// `mutation`
    Mutation(Mutation),
    /// `subscription`
    Subscription(Subscription),
}

macro_rules! operation {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// Where it begins.
            pub position: Pos,
            /// Its name, when it has one.
            pub name: Option<String>,
            /// Its variables.
            pub variable_definitions: Vec<VariableDefinition>,
            /// Its directives.
            pub directives: Vec<Directive>,
            /// What it selects.
            pub selection_set: SelectionSet,
        }
    };
}

operation! {
    /// An operation that reads.
    Query
}
operation! {
    /// An operation that writes.
    Mutation
}
operation! {
    /// An operation that waits for events.
    Subscription
}

/// What is selected of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionSet {
    /// Its braces.
    pub span: (Pos, Pos),
    /// What is in it, as it is written.
    pub items: Vec<Selection>,
}

/// A variable of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableDefinition {
    /// Where it begins.
    pub position: Pos,
    /// Its name, without `$`.
    pub name: String,
    /// Its type.
    pub var_type: Type,
    /// Its value where none is given.
    pub default_value: Option<Value>,
    /// Its directives.
    pub directives: Vec<Directive>,
}

/// One of the things that are selected.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A field.
    Field(Field),
    /// What a named fragment selects.
    FragmentSpread(FragmentSpread),
    /// What is selected under a condition.
    InlineFragment(InlineFragment),
}

/// A field that is selected.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Where it begins.
    pub position: Pos,
    /// What the answer calls it, when not by its name.
    pub alias: Option<String>,
    /// Its name.
    pub name: String,
    /// Its arguments, as they are written.
    pub arguments: Vec<(String, Value)>,
    /// Its directives.
    pub directives: Vec<Directive>,
    /// What is selected of its value; empty for a leaf.
    pub selection_set: SelectionSet,
}

/// A named fragment where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct FragmentSpread {
    /// Where it begins.
    pub position: Pos,
    /// The name of the fragment.
    pub fragment_name: String,
    /// Its directives.
    pub directives: Vec<Directive>,
}

/// What a fragment is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeCondition {
    /// Objects of a type.
    On(String),
}

impl AsRef<String> for TypeCondition {
    fn as_ref(&self) -> &String {
        let Self::On(name) = self;
        name
    }
}

/// A fragment without a name.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineFragment {
    /// Where it begins.
    pub position: Pos,
    /// What it is about; whatever stands around it when it does not say.
    pub type_condition: Option<TypeCondition>,
    /// Its directives.
    pub directives: Vec<Directive>,
    /// What it selects.
    pub selection_set: SelectionSet,
}
