//! The module's part of the supergraph: maps, holds no rules.

mod entity;
mod license;
mod loader;
mod money;
mod mutation;
mod payment;
mod product;
mod query;
mod tenant;

use async_graphql::{EmptySubscription, MergedObject, Schema, SchemaBuilder};

/// What can be read.
#[derive(MergedObject, Default)]
pub(crate) struct Query(query::Root, entity::Entities);

/// What can be changed.
pub(crate) use mutation::Mutation;

/// The schema, before the SDK finishes it.
pub(crate) fn schema() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation, EmptySubscription)
}
