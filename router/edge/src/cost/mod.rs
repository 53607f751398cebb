//! What an operation will cost at most, by `@cost` and `@listSize` of the supergraph, before anything is planned.
//!
//! The rules are those of the IBM specification as the Apollo router reads it: one for every object, nothing for scalars
//! and enums, ten for a mutation, weights where the schema declares them, and everything below a list as often as the list
//! is long. Where nothing is declared, `first` and `last` of a connection count as its size. Estimates are upper bounds:
//! fragments count for every type, and conditions do not take anything away.

mod model;
mod tree;

use std::sync::Arc;

use arc_swap::ArcSwap;
use metrics::Histogram;
use moka::sync::Cache;
use platform_types::ErrorCode;
use router_engine::{GraphqlRequest, GraphqlResponse};
use xxhash_rust::xxh3::Xxh3Builder;

use crate::config::CostConfig;
use crate::refused::Refused;
use model::Model;
use tree::{Found, Tree};

/// Memory for operations that were read before, in bytes, estimated.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Costs by the supergraph that is being served.
pub(crate) struct Costs {
    known: ArcSwap<Known>,
    counted: Histogram,
}

/// The declarations of a supergraph that is not served yet.
pub(crate) struct Next(Arc<Known>);

struct Known {
    model: Model,
    trees: Cache<u128, Arc<Priced>, Xxh3Builder>,
}

/// An operation that was read; nothing of one that cannot be.
struct Priced {
    text: Arc<str>,
    name: Option<String>,
    tree: Option<Tree>,
}

impl Priced {
    fn read(model: &Model, request: &GraphqlRequest) -> Arc<Self> {
        let name = request.operation_name.clone();
        Arc::new(Self {
            tree: Tree::new(model, &request.query, name.as_deref()),
            text: Arc::clone(&request.query),
            name,
        })
    }

    fn is_of(&self, request: &GraphqlRequest) -> bool {
        self.text == request.query && self.name == request.operation_name
    }
}

impl Known {
    fn new(supergraph_sdl: &str) -> Result<Self, String> {
        let trees = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(|_: &u128, priced: &Arc<Priced>| {
                u32::try_from(priced.text.len().saturating_mul(6) + 256).unwrap_or(u32::MAX)
            })
            .build_with_hasher(Xxh3Builder::new());
        Ok(Self {
            model: Model::new(supergraph_sdl)?,
            trees,
        })
    }
}

impl Costs {
    /// Reads the declarations of a supergraph.
    pub(crate) fn new(supergraph_sdl: &str) -> Result<Self, String> {
        Ok(Self {
            known: ArcSwap::from_pointee(Known::new(supergraph_sdl)?),
            counted: metrics::histogram!("tessera_edge_operation_cost"),
        })
    }

    /// Reads the declarations of another supergraph.
    pub(crate) fn read(&self, supergraph_sdl: &str) -> Result<Next, String> {
        Ok(Next(Arc::new(Known::new(supergraph_sdl)?)))
    }

    /// From now on the next ones count.
    pub(crate) fn settle(&self, next: Next) {
        self.known.store(next.0);
    }

    /// Estimates an operation that passed the guard; refuses what costs too much or asks for too long a list. The digest is
    /// that of its document and name.
    pub(crate) fn check(
        &self,
        request: &GraphqlRequest,
        digest: u128,
        config: &CostConfig,
    ) -> Result<Option<u64>, Refused> {
        if config.is_off() {
            return Ok(None);
        }
        let known = self.known.load();
        let read = || Priced::read(&known.model, request);
        let mut priced = match known.trees.get(&digest) {
            Some(priced) => priced,
            None => known.trees.get_with(digest, read),
        };
        if !priced.is_of(request) {
            // somebody has forged a digest
            priced = read();
        }
        // What cannot be read is refused by the engine, in better words.
        let Some(tree) = &priced.tree else {
            return Ok(None);
        };
        let found = tree.evaluate(&request.variables, config.assumed_list_size);
        let Found {
            cost,
            longest,
            ambiguous,
        } = &*found;
        let cost = *cost;
        self.counted.record(cost as f64);
        if let Some((seen, field)) = ambiguous {
            return Err(exceeded("slicing_arguments", 1, *seen, Some(field)));
        }
        if let Some((seen, field)) = longest
            && config.list_size > 0
            && *seen > config.list_size
        {
            return Err(exceeded("list_size", config.list_size, *seen, Some(field)));
        }
        if config.max > 0 && cost > config.max {
            return Err(exceeded("cost", config.max, cost, None));
        }
        Ok(Some(cost))
    }
}

