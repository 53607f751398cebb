use crate::syntax::{Type, Value, parse_schema};

use super::*;

fn only(text: &str) -> TypeDefinition {
    match parse_schema(text).unwrap().definitions.remove(0) {
        Definition::TypeDefinition(definition) => definition,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_form_of_a_definition_is_read() {
    let text = r#"
            """
            The
              schema
            """
            schema @link(url: "a") { query: Q mutation: M subscription: S }
            "A directive" directive @d("An argument" a: [Int!]! = [1] @x) repeatable on | FIELD | VARIABLE_DEFINITION
            directive @e on SCHEMA
            "A scalar" scalar S @specifiedBy(url: "b")
            "An object" type Q implements & A & B @d { "A field" f("An argument" a: Int = 1, b: B): [Q!] @deprecated type: Int }
            type Empty
            interface A implements B & C { f: Int }
            union U @x = | Q | Empty
            union Nothing
            enum E { "A value" ONE @x type on input }
            input I { a: Int = 1 @x, b: I = {a: 2} }
        "#;
    let document = parse_schema(text).unwrap();
    assert_eq!(document.definitions.len(), 11);
    let schema = document.schema().unwrap();
    assert_eq!(schema.description.as_deref(), Some("The\n  schema"));
    assert_eq!(schema.directives[0].name, "link");
    assert_eq!(document.query_type_name().unwrap(), "Q");
    assert_eq!(document.mutation_type_name().unwrap(), "M");
    assert_eq!(document.subscription_type_name().unwrap(), "S");
    let Definition::DirectiveDefinition(directive) = &document.definitions[1] else {
        panic!("a directive")
    };
    assert!(directive.repeatable);
    assert_eq!(
        directive.locations,
        [
            DirectiveLocation::Field,
            DirectiveLocation::VariableDefinition
        ]
    );
    assert_eq!(directive.arguments[0].value_type.to_string(), "[Int!]!");
    let Definition::TypeDefinition(TypeDefinition::Object(object)) = &document.definitions[4]
    else {
        panic!("an object")
    };
    assert_eq!(object.implements_interfaces, ["A", "B"]);
    assert_eq!(object.fields[0].description.as_deref(), Some("A field"));
    assert_eq!(object.fields[0].arguments[1].name, "b");
    assert_eq!(object.fields[0].directives[0].name, "deprecated");
    assert_eq!(object.fields[1].name, "type");
    let Definition::TypeDefinition(TypeDefinition::Union(union)) = &document.definitions[7] else {
        panic!("a union")
    };
    assert_eq!(union.types, ["Q", "Empty"]);
    let Definition::TypeDefinition(TypeDefinition::Enum(names)) = &document.definitions[9] else {
        panic!("an enum")
    };
    assert_eq!(
        names
            .values
            .iter()
            .map(|value| value.name.as_str())
            .collect::<Vec<_>>(),
        ["ONE", "type", "on", "input"]
    );
}

#[test]
fn default_values_and_descriptions_mean_what_they_escape() {
    let TypeDefinition::InputObject(input) = only(
        r#""\b\uD83D\uDE00\u{1F600}" input I { a: Float = 1e9, b: ID = 123456789012345678901234567890 }"#,
    ) else {
        panic!("an input")
    };
    assert_eq!(input.description.as_deref(), Some("\u{8}😀😀"));
    assert_eq!(input.fields[0].default_value, Some(Value::Float(1e9)));
    let Some(Value::Int(number)) = &input.fields[1].default_value else {
        panic!("a number")
    };
    assert_eq!(number.to_string(), "123456789012345678901234567890");
}

#[test]
fn extensions_are_merged_wherever_they_stand() {
    let text = "extend type Q implements A @x { b: Int } schema { query: Q } type Q { a: Int }
            extend schema @link { mutation: M } union U = A extend union U = B enum E { A } extend enum E { B }
            input I { a: Int } extend input I { b: Int } scalar S extend scalar S @x interface N { a: Int }
            extend interface N { b: Int }";
    let document = parse_schema(text).unwrap();
    let written = "schema @link { query: Q mutation: M } type Q implements A @x { a: Int b: Int }
            union U = A | B enum E { A B } input I { a: Int b: Int } scalar S @x interface N { a: Int b: Int }";
    let expected = parse_schema(written).unwrap();
    assert_eq!(document.definitions.len(), expected.definitions.len());
    let schema = document.schema().unwrap();
    assert_eq!(schema.mutation.as_deref(), Some("M"));
    assert_eq!(schema.directives.len(), 1);
    let names = |document: &Document| -> Vec<String> {
        let definitions = document.definitions.iter();
        definitions
            .filter_map(|definition| match definition {
                Definition::TypeDefinition(TypeDefinition::Object(ty)) => Some(
                    ty.fields
                        .iter()
                        .map(|field| field.name.clone())
                        .chain(ty.implements_interfaces.clone())
                        .collect::<Vec<_>>(),
                ),
                Definition::TypeDefinition(TypeDefinition::Interface(ty)) => {
                    Some(ty.fields.iter().map(|field| field.name.clone()).collect())
                }
                Definition::TypeDefinition(TypeDefinition::Union(ty)) => Some(ty.types.clone()),
                Definition::TypeDefinition(TypeDefinition::Enum(ty)) => {
                    Some(ty.values.iter().map(|value| value.name.clone()).collect())
                }
                Definition::TypeDefinition(TypeDefinition::InputObject(ty)) => {
                    Some(ty.fields.iter().map(|field| field.name.clone()).collect())
                }
                Definition::TypeDefinition(TypeDefinition::Scalar(ty)) => Some(
                    ty.directives
                        .iter()
                        .map(|directive| directive.name.clone())
                        .collect(),
                ),
                _ => None,
            })
            .flatten()
            .collect()
    };
    assert_eq!(names(&document), names(&expected));
}

#[test]
fn what_is_no_schema_is_refused_where_it_is_wrong() {
    for (text, line, column, message) in [
        (
            "",
            1,
            1,
            "expected the definition of a type or a directive, found the end",
        ),
        ("type Q {}", 1, 9, "expected the name of a field"),
        ("type Q { a }", 1, 12, "expected a colon"),
        ("type Q { a: [Int }", 1, 18, "bracket"),
        ("{ a }", 1, 1, "expected the definition of a type"),
        ("\"d\" extend type Q { a: Int }", 1, 5, "has no description"),
        ("type Q\nextend type P @x", 2, 8, "nothing to extend"),
        ("extend scalar Q type Q", 1, 8, "nothing to extend"),
        ("enum E { true }", 1, 10, "expected the name of a value"),
        ("directive @d on NOWHERE", 1, 17, "expected a place"),
        ("schema { query: Q other: P }", 1, 19, "expected `query`"),
        (
            "input I { a: Int = $b }",
            1,
            20,
            "no variable in a constant",
        ),
    ] {
        let error = parse_schema(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(
            (error.at.line, error.at.column),
            (line, column),
            "{text}: {error}"
        );
    }
    let deep = format!(
        "type Q {{ a: {}Int{} }}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(parse_schema(&deep).is_err());
}

#[test]
fn a_type_named_query_is_the_root_only_when_the_schema_names_none() {
    let names = |text: &str| {
        let document = parse_schema(text).unwrap();
        (
            document.query_type_name().cloned(),
            document.mutation_type_name().cloned(),
        )
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(
        names("type Query type Mutation"),
        (some("Query"), some("Mutation"))
    );
    assert_eq!(
        names("schema { query: A } type A type Mutation"),
        (some("A"), None)
    );
    assert_eq!(names("\"d\" schema @x type Query"), (some("Query"), None));
    assert!(
        matches!(only("type Q { a: [Int!] }"), TypeDefinition::Object(ty)
            if matches!(ty.fields[0].field_type, Type::ListType(_)))
    );
}
