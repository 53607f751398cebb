use async_trait::async_trait;
use billing_events::{LicenseActivated, LicenseCancelled, LicenseExpired};
use platform_sdk::{Consumer, Envelope, Result, TenantTx};
use serde_json::json;

use crate::domain::audit::{self, Action};

/// Writes what becomes of licences into the audit log.
pub(crate) struct Audit;

#[async_trait]
impl Consumer<LicenseActivated> for Audit {
    async fn consume(
        &self,
        tx: &mut TenantTx,
        event: LicenseActivated,
        _envelope: &Envelope,
    ) -> Result<()> {
        let after = json!({
            "module": event.module,
            "kind": event.kind,
            "expiresAt": event.expires_at,
        });
        audit::append(
            tx,
            Action::LicenseActivated,
            event.license_id,
            None,
            Some(after),
        )
        .await
    }
}

#[async_trait]
impl Consumer<LicenseExpired> for Audit {
    async fn consume(
        &self,
        tx: &mut TenantTx,
        event: LicenseExpired,
        _envelope: &Envelope,
    ) -> Result<()> {
        let after = json!({ "module": event.module });
        audit::append(
            tx,
            Action::LicenseExpired,
            event.license_id,
            None,
            Some(after),
        )
        .await
    }
}

#[async_trait]
impl Consumer<LicenseCancelled> for Audit {
    async fn consume(
        &self,
        tx: &mut TenantTx,
        event: LicenseCancelled,
        _envelope: &Envelope,
    ) -> Result<()> {
        let after = json!({ "module": event.module });
        audit::append(
            tx,
            Action::LicenseCancelled,
            event.license_id,
            None,
            Some(after),
        )
        .await
    }
}
