//! Sections 5.3 and 5.4.

use super::{invalid, valid};

#[test]
fn fields_are_those_of_the_type_they_stand_on() {
    valid(&[
        "{ dog { __typename name } }",
        "{ dog { alias: name other: __typename } }",
        "{ pet { __typename name } }",
        "{ pet { ... on Dog { barkVolume } ... on Cat { meowVolume } } }",
        "{ catOrDog { __typename ... on Pet { name } ... on Dog { barkVolume } } }",
        "{ dog { ...F } } fragment F on Dog { __typename otherName: name }",
        "{ __schema { types { name } } __type(name: \"Dog\") { name } }",
        "mutation { __typename setName { name } }",
    ]);
    invalid(&[
        (
            "{ dog { meowVolume } }",
            &[(1, 9)],
            "no field `meowVolume` on `Dog`",
        ),
        (
            "{ dog { barkVolume: kawVolume } }",
            &[(1, 9)],
            "no field `kawVolume` on `Dog`",
        ),
        (
            "{ dog { unknown { ignored } } }",
            &[(1, 9)],
            "no field `unknown` on `Dog`",
        ),
        (
            "{ dog { owner { unknown } } }",
            &[(1, 17)],
            "no field `unknown` on `Human`",
        ),
        (
            "{ pet { nickname } }",
            &[(1, 9)],
            "no field `nickname` on `Pet`",
        ),
        (
            "{ pet { nope: nickname } }",
            &[(1, 9)],
            "no field `nickname` on `Pet`",
        ),
        (
            "{ catOrDog { name } }",
            &[(1, 14)],
            "no field `name` on `CatOrDog`",
        ),
        (
            "{ catOrDog { barkVolume } }",
            &[(1, 14)],
            "no field `barkVolume` on `CatOrDog`",
        ),
        (
            "{ pet { ... on Dog { meowVolume } } }",
            &[(1, 22)],
            "no field `meowVolume` on `Dog`",
        ),
        (
            "{ dog { ... { meowVolume } } }",
            &[(1, 15)],
            "no field `meowVolume` on `Dog`",
        ),
        (
            "{ dog { ...F } }\nfragment F on Dog { meowVolume }",
            &[(2, 21)],
            "no field `meowVolume` on `Dog`",
        ),
        (
            "{ dog { __schema { types { name } } } }",
            &[(1, 9)],
            "no field `__schema` on `Dog`",
        ),
        (
            "{ dog { __type(name: \"Dog\") { name } } }",
            &[(1, 9)],
            "no field `__type` on `Dog`",
        ),
        (
            "{ __nothing }",
            &[(1, 3)],
            "no field `__nothing` on `Query`",
        ),
        (
            "mutation { __schema { types { name } } }",
            &[(1, 12)],
            "no field `__schema` on `Mutation`",
        ),
        (
            "{ __schema { nothing } }",
            &[(1, 14)],
            "no field `nothing` on `__Schema`",
        ),
        ("{ cow }", &[(1, 3)], "no field `cow` on `Query`"),
        (
            "mutation { dog { name } }",
            &[(1, 12)],
            "no field `dog` on `Mutation`",
        ),
    ]);
}

#[test]
fn what_is_hidden_is_as_good_as_not_there() {
    // `_entities` and `_service` are for routers
    invalid(&[
        (
            "{ _service { sdl } }",
            &[(1, 3)],
            "no field `_service` on `Query`",
        ),
        (
            "{ _entities(representations: []) { __typename } }",
            &[(1, 3)],
            "no field `_entities` on `Query`",
        ),
    ]);
}

#[test]
fn leaves_have_no_selection_and_everything_else_has_one() {
    valid(&[
        "{ dog { barkVolume } }",
        "{ dog { doesKnowCommand(dogCommand: SIT) } }",
        "{ pets { __typename } }",
    ]);
    invalid(&[
        (
            "{ dog { barkVolume { sinceWhen } } }",
            &[(1, 9)],
            "`Dog.barkVolume` is of type `Int`, which has no fields",
        ),
        (
            "{ cat { furColor { x } } }",
            &[(1, 9)],
            "`Cat.furColor` is of type `FurColor`, which has no fields",
        ),
        (
            "{ dog { __typename { x } } }",
            &[(1, 9)],
            "`__typename` is of type `String!`",
        ),
        ("{ dog }", &[(1, 3)], "`Query.dog` is of type `Dog`: select"),
        (
            "{ pets }",
            &[(1, 3)],
            "`Query.pets` is of type `[Pet!]!`: select",
        ),
        ("{ pet }", &[(1, 3)], "`Query.pet` is of type `Pet`: select"),
        (
            "{ catOrDog }",
            &[(1, 3)],
            "`Query.catOrDog` is of type `CatOrDog`: select",
        ),
        (
            "{ human { relatives } }",
            &[(1, 11)],
            "`Human.relatives` is of type `[Human]!`: select",
        ),
        (
            "{ __schema }",
            &[(1, 3)],
            "`Query.__schema` is of type `__Schema!`: select",
        ),
    ]);
}

