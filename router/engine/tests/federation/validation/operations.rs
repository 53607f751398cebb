//! Section 5.1 and 5.2.

use super::{invalid, refused, valid};

#[test]
fn a_document_holds_operations_and_fragments_only() {
    valid(&[
        "{ dog { name } }",
        "query First { dog { ...F } } fragment F on Dog { name }",
    ]);
    refused(
        "GRAPHQL_PARSE_FAILED",
        &[
            (
                "query { dog { name } }\ntype Cow { name: String }",
                &[(2, 1)],
                "outside of a definition",
            ),
            (
                "query { dog { name } }\nextend type Dog { color: String }",
                &[(2, 1)],
                "outside of a definition",
            ),
            (
                "schema { query: Query }",
                &[(1, 1)],
                "outside of a definition",
            ),
            (
                "directive @a on FIELD",
                &[(1, 1)],
                "outside of a definition",
            ),
        ],
    );
}

#[test]
fn operations_have_names_of_their_own() {
    valid(&[
        "query First { dog { name } } query Second { dog { owner { name } } }",
        "query First { dog { name } } fragment First on Dog { name } query B { dog { ...First } }",
        "query First { dog { name } } mutation Other { setName { name } } subscription Third { newMessage { body } }",
    ]);
    invalid(&[
        (
            "query First { dog { name } }\nquery First { dog { owner { name } } }",
            &[(1, 1), (2, 1)],
            "more than one operation named `First`",
        ),
        (
            "query First { dog { name } }\nmutation First { setName { name } }",
            &[(1, 1), (2, 1)],
            "more than one operation named `First`",
        ),
        (
            "query First { dog { name } }\nsubscription First { newMessage { body } }",
            &[(1, 1), (2, 1)],
            "more than one operation named `First`",
        ),
    ]);
}

#[test]
fn an_operation_without_a_name_is_alone() {
    valid(&[
        "{ dog { name } }",
        "query { dog { name } }",
        "mutation { setName { name } }",
        "{ dog { ...F } } fragment F on Dog { name }",
    ]);
    invalid(&[
        (
            "{ dog { name } }\nquery First { dog { name } }",
            &[(1, 1)],
            "without a name must be the only one",
        ),
        (
            "query First { dog { name } }\n  mutation { setName { name } }",
            &[(2, 3)],
            "without a name must be the only one",
        ),
    ]);
}

#[test]
fn a_subscription_selects_one_field() {
    valid(&[
        "subscription { newMessage { body sender } }",
        "subscription { newMessage { body } newMessage { sender } }",
        "subscription S { ...F } fragment F on Subscription { newMessage { body sender } }",
        "subscription { ... on Subscription { newMessage { body } } ... { newMessage { sender } } }",
        "subscription { renamed: newMessage { body @skip(if: true) sender @include(if: false) } }",
        "query First { dog { name } cat { name } }",
    ]);
    invalid(&[
        (
            "subscription { newMessage { body } disallowedSecondRootField }",
            &[(1, 36)],
            "must select one field only, not `newMessage`, `disallowedSecondRootField`",
        ),
        (
            "subscription S { ...F }\nfragment F on Subscription { newMessage { body } disallowedSecondRootField }",
            &[(2, 50)],
            "the subscription `S` must select one field only",
        ),
        (
            "subscription S { ...F } fragment F on Subscription { newMessage { body } ...G }\nfragment G on Subscription { disallowedSecondRootField }",
            &[(2, 30)],
            "one field only",
        ),
        (
            "subscription { newMessage { body } ... on Subscription { two: newMessage { body } } }",
            &[(1, 58)],
            "one field only, not `newMessage`, `two`",
        ),
        (
            "subscription { __typename }",
            &[(1, 16)],
            "must not select `__typename`",
        ),
        (
            "subscription { ...F }\nfragment F on Subscription { name: __typename }",
            &[(2, 30)],
            "must not select `__typename`",
        ),
        (
            "subscription ($b: Boolean!) { newMessage @skip(if: $b) { body } }",
            &[(1, 42)],
            "must not have `@skip`",
        ),
        (
            "subscription ($b: Boolean!) { ... @include(if: $b) { newMessage { body } } }",
            &[(1, 35)],
            "must not have `@include`",
        ),
        (
            "subscription ($b: Boolean!) { ...F @skip(if: $b) }\nfragment F on Subscription { newMessage { body } }",
            &[(1, 36)],
            "must not have `@skip`",
        ),
        (
            "subscription ($b: Boolean!) { ...F }\nfragment F on Subscription { newMessage @skip(if: $b) { body } }",
            &[(2, 41)],
            "must not have `@skip`",
        ),
        (
            "subscription { newMessage @include(if: true) { body } }",
            &[(1, 27)],
            "must not have `@include`",
        ),
    ]);
}

#[test]
fn the_operation_to_run_is_one_of_a_valid_document() {
    refused(
        "BAD_USER_INPUT",
        &[
            (
                "query A { dog { name } } query B { cat { name } }",
                &[],
                "several operations",
            ),
            (
                "query A { dog { name } } query B { cat { name } } # query First",
                &[],
                "no operation named `First`",
            ),
        ],
    );
    // what is wrong with the document comes before what is wrong with the name
    invalid(&[
        (
            "query A { dog { name } } query B { cow { name } }",
            &[(1, 36)],
            "no field `cow` on `Query`",
        ),
        (
            "fragment F on Dog { name }",
            &[(1, 1)],
            "`F` is used nowhere",
        ),
    ]);
}
