use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::{authenticated, connection, public};
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::membership::{Membership, Person};
use crate::domain;

/// A person with an account. People see themselves and the members of the organisation that they are
/// signed in to.
// Open as a type, because signing up and in answer with it before there is an identity; every other
// way to a person asks for one.
pub(crate) struct User(pub(crate) domain::user::User);

#[Object(directive = public::apply())]
impl User {
    /// Stable id.
    async fn id(&self) -> ID {
        self.0.id.uuid().into()
    }

    /// Address, as the person wrote it.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// How the person wants to be called.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Whether the person has shown that they read the address.
    async fn email_verified(&self) -> bool {
        self.0.email_verified
    }

    /// Since when the account is there.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The organisations that the person belongs to, in the order in which they joined. Only one's own
    /// can be read.
    #[graphql(directive = authenticated::apply())]
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, Membership, EmptyFields, EmptyFields>> {
        let ctx = Ctx::of(ctx)?;
        if ctx.user()? != self.0.id {
            return Err(Error::forbidden());
        }
        let page = PageArgs::new(first, after)?;
        let rows = domain::membership::of_self(ctx, &page).await?;
        connection(
            &page,
            rows,
            |(membership, _)| membership.id,
            |(membership, tenant)| Membership {
                membership,
                tenant,
                person: Person::Read(Some(self.0.clone())),
            },
        )
    }
}
