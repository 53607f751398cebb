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

/// What is done to a set: which subgraph, in which way, where in it.
type Edit = (u8, u8, u16);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<u8>(), 0u8..13, any::<u16>()), 1..8)
}

/// Lets a composer follow all edits, and looks at what it says after each.
fn follow(original: &[SubgraphInput], edits: &[Edit]) {
    let mut composer = Composer::new();
    for subgraph in original {
        composer.set(subgraph.clone());
    }
    assert_same(&mut composer, "before any edit");
    for (which, kind, at) in edits {
        let chosen = &original[*which as usize % original.len()];
        match kind {
            9 => {
                composer.set(chosen.clone());
            }
            10 => {
                composer.remove(&chosen.name);
            }
            11 => {
                let name = format!("new{}", at % 3);
                composer.set(SubgraphInput {
                    name,
                    ..chosen.clone()
                });
            }
            12 => {
                // moves the numbers of all others
                let sdl = format!("type Query {{ first{at}: Int }}");
                let (name, url) = ("0".to_owned(), String::new());
                composer.set(SubgraphInput { name, url, sdl });
            }
            _ => {
                let now = composer
                    .subgraphs()
                    .find(|subgraph| subgraph.name == chosen.name);
                let sdl = now.map_or(chosen.sdl.as_str(), |subgraph| subgraph.sdl.as_str());
                let sdl = edit(sdl, *kind, *at as usize);
                composer.set(SubgraphInput {
                    sdl,
                    ..chosen.clone()
                });
            }
        }
        assert_same(&mut composer, &format!("after {edits:?} of {original:?}"));
    }
}

fn names_are_unique(subgraphs: &[SubgraphInput]) -> bool {
    let mut names: Vec<&str> = subgraphs.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    // good sets and bad ones, with contexts, interface objects and everything else of the table
    #[test]
    fn edited_cases_compose_as_from_scratch(seed in any::<u32>(), edits in edits()) {
        thread_local! {
            static SETS: Vec<Vec<SubgraphInput>> = cases()
                .into_iter()
                .map(|case| case.subgraphs)
                .filter(|subgraphs| names_are_unique(subgraphs))
                .collect();
        }
        let original = SETS.with(|sets| sets[seed as usize % sets.len()].clone());
        follow(&original, &edits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    // two to twelve subgraphs that share much, half of the sets with a defect
    #[test]
    fn edited_generated_sets_compose_as_from_scratch(seed in any::<u16>(), edits in edits()) {
        follow(&crate::generated::subgraphs(u64::from(seed)), &edits);
    }
}
