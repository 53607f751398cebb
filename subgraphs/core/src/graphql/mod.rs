//! The module's part of the supergraph: maps, holds no rules.

mod api_key;
mod audit;
mod entity;
mod invitation;
mod loader;
mod membership;
mod mutation;
mod query;
mod session;
mod tenant;
mod user;

use async_graphql::{EmptySubscription, ID, MergedObject, Schema, SchemaBuilder};
use platform_sdk::{Error, Result};
use uuid::Uuid;

use crate::domain::password::Hasher;

/// What can be read.
#[derive(MergedObject, Default)]
pub(crate) struct Query(query::Root, entity::Entities);

pub(crate) use mutation::Mutation;

/// The schema, before the SDK finishes it.
pub(crate) fn schema(hasher: Hasher) -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).data(hasher)
}

/// Reads an id. What is no UUID is the id of nothing.
fn parse_id<I: From<Uuid>>(id: &ID, noun: &str) -> Result<I> {
    Uuid::try_parse(id)
        .map(I::from)
        .map_err(|_| Error::not_found(noun))
}