#[test]
fn fields_under_one_key_can_be_merged() {
    valid(&[
        "{ dog { name name } }",
        "{ dog { otherName: name otherName: name } }",
        "{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: SIT) } }",
        "query ($c: DogCommand) { dog { doesKnowCommand(dogCommand: $c) doesKnowCommand(dogCommand: $c) } }",
        "{ dog { isAtLocation(x: 1, y: 2) isAtLocation(y: 2, x: 1) } }",
        "{ complex { take(input: {requiredField: true, intField: 1}) take(input: {intField: 1, requiredField: true}) } }",
        "{ pet { ... on Dog { doesKnowCommand(dogCommand: SIT) } ... on Cat { doesKnowCommand(catCommand: JUMP) } } }",
        "{ pet { ... on Dog { n: nickname } ... on Cat { n: name } } }",
        "{ dog { name @skip(if: true) name @include(if: true) } }",
        "{ dog { owner { name } } dog { owner { iq } } }",
        "{ box { ... on IntBox { deepBox { unrelatedField } } ... on StringBox { deepBox { unrelatedField } } } }",
        "{ box { ... on IntBox { box: stringBox { unrelatedField } } ... on StringBox { box: intBox { unrelatedField } } } }",
        "{ a: dog { name } b: dog { x: name } c: cat { x: nickname } }",
        "{ pet { ... on Dog { isHouseTrained(atOtherHomes: true) } } dog { isHouseTrained } }",
    ]);
    invalid(&[
        (
            "{ dog { name: nickname name } }",
            &[(1, 9), (1, 24)],
            "under `name` cannot be merged",
        ),
        (
            "{ dog { fido: name fido: nickname } }",
            &[(1, 9), (1, 20)],
            "`Dog.name` and `Dog.nickname`, they are different fields",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: HEEL) } }",
            &[(1, 9), (1, 42)],
            "their arguments differ",
        ),
        (
            "query ($c: DogCommand) { dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: $c) } }",
            &[(1, 32), (1, 65)],
            "their arguments differ",
        ),
        (
            "query ($a: DogCommand, $b: DogCommand) { dog { doesKnowCommand(dogCommand: $a) doesKnowCommand(dogCommand: $b) } }",
            &[(1, 48), (1, 80)],
            "their arguments differ",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand } }",
            &[(1, 9), (1, 42)],
            "their arguments differ",
        ),
        // what a default gives is not looked at
        (
            "{ dog { isHouseTrained(atOtherHomes: true) isHouseTrained } }",
            &[(1, 9), (1, 44)],
            "their arguments differ",
        ),
        (
            "{ dog { isAtLocation(x: 1) isAtLocation(y: 1) } }",
            &[(1, 9), (1, 28)],
            "their arguments differ",
        ),
        (
            "{ pet { ... on Dog { v: barkVolume } ... on Cat { v: meowVolume } } }",
            &[(1, 22), (1, 51)],
            "their values have different shapes",
        ),
        (
            "{ pet { ... on Dog { v: barkVolume } ... on Cat { v: nickname } } }",
            &[(1, 22), (1, 51)],
            "their values have different shapes",
        ),
        (
            "{ box { ... on IntBox { scalar } ... on StringBox { scalar } } }",
            &[(1, 25), (1, 53)],
            "their values have different shapes",
        ),
        (
            "{ box { ... on NonNullBox { scalar } ... on StringBox { scalar } } }",
            &[(1, 29), (1, 57)],
            "their values have different shapes",
        ),
        (
            "{ box { ... on IntBox { box: listStringBox { scalar } } ... on StringBox { box: stringBox { scalar } } } }",
            &[(1, 25), (1, 76)],
            "their values have different shapes",
        ),
        (
            "{ box { ... on IntBox { box: stringBox { scalar } } ... on StringBox { box: intBox { scalar } } } }",
            &[(1, 42), (1, 86)],
            "their values have different shapes",
        ),
        (
            "{ box { ... on IntBox { deepBox { x: unrelatedField } } ... on StringBox { deepBox { x: __typename } } } }",
            &[(1, 35), (1, 86)],
            "their values have different shapes",
        ),
        (
            "{ dog { x: name } dog { x: nickname } }",
            &[(1, 9), (1, 25)],
            "different fields",
        ),
        (
            "{ dog { x: owner { name } x: mother { name } } }",
            &[(1, 9), (1, 27)],
            "different fields",
        ),
        (
            "{ dog { ...A ...B } }\nfragment A on Dog { x: name }\nfragment B on Dog { x: nickname }",
            &[(2, 21), (3, 21)],
            "different fields",
        ),
        (
            "{ f: dog { ...A } }\nfragment A on Dog { owner { n: name } ...B }\nfragment B on Dog { owner { n: __typename } }",
            &[(2, 29), (3, 29)],
            "cannot be merged",
        ),
        (
            "{ a: dog { name } a: cat { name } }",
            &[(1, 3), (1, 19)],
            "different fields",
        ),
    ]);
}

