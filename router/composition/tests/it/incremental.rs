//! A composer that remembers gives what a composition from scratch gives, byte for byte

use proptest::prelude::*;
use router_composition::{Composer, Composition, CompositionErrors, SubgraphInput, compose};

use crate::table::cases;

/// Everything that a caller sees of a result.
fn seen(result: &Result<Composition, CompositionErrors>) -> String {
    match result {
        Ok(composition) => format!("{}\n{:?}", composition.supergraph_sdl, composition.hints),
        Err(errors) => format!("{:?}\n{:?}", errors.errors, errors.hints),
    }
}

fn assert_same(composer: &mut Composer, what: &str) {
    let inputs: Vec<SubgraphInput> = composer.subgraphs().cloned().collect();
    let remembered = composer.compose();
    assert_eq!(seen(&remembered), seen(&compose(&inputs)), "{what}");
    if let Ok(composition) = remembered {
        assert_eq!(
            composition.supergraph.to_sdl(),
            composition.supergraph_sdl,
            "{what}: the structure is another one than the text"
        );
    }
}

/// One edit of a schema that often leaves it valid.
fn edit(sdl: &str, kind: u8, at: usize) -> String {
    let lines: Vec<&str> = sdl.lines().collect();
    let at = at % lines.len().max(1);
    let without = || -> String {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != at);
        kept.map(|(_, line)| format!("{line}\n")).collect()
    };
    match kind {
        // everything moves down: only positions change
        0 => format!("# a remark\n\n{sdl}"),
        1 => format!("{sdl}\nextend type Query {{ added{at}: Int }}\n"),
        2 => {
            format!("{sdl}\ntype Query {{ added{at}: Added{at} }}\ntype Added{at} {{ id: ID! }}\n")
        }
        3 => without(),
        4 => sdl.replacen("ID!", "ID", 1),
        5 => sdl.replacen("String", "Int", 1),
        6 => sdl.replacen(" @shareable", "", 1),
        7 => sdl.replacen("type ", "\"described\" type ", 1),
        _ => sdl.replacen(" @external", "", 1),
    }
}

#[test]
fn every_case_composes_the_same_after_every_other() {
    let mut composer = Composer::new();
    for case in cases() {
        let names: Vec<String> = composer
            .subgraphs()
            .map(|subgraph| subgraph.name.clone())
            .collect();
        for name in names {
            if case.subgraphs.iter().all(|subgraph| subgraph.name != name) {
                composer.remove(&name);
            }
        }
        let mut given: Vec<&str> = case.subgraphs.iter().map(|s| s.name.as_str()).collect();
        given.sort_unstable();
        given.dedup();
        if given.len() < case.subgraphs.len() {
            continue;
        }
        for subgraph in &case.subgraphs {
            composer.set(subgraph.clone());
        }
        assert_same(&mut composer, &format!("{}: {}", case.class, case.name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_compose_as_from_scratch(
        seed in any::<u32>(),
        edits in prop::collection::vec((any::<u8>(), 0u8..12, any::<u16>()), 1..8),
    ) {
        thread_local! {
            static SETS: Vec<Vec<SubgraphInput>> = cases()
                .into_iter()
                .filter(|case| case.expected.is_empty())
                .map(|case| case.subgraphs)
                .collect();
        }
        let original = SETS.with(|sets| sets[seed as usize % sets.len()].clone());
        let mut composer = Composer::new();
        for subgraph in &original {
            composer.set(subgraph.clone());
        }
        assert_same(&mut composer, "before any edit");
        for (which, kind, at) in &edits {
            let chosen = &original[*which as usize % original.len()];
            match kind {
                9 => { composer.set(chosen.clone()); }
                10 => { composer.remove(&chosen.name); }
                11 => {
                    composer.set(SubgraphInput { name: format!("new{}", at % 3), ..chosen.clone() });
                }
                _ => {
                    let now = composer.subgraphs().find(|subgraph| subgraph.name == chosen.name);
                    let sdl = now.map_or(chosen.sdl.as_str(), |subgraph| subgraph.sdl.as_str());
                    let sdl = edit(sdl, *kind, *at as usize);
                    composer.set(SubgraphInput { sdl, ..chosen.clone() });
                }
            }
            assert_same(&mut composer, &format!("after {edits:?} of {original:?}"));
        }
    }
}
