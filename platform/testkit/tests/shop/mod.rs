//! A module under the name of the one that may write licences.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use async_trait::async_trait;
use platform_sdk::graphql::{SchemaSubgraph, Subgraph, public};
use platform_sdk::{Module, Result, Runtime};
use sqlx::migrate::Migrator;

pub(crate) struct Shop;

#[async_trait]
impl Module for Shop {
    fn manifest(&self) -> &'static str {
        r#"{"id": "billing", "name": "Shop", "description": "", "version": "1.0.0", "platform": "*"}"#
    }
    fn migrations(&self) -> Migrator {
        Migrator::DEFAULT
    }
    fn subgraph(&self, runtime: Arc<Runtime>) -> Result<Arc<dyn Subgraph>, String> {
        let builder = Schema::build(Query, EmptyMutation, EmptySubscription);
        Ok(Arc::new(SchemaSubgraph::new(runtime, builder)?))
    }
}

struct Query;

#[Object]
impl Query {
    /// Anything, so that there is a schema.
    #[graphql(directive = public::apply())]
    async fn anything(&self) -> bool {
        true
    }
}