#[test]
fn arguments_are_those_of_their_field() {
    valid(&[
        "{ dog { doesKnowCommand(dogCommand: SIT) } }",
        "{ dog { name @include(if: true) } }",
        "{ arguments { multipleOptionals(y: 1, x: 2) } }",
    ]);
    invalid(&[
        (
            "{ dog { doesKnowCommand(command: CLEAN_UP_HOUSE) } }",
            &[(1, 9)],
            "no argument `command` on `Dog.doesKnowCommand`",
        ),
        (
            "{ dog { barkVolume(x: 1) } }",
            &[(1, 9)],
            "no argument `x` on `Dog.barkVolume`",
        ),
        (
            "{ dog { isHouseTrained(atOtherHomes: true) @include(unless: false, if: true) } }",
            &[(1, 44)],
            "no argument `unless` on `@include`",
        ),
        (
            "{ dog { isHouseTrained(AtOtherHomes: true) } }",
            &[(1, 9)],
            "no argument `AtOtherHomes` on `Dog.isHouseTrained`",
        ),
        (
            "{ dog { __typename(a: 1) } }",
            &[(1, 9)],
            "no argument `a` on `__typename`",
        ),
        (
            "{ __type(nom: \"Dog\", name: \"Dog\") { name } }",
            &[(1, 3)],
            "no argument `nom` on `Query.__type`",
        ),
    ]);
}

#[test]
fn an_argument_is_given_once() {
    valid(&[
        "{ arguments { multipleRequirements(x: 1, y: 2) } }",
        "{ dog { name(surname: true) nickname @include(if: true) } }",
    ]);
    invalid(&[
        (
            "{ dog { doesKnowCommand(dogCommand: SIT, dogCommand: HEEL) } }",
            &[(1, 9)],
            "the argument `dogCommand` of `Dog.doesKnowCommand` is given more than once",
        ),
        (
            "{ dog { name @skip(if: true, if: true) } }",
            &[(1, 14)],
            "the argument `if` of `@skip` is given more than once",
        ),
    ]);
}

#[test]
fn required_arguments_are_given() {
    valid(&[
        "{ arguments { booleanArg nonNullBooleanArg(nonNullBooleanArg: true) } }",
        "{ arguments { booleanArg(booleanArg: null) } }",
        "{ arguments { optionalNonNullBooleanArg } }",
        "{ arguments { multipleOptionalAndRequired(req1: 3, req2: 4) } }",
        "query ($x: Int!) { arguments { multipleRequirements(x: $x, y: 1) } }",
    ]);
    invalid(&[
        (
            "{ arguments { nonNullBooleanArg } }",
            &[(1, 15)],
            "`Arguments.nonNullBooleanArg` needs the argument `nonNullBooleanArg` of type `Boolean!`",
        ),
        (
            "{ arguments { nonNullBooleanArg(nonNullBooleanArg: null) } }",
            &[(1, 15)],
            "must not be null, it is of type `Boolean!`",
        ),
        (
            "{ arguments { multipleRequirements(x: 1) } }",
            &[(1, 15)],
            "needs the argument `y`",
        ),
        (
            "{ dog { name @skip } }",
            &[(1, 14)],
            "`@skip` needs the argument `if` of type `Boolean!`",
        ),
        (
            "{ dog { name @many(level: 2) } }",
            &[(1, 14)],
            "`@many` needs the argument `note`",
        ),
        (
            "{ __type { name } }",
            &[(1, 3)],
            "`Query.__type` needs the argument `name`",
        ),
        (
            "{ findPet { name } }",
            &[(1, 3)],
            "`Query.findPet` needs the argument `by` of type `PetBy!`",
        ),
    ]);
}
