//! The module's part of the supergraph: maps, holds no rules.

mod analysis;
mod archive;
mod comparison;
mod document;
mod entity;
mod finding;
mod job_description;
mod job_edit;
mod loader;
mod mutation;
mod profile;
mod progress;
mod query;
mod ranking;
mod score;
mod search;
mod shortlist;
mod stewardship;
mod subscription;
mod taxonomy;

use async_graphql::{ID, MergedObject, Schema, SchemaBuilder};
use platform_sdk::{Error, Result};
use uuid::Uuid;

/// What can be read.
#[derive(MergedObject, Default)]
pub(crate) struct Query(
    query::Root,
    search::Searches,
    taxonomy::Taxonomies,
    entity::Entities,
);

/// What can be changed.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    mutation::Analyses,
    archive::Archives,
    job_edit::JobEdits,
    taxonomy::TaxonomyChanges,
    stewardship::Stewardship,
    shortlist::Shortlists,
);

/// The schema, before the SDK finishes it.
pub(crate) fn schema() -> SchemaBuilder<Query, Mutation, subscription::Subscription> {
    Schema::build(
        Query::default(),
        Mutation::default(),
        subscription::Subscription,
    )
}

/// Reads an id. What is no UUID is the id of nothing.
fn parse_id<I: From<Uuid>>(id: &ID, noun: &str) -> Result<I> {
    Uuid::try_parse(id)
        .map(I::from)
        .map_err(|_| Error::not_found(noun))
}

/// A count for GraphQL, whose integers have 32 bits with a sign.
fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
