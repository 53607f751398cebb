//! Section 5.6.

use super::{invalid, refused, valid};

#[test]
fn values_are_of_the_type_that_is_expected() {
    valid(&[
        "{ arguments { intArg(intArg: 2) } }",
        "{ arguments { intArg(intArg: -2147483648) } }",
        "{ arguments { intArg(intArg: 2147483647) } }",
        "{ arguments { intArg(intArg: null) } }",
        "{ arguments { floatArg(floatArg: 1.1) } }",
        "{ arguments { floatArg(floatArg: 1) } }",
        "{ arguments { floatArg(floatArg: 1e9) } }",
        "{ arguments { floatArg(floatArg: -1.5E-9) } }",
        "{ arguments { floatArg(floatArg: 123456789012) } }",
        "{ arguments { floatArg(floatArg: 123456789012345678901234567890) } }",
        "{ arguments { stringArg(stringArg: \"foo\") } }",
        "{ arguments { stringArg(stringArg: \"\") } }",
        "{ arguments { stringArg(stringArg: \"\"\"block \"quoted\" text\"\"\") } }",
        "{ arguments { booleanArg(booleanArg: true) } }",
        "{ arguments { idArg(idArg: 1) } }",
        "{ arguments { idArg(idArg: 9007199254740993) } }",
        "{ arguments { idArg(idArg: \"abc\") } }",
        "{ arguments { enumArg(enumArg: SPOTTED) } }",
        "{ arguments { anyArg(anyArg: 1) } }",
        "{ arguments { anyArg(anyArg: {a: [1, \"b\", {c: D}], e: null}) } }",
        "{ arguments { dateArg(dateArg: \"2020-01-01\") } }",
        "{ arguments { stringListArg(stringListArg: [\"one\", null, \"two\"]) } }",
        "{ arguments { stringListArg(stringListArg: []) } }",
        "{ arguments { stringListArg(stringListArg: null) } }",
        "{ arguments { stringListArg(stringListArg: \"one\") } }",
        "{ arguments { matrixArg(matrixArg: [[1, 2], [3]]) } }",
        "{ arguments { matrixArg(matrixArg: [1, 2]) } }",
        "{ arguments { matrixArg(matrixArg: 1) } }",
        "query ($n: Int) { arguments { intArg(intArg: $n) } }",
        "query ($n: Int = 3, $f: Float = 2, $e: FurColor = TAN, $l: [String] = \"x\") { arguments { intArg(intArg: $n) floatArg(floatArg: $f) enumArg(enumArg: $e) stringListArg(stringListArg: $l) } }",
    ]);
    invalid(&[
        (
            "{ arguments { intArg(intArg: 2147483648) } }",
            &[(1, 15)],
            "the number 2147483648 is outside the range of `Int`",
        ),
        (
            "{ arguments { intArg(intArg: -2147483649) } }",
            &[(1, 15)],
            "outside the range of `Int`",
        ),
        (
            "{ arguments { intArg(intArg: 1.0) } }",
            &[(1, 15)],
            "the argument `intArg` of `Arguments.intArg` is of type `Int`, which the number 1.0 is not",
        ),
        (
            "{ arguments { intArg(intArg: 1e3) } }",
            &[(1, 15)],
            "is of type `Int`",
        ),
        (
            "{ arguments { intArg(intArg: \"3\") } }",
            &[(1, 15)],
            "which the string \"3\" is not",
        ),
        (
            "{ arguments { intArg(intArg: FOO) } }",
            &[(1, 15)],
            "which `FOO` is not",
        ),
        (
            "{ arguments { intArg(intArg: true) } }",
            &[(1, 15)],
            "which `true` is not",
        ),
        (
            "{ arguments { intArg(intArg: [1]) } }",
            &[(1, 15)],
            "which a list is not",
        ),
        (
            "{ arguments { intArg(intArg: {a: 1}) } }",
            &[(1, 15)],
            "which an input object is not",
        ),
        (
            "{ arguments { nonNullIntArg(nonNullIntArg: null) } }",
            &[(1, 15)],
            "must not be null",
        ),
        (
            "{ arguments { floatArg(floatArg: \"3.333\") } }",
            &[(1, 15)],
            "is of type `Float`",
        ),
        (
            "{ arguments { floatArg(floatArg: true) } }",
            &[(1, 15)],
            "is of type `Float`",
        ),
        (
            "{ arguments { floatArg(floatArg: FOO) } }",
            &[(1, 15)],
            "is of type `Float`",
        ),
        (
            "{ arguments { floatArg(floatArg: 1e999) } }",
            &[(1, 15)],
            "outside the range of `Float`",
        ),
        (
            "{ arguments { stringArg(stringArg: 1) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { stringArg(stringArg: 1.0) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { stringArg(stringArg: true) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { stringArg(stringArg: BAR) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { stringArg(stringArg: [\"a\"]) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { booleanArg(booleanArg: 2) } }",
            &[(1, 15)],
            "is of type `Boolean`",
        ),
        (
            "{ arguments { booleanArg(booleanArg: 1.0) } }",
            &[(1, 15)],
            "is of type `Boolean`",
        ),
        (
            "{ arguments { booleanArg(booleanArg: \"true\") } }",
            &[(1, 15)],
            "is of type `Boolean`",
        ),
        (
            "{ arguments { booleanArg(booleanArg: TRUE) } }",
            &[(1, 15)],
            "is of type `Boolean`",
        ),
        (
            "{ arguments { idArg(idArg: 1.0) } }",
            &[(1, 15)],
            "is of type `ID`",
        ),
        (
            "{ arguments { idArg(idArg: true) } }",
            &[(1, 15)],
            "is of type `ID`",
        ),
        (
            "{ arguments { idArg(idArg: SOMETHING) } }",
            &[(1, 15)],
            "is of type `ID`",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: 2) } }",
            &[(1, 9)],
            "is of type `DogCommand`, which the number 2 is not",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: \"SIT\") } }",
            &[(1, 9)],
            "which the string \"SIT\" is not",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: true) } }",
            &[(1, 9)],
            "is of type `DogCommand`",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: JUGGLE) } }",
            &[(1, 9)],
            "the enum `DogCommand` has no value `JUGGLE`",
        ),
        (
            "{ dog { doesKnowCommand(dogCommand: sit) } }",
            &[(1, 9)],
            "has no value `sit`",
        ),
        (
            "{ arguments { stringListArg(stringListArg: [\"one\", 2]) } }",
            &[(1, 15)],
            "place 1 of the argument `stringListArg`",
        ),
        (
            "{ arguments { stringListArg(stringListArg: 1) } }",
            &[(1, 15)],
            "is of type `String`",
        ),
        (
            "{ arguments { stringListNonNullArg(stringListNonNullArg: [\"one\", null]) } }",
            &[(1, 15)],
            "place 1 of the argument `stringListNonNullArg` of `Arguments.stringListNonNullArg` must not be null",
        ),
        (
            "{ arguments { matrixArg(matrixArg: [[1, null]]) } }",
            &[(1, 15)],
            "place 1 of place 0 of",
        ),
        (
            "{ arguments { matrixArg(matrixArg: [null]) } }",
            &[(1, 15)],
            "must not be null",
        ),
        (
            "{ dog { name @skip(if: \"yes\") } }",
            &[(1, 14)],
            "the argument `if` of `@skip` is of type `Boolean`",
        ),
        (
            "{ dog { name @skip(if: null) } }",
            &[(1, 14)],
            "the argument `if` of `@skip` must not be null",
        ),
        (
            "query ($n: Int = \"one\") { arguments { intArg(intArg: $n) } }",
            &[(1, 8)],
            "the default of the variable `$n` is of type `Int`",
        ),
        (
            "query ($n: Int = 4294967296) { arguments { intArg(intArg: $n) } }",
            &[(1, 8)],
            "outside the range of `Int`",
        ),
        (
            "query ($n: Int! = null) { arguments { intArg(intArg: $n) } }",
            &[(1, 8)],
            "must not be null",
        ),
        (
            "query ($n: FurColor = NOPE) { arguments { enumArg(enumArg: $n) } }",
            &[(1, 8)],
            "has no value `NOPE`",
        ),
        (
            "query ($n: ComplexInput = {intField: 1}) { complex { take(input: $n) } }",
            &[(1, 8)],
            "needs the field `ComplexInput.requiredField`",
        ),
        (
            "{ __type(name: 1) { name } }",
            &[(1, 3)],
            "is of type `String`",
        ),
        (
            "{ __schema { types { fields(includeDeprecated: 1) { name } } } }",
            &[(1, 22)],
            "is of type `Boolean`",
        ),
    ]);
}

