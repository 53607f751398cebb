//! Section 2: what parses, and what does not.

use super::{refused, valid};

#[test]
fn documents_are_read_as_the_specification_writes_them() {
    valid(&[
        "\u{feff}{ dog { name } }",
        "{dog{name,,,nickname}}# the end",
        "query First{dog{name}}",
        "query First($a:Int=1,$b:Int){arguments{multipleOptionals(x:$a y:$b)}}",
        "{ arguments { floatArg(floatArg: 0e0) } }",
        "{ arguments { floatArg(floatArg: 9e9) } }",
        "{ arguments { floatArg(floatArg: -0.0) } }",
        "{ arguments { stringArg(stringArg: \"\\u00e4 \\u{1F600} \\uD83D\\uDE00 \\b\\f\\n\\r\\t\\/\\\\\\\"\") } }",
        "{ arguments { stringArg(stringArg: \"😀\") } }",
        "{ arguments { stringArg(stringArg: \"\"\"\n  a\n    b \\\"\"\" c\n  \"\"\") } }",
        // words of the language are names as well
        "query query { dog { name } }",
        "{ fragment: dog { on: name query: nickname mutation: barks true: barkVolume null: __typename } }",
        "query ($on: Int) { arguments { intArg(intArg: $on) } }",
        "{ dog { ...fragment } } fragment fragment on Dog { name }",
        "query ($a: [[Int!]!]! = [[1]]) { arguments { matrixArg(matrixArg: $a) } }",
        // September 2025
        "\"what it is for\" query First { dog { ...F } } \"\"\"\nof a dog\n\"\"\" fragment F on Dog { name }",
        "query (\"how much\" $a: Int @once(note: \"x\")) { arguments { intArg(intArg: $a) } }",
    ]);
}

#[test]
fn what_is_no_document_is_refused_where_it_goes_wrong() {
    refused(
        "GRAPHQL_PARSE_FAILED",
        &[
            ("", &[(1, 1)], "definition"),
            ("   # nothing", &[(1, 13)], "definition"),
            ("{", &[(1, 2)], "end of the document"),
            ("{ }", &[(1, 3)], "a field or a fragment"),
            ("{ dog { } }", &[(1, 9)], "a field or a fragment"),
            ("{ dog { name }", &[(1, 15)], "end of the document"),
            ("{ dog { name } }}", &[(1, 17)], ""),
            ("{ dog { name: } }", &[(1, 15)], ""),
            ("{ dog { ... } }", &[(1, 13)], ""),
            ("{ dog { ...on } }", &[(1, 15)], ""),
            ("{ dog() { name } }", &[(1, 7)], "argument"),
            ("query () { dog { name } }", &[(1, 8)], "variable"),
            ("query ($a) { dog { name } }", &[(1, 10)], ""),
            ("query ($a: ) { dog { name } }", &[(1, 12)], ""),
            ("query ($a: [Int) { dog { name } }", &[(1, 16)], ""),
            ("query ($a: Int!!) { dog { name } }", &[(1, 16)], ""),
            ("{ dog { name(surname: ) } }", &[(1, 23)], ""),
            ("{ dog { name(surname true) } }", &[(1, 22)], ""),
            (
                "{ arguments { intArg(intArg: 01) } }",
                &[(1, 30)],
                "leading zero",
            ),
            ("{ arguments { intArg(intArg: 1a) } }", &[(1, 30)], "number"),
            (
                "{ arguments { intArg(intArg: 0x1) } }",
                &[(1, 30)],
                "number",
            ),
            (
                "{ arguments { floatArg(floatArg: 1.) } }",
                &[(1, 34)],
                "digit",
            ),
            (
                "{ arguments { floatArg(floatArg: .5) } }",
                &[(1, 34)],
                "unexpected",
            ),
            (
                "{ arguments { floatArg(floatArg: 1e) } }",
                &[(1, 34)],
                "digit",
            ),
            (
                "{ arguments { floatArg(floatArg: +1) } }",
                &[(1, 34)],
                "unexpected",
            ),
            (
                "{ arguments { stringArg(stringArg: \"a) } }",
                &[(1, 36)],
                "unterminated",
            ),
            (
                "{ arguments { stringArg(stringArg: \"a\nb\") } }",
                &[(1, 36)],
                "unterminated",
            ),
            (
                "{ arguments { stringArg(stringArg: \"\\x\") } }",
                &[(1, 37)],
                "escape",
            ),
            (
                "{ arguments { stringArg(stringArg: \"\\uD83D\") } }",
                &[(1, 37)],
                "",
            ),
            (
                "{ arguments { stringArg(stringArg: 'a') } }",
                &[(1, 36)],
                "unexpected",
            ),
            ("{ dog { na-me } }", &[(1, 11)], ""),
            ("{ dog { näme } }", &[(1, 10)], "unexpected"),
            ("query First { dog { name } } { \u{0} }", &[(1, 32)], ""),
            ("fragment on on Dog { name }", &[(1, 10)], ""),
            ("{ dog { ...F } } fragment F { name }", &[(1, 29)], ""),
            ("\"described\" { dog { name } }", &[(1, 13)], ""),
            ("select * from dogs", &[(1, 1)], "outside of a definition"),
            ("{\n\tdog {\n\t\tname(\n} }", &[(4, 1)], ""),
            ("{\r\n  dog {\r\n    name: }}", &[(3, 11)], ""),
        ],
    );
}
