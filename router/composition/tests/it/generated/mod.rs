//! Generated sets of subgraphs against the public composers
//!
//! A seed gives a set: two to twelve subgraphs that were meant to fit together, half of them with
//! one defect. `COMPOSITION_SETS=from..to` chooses other seeds than the kept ones; what differs is
//! made smaller before it is shown.

mod defect;
mod dialect;
mod shrink;
mod text;
mod world;

use std::collections::BTreeMap;

use router_composition::SubgraphInput;

use crate::oracle::{Oracle, codes};
use crate::rng::Rng;
use crate::table::{Verdict, ours, verdict};
use text::Set;

fn generate(seed: u64) -> Set {
    let mut rng = Rng::new(seed);
    let mut set = world::set(&mut rng);
    if rng.chance(50) {
        defect::put(&mut set, &mut rng);
    }
    set
}

/// The subgraphs that a seed gives.
pub(crate) fn subgraphs(seed: u64) -> Vec<SubgraphInput> {
    generate(seed).inputs()
}

/// What was said of a set: ours, and that of the oracle that knows most.
struct Said {
    ours: Verdict,
    oracle: Verdict,
    our_messages: String,
    messages: Vec<String>,
    sdl: String,
}

fn ask(oracle: &mut Oracle, set: &Set) -> Said {
    let inputs = set.inputs();
    let answer = &oracle.ask(&inputs)["apollo"];
    Said {
        ours: ours(&inputs),
        oracle: codes(answer),
        our_messages: router_composition::compose(&inputs)
            .err()
            .map(|errors| errors.to_string())
            .unwrap_or_default(),
        messages: serde_json::from_value(answer["messages"].clone()).unwrap(),
        sdl: inputs.iter().map(|input| input.sdl.as_str()).collect(),
    }
}

type Explains = fn(&Said) -> bool;

/// The differences that stay, and why ours is right.
const DIFFERENCES: [(&str, Explains); 12] = [
    (
        "a type of several kinds is not looked into further, all others are",
        |said| {
            said.ours.contains("TYPE_KIND_MISMATCH") && said.oracle.contains("TYPE_KIND_MISMATCH")
        },
    ),
    (
        "a subgraph that resolves no references cannot be entered again with what it requires",
        |said| {
            said.oracle.is_empty()
                && said.our_messages.contains("cannot satisfy @requires")
                && said.sdl.contains("resolvable: false")
        },
    ),
    (
        "which type is the root is mended before its subgraph is looked into",
        |said| said.ours.contains("ROOT_QUERY_USED") && said.oracle.is_superset(&said.ours),
    ),
    (
        "one wrong `@provides` does not hide what else is wrong in its subgraph",
        |said| {
            let cause = [
                "PROVIDES_ON_NON_OBJECT_FIELD",
                "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
            ];
            cause.iter().any(|cause| said.oracle.contains(*cause))
                && said.ours.is_superset(&said.oracle)
        },
    ),
    (
        "the kinds differ, which is the cause; the interface of one subgraph is valid in itself",
        |said| {
            said.ours.contains("TYPE_KIND_MISMATCH")
                && said
                    .messages
                    .iter()
                    .any(|message| message.starts_with("Cannot implement non-interface"))
        },
    ),
    (
        "a directive with two names does not hide what else is wrong",
        |said| {
            said.oracle == verdict("LINK_IMPORT_NAME_MISMATCH")
                && said.ours.is_superset(&said.oracle)
        },
    ),
    (
        "a syntax error in one subgraph does not hide what is wrong in another",
        |said| {
            let syntax = |message: &String| message.starts_with("Syntax Error");
            said.oracle == verdict("INVALID_GRAPHQL")
                && said.ours.is_superset(&said.oracle)
                && said.messages.iter().all(syntax)
        },
    ),
    (
        "`@oneOf` is a part of GraphQL since September 2025, which the oracle does not know yet",
        |said| {
            said.messages
                .iter()
                .any(|message| message.contains("\"@oneOf\""))
        },
    ),
    (
        "an enum value that is defined twice is not valid GraphQL",
        |said| {
            said.our_messages.contains("can only be defined once")
                && said.our_messages.contains("enum value")
        },
    ),
    (
        "one cause is reported once: without a link nothing can be said of the directives it names",
        |said| {
            let effect = ["INVALID_GRAPHQL", "UNKNOWN_FEDERATION_LINK_VERSION"];
            let mut differing = said.ours.symmetric_difference(&said.oracle);
            said.ours.contains("UNKNOWN_FEDERATION_LINK_VERSION")
                && differing.all(|code| effect.contains(&code.as_str()))
        },
    ),
    (
        "one cause is reported once: a directive that may not stand there is not looked into",
        |said| {
            let cause = [
                "REQUIRES_UNSUPPORTED_ON_INTERFACE",
                "PROVIDES_UNSUPPORTED_ON_INTERFACE",
                "EXTERNAL_ON_INTERFACE",
            ];
            let effect = [
                "REQUIRES_INVALID_FIELDS",
                "REQUIRES_FIELDS_MISSING_EXTERNAL",
                "PROVIDES_INVALID_FIELDS",
                "PROVIDES_FIELDS_MISSING_EXTERNAL",
                "EXTERNAL_UNUSED",
            ];
            let mut more = said.oracle.difference(&said.ours);
            said.oracle.is_superset(&said.ours)
                && cause.iter().any(|cause| said.ours.contains(*cause))
                && more.all(|code| effect.contains(&code.as_str()))
        },
    ),
    ("the oracle itself fails on it", |said| {
        said.oracle == verdict("THROWN")
    }),
];

