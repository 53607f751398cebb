//! Section 5.5.

use super::{invalid, refused, valid};

#[test]
fn fragments_have_names_of_their_own() {
    valid(&["{ dog { ...A ...B } } fragment A on Dog { name } fragment B on Dog { nickname }"]);
    // which of the two is meant is for nobody to guess, not even for the limits that are checked before
    refused(
        "GRAPHQL_PARSE_FAILED",
        &[(
            "{ dog { ...A } }\nfragment A on Dog { name }\nfragment A on Dog { nickname }",
            &[(3, 10)],
            "fragment is defined twice",
        )],
    );
}

#[test]
fn fragments_are_for_types_that_are_there() {
    valid(&[
        "{ dog { ... on Dog { name } } }",
        "{ dog { ... @include(if: true) { name } } }",
    ]);
    invalid(&[
        (
            "{ dog { ...A } }\nfragment A on NotInSchema { name }",
            &[(2, 1)],
            "the fragment `A` is for `NotInSchema`, but there is no such type",
        ),
        (
            "{ dog { ... on NotInSchema { name } } }",
            &[(1, 9)],
            "is for `NotInSchema`, but there is no such type",
        ),
        (
            "{ dog { ... on join__Graph { name } } }",
            &[(1, 9)],
            "no such type",
        ),
    ]);
}

#[test]
fn fragments_are_for_types_that_have_fields() {
    valid(&[
        "{ dog { ...A } } fragment A on Dog { name }",
        "{ dog { ...A } } fragment A on Pet { name }",
        "{ dog { ...A } } fragment A on CatOrDog { ... on Dog { name } }",
    ]);
    invalid(&[
        (
            "{ dog { ...A } }\nfragment A on Int { name }",
            &[(2, 1)],
            "is for `Int`, which has no fields",
        ),
        (
            "{ dog { ...A } }\nfragment A on DogCommand { name }",
            &[(2, 1)],
            "is for `DogCommand`, which has no fields",
        ),
        (
            "{ dog { ...A } }\nfragment A on FindDogInput { name }",
            &[(2, 1)],
            "is for `FindDogInput`, which has no fields",
        ),
        (
            "{ dog { ... on Boolean { name } } }",
            &[(1, 9)],
            "is for `Boolean`, which has no fields",
        ),
    ]);
}

#[test]
fn fragments_are_used() {
    valid(&[
        "{ dog { ...A } } fragment A on Dog { ...B } fragment B on Dog { name }",
        "query First { dog { ...A } } query Second { dog { ...B } } fragment A on Dog { name } fragment B on Dog { name }",
    ]);
    invalid(&[
        (
            "{ dog { name } }\nfragment A on Dog { name }",
            &[(2, 1)],
            "the fragment `A` is used nowhere",
        ),
        (
            "{ dog { ...B } }\nfragment A on Dog { ...B }\nfragment B on Dog { name }",
            &[(2, 1)],
            "the fragment `A` is used nowhere",
        ),
    ]);
}

#[test]
fn spreads_name_fragments_that_are_there() {
    invalid(&[
        (
            "{ dog { ...Nobody } }",
            &[(1, 9)],
            "there is no fragment `Nobody`",
        ),
        (
            "{ dog { ...A } }\nfragment A on Dog { name ...Nobody }",
            &[(2, 26)],
            "there is no fragment `Nobody`",
        ),
    ]);
}

#[test]
fn fragments_do_not_contain_themselves() {
    valid(&[
        "{ dog { ...A ...A } } fragment A on Dog { name ...B } fragment B on Dog { nickname }",
        "{ dog { ...A mother { ...A } } } fragment A on Dog { name }",
    ]);
    refused(
        "GRAPHQL_VALIDATION_FAILED",
        &[
            (
                "{ dog { ...A } }\nfragment A on Dog { ...A }",
                &[(2, 10)],
                "\"A\" spreads itself",
            ),
            (
                "{ dog { ...A } }\nfragment A on Dog { mother { ...A } }",
                &[(2, 10)],
                "\"A\" spreads itself",
            ),
            (
                "{ dog { ...A } }\nfragment A on Dog { ...B }\nfragment B on Dog { ...C }\nfragment C on Dog { ...A }",
                &[(2, 10)],
                "spreads itself",
            ),
            (
                "{ dog { name ... on Pet { ...A } } }\nfragment A on Pet { ... on Dog { ...A } }",
                &[(2, 10)],
                "spreads itself",
            ),
        ],
    );
}

#[test]
fn spreads_are_possible() {
    valid(&[
        // object in object
        "{ dog { ... on Dog { barkVolume } } }",
        // abstract in object
        "{ dog { ... on Pet { name } } }",
        "{ dog { ... on CatOrDog { ... on Cat { meowVolume } } } }",
        // object in abstract
        "{ pet { ... on Dog { barkVolume } } }",
        "{ catOrDog { ... on Cat { meowVolume } } }",
        // abstract in abstract
        "{ pet { ... on DogOrHuman { ... on Dog { barkVolume } } } }",
        "{ dogOrHuman { ... on Mammal { mother { __typename } } } }",
        "{ being { ... on Intelligent { iq } ... on Pet { name } } }",
        "{ catOrDog { ... on DogOrHuman { __typename } } }",
        "{ dog { ...A } } fragment A on Being { name }",
        "{ pet { ... { name } } }",
    ]);
    invalid(&[
        (
            "{ dog { ... on Cat { meowVolume } } }",
            &[(1, 9)],
            "a fragment on `Cat` is never for an object of `Dog`",
        ),
        (
            "{ dog { ...A } }\nfragment A on Cat { meowVolume }",
            &[(1, 9)],
            "`A` on `Cat` is never for an object of `Dog`",
        ),
        (
            "{ human { ... on Pet { name } } }",
            &[(1, 11)],
            "`Pet` is never for an object of `Human`",
        ),
        (
            "{ human { ... on CatOrDog { __typename } } }",
            &[(1, 11)],
            "never for an object of `Human`",
        ),
        (
            "{ pet { ... on Human { iq } } }",
            &[(1, 9)],
            "`Human` is never for an object of `Pet`",
        ),
        (
            "{ catOrDog { ... on Human { iq } } }",
            &[(1, 14)],
            "never for an object of `CatOrDog`",
        ),
        (
            "{ pet { ... on Intelligent { iq } } }",
            &[(1, 9)],
            "`Intelligent` is never for an object of `Pet`",
        ),
        (
            "{ catOrDog { ... on HumanOrAlien { __typename } } }",
            &[(1, 14)],
            "never for an object of `CatOrDog`",
        ),
        (
            "{ humanOrAlien { ... on Pet { name } } }",
            &[(1, 18)],
            "never for an object of `HumanOrAlien`",
        ),
        (
            "{ dog { ... on Query { dog { name } } } }",
            &[(1, 9)],
            "never for an object of `Dog`",
        ),
        (
            "{ dog { ...A } }\nfragment A on Dog { ...B }\nfragment B on Cat { meowVolume }",
            &[(2, 21)],
            "never for an object of `Dog`",
        ),
    ]);
}
