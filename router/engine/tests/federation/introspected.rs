//! A client that knows the schema by introspection alone knows it as it was written.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql_value::ConstValue;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use router_engine::{Engine, EngineOptions, LocalRequest, LocalResponse, LocalSubgraph, Transport};
use serde_json::{Map, Value, json};

use super::{ask, runtime, supergraph_of};

/// Every kind of type, in the form and order in which the test prints what it learns.
const SCHEMA: &str = r#""""What a demo
needs: \\b, 1e9 and 😀."""
schema {
  query: Query
  mutation: Mutation
  subscription: Subscription
}

"""The light that is on."""
directive @color(name: String! = "red\n\"1\" 😀", depth: [Int!] = [1, 2] @deprecated(reason: "flat")) repeatable on FIELD | QUERY | VARIABLE_DEFINITION

directive @plain on MUTATION | FRAGMENT_SPREAD

"""Has a name."""
interface Named implements Node {
  id: ID!
  name: String!
}

interface Node {
  id: ID!
}

"""What is looked for.

Over two lines."""
input Filter {
  """How many."""
  limit: Int! = 3
  old: String @deprecated(reason: "no more")
  kinds: [Kind!] = [SMALL, LARGE]
  below: Deep = {limit: 1, kinds: [], ratio: 1.5, text: "a \"b\" \\ é"}
  ratio: Float = 1.0
  large: Float = 1000000000.0
  id: ID = 123456789012345678901234567890
  text: String = "\u0008"
  flag: Boolean = false
  nothing: ID = null
  matrix: [[Int!]!]!
}

input Deep {
  limit: Int
  kinds: [Kind]
  ratio: Float
  text: String
}

enum Kind {
  """The first."""
  SMALL
  LARGE
  HUGE @deprecated(reason: "No longer supported")
}

type Mutation {
  change(by: Pick!): Thing
}

input Pick @oneOf {
  id: ID
  filter: Filter
}

type Query {
  thing(filter: Filter, kinds: [Kind!]! = [SMALL], old: Int = 1 @deprecated(reason: "gone")): Thing
  things: [[Thing!]]!
  either: ThingOrOther
  node(id: ID!): Node
  was: String @deprecated(reason: "it is")
}

scalar Link @specifiedBy(url: "https://example.com/link")

type Other implements Node {
  id: ID!
}

scalar Plain

type Subscription {
  changed(since: Link): Thing
}

"""A thing."""
type Thing implements Named & Node {
  id: ID!
  """What it is
  called."""
  name: String!
  kind(of: Kind = LARGE): Kind
  links: [Link!]
  plain: Plain
}

"""One of the two."""
union ThingOrOther = Thing | Other
"#;

/// All that clients ask, and more.
const QUERY: &str = "
query Introspection($deprecated: Boolean! = true) {
  __schema {
    __typename
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives {
      __typename
      name
      description
      isRepeatable
      locations
      args(includeDeprecated: $deprecated) { ...InputValue }
    }
  }
}
fragment FullType on __Type {
  __typename
  kind
  name
  description
  specifiedByURL
  isOneOf
  fields(includeDeprecated: true) {
    __typename
    name
    description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated
    deprecationReason
  }
  inputFields(includeDeprecated: $deprecated) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { __typename name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  __typename
  name
  description
  type { ...TypeRef }
  defaultValue
  isDeprecated
  deprecationReason
}
fragment TypeRef on __Type {
  kind
  name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } }
}
";

struct Nobody;

impl LocalSubgraph for Nobody {
    fn execute(&self, _: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        Box::pin(std::future::ready(LocalResponse {
            data: Arc::new(ConstValue::from_json(json!({"node": null})).expect("a value")),
            errors: Vec::new(),
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

fn engine() -> Engine {
    let transports = HashMap::from([(
        "only".to_owned(),
        Transport::Local(Arc::new(Nobody) as Arc<_>),
    )]);
    Engine::new(
        &supergraph_of([("only", SCHEMA)]),
        transports,
        EngineOptions::default(),
    )
    .expect("a supergraph")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key]
        .as_array()
        .unwrap_or_else(|| panic!("no list {key} in {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text {key} in {value}"))
}

fn ty(value: &Value) -> String {
    match text(value, "kind") {
        "NON_NULL" => format!("{}!", ty(&value["ofType"])),
        "LIST" => format!("[{}]", ty(&value["ofType"])),
        _ => {
            assert_eq!(value["ofType"], Value::Null);
            text(value, "name").to_owned()
        }
    }
}

fn description(value: &Value, indent: &str) -> String {
    value["description"]
        .as_str()
        .map_or_else(String::new, |text| {
            let text = text
                .replace('\n', &format!("\n{indent}"))
                .replace(&format!("\n{indent}\n"), "\n\n");
            format!("{indent}\"\"\"{text}\"\"\"\n")
        })
}

fn deprecated(value: &Value) -> String {
    match (&value["isDeprecated"], &value["deprecationReason"]) {
        (Value::Bool(true), Value::String(reason)) => format!(" @deprecated(reason: {reason:?})"),
        (Value::Bool(false), Value::Null) => String::new(),
        other => panic!("{other:?}"),
    }
}

fn input(value: &Value) -> String {
    assert_eq!(value["__typename"], "__InputValue");
    let mut out = format!("{}: {}", text(value, "name"), ty(&value["type"]));
    if let Some(default) = value["defaultValue"].as_str() {
        write!(out, " = {default}").expect("a string");
    }
    out + &deprecated(value)
}

fn inputs(values: &[Value]) -> String {
    match values {
        [] => String::new(),
        values => format!(
            "({})",
            values.iter().map(input).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn names(values: &[Value]) -> Vec<&str> {
    values.iter().map(|value| text(value, "name")).collect()
}

fn definition(value: &Value) -> String {
    assert_eq!(value["__typename"], "__Type");
    let name = text(value, "name");
    let mut out = description(value, "");
    // what a kind does not have is null
    let kind = text(value, "kind");
    for (key, kinds) in [
        ("fields", &["OBJECT", "INTERFACE"][..]),
        ("interfaces", &["OBJECT", "INTERFACE"]),
        ("possibleTypes", &["INTERFACE", "UNION"]),
        ("enumValues", &["ENUM"]),
        ("inputFields", &["INPUT_OBJECT"]),
        ("isOneOf", &["INPUT_OBJECT"]),
    ] {
        assert_eq!(
            !value[key].is_null(),
            kinds.contains(&kind),
            "{key} of {name}"
        );
    }
    let fields = |out: &mut String| {
        let above = names(list(value, "interfaces"));
        if !above.is_empty() {
            write!(out, " implements {}", above.join(" & ")).expect("a string");
        }
        out.push_str(" {\n");
        for field in list(value, "fields") {
            assert_eq!(field["__typename"], "__Field");
            out.push_str(&description(field, "  "));
            writeln!(
                out,
                "  {}{}: {}{}",
                text(field, "name"),
                inputs(list(field, "args")),
                ty(&field["type"]),
                deprecated(field)
            )
            .expect("a string");
        }
        out.push_str("}\n");
    };
    match kind {
        "SCALAR" => {
            write!(out, "scalar {name}").expect("a string");
            if let Some(url) = value["specifiedByURL"].as_str() {
                write!(out, " @specifiedBy(url: {url:?})").expect("a string");
            }
            out.push('\n');
        }
        "OBJECT" => {
            write!(out, "type {name}").expect("a string");
            fields(&mut out);
        }
        "INTERFACE" => {
            write!(out, "interface {name}").expect("a string");
            fields(&mut out);
        }
        "UNION" => {
            let members = names(list(value, "possibleTypes")).join(" | ");
            writeln!(out, "union {name} = {members}").expect("a string");
        }
        "ENUM" => {
            writeln!(out, "enum {name} {{").expect("a string");
            for value in list(value, "enumValues") {
                assert_eq!(value["__typename"], "__EnumValue");
                out.push_str(&description(value, "  "));
                writeln!(out, "  {}{}", text(value, "name"), deprecated(value)).expect("a string");
            }
            out.push_str("}\n");
        }
        "INPUT_OBJECT" => {
            let one_of = if value["isOneOf"] == true {
                " @oneOf"
            } else {
                ""
            };
            writeln!(out, "input {name}{one_of} {{").expect("a string");
            for field in list(value, "inputFields") {
                out.push_str(&description(field, "  "));
                writeln!(out, "  {}", input(field)).expect("a string");
            }
            out.push_str("}\n");
        }
        other => panic!("{other}"),
    }
    out
}

fn directive(value: &Value) -> String {
    assert_eq!(value["__typename"], "__Directive");
    let locations: Vec<&str> = list(value, "locations")
        .iter()
        .map(|location| location.as_str().expect("a location"))
        .collect();
    let repeatable = if value["isRepeatable"] == true {
        " repeatable"
    } else {
        ""
    };
    format!(
        "{}directive @{}{}{repeatable} on {}\n",
        description(value, ""),
        text(value, "name"),
        inputs(list(value, "args")),
        locations.join(" | ")
    )
}

/// What stands between empty lines, without regard to their order.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.trim_end().split("\n\n") {
        // a description may have an empty line of its own
        match parts.last_mut() {
            Some(open) if open.matches("\"\"\"").count() % 2 == 1 => {
                open.push_str("\n\n");
                open.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    for part in &mut parts {
        while part.ends_with('\n') {
            part.pop();
        }
    }
    parts.sort();
    parts
}

#[test]
fn what_is_learned_by_introspection_is_the_schema() {
    runtime().block_on(async {
        let got = ask(&engine(), QUERY, &Map::new()).await;
        assert_eq!(got.get("errors"), None, "{got}");
        let schema = &got["data"]["__schema"];
        assert_eq!(schema["__typename"], "__Schema");
        assert_eq!(
            schema["queryType"],
            json!({"name": "Query", "kind": "OBJECT"})
        );
        assert_eq!(
            schema["mutationType"],
            json!({"name": "Mutation", "kind": "OBJECT"})
        );
        assert_eq!(
            schema["subscriptionType"],
            json!({"name": "Subscription", "kind": "OBJECT"})
        );
        let own = ["Int", "Float", "String", "Boolean", "ID"];
        let (types, built_in): (Vec<&Value>, Vec<&Value>) =
            list(schema, "types").iter().partition(|ty| {
                !text(ty, "name").starts_with("__") && !own.contains(&text(ty, "name"))
            });
        let mut names: Vec<&str> = built_in.iter().map(|ty| text(ty, "name")).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "Boolean",
                "Float",
                "ID",
                "Int",
                "String",
                "__Directive",
                "__DirectiveLocation",
                "__EnumValue",
                "__Field",
                "__InputValue",
                "__Schema",
                "__Type",
                "__TypeKind",
            ]
        );
        for ty in built_in {
            // they can be printed as well
            assert!(!definition(ty).is_empty());
        }
        let common = [
            "skip",
            "include",
            "defer",
            "deprecated",
            "specifiedBy",
            "oneOf",
        ];
        let (built_in, directives): (Vec<&Value>, Vec<&Value>) = list(schema, "directives")
            .iter()
            .partition(|directive| common.contains(&text(directive, "name")));
        assert_eq!(built_in.len(), common.len());
        let mut printed = format!("{}schema {{\n", description(schema, ""));
        for root in ["query", "mutation", "subscription"] {
            let name = text(&schema[format!("{root}Type")], "name");
            writeln!(printed, "  {root}: {name}").expect("a string");
        }
        printed.push_str("}\n\n");
        for part in directives
            .into_iter()
            .map(directive)
            .chain(types.into_iter().map(definition))
        {
            printed.push_str(&part);
            printed.push('\n');
        }
        for (printed, written) in parts(&printed).iter().zip(parts(SCHEMA)) {
            assert_eq!(*printed, written);
        }
        assert_eq!(parts(&printed).len(), parts(SCHEMA).len());
    });
}

#[test]
fn what_is_deprecated_is_shown_to_those_who_ask_for_it() {
    let query = "query ($d: Boolean! = false, $t: Boolean = true) {
        q: __type(name: \"Query\") { without: fields { name } with: fields(includeDeprecated: true) { name args { name } all: args(includeDeprecated: $t) { name } } }
        f: __type(name: \"Filter\") { without: inputFields(includeDeprecated: $d) { name } with: inputFields(includeDeprecated: $t) { name } }
        k: __type(name: \"Kind\") { without: enumValues(includeDeprecated: false) { name } with: enumValues(includeDeprecated: true) { name isDeprecated deprecationReason } }
        d: __schema { directives { name args { name } all: args(includeDeprecated: true) { name isDeprecated } } }
    }";
    runtime().block_on(async {
        let got = ask(&engine(), query, &Map::new()).await;
        assert_eq!(got.get("errors"), None, "{got}");
        let data = &got["data"];
        let has =
            |list: &Value, name: &str| names(list.as_array().expect("a list")).contains(&name);
        for (ty, name) in [("q", "was"), ("f", "old"), ("k", "HUGE")] {
            assert!(!has(&data[ty]["without"], name), "{ty} {got}");
            assert!(has(&data[ty]["with"], name), "{ty} {got}");
        }
        let thing = &data["q"]["with"][0];
        assert!(
            !has(&thing["args"], "old") && has(&thing["all"], "old"),
            "{thing}"
        );
        let color = list(&data["d"], "directives")
            .iter()
            .find(|directive| directive["name"] == "color")
            .expect("a directive");
        assert!(
            !has(&color["args"], "depth") && has(&color["all"], "depth"),
            "{color}"
        );
    });
}

#[test]
fn introspection_goes_along_with_fragments_conditions_aliases_and_data() {
    let query = "query ($n: String!, $yes: Boolean!) {
        kind: __typename
        node(id: 1) { __typename id }
        ...Schema
        one: __type(name: $n) { ...Name kind @skip(if: $yes) of: ofType { name } }
        two: __type(name: \"Nothing\") { name }
        three: __type(name: \"__Type\") { n: name k: kind __typename ... @include(if: $yes) { fields { name type { kind } } } }
        four: __type(name: \"[Thing]\") { name }
        __schema @include(if: $yes) { queryType { fields @skip(if: $yes) { name } __typename } }
    }
    fragment Schema on Query { __schema { queryType { ...Name } } }
    fragment Name on __Type { name }";
    runtime().block_on(async {
        let variables = Map::from_iter([
            ("n".to_owned(), json!("Thing")),
            ("yes".to_owned(), json!(true)),
        ]);
        let mut got = ask(&engine(), query, &variables).await;
        let fields = got["data"]["three"]["fields"].take();
        assert_eq!(
            got.to_string(),
            json!({"data": {
                "kind": "Query",
                "node": null,
                "__schema": {"queryType": {"name": "Query", "__typename": "__Type"}},
                "one": {"name": "Thing", "of": null},
                "two": null,
                "three": {"n": "__Type", "k": "OBJECT", "__typename": "__Type", "fields": null},
                "four": null,
            }})
            .to_string()
        );
        assert_eq!(
            fields[0],
            json!({"name": "kind", "type": {"kind": "NON_NULL"}})
        );
    });
}
