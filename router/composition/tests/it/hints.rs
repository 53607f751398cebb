//! Hints: those of the table, and the same as those of the oracle that gives them

use crate::oracle::Oracle;
use crate::table::{Case, cases};

fn hinted() -> Vec<Case> {
    let mut cases = cases();
    cases.retain(|case| case.class == "hints");
    assert!(cases.len() >= 20, "{} cases of hints", cases.len());
    cases
}

#[test]
fn every_case_of_hints_gives_the_hints_of_the_table() {
    for case in hinted() {
        let composition = router_composition::compose(&case.subgraphs).unwrap();
        let mut got: Vec<String> = Vec::new();
        for hint in &composition.hints {
            let coordinate = hint.coordinate.as_deref().unwrap_or_default();
            got.push(format!("{} {coordinate}", hint.code).trim().to_owned());
        }
        got.sort();
        assert_eq!(got, case.hints, "{}", case.name);
    }
}

#[test]
fn the_hints_of_the_table_are_those_of_the_oracle() {
    if std::env::var("COMPOSITION_ORACLE").is_ok_and(|value| value == "off") {
        return;
    }
    let mut oracle = Oracle::start();
    for case in hinted() {
        let answer = &oracle.ask(&case.subgraphs)["apollo"];
        let mut says: Vec<String> = serde_json::from_value(answer["hints"].clone()).unwrap();
        let mut table = case.hints.clone();
        // of some it does not say where
        for hint in &mut table {
            let code = hint.split(' ').next().unwrap();
            if says.iter().any(|said| said == code) {
                *hint = code.to_owned();
            }
        }
        says.sort();
        table.sort();
        assert_eq!(table, says, "{}", case.name);
    }
}
