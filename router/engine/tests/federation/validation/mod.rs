//! The rules of the specification's section 5, each with documents that keep and that break it. What is refused says
//! where and what is wrong.

mod directives;
mod fields;
mod fragments;
mod operations;
mod syntax;
mod values;
mod variables;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql_value::ConstValue;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt as _};
use router_engine::{
    Engine, EngineOptions, GraphqlError, GraphqlRequest, LocalRequest, LocalResponse,
    LocalSubgraph, Transport,
};

use super::{runtime, supergraph_of};

/// A schema with every kind of type.
pub(crate) const SCHEMA: &str = r#"
directive @once(note: String) on FIELD | QUERY | VARIABLE_DEFINITION | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @many(note: String!, level: Int! = 1) repeatable on FIELD
directive @onQuery on QUERY
directive @onMutation on MUTATION
directive @onSubscription on SUBSCRIPTION

type Query {
  dog: Dog
  cat: Cat
  pet: Pet
  pets: [Pet!]!
  being: Being
  catOrDog: CatOrDog
  dogOrHuman: DogOrHuman
  humanOrAlien: HumanOrAlien
  human(id: ID): Human
  arguments: Arguments
  box: SomeBox
  findDog(searchBy: FindDogInput): Dog
  findPet(by: PetBy!): Pet
  booleanList(booleanListArg: [Boolean!]): Boolean
  complex: Complex
}

interface Being { name(surname: Boolean): String }
interface Pet implements Being { name(surname: Boolean): String }
interface Mammal { mother: Mammal }
interface Intelligent { iq: Int }

type Dog implements Being & Pet & Mammal {
  name(surname: Boolean): String
  nickname: String
  barkVolume: Int
  barks: Boolean
  doesKnowCommand(dogCommand: DogCommand): Boolean
  isHouseTrained(atOtherHomes: Boolean = true): Boolean
  isAtLocation(x: Int, y: Int): Boolean
  mother: Dog
  owner: Human
  extra: Extra
}
type Cat implements Being & Pet {
  name(surname: Boolean): String
  nickname: String
  meows: Boolean
  meowVolume: Int!
  furColor: FurColor
  doesKnowCommand(catCommand: CatCommand): Boolean
}
type Human implements Being & Intelligent {
  name(surname: Boolean): String
  pets: [Pet]
  relatives: [Human]!
  iq: Int
}
type Alien implements Being & Intelligent {
  name(surname: Boolean): String
  iq: Int
  numEyes: Int
}
type Extra { string: String }

union CatOrDog = Cat | Dog
union DogOrHuman = Dog | Human
union HumanOrAlien = Human | Alien

enum DogCommand { SIT HEEL DOWN }
enum CatCommand { JUMP }
enum FurColor { BROWN BLACK TAN SPOTTED }

interface SomeBox { deepBox: SomeBox unrelatedField: String }
type StringBox implements SomeBox {
  scalar: String
  deepBox: StringBox
  unrelatedField: String
  listStringBox: [StringBox]
  stringBox: StringBox
  intBox: IntBox
}
type IntBox implements SomeBox {
  scalar: Int
  deepBox: IntBox
  unrelatedField: String
  listStringBox: [StringBox]
  stringBox: StringBox
  intBox: IntBox
}
type NonNullBox implements SomeBox {
  scalar: String!
  deepBox: NonNullBox
  unrelatedField: String
}

scalar Any
scalar Date @specifiedBy(url: "https://example.com/date")

input FindDogInput { name: String owner: FindHumanInput }
input FindHumanInput { name: String }
input PetBy @oneOf { id: ID name: NameInput number: Int }
input NameInput { first: String! last: String }
input ComplexInput {
  requiredField: Boolean!
  nonNullField: Boolean! = false
  intField: Int
  stringField: String
  booleanField: Boolean
  stringListField: [String]
  nested: ComplexInput
  by: PetBy
}

type Complex {
  take(input: ComplexInput): String
  takeRequired(input: ComplexInput!): String
}

