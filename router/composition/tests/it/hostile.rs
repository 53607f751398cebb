//! Documents of strangers: no panic, no hang, no stack overflow

use std::time::{Duration, Instant};

use proptest::prelude::*;
use router_composition::{SubgraphInput, compose};

use crate::table::{LINK, cases, ours};

fn one(sdl: String) -> Vec<SubgraphInput> {
    vec![SubgraphInput {
        name: "a".to_owned(),
        url: String::new(),
        sdl,
    }]
}

/// Runs on a small stack, so that recursion that is not bounded shows.
fn within_bounds(name: &str, sdl: String) -> Vec<String> {
    let started = Instant::now();
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || ours(&one(sdl)))
        .unwrap();
    let codes = thread
        .join()
        .unwrap_or_else(|_| panic!("{name} makes composition panic"));
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{name} takes {:?}",
        started.elapsed()
    );
    codes.into_iter().collect()
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = 1_000_000;
    for (name, sdl) in [
        (
            "list value",
            format!(
                "type Query {{ a(n: [Int] = {}1{}): Int }}",
                "[".repeat(deep),
                "]".repeat(deep)
            ),
        ),
        (
            "open list value",
            format!("type Query {{ a(n: Int = {}", "[".repeat(deep)),
        ),
        (
            "object value",
            format!("type Query {{ a(n: Int = {}", "{a:".repeat(deep)),
        ),
        (
            "list type",
            format!("type Query {{ a: {}Int", "[".repeat(deep)),
        ),
        (
            "directive argument",
            format!("type Query {{ a: Int @d(x: {}", "[".repeat(deep)),
        ),
        (
            "key",
            format!(
                "type Query {{ a: T }} type T @key(fields: \"{}\") {{ id: ID! }} {LINK}",
                "a { ".repeat(deep)
            ),
        ),
        (
            "key with conditions",
            format!(
                "type Query {{ a: T }} type T @key(fields: \"{}\") {{ id: ID! }} {LINK}",
                "... on T { ".repeat(deep)
            ),
        ),
        ("braces", "{".repeat(deep)),
    ] {
        assert!(!within_bounds(name, sdl).is_empty(), "{name} composes");
    }
}

#[test]
fn long_chains_of_types_are_walked_without_recursion() {
    let count = 50_000;
    let mut inputs = String::from("type Query { a(i: I0): Int }\n");
    let mut objects = String::from("type Query { a: T0 }\n");
    for at in 0..count {
        inputs.push_str(&format!("input I{at} {{ x: Int n: I{}! }}\n", at + 1));
        objects.push_str(&format!("type T{at} {{ x: Int n: T{} }}\n", at + 1));
    }
    inputs.push_str(&format!("input I{count} {{ x: Int }}"));
    objects.push_str(&format!("type T{count} {{ x: Int }}"));
    assert_eq!(within_bounds("inputs", inputs), Vec::<String>::new());
    assert_eq!(within_bounds("objects", objects), Vec::<String>::new());
}

#[test]
fn many_of_one_thing_stay_linear_enough() {
    let many = 20_000;
    let fields: String = (0..many).map(|at| format!("f{at}: Int ")).collect();
    let values: String = (0..many).map(|at| format!("V{at} ")).collect();
    let keys: String = (0..200)
        .map(|at| format!("@key(fields: \"f{at}\") "))
        .collect();
    for (name, sdl) in [
        ("fields", format!("type Query {{ {fields} }}")),
        (
            "values",
            format!("type Query {{ a: E }} enum E {{ {values} }}"),
        ),
        (
            "keys",
            format!("type Query {{ a: T }} type T {keys} {{ {fields} }} {LINK}"),
        ),
    ] {
        assert_eq!(within_bounds(name, sdl), Vec::<String>::new(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_schemas_never_panic(seed in any::<u64>(), cuts in prop::collection::vec((any::<u32>(), 0u8..6, any::<u32>()), 1..6)) {
        thread_local! {
            static SETS: Vec<Vec<SubgraphInput>> = cases().into_iter().map(|case| case.subgraphs).collect();
        }
        SETS.with(|sets| {
            let mut set = sets[seed as usize % sets.len()].clone();
            for (at, kind, other) in cuts {
                let index = other as usize % set.len();
                let text = &mut set[index].sdl;
                mutate(text, at as usize, kind, other as usize);
            }
            let _ = compose(&set);
        });
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "!",
    "@",
    "\"",
    "\"\"\"",
    "=",
    ":",
    "|",
    "&",
    "$",
    "...",
    "#",
    "\\",
    "\u{0}",
    "é",
    "extend ",
    "@key(fields: \"id\")",
    "@external",
    "@requires(fields: \"x { y }\")",
    "@provides(fields: \"... on A { x }\")",
    "@interfaceObject",
    "@shareable",
    "@inaccessible",
    "@override(from: \"b\", label: \"percent(1)\")",
    "@tag(name: 1)",
    "interface ",
    "type ",
    "union U = A",
    "Query",
    "T",
    "I",
    "implements I",
    "scalar T",
    "__typename",
    "[[[",
    "-",
    "1e9999",
];

fn mutate(text: &mut String, at: usize, kind: u8, other: usize) {
    let floor = |text: &str, mut at: usize| {
        at %= text.len() + 1;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(text, at);
    let end = floor(text, start + other % 12).max(start);
    match kind {
        0 => text.truncate(start),
        1 => text.replace_range(start..end, ""),
        2 => text.insert_str(start, PIECES[other % PIECES.len()]),
        3 => {
            let piece = text[start..end].to_owned();
            text.insert_str(start, &piece);
        }
        4 => text.replace_range(start..end, PIECES[other % PIECES.len()]),
        _ => {
            let from = floor(text, other);
            let piece = text[from..floor(text, from + 60).max(from)].to_owned();
            text.insert_str(start, &piece);
        }
    }
}
