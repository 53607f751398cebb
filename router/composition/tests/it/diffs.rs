//! Changes between schemas, judged

use router_composition::diff::{Severity, broken_operations, diff};

fn judged(old: &str, new: &str) -> Vec<(Severity, String)> {
    diff(old, new)
        .unwrap()
        .into_iter()
        .map(|change| (change.severity, change.coordinate))
        .collect()
}

fn check(old: &str, new: &str, expected: &[(Severity, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(severity, coordinate)| (*severity, (*coordinate).to_owned()))
        .collect();
    assert_eq!(judged(old, new), expected, "{old} -> {new}");
}

#[test]
fn changes_are_judged_by_what_they_do_to_clients() {
    use Severity::{Breaking, Dangerous, Safe};
    check("type Query { a: Int }", "type Query { a: Int }", &[]);
    check(
        "type Query { a: Int b: Int }",
        "type Query { a: Int }",
        &[(Breaking, "Query.b")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a: Int b: Int }",
        &[(Safe, "Query.b")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a: Int! }",
        &[(Safe, "Query.a")],
    );
    check(
        "type Query { a: Int! }",
        "type Query { a: Int }",
        &[(Breaking, "Query.a")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a: String }",
        &[(Breaking, "Query.a")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a(n: Int): Int }",
        &[(Dangerous, "Query.a(n:)")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a(n: Int!): Int }",
        &[(Breaking, "Query.a(n:)")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a(n: Int! = 1): Int }",
        &[(Dangerous, "Query.a(n:)")],
    );
    check(
        "type Query { a(n: Int): Int }",
        "type Query { a: Int }",
        &[(Breaking, "Query.a(n:)")],
    );
    check(
        "type Query { a(n: Int!): Int }",
        "type Query { a(n: Int): Int }",
        &[(Safe, "Query.a(n:)")],
    );
    check(
        "type Query { a(n: Int): Int }",
        "type Query { a(n: Int!): Int }",
        &[(Breaking, "Query.a(n:)")],
    );
    check(
        "type Query { a(n: Int = 1): Int }",
        "type Query { a(n: Int = 2): Int }",
        &[(Dangerous, "Query.a(n:)")],
    );
    check(
        "type Query { a: E } enum E { A B }",
        "type Query { a: E } enum E { A }",
        &[(Breaking, "E.B")],
    );
    check(
        "type Query { a: E } enum E { A }",
        "type Query { a: E } enum E { A B }",
        &[(Dangerous, "E.B")],
    );
    check(
        "type Query { a: Int } type T { x: Int }",
        "type Query { a: Int }",
        &[(Breaking, "T")],
    );
    check(
        "type Query { a: Int } scalar T",
        "type Query { a: Int } enum T { A }",
        &[(Breaking, "T")],
    );
    check(
        "type Query { a: Int }",
        "type Query { a: Int @deprecated }",
        &[(Safe, "Query.a")],
    );
    check(
        "type Query { a: Int b: Int }",
        "type Query { a: Int b: Int @inaccessible }",
        &[(Breaking, "Query.b")],
    );
}

#[test]
fn only_operations_that_use_what_broke_are_named() {
    let old = "type Query { a: Int b(i: In): Int c: E } input In { x: Int y: E } enum E { A B }";
    let new = "type Query { b(i: In): Int c: E } input In { x: Int y: E z: Int! } enum E { A }";
    let changes = diff(old, new).unwrap();
    let broken = |document: &str| -> Vec<String> {
        broken_operations(old, document, &changes)
            .unwrap()
            .into_iter()
            .map(|broken| broken.operation)
            .collect()
    };
    assert_eq!(broken("query One { a } query Two { c }"), ["One"]);
    assert_eq!(broken("query Literal { b(i: {x: 1}) }"), ["Literal"]);
    assert_eq!(
        broken("query Variable($e: E) { b(i: {y: $e}) }"),
        ["Variable"]
    );
    assert_eq!(
        broken("query Spread { ...F } fragment F on Query { a }"),
        ["Spread"]
    );
    assert_eq!(broken("{ c }"), Vec::<String>::new());
    assert_eq!(
        broken("query Loop { ...F } fragment F on Query { c ...F }"),
        Vec::<String>::new()
    );
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let error = diff("type Query {\n  a: \n}", "type Query { a: Int }").unwrap_err();
    assert_eq!((error.line, error.column), (3, 1));
}