type Arguments {
  intArg(intArg: Int): String
  nonNullIntArg(nonNullIntArg: Int!): String
  stringArg(stringArg: String): String
  booleanArg(booleanArg: Boolean): Boolean
  nonNullBooleanArg(nonNullBooleanArg: Boolean!): Boolean
  enumArg(enumArg: FurColor): String
  floatArg(floatArg: Float): Float
  idArg(idArg: ID): ID
  anyArg(anyArg: Any): String
  dateArg(dateArg: Date): Date
  stringListArg(stringListArg: [String]): String
  stringListNonNullArg(stringListNonNullArg: [String!]): String
  matrixArg(matrixArg: [[Int!]!]): String
  multipleRequirements(x: Int!, y: Int!): Int!
  multipleOptionals(x: Int = 0, y: Int = 0): Int!
  multipleOptionalAndRequired(req1: Int!, req2: Int!, opt1: Int = 0, opt2: Int = 0): Int!
  optionalNonNullBooleanArg(optionalBooleanArg: Boolean! = false): Boolean!
}

type Mutation {
  addPet(pet: FindDogInput!): Pet
  setName(name: String): Human
}
type Subscription {
  newMessage: Message
  disallowedSecondRootField: Boolean
}
type Message { body: String sender: String }
"#;

/// Answers nothing: nothing is run.
struct Nobody;

impl LocalSubgraph for Nobody {
    fn execute(&self, _: LocalRequest) -> BoxFuture<'static, LocalResponse> {
        Box::pin(std::future::ready(LocalResponse {
            data: Arc::new(ConstValue::Null),
            errors: Vec::new(),
        }))
    }

    fn subscribe(&self, _: LocalRequest) -> BoxStream<'static, LocalResponse> {
        futures::stream::empty().boxed()
    }
}

fn engine() -> Engine {
    let transports = HashMap::from([(
        "zoo".to_owned(),
        Transport::Local(Arc::new(Nobody) as Arc<_>),
    )]);
    Engine::new(
        &supergraph_of([("zoo", SCHEMA)]),
        transports,
        EngineOptions::default(),
    )
    .expect("a supergraph")
}

async fn errors(engine: &Engine, document: &str) -> Vec<GraphqlError> {
    let mut request = GraphqlRequest::new(document);
    // one of several operations is asked for where the table has more
    if document.contains("query First") {
        request.operation_name = Some("First".to_owned());
    }
    match engine.coordinates(&request).await {
        Ok(_) => Vec::new(),
        Err(response) => {
            assert_eq!(
                response.kind,
                router_engine::ResponseKind::Refused,
                "{document}"
            );
            response.errors
        }
    }
}

/// These documents are valid.
fn valid(documents: &[&str]) {
    runtime().block_on(async {
        let engine = engine();
        let mut wrong = Vec::new();
        for document in documents {
            let errors = errors(&engine, document).await;
            if !errors.is_empty() {
                wrong.push(format!("{document}\n{errors:#?}"));
            }
        }
        assert!(wrong.is_empty(), "refused:\n{}", wrong.join("\n\n"));
    });
}

/// A document, where it is wrong (lines and columns), and words that say why.
type Refused<'a> = (&'a str, &'a [(usize, usize)], &'a str);

/// These are refused with this code, each for one reason.
fn refused(code: &str, documents: &[Refused<'_>]) {
    runtime().block_on(async {
        let engine = engine();
        let mut wrong = Vec::new();
        for (document, places, message) in documents {
            let errors = errors(&engine, document).await;
            let is_right = match &errors[..] {
                [error] => {
                    let found: Vec<(usize, usize)> = error
                        .locations
                        .iter()
                        .map(|at| (at.line, at.column))
                        .collect();
                    error.code() == Some(code)
                        && found == *places
                        && error.message.contains(message)
                }
                _ => false,
            };
            if !is_right {
                wrong.push(format!(
                    "{document}\nexpected {message} at {places:?}, got {errors:#?}"
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "not refused as they should be:\n{}",
            wrong.join("\n\n")
        );
    });
}

fn invalid(documents: &[Refused<'_>]) {
    refused("GRAPHQL_VALIDATION_FAILED", documents);
}
