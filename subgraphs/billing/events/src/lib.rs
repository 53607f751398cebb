//! Facts that the billing module publishes.

use chrono::{DateTime, Utc};
use platform_types::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a licence came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LicenseKind {
    /// Free for a limited time, once.
    Trial,
    /// Paid once, for life.
    Purchased,
    /// Paid per period.
    Subscription,
}

/// A tenant may use a module from now on; also when a trial becomes a paid licence or a period is renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseActivated {
    /// The licence.
    pub license_id: Uuid,
    /// Id of the module, e.g. `cv-analysis`.
    pub module: String,
    /// How it came about.
    pub kind: LicenseKind,
    /// When it runs out; null for a licence for life.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Event for LicenseActivated {
    const TYPE: &'static str = "billing.license.activated.v1";
    fn aggregate(&self) -> Uuid {
        self.license_id
    }
}

/// A tenant may not use a module any more: the time, with its grace period, has run out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseExpired {
    /// The licence.
    pub license_id: Uuid,
    /// Id of the module.
    pub module: String,
}

impl Event for LicenseExpired {
    const TYPE: &'static str = "billing.license.expired.v1";
    fn aggregate(&self) -> Uuid {
        self.license_id
    }
}

/// A tenant may not use a module any more: it gave the licence up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseCancelled {
    /// The licence.
    pub license_id: Uuid,
    /// Id of the module.
    pub module: String,
}

impl Event for LicenseCancelled {
    const TYPE: &'static str = "billing.license.cancelled.v1";
    fn aggregate(&self) -> Uuid {
        self.license_id
    }
}
