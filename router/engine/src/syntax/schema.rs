//! Documents that define a type system (section 3).

pub use super::{Directive, Number, Pos, Type, Value};

/// A document that defines a schema. Extensions were merged into what they extend.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What is defined, as it is written.
    pub definitions: Vec<Definition>,
}

impl Document {
    /// The name of the type of queries: the one that the schema names, or that called `Query` when it names none.
    #[must_use]
    pub fn query_type_name(&self) -> Option<&String> {
        self.root("Query", |schema| &schema.query)
    }

    /// The name of the type of mutations, found likewise.
    #[must_use]
    pub fn mutation_type_name(&self) -> Option<&String> {
        self.root("Mutation", |schema| &schema.mutation)
    }

    /// The name of the type of subscriptions, found likewise.
    #[must_use]
    pub fn subscription_type_name(&self) -> Option<&String> {
        self.root("Subscription", |schema| &schema.subscription)
    }

    /// The definition of the schema itself.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaDefinition> {
        self.definitions
            .iter()
            .find_map(|definition| match definition {
                Definition::SchemaDefinition(schema) => Some(schema),
                _ => None,
            })
    }

    fn root(&self, usual: &str, of: fn(&SchemaDefinition) -> &Option<String>) -> Option<&String> {
        // who names one root type means those only (section 3.3.1)
        if let Some(schema) = self.schema()
            && [&schema.query, &schema.mutation, &schema.subscription]
                .into_iter()
                .any(Option::is_some)
        {
            return of(schema).as_ref();
        }
        self.definitions
            .iter()
            .find_map(|definition| match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object)) => {
                    (object.name == usual).then_some(&object.name)
                }
                _ => None,
            })
    }
}

/// One thing that is defined.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// The root types.
    SchemaDefinition(SchemaDefinition),
    /// A type.
    TypeDefinition(TypeDefinition),
    /// A directive.
    DirectiveDefinition(DirectiveDefinition),
}

/// The root types.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SchemaDefinition {
    /// What it is for, as Markdown.
    pub description: Option<String>,
    /// Its directives.
    pub directives: Vec<Directive>,
    /// The type of queries.
    pub query: Option<String>,
    /// The type of mutations.
    pub mutation: Option<String>,
    /// The type of subscriptions.
    pub subscription: Option<String>,
}

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeDefinition {
    /// A leaf with one value.
    Scalar(ScalarType),
    /// Something with fields.
    Object(ObjectType),
    /// Fields that several objects have.
    Interface(InterfaceType),
    /// One of several objects.
    Union(UnionType),
    /// One of several names.
    Enum(EnumType),
    /// Something with fields that is given, not got.
    InputObject(InputObjectType),
}

macro_rules! definition {
    ($(#[$about:meta])* $name:ident { $($(#[$note:meta])* $part:ident: $ty:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// What it is for, as Markdown.
            pub description: Option<String>,
            /// Its name.
            pub name: String,
            /// Its directives.
            pub directives: Vec<Directive>,
            $($(#[$note])* pub $part: $ty,)*
        }
    };
}

definition! {
    /// A scalar.
    ScalarType {}
}
definition! {
    /// An object type.
    ObjectType {
        /// Interfaces that it implements.
        implements_interfaces: Vec<String>,
        /// Its fields.
        fields: Vec<Field>,
    }
}
definition! {
    /// An interface.
    InterfaceType {
        /// Interfaces that it implements itself.
        implements_interfaces: Vec<String>,
        /// Its fields.
        fields: Vec<Field>,
    }
}
definition! {
    /// A union.
    UnionType {
        /// Its members.
        types: Vec<String>,
    }
}
definition! {
    /// An enum.
    EnumType {
        /// Its values.
        values: Vec<EnumValue>,
    }
}
definition! {
    /// An input object.
    InputObjectType {
        /// Its fields.
        fields: Vec<InputValue>,
    }
}
definition! {
    /// A field of an object or an interface.
    Field {
        /// Its arguments.
        arguments: Vec<InputValue>,
        /// The type of its value.
        field_type: Type,
    }
}
definition! {
    /// An argument, or a field of an input object.
    InputValue {
        /// The type of its value.
        value_type: Type,
        /// Its value where none is given.
        default_value: Option<Value>,
    }
}
definition! {
    /// A value of an enum.
    EnumValue {}
}

/// A directive.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectiveDefinition {
    /// What it is for, as Markdown.
    pub description: Option<String>,
    /// Its name, without `@`.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<InputValue>,
    /// Whether it may stand more than once at one place.
    pub repeatable: bool,
    /// Where it may stand.
    pub locations: Vec<DirectiveLocation>,
}

macro_rules! locations {
    ($($(#[$about:meta])* $name:ident = $text:literal,)*) => {
        /// Where a directive may stand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DirectiveLocation {
            $($(#[$about])* $name,)*
        }

        impl DirectiveLocation {
            /// Its name in a document.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The location of a name; none when it is no location.
            #[must_use]
            pub fn of(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

locations! {
    /// A query.
    Query = "QUERY",
    /// A mutation.
    Mutation = "MUTATION",
    /// A subscription.
    Subscription = "SUBSCRIPTION",
    /// A field that is selected.
    Field = "FIELD",
    /// The definition of a fragment.
    FragmentDefinition = "FRAGMENT_DEFINITION",
    /// A fragment where it is used.
    FragmentSpread = "FRAGMENT_SPREAD",
    /// A fragment without a name.
    InlineFragment = "INLINE_FRAGMENT",
    /// A variable of an operation.
    VariableDefinition = "VARIABLE_DEFINITION",
    /// The schema.
    Schema = "SCHEMA",
    /// A scalar.
    Scalar = "SCALAR",
    /// An object type.
    Object = "OBJECT",
    /// A field of an object or an interface.
    FieldDefinition = "FIELD_DEFINITION",
    /// An argument.
    ArgumentDefinition = "ARGUMENT_DEFINITION",
    /// An interface.
    Interface = "INTERFACE",
    /// A union.
    Union = "UNION",
    /// An enum.
    Enum = "ENUM",
    /// A value of an enum.
    EnumValue = "ENUM_VALUE",
    /// An input object.
    InputObject = "INPUT_OBJECT",
    /// A field of an input object.
    InputFieldDefinition = "INPUT_FIELD_DEFINITION",
}
