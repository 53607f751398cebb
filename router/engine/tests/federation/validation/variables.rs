//! Section 5.8.

use super::{invalid, valid};

#[test]
fn variables_have_names_of_their_own() {
    valid(&[
        "query First ($a: Int) { arguments { intArg(intArg: $a) } } query B ($a: Int) { arguments { intArg(intArg: $a) } }",
    ]);
    invalid(&[(
        "query ($a: Int, $a: Int) { arguments { intArg(intArg: $a) } }",
        &[(1, 17)],
        "the variable `$a` is defined more than once",
    )]);
}

#[test]
fn variables_are_of_types_of_inputs() {
    valid(&[
        "query ($a: Boolean, $b: FindDogInput, $c: [Boolean!], $d: FurColor, $e: Any) { arguments { booleanArg(booleanArg: $a) enumArg(enumArg: $d) anyArg(anyArg: $e) } findDog(searchBy: $b) { name } booleanList(booleanListArg: $c) }",
    ]);
    invalid(&[
        (
            "query ($c: Cat) { arguments { anyArg(anyArg: $c) } }",
            &[(1, 8)],
            "is of type `Cat`, which is no type of inputs",
        ),
        (
            "query ($c: [Dog!]!) { arguments { anyArg(anyArg: $c) } }",
            &[(1, 8)],
            "is of type `Dog`, which is no type of inputs",
        ),
        (
            "query ($c: Pet) { arguments { anyArg(anyArg: $c) } }",
            &[(1, 8)],
            "`Pet`, which is no type of inputs",
        ),
        (
            "query ($c: CatOrDog) { arguments { anyArg(anyArg: $c) } }",
            &[(1, 8)],
            "`CatOrDog`, which is no type of inputs",
        ),
        (
            "query ($c: Nope) { arguments { anyArg(anyArg: $c) } }",
            &[(1, 8)],
            "is of type `Nope`, which is not there",
        ),
    ]);
}

#[test]
fn variables_are_defined_by_every_operation_that_uses_them() {
    valid(&[
        "query ($t: Boolean) { dog { ...F } } fragment F on Dog { isHouseTrained(atOtherHomes: $t) }",
        "query First ($t: Boolean) { dog { ...F } } query B ($t: Boolean) { dog { ...F } } fragment F on Dog { ...G } fragment G on Dog { isHouseTrained(atOtherHomes: $t) }",
        "query ($t: Boolean!) { dog { name @skip(if: $t) } }",
    ]);
    invalid(&[
        (
            "query First { dog { isHouseTrained(atOtherHomes: $t) } }",
            &[(1, 21)],
            "the variable `$t` is not defined by the operation `First`",
        ),
        (
            "{ dog { ...F } }\nfragment F on Dog { isHouseTrained(atOtherHomes: $t) }",
            &[(2, 21)],
            "the variable `$t` is not defined by the operation",
        ),
        (
            "{ dog { ...F } }\nfragment F on Dog { ...G }\nfragment G on Dog { isHouseTrained(atOtherHomes: $t) }",
            &[(3, 21)],
            "not defined",
        ),
        (
            "query First ($t: Boolean) { dog { ...F } } query B { dog { ...F } }\nfragment F on Dog { isHouseTrained(atOtherHomes: $t) }",
            &[(2, 21)],
            "not defined by the operation `B`",
        ),
        ("{ dog { name @skip(if: $t) } }", &[(1, 14)], "not defined"),
        (
            "{ dog { ... @include(if: $t) { name } } }",
            &[(1, 13)],
            "not defined",
        ),
        (
            "{ findDog(searchBy: {name: $n}) { name } }",
            &[(1, 3)],
            "the variable `$n` is not defined",
        ),
        (
            "{ arguments { stringListArg(stringListArg: [\"a\", $n]) } }",
            &[(1, 15)],
            "the variable `$n` is not defined",
        ),
        (
            "{ arguments { anyArg(anyArg: {deep: [$n]}) } }",
            &[(1, 15)],
            "the variable `$n` is not defined",
        ),
        (
            "{ __type(name: $n) { name } }",
            &[(1, 3)],
            "the variable `$n` is not defined",
        ),
    ]);
}

#[test]
fn every_variable_is_used() {
    valid(&[
        "query ($a: Int) { arguments { ...F } } fragment F on Arguments { intArg(intArg: $a) }",
        "query ($a: Any) { arguments { anyArg(anyArg: [{x: $a}]) } }",
        "query ($a: Boolean!) { dog { ...F @skip(if: $a) } } fragment F on Dog { name }",
    ]);
    invalid(&[
        (
            "query First ($a: Int) { dog { name } }",
            &[(1, 14)],
            "the variable `$a` is not used by the operation `First`",
        ),
        (
            "query ($a: Int) { dog { ...F } } fragment F on Dog { name }",
            &[(1, 8)],
            "the variable `$a` is not used by the operation",
        ),
        (
            "query First ($t: Boolean, $extra: Int) { dog { ...F } } query B ($t: Boolean) { dog { ...F } } fragment F on Dog { isHouseTrained(atOtherHomes: $t) }",
            &[(1, 27)],
            "`$extra` is not used by the operation `First`",
        ),
        (
            "mutation ($a: Int, $n: String) { setName(name: $n) { name } }",
            &[(1, 11)],
            "`$a` is not used",
        ),
    ]);
}

