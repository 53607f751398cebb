//! Facts that the core module publishes: references only, never a name or an address.

use chrono::{DateTime, Utc};
use platform_types::{Event, TenantId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody made an organisation and owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantCreated {
    /// The new organisation.
    pub tenant_id: TenantId,
    /// Its first owner.
    pub owner_id: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl Event for TenantCreated {
    const TYPE: &'static str = "core.tenant.created.v1";
    fn aggregate(&self) -> Uuid {
        self.tenant_id.uuid()
    }
}

/// Somebody joined an organisation: its maker, or a person who accepted an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberJoined {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Who joined.
    pub user_id: UserId,
    /// With which role: `OWNER`, `ADMIN`, `MEMBER` or `VIEWER`.
    pub role: String,
}

impl Event for MemberJoined {
    const TYPE: &'static str = "core.member.joined.v1";
    fn aggregate(&self) -> Uuid {
        self.tenant_id.uuid()
    }
}

/// A member has another role now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoleChanged {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Whose role.
    pub user_id: UserId,
    /// The role from now on.
    pub role: String,
}

impl Event for MemberRoleChanged {
    const TYPE: &'static str = "core.member.role_changed.v1";
    fn aggregate(&self) -> Uuid {
        self.tenant_id.uuid()
    }
}

/// Somebody left an organisation or was removed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRemoved {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Who is no member any more.
    pub user_id: UserId,
}

impl Event for MemberRemoved {
    const TYPE: &'static str = "core.member.removed.v1";
    fn aggregate(&self) -> Uuid {
        self.tenant_id.uuid()
    }
}
