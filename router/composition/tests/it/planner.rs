//! What composition makes is accepted by the query planner

use hive_router_query_planner::planner::Planner;
use hive_router_query_planner::utils::parsing::safe_parse_schema;
use router_composition::compose;

use crate::table::cases;

/// A supergraph without the description of its schema, which the planner's parser does not know.
pub(crate) fn undescribed(sdl: &str) -> &str {
    sdl.find("schema\n  @link")
        .map_or(sdl, |schema| &sdl[schema..])
}

#[test]
fn every_supergraph_of_the_table_is_accepted_by_the_planner() {
    for case in cases().into_iter().filter(|case| case.expected.is_empty()) {
        let composition = compose(&case.subgraphs).unwrap();
        let document =
            safe_parse_schema(undescribed(&composition.supergraph_sdl)).unwrap_or_else(|error| {
                panic!(
                    "{}: {}: {error}\n{}",
                    case.class, case.name, composition.supergraph_sdl
                )
            });
        if let Err(error) =
            Planner::new_from_supergraph(&document, std::default::Default::default())
        {
            panic!(
                "{}: {}: {error}\n{}",
                case.class, case.name, composition.supergraph_sdl
            );
        }
    }
}

#[test]
fn the_same_subgraphs_in_any_order_give_the_same_bytes() {
    for case in cases().into_iter().filter(|case| case.expected.is_empty()) {
        let one = compose(&case.subgraphs).unwrap().supergraph_sdl;
        let mut reversed = case.subgraphs.clone();
        reversed.reverse();
        assert_eq!(
            one,
            compose(&reversed).unwrap().supergraph_sdl,
            "{}: {}",
            case.class,
            case.name
        );
    }
}

#[test]
fn a_supergraph_of_related_subgraphs_reads_as_expected() {
    let case = cases()
        .into_iter()
        .find(|case| case.class == "journey")
        .unwrap();
    insta::assert_snapshot!(compose(&case.subgraphs).unwrap().supergraph_sdl);
}
