use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

impl TenantTx {
    /// The module's settings: its defaults, overlaid by the tenant's, overlaid by the company's.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn settings(&mut self, company: Option<Uuid>) -> Result<Value> {
        let tenant = self.tenant().uuid();
        let rows: Vec<(Uuid, Value)> = sqlx::query_as(
            "select scope_id, value from platform.setting \
             where tenant_id = $1 and module = $2 and scope_id in ($1, coalesce($3, $1))",
        )
        .bind(tenant)
        .bind(self.ctx().runtime().manifest.id.clone())
        .bind(company)
        .fetch_all(self.conn())
        .await?;
        let mut settings = Value::Object(self.ctx().runtime().manifest.settings.clone());
        for scope in [Some(tenant), company.filter(|c| *c != tenant)]
            .into_iter()
            .flatten()
        {
            if let Some((_, value)) = rows.iter().find(|(id, _)| *id == scope) {
                overlay(&mut settings, value);
            }
        }
        Ok(settings)
    }

    /// Replaces what the tenant (or one of its companies) overlays; the merged result must be valid
    /// by the module's schema.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` naming the place that does not fit.
    pub async fn put_settings(&mut self, company: Option<Uuid>, value: Value) -> Result<()> {
        let mut merged = if company.is_some() {
            self.settings(None).await?
        } else {
            Value::Object(self.ctx().runtime().manifest.settings.clone())
        };
        overlay(&mut merged, &value);
        self.ctx()
            .runtime()
            .manifest
            .check_settings(&merged)
            .map_err(Error::bad_input)?;
        let actor = self.ctx().user().ok().map(|user| user.uuid());
        sqlx::query(
            "insert into platform.setting (tenant_id, module, scope_id, value, updated_by, updated_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, module, scope_id) \
             do update set value = excluded.value, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
        )
        .bind(self.tenant().uuid())
        .bind(self.ctx().runtime().manifest.id.clone())
        .bind(company.unwrap_or_else(|| self.tenant().uuid()))
        .bind(value)
        .bind(actor)
        .bind(self.now())
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

/// Lays `over` on `base`: objects are merged member by member, everything else replaces.
fn overlay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_seeds_example_resolves_as_written() {
        let mut settings = json!({"currency": "USD", "tax": {"rate": 0, "name": "VAT"}, "prefix": "INV", "days": 30});
        overlay(
            &mut settings,
            &json!({"currency": "EUR", "tax": {"rate": 20}, "prefix": "ACME"}),
        );
        overlay(
            &mut settings,
            &json!({"tax": {"rate": 19}, "prefix": "ACME-DE"}),
        );
        assert_eq!(
            settings,
            json!({"currency": "EUR", "tax": {"rate": 19, "name": "VAT"}, "prefix": "ACME-DE", "days": 30})
        );
    }
}
