//! Texts that stop parsers, validators or planners: each is refused, by the limit it attacks, at once.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use platform_guard::{Limit, Limits, Refusal, check};

/// For unoptimised builds; a guard that is not linear takes seconds.
const AT_ONCE: Duration = Duration::from_millis(100);

fn refused(name: &str, text: &str) -> Refusal {
    // the best of some tries: a busy machine slows one of them, a guard that is not linear all
    let attempt = || {
        let started = Instant::now();
        let refusal = check(text, &Limits::default()).expect_err(name);
        (started.elapsed(), refusal)
    };
    let (took, refusal) = attempt();
    let fastest = if took < AT_ONCE {
        took
    } else {
        (0..4).map(|_| attempt().0).fold(took, Duration::min)
    };
    assert!(fastest < AT_ONCE, "{name} took {fastest:?}");
    refusal
}

/// `count` fragments that each spread the next one `times` times.
fn chain(count: usize, times: usize) -> String {
    let mut text = String::from("{ ...F0 }");
    for index in 0..count {
        write!(
            text,
            " fragment F{index} on Query {{ {} }}",
            format!("...F{} ", index + 1).repeat(times)
        )
        .unwrap();
    }
    write!(text, " fragment F{count} on Query {{ a }}").unwrap();
    text
}

#[test]
fn what_is_too_much_is_refused_by_the_limit_it_attacks() {
    let nested = |open: &str, close: &str, count: usize| {
        format!("{}{}", open.repeat(count), close.repeat(count))
    };
    let fan_out = {
        let mut text = String::from("{ ...A }");
        for (from, to) in [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "G")] {
            write!(
                text,
                "fragment {from} on Query {{ {} }}",
                format!("...{to} ").repeat(16)
            )
            .unwrap();
        }
        text + "fragment G on Query { a }"
    };
    assert!(fan_out.len() < 850);
    let table: Vec<(&str, String, Limit)> = vec![
        (
            "4 KB nested list literal",
            format!("{{a(x:{})}}", nested("[", "]", 2000)),
            Limit::LiteralDepth,
        ),
        (
            "4 KB unclosed list literal",
            format!("{{a(x:{}", "[".repeat(4090)),
            Limit::LiteralDepth,
        ),
        (
            "nested object literal",
            format!("{{a(x:{})}}", nested("{x:", "}", 1000)),
            Limit::LiteralDepth,
        ),
        (
            "mixed literals",
            format!("{{a(x:{})}}", nested("[{x:", "}]", 500)),
            Limit::LiteralDepth,
        ),
        (
            "nested list type",
            format!(
                "query($x:{}){{a}}",
                nested("[", "]", 2000).replace("[]", "[Int]")
            ),
            Limit::LiteralDepth,
        ),
        (
            "nested default value",
            format!("query($x:X={}){{a}}", nested("[", "]", 2000)),
            Limit::LiteralDepth,
        ),
        (
            "nested literal in a directive",
            format!("{{a @d(x:{})}}", nested("[", "]", 2000)),
            Limit::LiteralDepth,
        ),
        (
            "nested literal in a variable's directive",
            format!("query($x:X @d(x:{})){{a}}", nested("[", "]", 2000)),
            Limit::LiteralDepth,
        ),
        (
            "nested selections",
            nested("{a", "}", 2000),
            Limit::SelectionDepth,
        ),
        (
            "unclosed selections",
            "{a".repeat(4000),
            Limit::SelectionDepth,
        ),
        (
            "nested inline fragments",
            format!("{{{}a{}}}", "...on Q{".repeat(2000), "}".repeat(2000)),
            Limit::SelectionDepth,
        ),
        (
            "nested bare inline fragments",
            format!("{{{}a{}}}", "...{".repeat(2000), "}".repeat(2000)),
            Limit::SelectionDepth,
        ),
        (
            "850 bytes of fragment fan-out",
            fan_out,
            Limit::ExpandedSelections,
        ),
        (
            "22 chained fragments",
            chain(22, 2),
            Limit::ExpandedSelections,
        ),
        (
            "99 chained fragments",
            chain(99, 3),
            Limit::ExpandedSelections,
        ),
        (
            "fan-out within fields",
            chain(20, 2)
                .replace("...", "x { ... F } ... ")
                .replace("... F }", "y }"),
            Limit::ExpandedSelections,
        ),
        (
            "long thin chain",
            (0..90).fold("{...F0}".into(), |text, n| {
                format!("{text} fragment F{n} on Q {{a{{...F{}}}}}", n + 1)
            }),
            Limit::SelectionDepth,
        ),
        (
            "unused exploding fragment",
            chain(22, 2).replacen("...F0", "a", 1),
            Limit::ExpandedSelections,
        ),
        (
            "20,000 duplicate fields",
            format!("{{{}}}", "a ".repeat(20_000)),
            Limit::Tokens,
        ),
        (
            "20,000 duplicate aliases",
            format!("{{{}}}", "a:b ".repeat(7_000)),
            Limit::Aliases,
        ),
        (
            "5,000 duplicate fields below the root",
            format!("{{a{{{}}}}}", "b ".repeat(5_000)),
            Limit::ExpandedSelections,
        ),
        (
            "5,000 fields at the root",
            format!("{{{}}}", "b ".repeat(2_000)),
            Limit::RootFields,
        ),
        (
            "root fields through a fragment",
            format!("{{...F}} fragment F on Q {{{}}}", "b ".repeat(41)),
            Limit::RootFields,
        ),
        (
            "root fields through inline fragments",
            format!("{{{}}}", "...on Q{b} ".repeat(41)),
            Limit::RootFields,
        ),
        (
            "root fields by spreading twice",
            format!("{{...F ...F}} fragment F on Q {{{}}}", "b ".repeat(21)),
            Limit::RootFields,
        ),
        (
            "root fields of the second operation",
            format!("query A{{a}} query B{{{}}}", "b ".repeat(41)),
            Limit::RootFields,
        ),
        (
            "directives on a field",
            format!("{{a{}}}", "@x".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives with arguments",
            format!("{{a{}}}", "@x(y:1)".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives on an operation",
            format!("query{}{{a}}", "@x".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives on a spread",
            format!("{{...F{}}}", "@x".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives on an inline fragment",
            format!("{{...{}{{a}}}}", "@x".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives on a fragment",
            format!("fragment F on Q{}{{a}}", "@x".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives on a variable",
            format!("query($a:A{}){{a}}", "@x(y:[1])".repeat(1000)),
            Limit::DirectivesPerLocation,
        ),
        (
            "directives everywhere",
            format!("{{x{{{}}}}}", "b@x@y@z ".repeat(200)),
            Limit::Directives,
        ),
        ("operations", "{a}".repeat(1000), Limit::Operations),
        (
            "many operations of many fields",
            format!("query Q{{a{{{}}}}}", "b ".repeat(200)).repeat(20),
            Limit::ExpandedSelections,
        ),
        (
            "fragments",
            (0..1000).fold("{a}".into(), |text, n| {
                format!("{text}fragment F{n} on Q{{a}}")
            }),
            Limit::Fragments,
        ),
        (
            "tokens in arguments",
            format!("{{a(x:[{}])}}", "1 ".repeat(20_000)),
            Limit::Tokens,
        ),
        ("a megabyte of blanks", " ".repeat(1 << 20), Limit::Bytes),
        (
            "a megabyte of comment",
            format!("#{}", "x".repeat(1 << 20)),
            Limit::Bytes,
        ),
        (
            "a megabyte of block string",
            format!("{{a(x:\"\"\"{}\"\"\")}}", "\"\" ".repeat(1 << 18)),
            Limit::Bytes,
        ),
    ];
    for (name, text, limit) in table {
        let refusal = refused(name, &text);
        assert_eq!(refusal.limit(), Some(limit), "{name}: {refusal}");
        let Refusal::Limit { allowed, seen, .. } = refusal else {
            unreachable!()
        };
        assert!(seen > allowed, "{name}: {seen} of {allowed}");
    }
}

#[test]
fn endless_fragments_are_refused() {
    for text in [
        "{...A} fragment A on Q {...A}",
        "{...A} fragment A on Q {a{...A}}",
        "{...A} fragment A on Q {...B} fragment B on Q {...A}",
        "{a} fragment A on Q {...on Q{...B}} fragment B on Q {...C} fragment C on Q {b ...A}",
    ] {
        assert!(
            matches!(refused(text, text), Refusal::Cycle { .. }),
            "{text}"
        );
    }
}

#[test]
fn what_has_no_single_reading_is_refused() {
    let table = [
        ("unterminated string", r#"{a(x:"b)}"#),
        ("string over a line", "{a(x:\"b\nc\")}"),
        ("string that ends in its escape", r#"{a(x:"b\")}"#),
        ("unterminated block string", r#"{a(x:"""b)}"#),
        ("block string closed by two quotes", r#"{a(x:"""b"")}"#),
        ("block string whose end is escaped", r#"{a(x:"""b\""")}"#),
        (
            "block string that hides a brace",
            r#"{a(x:"""\""""""){b}"""}"#,
        ),
        ("unknown escape", r#"{a(x:"\x41")}"#),
        ("line continuation", "{a(x:\"\\\n\")}"),
        ("lone high surrogate", r#"{a(x:"\uD83D")}"#),
        ("lone low surrogate", r#"{a(x:"\uDE00")}"#),
        ("swapped surrogates", r#"{a(x:"\uDE00\uD83D")}"#),
        ("surrogate and a letter", r#"{a(x:"\uD83Dx")}"#),
        ("surrogate in braces", r#"{a(x:"\u{D83D}")}"#),
        ("escape beyond unicode", r#"{a(x:"\u{110000}")}"#),
        ("empty escape", r#"{a(x:"\u{}")}"#),
        ("long escape", r#"{a(x:"\u{0000041}")}"#),
        ("short escape", r#"{a(x:"\u12")}"#),
        ("escape of no digits", r#"{a(x:"\u+123")}"#),
        ("nul", "{a\0}"),
        ("nul in a string", "{a(x:\"\0\")}"),
        ("nul in a block string", "{a(x:\"\"\"\0\"\"\")}"),
        ("nul in a comment", "{a} # \0"),
        ("escape character", "{a \u{1b}[2J}"),
        ("delete", "{a \u{7f}}"),
        ("byte order mark inside", "{a\u{feff}b}"),
        ("two byte order marks", "\u{feff}\u{feff}{a}"),
        ("no-break space", "{a\u{a0}b}"),
        ("line separator", "{a\u{2028}b}"),
        ("name of cyrillic letters", "{\u{430}}"),
        ("a description of a short query", "\"a\" {b}"),
        ("two descriptions", "\"a\" \"b\" query {c}"),
        ("a description of nothing", "{a} \"b\""),
        ("two dots", "{..a}"),
        ("four dots", "{....a}"),
        ("hexadecimal", "{a(x:0xF)}"),
        ("octal", "{a(x:017)}"),
        ("number into name", "{a(x:1b)}"),
        ("two decimal points", "{a(x:1.2.3)}"),
        ("no fraction", "{a(x:1.)}"),
        ("no exponent", "{a(x:1e)}"),
        ("lone sign", "{a(x:-)}"),
        ("plus", "{a(x:+1)}"),
        ("semicolon", "{a;b}"),
        ("unclosed selection", "{a"),
        ("unclosed arguments", "{a(x:1"),
        ("unclosed list", "{a(x:[1)}"),
        ("wrong bracket", "{a(x:[1})}"),
        ("closing only", "}"),
        ("one too many", "{a}}"),
        ("field after alias missing", "{a:}"),
        ("alias of an alias", "{a:b:c}"),
        ("two argument lists", "{a(x:1)(y:2)}"),
        ("arguments in a value", "{a(x:f(1))}"),
        ("directive without name", "{a@}"),
        ("directive without name on a variable", "query($a:A@){a}"),
        ("directive in a value", "{a(x:[1@d])}"),
        (
            "directive on an argument of a directive",
            "query($a:A@d(x:1@d)){a}",
        ),
        ("spread of nothing", "{...}"),
        ("condition of nothing", "{...on{a}}"),
        ("spread in a value", "{a(x:...)}"),
        ("fragment named on", "fragment on on Q{a}"),
        ("fragment without type", "fragment F{a}"),
        ("fragment with variables", "fragment F($a:A) on Q{a}"),
        (
            "fragment defined twice",
            "{...F} fragment F on Q{a} fragment F on Q{b}",
        ),
        ("operation without body", "query Q"),
        ("two names", "query A B{a}"),
        ("string at the root", "\"{a}\""),
        ("string in a selection", "{\"a\"}"),
        ("schema definition", "type Query { a: Int }"),
        ("keyword in capitals", "QUERY {a}"),
    ];
    for (name, text) in table {
        let refusal = refused(name, text);
        assert!(
            matches!(refusal, Refusal::Syntax { .. }),
            "{name}: {refusal}"
        );
    }
}
