//! Subgraphs of a folder that give what a plain executor makes of canned data.

#[path = "../../tests/federation/executor.rs"]
mod executor;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/federation/schema.rs"]
mod schema;
#[path = "../../tests/federation/store.rs"]
mod store;

use std::collections::HashMap;
use std::path::Path;

use executor::Executor;
use schema::Schema;
use serde_json::{Map, Value};
use store::Store;

/// Every `<name>.graphql` of a folder as a subgraph over its `data.json`.
pub(crate) struct Subgraphs {
    schemas: HashMap<String, Schema>,
    store: Store,
}

impl Subgraphs {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut schemas = HashMap::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a file").path();
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .expect("a name")
                .to_owned();
            if path
                .extension()
                .is_some_and(|extension| extension == "graphql")
                && name != "supergraph"
                && name != "cases"
            {
                schemas.insert(name, Schema::subgraph(&text(&path)));
            }
        }
        let store = Store::parse(&text(&folder.join("data.json")));
        Self { schemas, store }
    }

    /// What a subgraph answers.
    pub(crate) fn answer(&self, name: &str, query: &str, variables: &Map<String, Value>) -> Value {
        let document = graphql_tools::parser::parse_query::<String>(query)
            .expect("a document")
            .into_static();
        Executor::run(&self.schemas[name], &self.store, &document, variables, None)
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
