//! Every case of the table gives the codes that the table says

use std::collections::BTreeSet;

use crate::table::{cases, ours};

#[test]
fn every_case_gives_the_verdict_of_the_table() {
    let mut wrong = Vec::new();
    for case in cases() {
        let got = ours(&case.subgraphs);
        if got != case.expected {
            let detail = router_composition::compose(&case.subgraphs)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default();
            wrong.push(format!(
                "{}: {}\n  expected {:?}\n  got      {got:?}\n  {detail}",
                case.class, case.name, case.expected
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn names_of_cases_are_unique_and_say_something() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        assert!(
            seen.insert((case.class.clone(), case.name.clone())),
            "{}: {} is there twice",
            case.class,
            case.name
        );
        assert!(
            !case.subgraphs.is_empty(),
            "{}: {} has no subgraph",
            case.class,
            case.name
        );
    }
}
