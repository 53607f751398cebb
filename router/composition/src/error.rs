//! Errors of composition: a public code, where, and what would mend it

use std::fmt;

macro_rules! codes {
    ($($variant:ident $text:literal $help:literal;)*) => {
        /// The public error codes of Federation, with the names that Apollo's documentation gives them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is the code of that name; `help` explains it")]
        pub enum ErrorCode { $($variant,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The public name, such as `INVALID_FIELD_SHARING`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// One sentence on what mends this class of error.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

codes! {
    AuthRequirementsAppliedOnInterface "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE" "put the directive on the implementing types and their fields: the interface inherits it";
    ContextNameInvalid "CONTEXT_NAME_INVALID" "give the context a name of letters and digits only";
    ContextNotSet "CONTEXT_NOT_SET" "put `@context(name: …)` with this name on a type above the field, in the same subgraph";
    ContextNoResolvableKey "CONTEXT_NO_RESOLVABLE_KEY" "give the type a key that its subgraph resolves: the router comes back by it with what the context gave";
    NoContextInSelection "NO_CONTEXT_IN_SELECTION" "write `$contextName { field }`";
    ContextInvalidSelection "CONTEXT_INVALID_SELECTION" "select exactly one leaf field of every type that sets the context";
    ContextualArgumentNotContextualInAllSubgraphs "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS" "mark the argument `@fromContext` in every subgraph, or make it optional where it is not";
    CostAppliedToInterfaceField "COST_APPLIED_TO_INTERFACE_FIELD" "put `@cost` on the fields of the implementing types";
    DefaultValueUsesInaccessible "DEFAULT_VALUE_USES_INACCESSIBLE" "change the default value, or make what it names accessible";
    DirectiveCompositionError "DIRECTIVE_COMPOSITION_ERROR" "define the directive, link its specification under one name and one major version, and name it with `@`";
    DirectiveDefinitionInvalid "DIRECTIVE_DEFINITION_INVALID" "remove the definition, or make it equal to the one of the specification";
    DisallowedInaccessible "DISALLOWED_INACCESSIBLE" "remove `@inaccessible` from built-in and specification elements";
    EmptyMergedEnumType "EMPTY_MERGED_ENUM_TYPE" "let the subgraphs have at least one value in common";
    EmptyMergedInputType "EMPTY_MERGED_INPUT_TYPE" "let the subgraphs have at least one input field in common";
    EnumValueMismatch "ENUM_VALUE_MISMATCH" "give the enum the same values in all subgraphs, or mark the odd ones `@inaccessible`";
    ExtensionWithNoBase "EXTENSION_WITH_NO_BASE" "define the type in one subgraph without `extend`";
    ExternalArgumentDefaultMismatch "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH" "repeat the argument's default as the owning subgraph has it";
    ExternalArgumentMissing "EXTERNAL_ARGUMENT_MISSING" "declare the argument on the external field as well";
    ExternalArgumentTypeMismatch "EXTERNAL_ARGUMENT_TYPE_MISMATCH" "give the argument the type that the owning subgraph gives it";
    ExternalCollisionWithAnotherDirective "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE" "remove one of the two directives";
    ExternalMissingOnBase "EXTERNAL_MISSING_ON_BASE" "define the field without `@external` in one subgraph";
    ExternalOnInterface "EXTERNAL_ON_INTERFACE" "put `@external` on the fields of the implementing types";
    ExternalTypeMismatch "EXTERNAL_TYPE_MISMATCH" "give the external field the type that the owning subgraph gives it";
    ExternalUnused "EXTERNAL_UNUSED" "remove the external field, or use it in `@key`, `@requires` or `@provides`, or for an interface";
    FieldArgumentDefaultMismatch "FIELD_ARGUMENT_DEFAULT_MISMATCH" "give the argument the same default in all subgraphs";
    FieldArgumentTypeMismatch "FIELD_ARGUMENT_TYPE_MISMATCH" "give the argument the same type in all subgraphs";
    FieldTypeMismatch "FIELD_TYPE_MISMATCH" "give the field the same type in all subgraphs, or types of which one is a subtype of the other";
    ImplementedByInaccessible "IMPLEMENTED_BY_INACCESSIBLE" "make the implementing element accessible, or hide the interface's element too";
    InputFieldDefaultMismatch "INPUT_FIELD_DEFAULT_MISMATCH" "give the input field the same default in all subgraphs";
    InterfaceFieldNoImplem "INTERFACE_FIELD_NO_IMPLEM" "add the field to the implementing type, or remove it from the interface";
    InterfaceKeyMissingImplementationType "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE" "define every implementation of the interface in the subgraph that has its key";
    InterfaceKeyNotOnImplementation "INTERFACE_KEY_NOT_ON_IMPLEMENTATION" "repeat the interface's key on every type that implements it";
    InterfaceObjectUsageError "INTERFACE_OBJECT_USAGE_ERROR" "give the type the key of the interface, and define the interface itself in another subgraph";
    InvalidFieldSharing "INVALID_FIELD_SHARING" "mark the field `@shareable` in every subgraph that resolves it, or let one subgraph alone resolve it";
    InvalidGraphql "INVALID_GRAPHQL" "make the schema valid GraphQL";
    InvalidLinkDirectiveUsage "INVALID_LINK_DIRECTIVE_USAGE" "link a specification once, and import what it has";
    InvalidLinkIdentifier "INVALID_LINK_IDENTIFIER" "write the address of a specification as `https://host/name/v1.0`";
    InvalidShareableUsage "INVALID_SHAREABLE_USAGE" "put `@shareable` on object fields only, and once";
    InvalidSubgraphName "INVALID_SUBGRAPH_NAME" "give the subgraph another name";
    KeyFieldsHasArgs "KEY_FIELDS_HAS_ARGS" "take fields without arguments as key";
    KeyFieldsSelectInvalidType "KEY_FIELDS_SELECT_INVALID_TYPE" "take no list, interface or union as key field";
    KeyDirectiveInFieldsArg "KEY_DIRECTIVE_IN_FIELDS_ARG" "remove the directive from the selection";
    KeyInvalidFields "KEY_INVALID_FIELDS" "select fields that the type has, in the syntax of a selection";
    KeyInvalidFieldsType "KEY_INVALID_FIELDS_TYPE" "write `fields` as a string";
    KeyUnsupportedOnInterface "KEY_UNSUPPORTED_ON_INTERFACE" "link federation 2.3 or newer to put keys on interfaces";
    LinkImportNameMismatch "LINK_IMPORT_NAME_MISMATCH" "import the directive under the same name in all subgraphs";
    ListSizeAppliedToNonList "LIST_SIZE_APPLIED_TO_NON_LIST" "put `@listSize` on a list, or name the sized fields below it";
    ListSizeInvalidAssumedSize "LIST_SIZE_INVALID_ASSUMED_SIZE" "give an assumed size that is not negative";
    ListSizeInvalidSlicingArgument "LIST_SIZE_INVALID_SLICING_ARGUMENT" "name an integer argument of the field";
    ListSizeInvalidSizedField "LIST_SIZE_INVALID_SIZED_FIELD" "name a list field of the field's type";
    MergedDirectiveApplicationOnExternal "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL" "put the directive on the field in the subgraph that resolves it";
    MissingTransitiveAuthRequirements "MISSING_TRANSITIVE_AUTH_REQUIREMENTS" "repeat on the field the authorisation of what its `@requires` or `@fromContext` reads";
    MaxValidationSubgraphPathsExceeded "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED" "reduce the number of ways in which the type can be reached";
    NoQueries "NO_QUERIES" "define at least one query field";
    OnlyInaccessibleChildren "ONLY_INACCESSIBLE_CHILDREN" "make one of its elements accessible, or hide the type as a whole";
    OverrideCollisionWithAnotherDirective "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE" "remove one of the two directives";
    OverrideFromSelfError "OVERRIDE_FROM_SELF_ERROR" "name the subgraph that the field moves away from";
    OverrideLabelInvalid "OVERRIDE_LABEL_INVALID" "start the label with a letter, then letters, digits or `_-:./`; or write `percent(0…100)`";
    OverrideOnInterface "OVERRIDE_ON_INTERFACE" "put `@override` on the fields of the implementing types";
    OverrideSourceHasOverride "OVERRIDE_SOURCE_HAS_OVERRIDE" "let only one subgraph override the field";
    ProvidesDirectiveInFieldsArg "PROVIDES_DIRECTIVE_IN_FIELDS_ARG" "remove the directive from the selection";
    ProvidesFieldsHasArgs "PROVIDES_FIELDS_HAS_ARGS" "provide fields without arguments";
    ProvidesFieldsMissingExternal "PROVIDES_FIELDS_MISSING_EXTERNAL" "mark the provided fields `@external`";
    ProvidesInvalidFields "PROVIDES_INVALID_FIELDS" "select fields that the type has, in the syntax of a selection";
    ProvidesInvalidFieldsType "PROVIDES_INVALID_FIELDS_TYPE" "write `fields` as a string";
    ProvidesOnNonObjectField "PROVIDES_ON_NON_OBJECT_FIELD" "put `@provides` on fields that give an object, interface or union";
    ProvidesUnsupportedOnInterface "PROVIDES_UNSUPPORTED_ON_INTERFACE" "put `@provides` on the fields of the implementing types";
    QueryRootTypeInaccessible "QUERY_ROOT_TYPE_INACCESSIBLE" "make the query root accessible";
    ReferencedInaccessible "REFERENCED_INACCESSIBLE" "make the type accessible, or hide what refers to it";
    RequiredArgumentMissingInSomeSubgraph "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH" "declare the argument in every subgraph that resolves the field, or make it optional";
    RequiredInaccessible "REQUIRED_INACCESSIBLE" "make it optional, or accessible";
    RequiredInputFieldMissingInSomeSubgraph "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH" "declare the input field in every subgraph, or make it optional";
    RequiresDirectiveInFieldsArg "REQUIRES_DIRECTIVE_IN_FIELDS_ARG" "remove the directive from the selection";
    RequiresFieldsMissingExternal "REQUIRES_FIELDS_MISSING_EXTERNAL" "mark the required fields `@external`";
    RequiresInvalidFields "REQUIRES_INVALID_FIELDS" "select fields that the type has, in the syntax of a selection";
    RequiresInvalidFieldsType "REQUIRES_INVALID_FIELDS_TYPE" "write `fields` as a string";
    RequiresUnsupportedOnInterface "REQUIRES_UNSUPPORTED_ON_INTERFACE" "put `@requires` on the fields of the implementing types";
    RootMutationUsed "ROOT_MUTATION_USED" "rename the type, or make it the mutation root";
    RootQueryUsed "ROOT_QUERY_USED" "rename the type, or make it the query root";
    RootSubscriptionUsed "ROOT_SUBSCRIPTION_USED" "rename the type, or make it the subscription root";
    SatisfiabilityError "SATISFIABILITY_ERROR" "add a key by which the subgraph that resolves the field can be reached, or resolve the field where the query already is";
    ShareableHasMismatchedRuntimeTypes "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES" "let the field have at least one runtime type in common in the subgraphs that share it";
    TypeDefinitionInvalid "TYPE_DEFINITION_INVALID" "remove the definition, or make it equal to the one of the specification";
    TypeKindMismatch "TYPE_KIND_MISMATCH" "define the type with the same kind in all subgraphs";
    TypeWithOnlyUnusedExternal "TYPE_WITH_ONLY_UNUSED_EXTERNAL" "remove the type from this subgraph";
    UnknownFederationLinkVersion "UNKNOWN_FEDERATION_LINK_VERSION" "link a version of federation 2 that composition knows";
    UnknownLinkVersion "UNKNOWN_LINK_VERSION" "link version 1.0 of the link specification";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A place in the schema of a subgraph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Location {
    /// The subgraph's name.
    pub subgraph: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// One reason why subgraphs do not compose.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CompositionError {
    /// The public code.
    pub code: ErrorCode,
    /// What is wrong.
    pub message: String,
    /// What would mend it.
    pub help: String,
    /// The element in question as a schema coordinate (`Type.field(argument:)`), when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinate: Option<String>,
    /// Where in which subgraphs.
    pub locations: Vec<Location>,
}

impl fmt::Display for CompositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        for location in &self.locations {
            write!(
                f,
                " [{}:{}:{}]",
                location.subgraph, location.line, location.column
            )?;
        }
        write!(f, "; {}", self.help)
    }
}

impl std::error::Error for CompositionError {}

/// All reasons why subgraphs do not compose; never empty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CompositionErrors {
    /// The errors, in the order in which composition meets them.
    pub errors: Vec<CompositionError>,
    /// What composition remarked until then.
    pub hints: Vec<crate::Hint>,
}

impl CompositionErrors {
    /// The codes of all errors.
    #[must_use]
    pub fn codes(&self) -> Vec<ErrorCode> {
        self.errors.iter().map(|error| error.code).collect()
    }
}

impl fmt::Display for CompositionErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CompositionErrors {}
