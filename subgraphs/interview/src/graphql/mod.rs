//! The module's part of the supergraph: maps, holds no rules.

mod analysis;
mod answer;
mod answering;
mod candidate;
mod entity;
mod interview;
mod loader;
mod probe;
mod progress;
mod query;
mod question;
mod recruiting;
mod report;
mod subscription;

use async_graphql::{ID, MergedObject, Schema, SchemaBuilder};
use platform_sdk::{Error, Result};
use uuid::Uuid;

use subscription::Subscription;

use crate::config::Config;

/// What can be read.
#[derive(MergedObject, Default)]
pub(crate) struct Query(query::Root, entity::Entities);

/// What can be changed.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(recruiting::Recruiting, answering::Answering);

/// The schema, before the SDK finishes it.
pub(crate) fn schema(config: Config) -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription).data(config)
}

/// Reads an id. What is no UUID is the id of nothing.
fn parse_id<I: From<Uuid>>(id: &ID, noun: &str) -> Result<I> {
    Uuid::try_parse(id)
        .map(I::from)
        .map_err(|_| Error::not_found(noun))
}

/// A count as GraphQL's `Int`; ours stay far below its bound.
fn int(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
