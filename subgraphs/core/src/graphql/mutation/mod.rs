mod api_key;
mod member;
mod recovery;
mod second_factor;
mod sign_in;
mod tenant;

use async_graphql::{Context, MergedObject};
use platform_sdk::{Error, Result, UserError};

use crate::domain::password::Hasher;

/// What can be changed.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    sign_in::SignIn,
    recovery::Recovery,
    second_factor::SecondFactor,
    api_key::ApiKeys,
    tenant::Tenants,
    member::Members,
);

fn hasher<'a>(ctx: &Context<'a>) -> Result<&'a Hasher> {
    ctx.data::<Hasher>()
        .map_err(|e| Error::internal(e.message.clone()))
}

/// The two halves of a payload.
fn split<D, T: From<D>>(done: Result<D, UserError>) -> (Option<T>, Vec<UserError>) {
    match done {
        Ok(done) => (Some(done.into()), Vec::new()),
        Err(error) => (None, vec![error]),
    }
}
