use chrono::{DateTime, Utc};
use core_events::{MemberJoined, TenantCreated};
use platform_sdk::{Ctx, Error, Result, TenantId, UserError, UserId};
use serde_json::json;

use super::audit::{self, Action};
use super::membership::Membership;
use super::role::Role;
use super::session::{self, Granted};
use super::slug::Slug;
use super::user::plain_name;
use crate::store;

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    /// Which.
    pub(crate) id: TenantId,
    /// Its name.
    pub(crate) name: String,
    /// Its short name in addresses.
    pub(crate) slug: String,
    /// Since when it is here.
    pub(crate) created_at: DateTime<Utc>,
}

/// Attempts to find a free slug for a name before giving up; each one draws from 2^32.
const SLUG_ATTEMPTS: usize = 4;

/// Makes an organisation owned by the user who asks, and moves their session to it.
///
/// # Errors
/// Only what is beyond the user; what they can mend comes as [`UserError`]s.
pub(crate) async fn create(
    ctx: &Ctx,
    name: &str,
    slug: Option<&str>,
) -> Result<Result<(Tenant, Granted), Vec<UserError>>> {
    let owner = ctx.user()?;
    let mut errors = Vec::new();
    let name = plain_name(name);
    if name.is_none() {
        errors.push(UserError::on(
            "name",
            "INVALID",
            "a name has 1 to 120 characters on one line",
        ));
    }
    let wanted = match slug.map(Slug::parse).transpose() {
        Ok(slug) => slug,
        Err(error) => {
            errors.push(UserError::on("slug", error.code(), error.to_string()));
            None
        }
    };
    let Some(name) = name.filter(|_| errors.is_empty()) else {
        return Ok(Err(errors));
    };

    let id: TenantId = ctx.new_id();
    let mut tx = ctx.begin_account().await?;
    let slug = match wanted {
        Some(slug) => {
            if !store::tenant::hold_slug(tx.conn(), &slug, id).await? {
                return Ok(Err(vec![UserError::on(
                    "slug",
                    "TAKEN",
                    "this short name is taken",
                )]));
            }
            slug
        }
        None => {
            let mut held = None;
            for attempt in 0..SLUG_ATTEMPTS {
                let salt = (attempt > 0).then(|| u32::from_be_bytes(ctx.random_bytes()));
                let slug = Slug::derive(&name, salt);
                if store::tenant::hold_slug(tx.conn(), &slug, id).await? {
                    held = Some(slug);
                    break;
                }
            }
            held.ok_or_else(|| Error::internal("no free slug was found"))?
        }
    };
    let tenant = Tenant {
        id,
        name,
        slug: slug.as_str().to_owned(),
        created_at: tx.now(),
    };
    // The owner's session is looked after while still outside of any tenant; the rest is the tenant's.
    let mut tx = tx.enter(id, Some(owner)).await?;
    store::tenant::insert(tx.conn(), &tenant, owner).await?;
    let membership = Membership {
        id: ctx.new_id(),
        user: owner,
        role: Role::Owner,
        joined_at: tenant.created_at,
    };
    store::membership::insert(tx.conn(), id, &membership).await?;
    tx.publish(&TenantCreated {
        tenant_id: id,
        owner_id: owner,
        created_at: tenant.created_at,
    })
    .await?;
    tx.publish(&joined(id, owner, Role::Owner)).await?;
    let made = json!({ "name": tenant.name, "slug": tenant.slug });
    audit::append(&mut tx, Action::TenantCreated, id.uuid(), None, Some(made)).await?;
    audit::append(
        &mut tx,
        Action::MemberJoined,
        membership.id.uuid(),
        None,
        Some(membership.record()),
    )
    .await?;
    let mut tx = tx.leave().await?;
    let granted = session::move_to(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Ok((tenant, granted)))
}

/// The fact that somebody is a member now.
pub(crate) fn joined(tenant_id: TenantId, user_id: UserId, role: Role) -> MemberJoined {
    MemberJoined {
        tenant_id,
        user_id,
        role: role.as_str().to_owned(),
    }
}
