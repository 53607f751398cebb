//! Random texts: never a panic, and the same counts as a recursive reader of the same document.

use std::fmt::Write as _;

use platform_guard::{Limits, check};
use proptest::prelude::*;

const ENDLESS: Limits = Limits {
    bytes: usize::MAX,
    tokens: usize::MAX,
    selection_depth: usize::MAX,
    literal_depth: usize::MAX,
    directives_per_location: usize::MAX,
    directives: usize::MAX,
    aliases: usize::MAX,
    operations: usize::MAX,
    fragments: usize::MAX,
    expanded_selections: usize::MAX,
    root_fields: usize::MAX,
};

#[derive(Debug, Clone)]
enum Selection {
    Field {
        alias: bool,
        directives: usize,
        inner: Vec<Selection>,
    },
    Inline {
        typed: bool,
        inner: Vec<Selection>,
    },
    /// Of the fragment that many places after the own definition, so that there are no cycles.
    Spread(usize),
}

fn selections() -> impl Strategy<Value = Vec<Selection>> {
    let leaf = prop_oneof![
        (any::<bool>(), 0..3_usize).prop_map(|(alias, directives)| Selection::Field {
            alias,
            directives,
            inner: vec![]
        }),
        (1..3_usize).prop_map(Selection::Spread),
    ];
    let selection = leaf.prop_recursive(4, 24, 4, |inner| {
        let inner = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (any::<bool>(), 0..2_usize, inner.clone()).prop_map(|(alias, directives, inner)| {
                Selection::Field {
                    alias,
                    directives,
                    inner,
                }
            }),
            (any::<bool>(), inner).prop_map(|(typed, inner)| Selection::Inline { typed, inner }),
        ]
    });
    prop::collection::vec(selection, 1..5)
}

fn write(text: &mut String, own: usize, selections: &[Selection]) {
    text.push('{');
    for selection in selections {
        match selection {
            Selection::Field {
                alias,
                directives,
                inner,
            } => {
                text.push_str(if *alias {
                    " k: f(x: [{y: \"}\"}])"
                } else {
                    " f"
                });
                text.push_str(&"@d(if: $v)".repeat(*directives));
                if !inner.is_empty() {
                    write(text, own, inner);
                }
            }
            Selection::Inline { typed, inner } => {
                text.push_str(if *typed { "... on T @d" } else { "..." });
                write(text, own, inner);
            }
            Selection::Spread(ahead) => write!(text, " ...F{}", own + ahead).unwrap(),
        }
    }
    text.push('}');
}

/// Expanded selections, depth and root fields, by the obvious recursion.
fn expand(all: &[Vec<Selection>], own: usize, selections: &[Selection]) -> (usize, usize, usize) {
    let mut sum = (0, 1, 0);
    for selection in selections {
        sum.0 += 1;
        let (inner, adds_depth, adds_root) = match selection {
            Selection::Field { inner, .. } if inner.is_empty() => {
                sum.2 += 1;
                continue;
            }
            Selection::Field { inner, .. } => {
                sum.2 += 1;
                (expand(all, own, inner), 1, false)
            }
            Selection::Inline { inner, .. } => (expand(all, own, inner), 1, true),
            // its own selection set is a level, which it counts itself
            Selection::Spread(ahead) => match all.get(own + ahead) {
                Some(fragment) => (expand(all, own + ahead, fragment), 1, true),
                None => continue,
            },
        };
        sum.0 += inner.0;
        sum.1 = sum.1.max(adds_depth + inner.1);
        sum.2 += if adds_root { inner.2 } else { 0 };
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn totals_are_those_of_expansion(all in prop::collection::vec(selections(), 1..5)) {
        let mut text = String::from("query Q($v: Boolean!)");
        write(&mut text, 0, &all[0]);
        for (index, fragment) in all.iter().enumerate().skip(1) {
            write!(text, " fragment F{index} on T").unwrap();
            write(&mut text, index, fragment);
        }
        let stats = check(&text, &ENDLESS).unwrap();
        let (expanded, _, root) = expand(&all, 0, &all[0]);
        let depth = (0..all.len()).map(|own| expand(&all, own, &all[own]).1).max();
        prop_assert_eq!(stats.expanded_selections, expanded, "{}", text);
        prop_assert_eq!(Some(stats.selection_depth), depth, "{}", text);
        prop_assert_eq!(stats.root_fields, root, "{}", text);
        prop_assert_eq!(stats.fragments, all.len() - 1);
        prop_assert_eq!(stats.aliases, text.matches("k:").count());
        prop_assert_eq!(stats.directives, text.matches("@d").count());
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = check(&text, &Limits::default());
    }

    #[test]
    fn no_soup_of_tokens_panics(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "(", ")", "[", "]", "...", "@", ":", "$", "=", "!", "|", "&", "\"", "\"\"\"", "\\", "\\u", "#", "\n",
                "query", "fragment", "on", "a", "b", "F", " ", ",", "1", "-", ".5", "\u{feff}", "é", "{a}", "...F ", "@d(x:1)",
            ]),
            0..60,
        )
    ) {
        let _ = check(&parts.concat(), &Limits::default());
    }

    #[test]
    fn a_prefix_of_a_document_is_no_document(at in 1..88_usize) {
        let text = "query Q($a: [Int!] = [1] @d) @e(x: \"s\") { a: b(c: {d: $a}) @f { ...F } } fragment F on T { a }";
        // the first operation alone is a document
        let first = text.find(" fragment");
        prop_assume!(first != Some(at) && first != Some(at - 1));
        prop_assert!(check(&text[..at], &Limits::default()).is_err(), "{}", &text[..at]);
    }
}