#[test]
fn numbers_beyond_every_type_are_refused_where_they_would_lose_digits() {
    invalid(&[(
        "{ arguments { intArg(intArg: 123456789012345678901234567890) } }",
        &[(1, 15)],
        "`Int`",
    )]);
}

#[test]
fn fields_of_input_objects_are_known() {
    valid(&[
        "{ findDog(searchBy: {name: \"Fido\"}) { name } }",
        "{ findDog(searchBy: {}) { name } }",
        "{ findDog(searchBy: {name: null, owner: {name: \"x\"}}) { name } }",
    ]);
    invalid(&[
        (
            "{ findDog(searchBy: {favoriteCookieFlavor: \"Bacon\"}) { name } }",
            &[(1, 3)],
            "no field `favoriteCookieFlavor` in `FindDogInput`",
        ),
        (
            "{ findDog(searchBy: {owner: {age: 3}}) { name } }",
            &[(1, 3)],
            "no field `age` in `FindHumanInput`",
        ),
        (
            "{ findDog(searchBy: {name: 1}) { name } }",
            &[(1, 3)],
            "the field `FindDogInput.name` is of type `String`",
        ),
        (
            "{ findDog(searchBy: \"Fido\") { name } }",
            &[(1, 3)],
            "is of type `FindDogInput`, which the string \"Fido\" is not",
        ),
        (
            "{ findDog(searchBy: [{name: \"Fido\"}]) { name } }",
            &[(1, 3)],
            "which a list is not",
        ),
        (
            "query ($d: FindDogInput = {nope: 1}) { findDog(searchBy: $d) { name } }",
            &[(1, 8)],
            "no field `nope` in `FindDogInput`",
        ),
    ]);
}