fn exceeded(limit: &str, allowed: u64, seen: u64, field: Option<&str>) -> Refused {
    metrics::counter!("tessera_edge_guard_refusals_total", "limit" => limit.to_owned())
        .increment(1);
    let at = field.map_or_else(String::new, |field| format!(" at {field}"));
    let message = match limit {
        "slicing_arguments" => format!("exactly one slicing argument is needed{at}: {seen} seen"),
        _ => format!(
            "limit of {allowed} {} exceeded{at}: {seen} seen",
            limit.replace('_', " ")
        ),
    };
    let mut refused = Refused::document(ErrorCode::BadUserInput, message);
    let extensions = &mut refused.error.extensions;
    extensions.insert("limit".into(), limit.into());
    extensions.insert("allowed".into(), allowed.into());
    extensions.insert("seen".into(), seen.into());
    if let Some(field) = field {
        extensions.insert("field".into(), field.into());
    }
    refused
}

/// The response with an estimate in its extensions.
pub(crate) fn reported(response: GraphqlResponse, cost: u64) -> GraphqlResponse {
    let report = serde_json::json!({ "cost": { "estimated": cost } });
    crate::mask::extended(response, &report)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use serde_json::{Value, json};

    const SDL: &str = r#"
        directive @cost(weight: Int!) on FIELD_DEFINITION | OBJECT | ARGUMENT_DEFINITION | SCALAR
        directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
        type Query {
            name: String
            report(deep: Boolean @cost(weight: 7)): Report
            people(first: Int, after: String): PersonConnection
            top(limit: Int = 3): [Person!]! @listSize(slicingArguments: ["limit"])
            some: [Person] @listSize(assumedSize: 4)
            search(input: Search): [Person] @listSize(slicingArguments: ["input.size", "max"], requireOneSlicingArgument: false)
            either(first: Int, last: Int): Page @listSize(slicingArguments: ["first", "last"], sizedFields: ["rows"])
            tags: [String]
            digest: Digest
        }
        input Search { size: Int }
        type Page { rows: [Person] total: Int }
        type Mutation { touch: Person }
        type Report @cost(weight: 20) { id: ID }
        scalar Digest @cost(weight: 5)
        type PersonConnection { edges: [PersonEdge] nodes: [Person] }
        type PersonEdge { node: Person }
        type Person implements Named { id: ID friends(first: Int): PersonConnection slow: Int @cost(weight: 3) }
        interface Named { id: ID }
    "#;

    fn found(query: &str, variables: Value) -> Result<u64, Refused> {
        let config = CostConfig {
            max: 1_000_000,
            list_size: 1_000,
            assumed_list_size: 10,
            report: false,
        };
        let request = GraphqlRequest {
            variables: serde_json::from_value(variables).unwrap(),
            ..GraphqlRequest::new(query)
        };
        let costs = Costs::new(SDL).unwrap();
        costs.check(&request, 0, &config).map(Option::unwrap)
    }

    #[test]
    fn weights_and_list_sizes_are_counted_as_declared() {
        for (query, cost) in [
            ("{ name }", 0),
            ("{ name digest }", 5),
            ("{ report { id } }", 20),
            ("{ report(deep: true) { id } }", 27),
            ("mutation { touch { id } }", 11),
            ("{ tags }", 0),
            ("{ some { id } }", 4),
            ("{ some { id slow } }", 16),
            ("{ top { id } }", 3),
            ("{ top(limit: 50) { id } }", 50),
            // the connection, and an edge with a person for each
            ("{ people(first: 5) { edges { node { id } } } }", 11),
            ("{ people { edges { node { id } } } }", 21),
            (
                "{ people(first: 5) { nodes { friends(first: 4) { nodes { id } } } } }",
                31,
            ),
            ("{ either(first: 6) { rows { id } total } }", 7),
            ("{ search(input: {size: 9}) { id } }", 9),
            ("{ search { id } }", 10),
            (
                "{ ...F } fragment F on Query { top(limit: 2) { ...G } } fragment G on Named { id }",
                2,
            ),
            ("{ a: some { id } b: some { id } }", 8),
            // whatever the engine reads is counted
            (
                "\"why\" query (\"how\" $n: Int = 6 @a) { top(limit: $n) { id } }",
                6,
            ),
        ] {
            assert_eq!(found(query, json!({})).unwrap(), cost, "{query}");
        }
    }

    #[test]
    fn sizes_come_from_variables_and_their_defaults() {
        let top = "query($n: Int = 8) { top(limit: $n) { id } }";
        assert_eq!(found(top, json!({"n": 30})).unwrap(), 30);
        assert_eq!(found(top, json!({})).unwrap(), 8);
        let without = "query($n: Int) { top(limit: $n) { id } }";
        assert_eq!(found(without, json!({})).unwrap(), 3);
        let search = "query($in: Search) { search(input: $in) { id } }";
        assert_eq!(found(search, json!({"in": {"size": 12}})).unwrap(), 12);
        assert_eq!(found(search, json!({"in": {"size": "x"}})).unwrap(), 10);
    }

    #[test]
    fn what_is_too_much_is_refused_with_the_limit_and_the_number() {
        let table = [
            (
                "{ people(first: 1001) { nodes { id } } }",
                "list_size",
                1000,
                1001,
            ),
            (
                "{ people(first: 2000) { __typename } }",
                "list_size",
                1000,
                2000,
            ),
            (
                "{ either(first: 1, last: 1) { total } }",
                "slicing_arguments",
                1,
                2,
            ),
            ("{ either { total } }", "slicing_arguments", 1, 0),
            (
                "{ people(first: 1000) { nodes { friends(first: 1000) { nodes { id } } } } }",
                "cost",
                1_000_000,
                1_002_001,
            ),
        ];
        for (query, limit, allowed, seen) in table {
            let refused = found(query, json!({})).unwrap_err();
            let extensions = &refused.error.extensions;
            assert_eq!(extensions["limit"], limit, "{query}");
            assert_eq!(extensions["allowed"], allowed, "{query}");
            assert_eq!(extensions["seen"], seen, "{query}");
        }
    }

    #[test]
    fn numbers_that_would_overflow_stay_at_the_largest() {
        let nested = "nodes { friends(first: $n) { nodes { friends(first: $n) { nodes { friends(first: $n) { nodes { id } } } } } } }";
        let query = format!("query($n: Int) {{ people(first: $n) {{ {nested} }} }}");
        let config = CostConfig {
            max: u64::MAX - 1,
            list_size: 0,
            ..CostConfig::default()
        };
        let request = GraphqlRequest {
            variables: serde_json::from_value(json!({"n": u64::MAX})).unwrap(),
            ..GraphqlRequest::new(query)
        };
        let refused = Costs::new(SDL)
            .unwrap()
            .check(&request, 0, &config)
            .unwrap_err();
        assert_eq!(refused.error.extensions["seen"], u64::MAX);
    }

    #[test]
    fn declarations_that_cannot_be_read_do_not_count_for_none() {
        for sdl in [
            "type Query { a: Int @cost }",
            "type Query { a: [Int] @listSize(assumedSize: \"x\") }",
            "type Query { a: [Int] @listSize(slicingArguments: [1]) }",
        ] {
            assert!(Costs::new(sdl).is_err(), "{sdl}");
        }
    }
}