/// Not the same, for none of the known reasons.
fn differs(said: &Said) -> bool {
    said.ours != said.oracle && !DIFFERENCES.iter().any(|(_, explains)| explains(said))
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("COMPOSITION_SETS") else {
        return 0..300;
    };
    let (from, to) = text.split_once("..").expect("COMPOSITION_SETS is from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn generated_sets_get_the_oracle_s_verdict() {
    if std::env::var("COMPOSITION_ORACLE").is_ok_and(|value| value == "off") {
        return;
    }
    let mut oracle = Oracle::start();
    let mut wrong: BTreeMap<(Verdict, Verdict), Vec<u64>> = BTreeMap::new();
    let (mut good, mut bad, mut known) = (0, 0, 0);
    for seed in seeds() {
        let set = generate(seed);
        let said = ask(&mut oracle, &set);
        if differs(&said) {
            let pair = (said.ours, said.oracle);
            wrong.entry(pair).or_default().push(seed);
        } else if said.ours != said.oracle {
            known += 1;
        } else if said.ours.is_empty() {
            good += 1;
        } else {
            bad += 1;
        }
    }
    let count: usize = wrong.values().map(Vec::len).sum();
    let mut report =
        format!("{count} differ, {known} for a known reason, {good} compose, {bad} do not\n");
    for (pair, seeds) in &wrong {
        let small = shrink::shrink(generate(seeds[0]), &mut |set| {
            let said = ask(&mut oracle, set);
            differs(&said) && (said.ours, said.oracle) == *pair
        });
        let inputs = small.inputs();
        report.push_str(&format!(
            "==== ours {:?}, oracle {:?}: seeds {seeds:?}\n",
            pair.0, pair.1
        ));
        for input in &inputs {
            report.push_str(&format!("## {}\n{}", input.name, input.sdl));
        }
        if let Err(errors) = router_composition::compose(&inputs) {
            report.push_str(&format!("ours: {errors}\n"));
        }
        report.push_str(&format!(
            "oracle: {}\n",
            oracle.ask(&inputs)["apollo"]["messages"]
        ));
    }
    assert!(wrong.is_empty(), "{report}");
    assert!(good > 0 && bad > 0, "{report}");
}