#[test]
fn a_field_of_an_input_object_is_given_once() {
    invalid(&[
        (
            "{ findDog(searchBy: {name: \"Fido\", name: \"Rex\"}) { name } }",
            &[(1, 3)],
            "the field `name` is given more than once",
        ),
        (
            "{ findDog(searchBy: {owner: {name: \"a\", name: \"a\"}}) { name } }",
            &[(1, 3)],
            "the field `name` is given more than once",
        ),
    ]);
}

#[test]
fn required_fields_of_input_objects_are_given() {
    valid(&[
        "{ complex { take(input: {requiredField: true}) } }",
        "{ complex { take(input: {requiredField: false, stringListField: [\"a\", null]}) } }",
        "{ complex { take } }",
    ]);
    invalid(&[
        (
            "{ complex { take(input: {intField: 4}) } }",
            &[(1, 13)],
            "needs the field `ComplexInput.requiredField` of type `Boolean!`",
        ),
        (
            "{ complex { take(input: {requiredField: null}) } }",
            &[(1, 13)],
            "the field `ComplexInput.requiredField` must not be null",
        ),
        (
            "{ complex { take(input: {requiredField: true, nonNullField: null}) } }",
            &[(1, 13)],
            "the field `ComplexInput.nonNullField` must not be null",
        ),
        (
            "{ complex { take(input: {requiredField: true, nested: {}}) } }",
            &[(1, 13)],
            "needs the field `ComplexInput.requiredField`",
        ),
        (
            "{ complex { take(input: {requiredField: true, stringListField: [\"a\", 2]}) } }",
            &[(1, 13)],
            "place 1 of the field `ComplexInput.stringListField`",
        ),
    ]);
}

#[test]
fn of_a_one_of_input_exactly_one_field_is_given() {
    valid(&[
        "{ findPet(by: {id: 1}) { name } }",
        "{ findPet(by: {name: {first: \"A\"}}) { name } }",
        "query ($id: ID!) { findPet(by: {id: $id}) { name } }",
        "query ($by: PetBy!) { findPet(by: $by) { name } }",
        "{ complex { take(input: {requiredField: true, by: {number: 1}}) } }",
    ]);
    invalid(&[
        (
            "{ findPet(by: {id: 1, number: 2}) { name } }",
            &[(1, 3)],
            "exactly one field of `PetBy`",
        ),
        (
            "{ findPet(by: {id: 1, number: null}) { name } }",
            &[(1, 3)],
            "exactly one field of `PetBy`",
        ),
        (
            "{ findPet(by: {}) { name } }",
            &[(1, 3)],
            "exactly one field of `PetBy`",
        ),
        (
            "{ findPet(by: {id: null}) { name } }",
            &[(1, 3)],
            "exactly one field of `PetBy`",
        ),
        (
            "query ($id: ID) { findPet(by: {id: $id}) { name } }",
            &[(1, 8), (1, 19)],
            "as the one field of `PetBy` it must not be null",
        ),
        (
            "query ($id: ID = 1) { findPet(by: {id: $id}) { name } }",
            &[(1, 8), (1, 23)],
            "as the one field of `PetBy` it must not be null",
        ),
        (
            "query ($id: ID!) { findPet(by: {id: $id, number: 1}) { name } }",
            &[(1, 20)],
            "exactly one field of `PetBy`",
        ),
        (
            "{ findPet(by: {name: {last: \"A\"}}) { name } }",
            &[(1, 3)],
            "needs the field `NameInput.first`",
        ),
    ]);
}

#[test]
fn literals_hold_no_variables_where_values_must_be_constant() {
    refused(
        "GRAPHQL_PARSE_FAILED",
        &[(
            "query ($a: Int = 1, $b: Int = $a) { arguments { multipleOptionals(x: $a, y: $b) } }",
            &[(1, 31)],
            "variable",
        )],
    );
}
