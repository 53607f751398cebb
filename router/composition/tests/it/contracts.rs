//! Contracts hide what they should and stay valid for the planner

use std::collections::BTreeSet;

use hive_router_query_planner::planner::Planner;
use hive_router_query_planner::utils::parsing::safe_parse_schema;
use router_composition::{Composition, Contract, Supergraph, compose};

use crate::planner::undescribed;
use crate::table::cases;

fn journey() -> Composition {
    let case = cases()
        .into_iter()
        .find(|case| case.class == "journey")
        .unwrap();
    compose(&case.subgraphs).unwrap()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn is_hidden(supergraph: &Supergraph, coordinate: &str) -> bool {
    let (ty, field) = coordinate.split_once('.').unwrap_or((coordinate, ""));
    let ty = &supergraph.types[ty];
    let directives = if field.is_empty() {
        &ty.directives
    } else {
        &ty.fields[field].field.directives
    };
    directives
        .iter()
        .any(|directive| directive.name == "inaccessible")
}

fn assert_planned(supergraph: &Supergraph) {
    let document = safe_parse_schema(undescribed(&supergraph.to_sdl())).unwrap();
    Planner::new_from_supergraph(&document, std::default::Default::default()).unwrap();
}

#[test]
fn a_subgraph_left_out_takes_its_fields_and_types_along() {
    let composition = journey();
    let contract = Contract {
        subgraphs: Some(set(&["core"])),
        ..Contract::default()
    };
    let filtered = contract.apply(&composition.supergraph).unwrap();
    for gone in [
        "Tenant.licences",
        "Tenant.label",
        "Licence",
        "Trial",
        "Entitlement",
        "Query.entitlements",
        "DateTime",
    ] {
        assert!(is_hidden(&filtered, gone), "{gone} is still there");
    }
    for kept in ["Tenant.id", "Tenant.name", "Query.me", "Page"] {
        assert!(!is_hidden(&filtered, kept), "{kept} is gone");
    }
    assert_planned(&filtered);
}

#[test]
fn all_subgraphs_hide_nothing_new() {
    let composition = journey();
    let contract = Contract {
        subgraphs: Some(set(&["core", "billing"])),
        ..Contract::default()
    };
    let filtered = contract.apply(&composition.supergraph).unwrap();
    assert_eq!(filtered.to_sdl(), composition.supergraph_sdl);
}

#[test]
fn an_excluded_tag_hides_what_carries_it() {
    let composition = journey();
    let contract = Contract {
        exclude_tags: set(&["public"]),
        ..Contract::default()
    };
    let filtered = contract.apply(&composition.supergraph).unwrap();
    assert!(is_hidden(&filtered, "Tenant.name"));
    assert!(!is_hidden(&filtered, "Tenant.id"));
    assert_planned(&filtered);
}

#[test]
fn a_contract_without_queries_is_refused() {
    let composition = journey();
    let contract = Contract {
        include_tags: set(&["public"]),
        ..Contract::default()
    };
    let errors = contract.apply(&composition.supergraph).unwrap_err();
    assert_eq!(errors.errors[0].code.as_str(), "NO_QUERIES");
}

#[test]
fn every_single_subgraph_of_every_case_gives_a_supergraph_that_the_planner_accepts() {
    for case in cases().into_iter().filter(|case| case.expected.is_empty()) {
        let composition = compose(&case.subgraphs).unwrap();
        for subgraph in &case.subgraphs {
            let contract = Contract {
                subgraphs: Some(set(&[&subgraph.name])),
                hide_unreachable: true,
                ..Contract::default()
            };
            if let Ok(filtered) = contract.apply(&composition.supergraph) {
                assert_planned(&filtered);
            }
        }
    }
}
