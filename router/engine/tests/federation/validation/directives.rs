//! Section 5.7.

use super::{invalid, valid};

#[test]
fn directives_are_known() {
    valid(&[
        "{ dog @include(if: true) { name @skip(if: false) } }",
        "query @onQuery { dog { name } }",
    ]);
    invalid(&[
        (
            "{ dog @unknown(directive: \"value\") { name } }",
            &[(1, 7)],
            "no directive `@unknown`",
        ),
        (
            "{ dog { name @unknown } }",
            &[(1, 14)],
            "no directive `@unknown`",
        ),
        (
            "query @unknown { dog { name } }",
            &[(1, 7)],
            "no directive `@unknown`",
        ),
        (
            "{ dog { ... @unknown { name } } }",
            &[(1, 13)],
            "no directive `@unknown`",
        ),
        (
            "{ dog { ...F @unknown } } fragment F on Dog { name }",
            &[(1, 14)],
            "no directive `@unknown`",
        ),
        (
            "{ dog { ...F } }\nfragment F on Dog @unknown { name }",
            &[(2, 19)],
            "no directive `@unknown`",
        ),
        (
            "query ($a: Int @unknown) { arguments { intArg(intArg: $a) } }",
            &[(1, 16)],
            "no directive `@unknown`",
        ),
        (
            "{ dog @join__type(graph: ZOO) { name } }",
            &[(1, 7)],
            "no directive `@join__type`",
        ),
    ]);
}

#[test]
fn directives_stand_where_they_may() {
    valid(&[
        "query First ($a: Int @once) @onQuery @once { arguments { intArg(intArg: $a) @once ...F @once ... @once { booleanArg } } } fragment F on Arguments @once { booleanArg }",
        "mutation @onMutation { setName { name } }",
        "subscription @onSubscription { newMessage { body } }",
        "{ dog { ...F @include(if: true) ... @skip(if: true) { name } } } fragment F on Dog { name }",
    ]);
    invalid(&[
        (
            "query @skip(if: true) { dog { name } }",
            &[(1, 7)],
            "`@skip` cannot stand on a query",
        ),
        (
            "query @include(if: true) { dog { name } }",
            &[(1, 7)],
            "`@include` cannot stand on a query",
        ),
        (
            "mutation @onQuery { setName { name } }",
            &[(1, 10)],
            "`@onQuery` cannot stand on a mutation",
        ),
        (
            "subscription @onQuery { newMessage { body } }",
            &[(1, 14)],
            "`@onQuery` cannot stand on a subscription",
        ),
        (
            "{ dog @onQuery { name } }",
            &[(1, 7)],
            "`@onQuery` cannot stand on a field",
        ),
        (
            "{ dog { ... @many(note: \"\") { name } } }",
            &[(1, 13)],
            "`@many` cannot stand on an inline fragment",
        ),
        (
            "{ dog { ...F @onQuery } } fragment F on Dog { name }",
            &[(1, 14)],
            "cannot stand on the use of a fragment",
        ),
        (
            "{ dog { ...F } }\nfragment F on Dog @skip(if: true) { name }",
            &[(2, 19)],
            "cannot stand on the definition of a fragment",
        ),
        (
            "query ($a: Int @skip(if: true)) { arguments { intArg(intArg: $a) } }",
            &[(1, 16)],
            "`@skip` cannot stand on a variable",
        ),
        (
            "{ dog { name @deprecated } }",
            &[(1, 14)],
            "`@deprecated` cannot stand on a field",
        ),
        (
            "{ dog { name @specifiedBy(url: \"\") } }",
            &[(1, 14)],
            "`@specifiedBy` cannot stand on a field",
        ),
    ]);
}

#[test]
fn a_directive_stands_once_unless_it_may_be_repeated() {
    valid(&[
        "{ dog { name @skip(if: false) @include(if: true) } }",
        "{ dog { name @skip(if: false) } cat { name @skip(if: true) } }",
        "{ dog { name @many(note: \"a\") @many(note: \"b\") } }",
    ]);
    invalid(&[
        (
            "query ($f: Boolean = true, $b: Boolean = false) { dog @skip(if: $f) @skip(if: $b) { name } }",
            &[(1, 69)],
            "`@skip` can stand here only once",
        ),
        (
            "{ dog { name @once @once } }",
            &[(1, 20)],
            "`@once` can stand here only once",
        ),
        (
            "query @onQuery @onQuery { dog { name } }",
            &[(1, 16)],
            "`@onQuery` can stand here only once",
        ),
        (
            "{ dog { ... @include(if: true) @include(if: true) { name } } }",
            &[(1, 32)],
            "`@include` can stand here only once",
        ),
        (
            "query ($a: Int @once @once) { arguments { intArg(intArg: $a) } }",
            &[(1, 22)],
            "`@once` can stand here only once",
        ),
    ]);
}

#[test]
fn deferred_fragments_have_labels_of_their_own_and_are_not_the_root_of_a_mutation() {
    valid(&[
        "{ dog { ... @defer(label: \"a\") { name } ... @defer(label: \"b\") { nickname } } }",
        "{ ... @defer { dog { name } } }",
        "mutation { setName { ... @defer { name } } }",
        "mutation { ... @defer(if: false) { setName { name } } }",
        "query ($later: Boolean!) { dog { ... @defer(if: $later) { name } } }",
    ]);
    invalid(&[
        (
            "{ dog { ... @defer(label: \"a\") { name } ... @defer(label: \"a\") { nickname } } }",
            &[(1, 45)],
            "the label `a` stands on more than one",
        ),
        (
            "query ($l: String) { dog { ... @defer(label: $l) { name } } }",
            &[(1, 32)],
            "must be written out",
        ),
        (
            "mutation { ... @defer { setName { name } } }",
            &[(1, 16)],
            "root of a mutation",
        ),
        (
            "{ dog { name @defer } }",
            &[(1, 14)],
            "`@defer` cannot stand on a field",
        ),
        (
            "{ dog { ... @defer(if: null) { name } } }",
            &[(1, 13)],
            "must not be null",
        ),
    ]);
}
