//! What clients write passes, and is counted as one would by hand.

use platform_guard::{Limits, Refusal, Stats, check};

fn stats(text: &str) -> Stats {
    check(text, &Limits::default()).unwrap_or_else(|refusal| panic!("{refusal}: {text}"))
}

#[test]
fn counts_are_those_of_a_reader() {
    let counted = stats(
        r#"query Me($id: ID! = "x" @deprecated(reason: "y"), $tags: [[String!]!] = [["a"], []]) @live {
             me { id name: displayName(upper: true, filter: {a: [{b: 1}]}) ...Rest @include(if: $x) }
             ... on Query @skip(if: false) { tenant { id } }
             ... { other }
           }
           fragment Rest on User @cached { memberships(first: 3) { nodes { id } } }"#,
    );
    let expected = Stats {
        tokens: counted.tokens,
        operations: 1,
        fragments: 1,
        fields: 9,
        aliases: 1,
        directives: 5,
        selection_depth: 5,
        literal_depth: 3,
        expanded_selections: 12,
        root_fields: 3,
    };
    assert_eq!(counted, expected);
}

#[test]
fn everything_in_the_grammar_of_executable_documents_passes() {
    for text in [
        "{a}",
        "\u{feff}{a}",
        "{a,,,b,}",
        "query{a}",
        "query Q{a}",
        "mutation M($a:Int=1,$b:[Int!]!=[1,-2.5e-3]){m(a:$a,b:$b)}",
        "subscription S @a @b(c:{d:[E]}) { s }",
        "{ query mutation subscription fragment on type null true false }",
        "{ on: on ... on on { on } ...on2 } fragment on2 on on { on }",
        "fragment fragment on fragment { fragment }",
        "query query { query: query }",
        "{ a @x b @y(z: 1) ... @x { c } ...F @x ...F }",
        r#"{ a(s: "\"\\\/\b\f\n\r\té\uD83D\uDE00\u{1F600}ü€😀") }"#,
        r#"{ a(s: """block " "" \""" \ { ( [ # """) b(s: """""") c(s: "") }"#,
        "# comment { ( [ \" \n{a} # end",
        "{a(n: 0, m: -0, x: 0.0, y: 1E5, z: 12e+3)}",
        "query A {a} query B {b} {c}",
        "\"what for\" query A {a} \"\"\"and\nwhat\"\"\" fragment F on T {b}",
        "query A(\"how much\" $a: Int = 1 @x(y: 1)) {a}",
        "",
    ] {
        check(text, &Limits::default()).unwrap_or_else(|refusal| panic!("{refusal}: {text}"));
    }
}

#[test]
fn introspection_of_common_tools_passes() {
    let of_type = (0..9).fold(String::from("kind name"), |inner, _| {
        format!("kind name ofType {{ {inner} }}")
    });
    let text = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} types {{ ...FullType }} directives {{ \
         name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name fields(includeDeprecated: true) {{ name args(includeDeprecated: true) \
         {{ ...InputValue }} type {{ ...TypeRef }} }} inputFields(includeDeprecated: true) {{ ...InputValue }} \
         interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name }} possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name type {{ ...TypeRef }} defaultValue }} \
         fragment TypeRef on __Type {{ {of_type} }}"
    );
    let counted = stats(&text);
    // thirteen levels of brackets, and one for each of the spreads on the way down
    assert_eq!(counted.selection_depth, 18);
    assert!(counted.expanded_selections < 250, "{counted:?}");
}

#[test]
fn positions_point_at_the_culprit() {
    let text = "{\r\n  ok\n  # ümlaut\r  bäd: x }";
    let Err(Refusal::Syntax { at, .. }) = check(text, &Limits::default()) else {
        panic!("passed")
    };
    assert_eq!((at.line, at.column), (4, 4));
    assert_eq!(&text[at.offset..at.offset + 2], "ä");
    let refusal = check(
        "{ a(x: [[1]]) }",
        &Limits {
            literal_depth: 1,
            ..Limits::default()
        },
    )
    .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "limit of 1 literal depth exceeded: 2 seen at line 1 column 9"
    );
}
