use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::lifecycle::FollowLicense;
use crate::{Result, TenantTx};

/// A licence as every module sees it. Written by the billing module, in the transaction of its own
/// licence row, so that a licence counts in the very moment in which it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseState {
    /// Billing's licence.
    pub license_id: Uuid,
    /// What is licensed.
    pub module: String,
    /// `ACTIVE`, `GRACE`, `EXPIRED`, `SUSPENDED` or `CANCELLED`.
    pub status: String,
    /// From when on the module is refused, grace included; `None` for a licence for life.
    pub usable_until: Option<DateTime<Utc>>,
}

impl TenantTx {
    /// Makes a licence's state known to all modules, and has the licensed one follow it (see [`crate::Module::on_enable`]).
    /// The database lets only billing do this.
    ///
    /// # Errors
    /// `INTERNAL` for any other module.
    pub async fn write_license(&mut self, license: &LicenseState) -> Result<()> {
        self.lock_license(&license.module).await?;
        sqlx::query(
            "insert into platform.license (tenant_id, module, license_id, status, usable_until, updated_at) \
             values ($1, $2, $3, $4, $5, $6) \
             on conflict (tenant_id, module) do update set license_id = excluded.license_id, \
             status = excluded.status, usable_until = excluded.usable_until, updated_at = excluded.updated_at",
        )
        .bind(self.tenant().uuid())
        .bind(&license.module)
        .bind(license.license_id)
        .bind(&license.status)
        .bind(license.usable_until)
        .bind(self.now())
        .execute(self.conn())
        .await?;
        let now = self.now();
        self.enqueue_for(&license.module, &FollowLicense {}, now)
            .await?;
        Ok(())
    }

    /// Whether the tenant may use `module` now.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn is_licensed(&mut self, module: &str) -> Result<bool> {
        let found: Option<bool> = sqlx::query_scalar(
            "select status in ('ACTIVE', 'GRACE') and (usable_until is null or usable_until > $3) \
             from platform.license where tenant_id = $1 and module = $2",
        )
        .bind(self.tenant().uuid())
        .bind(module)
        .bind(self.now())
        .fetch_optional(self.conn())
        .await?;
        Ok(found.unwrap_or(false))
    }

    /// The modules that the tenant holds a usable licence for now, by name.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn licensed_modules(&mut self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "select module from platform.license where tenant_id = $1 \
             and status in ('ACTIVE', 'GRACE') and (usable_until is null or usable_until > $2) \
             order by module",
        )
        .bind(self.tenant().uuid())
        .bind(self.now())
        .fetch_all(self.conn())
        .await?)
    }
}
