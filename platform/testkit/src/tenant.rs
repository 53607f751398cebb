use platform_identity::{Authority, Identity, Scopes, Subject};
use platform_sdk::{Manifest, TenantId, UserId};
use uuid::Uuid;

/// A tenant of the harness and the people in it.
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Somebody with every permission of the loaded modules.
    pub owner: Identity,
    /// Somebody who may only read: the permissions that end in `.read`.
    pub viewer: Identity,
    /// Somebody of the tenant without any permission.
    pub stranger: Identity,
}

impl Tenant {
    pub(crate) fn new<'a>(
        number: u128,
        manifests: impl Iterator<Item = &'a Manifest> + Clone,
    ) -> Self {
        let id = TenantId(Uuid::from_u128(
            0x7e4a_0000_0000_7000_8000_0000_0000_0000 + number,
        ));
        let permissions = manifests.flat_map(|m| m.permissions.keys().map(String::as_str));
        // Permissions of candidates are nobody's in the organisation.
        let all = permissions.clone().filter(|p| !p.ends_with(".answer"));
        let read = permissions.filter(|p| p.ends_with(".read"));
        let user = |n: u128| UserId(Uuid::from_u128(id.uuid().as_u128() + 0x1000 * n));
        Self {
            owner: identity(user(1), id, Scopes::new(all).unwrap()),
            viewer: identity(user(2), id, Scopes::new(read).unwrap()),
            stranger: identity(user(3), id, Scopes::none()),
            id,
        }
    }

    /// Somebody of the tenant with exactly these permissions, separated by spaces.
    pub fn with_scopes(&self, scopes: &str) -> Identity {
        let user = UserId(Uuid::from_u128(self.id.uuid().as_u128() + 0x9000));
        identity(user, self.id, Scopes::parse(scopes).unwrap())
    }
}

fn identity(user: UserId, tenant: TenantId, scopes: Scopes) -> Identity {
    Authority::claim().identity(Subject::User(user), Some(tenant), scopes, None, None)
}