#[test]
fn variables_fit_where_they_stand() {
    valid(&[
        "query ($a: Boolean) { arguments { booleanArg(booleanArg: $a) } }",
        "query ($a: Boolean!) { arguments { booleanArg(booleanArg: $a) } }",
        "query ($a: Boolean!) { arguments { nonNullBooleanArg(nonNullBooleanArg: $a) } }",
        "query ($a: Boolean = true) { arguments { nonNullBooleanArg(nonNullBooleanArg: $a) } }",
        "query ($a: Boolean) { arguments { optionalNonNullBooleanArg(optionalBooleanArg: $a) } }",
        "query ($a: [Boolean!]!) { booleanList(booleanListArg: $a) }",
        "query ($a: [String]) { arguments { stringListArg(stringListArg: $a) } }",
        "query ($a: [String!]) { arguments { stringListArg(stringListArg: $a) } }",
        "query ($a: String) { arguments { stringListArg(stringListArg: [$a]) } }",
        "query ($a: String!) { arguments { stringListNonNullArg(stringListNonNullArg: [$a, \"b\"]) } }",
        "query ($a: Boolean!) { complex { take(input: {requiredField: $a}) } }",
        "query ($a: Boolean) { complex { take(input: {requiredField: true, nonNullField: $a}) } }",
        "query ($a: ComplexInput!) { complex { take(input: $a) } }",
        "query ($a: Boolean = false) { dog { name @skip(if: $a) } }",
        "query ($a: Int) { arguments { anyArg(anyArg: {x: $a}) } }",
        "query ($a: Int!) { arguments { matrixArg(matrixArg: [[$a]]) } }",
        "query ($a: [Int!]!) { arguments { matrixArg(matrixArg: [$a]) } }",
    ]);
    invalid(&[
        (
            "query ($a: Int) { arguments { booleanArg(booleanArg: $a) } }",
            &[(1, 8), (1, 31)],
            "the variable `$a` of type `Int` stands where `Boolean` is expected",
        ),
        (
            "query ($a: Int) { arguments { nonNullIntArg(nonNullIntArg: $a) } }",
            &[(1, 8), (1, 31)],
            "of type `Int` stands where `Int!` is expected",
        ),
        (
            "query ($a: Int = null) { arguments { nonNullIntArg(nonNullIntArg: $a) } }",
            &[(1, 8), (1, 38)],
            "stands where `Int!` is expected",
        ),
        (
            "query ($a: [Boolean]) { arguments { booleanArg(booleanArg: $a) } }",
            &[(1, 8), (1, 37)],
            "of type `[Boolean]` stands where `Boolean` is expected",
        ),
        (
            "query ($a: Boolean) { booleanList(booleanListArg: $a) }",
            &[(1, 8), (1, 23)],
            "stands where `[Boolean!]` is expected",
        ),
        (
            "query ($a: [Boolean]) { booleanList(booleanListArg: $a) }",
            &[(1, 8), (1, 25)],
            "of type `[Boolean]` stands where `[Boolean!]` is expected",
        ),
        (
            "query ($a: Boolean) { dog { name @skip(if: $a) } }",
            &[(1, 8), (1, 34)],
            "stands where `Boolean!` is expected",
        ),
        (
            "query ($a: String!) { dog { name @skip(if: $a) } }",
            &[(1, 8), (1, 34)],
            "stands where `Boolean!` is expected",
        ),
        (
            "query ($a: Boolean) { complex { take(input: {requiredField: $a}) } }",
            &[(1, 8), (1, 33)],
            "stands where `Boolean!` is expected",
        ),
        (
            "query ($a: String) { arguments { stringListNonNullArg(stringListNonNullArg: [$a]) } }",
            &[(1, 8), (1, 34)],
            "stands where `String!` is expected",
        ),
        (
            "query ($a: ID) { arguments { stringArg(stringArg: $a) } }",
            &[(1, 8), (1, 30)],
            "of type `ID` stands where `String` is expected",
        ),
        (
            "query ($a: Int) { arguments { floatArg(floatArg: $a) } }",
            &[(1, 8), (1, 31)],
            "of type `Int` stands where `Float` is expected",
        ),
        (
            "query ($a: String) { dog { doesKnowCommand(dogCommand: $a) } }",
            &[(1, 8), (1, 28)],
            "stands where `DogCommand` is expected",
        ),
        (
            "query ($a: Int) { arguments { ...F } }\nfragment F on Arguments { booleanArg(booleanArg: $a) }",
            &[(1, 8), (2, 27)],
            "stands where `Boolean` is expected",
        ),
        (
            "query ($a: Int) { findDog(searchBy: {owner: {name: $a}}) { name } }",
            &[(1, 8), (1, 19)],
            "stands where `String` is expected",
        ),
        (
            "query ($a: Int) { __type(name: $a) { name } }",
            &[(1, 8), (1, 19)],
            "stands where `String!` is expected",
        ),
    ]);
}
