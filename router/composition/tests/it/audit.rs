//! The public federation audit: its subgraphs compose, and its queries are planned as with the
//! supergraph that comes with it
//!
//! The audit is never a part of this repository. `FEDERATION_AUDIT` names a folder with one file
//! `<suite>.json` per suite: `{id, subgraphs: [{name, url, sdl}], supergraph, queries}`.

use std::fs;

use hive_router_query_planner::ast::normalization::normalize_operation;
use hive_router_query_planner::graph::PlannerOverrideContext;
use hive_router_query_planner::planner::Planner;
use hive_router_query_planner::utils::cancellation::CancellationToken;
use hive_router_query_planner::utils::parsing::{safe_parse_operation, safe_parse_schema};
use router_composition::{SubgraphInput, compose};
use serde_json::Value;

fn planner(sdl: &str) -> Result<Planner, String> {
    let document = safe_parse_schema(sdl).map_err(|error| error.to_string())?;
    Planner::new_from_supergraph(&document, std::default::Default::default())
        .map_err(|error| error.to_string())
}

fn plan(planner: &Planner, query: &str) -> String {
    let document = safe_parse_operation(query).unwrap();
    let normalized = match normalize_operation(&planner.supergraph, &document, None) {
        Ok(normalized) => normalized,
        Err(error) => return format!("not normalized: {error}"),
    };
    match planner.plan_from_normalized_operation(
        &normalized.operation,
        PlannerOverrideContext::default(),
        &CancellationToken::new(),
    ) {
        Ok(plan) => plan.to_string(),
        Err(error) => format!("not planned: {error}"),
    }
}

#[test]
#[ignore = "needs the public audit: set FEDERATION_AUDIT to a folder of its suites"]
fn the_audit_composes_and_is_planned_with_the_same_fetches() {
    let folder = std::env::var("FEDERATION_AUDIT")
        .expect("FEDERATION_AUDIT names the folder of the audit's suites");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut suites, mut queries) = (0, 0);
    let mut wrong = Vec::new();
    for file in files {
        let suite: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let id = suite["id"].as_str().unwrap();
        let subgraphs: Vec<SubgraphInput> = suite["subgraphs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|subgraph| SubgraphInput {
                name: subgraph["name"].as_str().unwrap().to_owned(),
                url: subgraph["url"].as_str().unwrap().to_owned(),
                sdl: subgraph["sdl"].as_str().unwrap().to_owned(),
            })
            .collect();
        suites += 1;
        let composition = match compose(&subgraphs) {
            Ok(composition) => composition,
            Err(errors) => {
                wrong.push(format!("{id} does not compose\n{errors}"));
                continue;
            }
        };
        let ours = match planner(&composition.supergraph_sdl) {
            Ok(planner) => planner,
            Err(error) => {
                wrong.push(format!("{id}: the planner refuses our supergraph: {error}"));
                continue;
            }
        };
        let theirs = planner(suite["supergraph"].as_str().unwrap()).unwrap();
        for query in suite["queries"].as_array().unwrap() {
            let query = query.as_str().unwrap();
            queries += 1;
            let (our_plan, their_plan) = (plan(&ours, query), plan(&theirs, query));
            if our_plan != their_plan {
                wrong.push(format!(
                    "{id}: other plan\n{query}\nOURS\n{our_plan}\nTHEIRS\n{their_plan}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {suites} suites, {queries} queries differ\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(suites >= 46, "only {suites} suites");
}
