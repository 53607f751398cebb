use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use platform_sdk::Manifest;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::DatabaseError;

/// Writes down which modules this installation knows, as the owner of the database at `url`. Modules
/// that are no longer known keep their row: their data is still there.
///
/// # Errors
/// [`DatabaseError`].
pub async fn register<'a>(
    url: &str,
    manifests: impl IntoIterator<Item = &'a Manifest>,
    now: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let options = PgConnectOptions::from_str(url).map_err(DatabaseError::Url)?;
    let mut conn = PgConnection::connect_with(&options)
        .await
        .map_err(DatabaseError::Connect)?;
    for manifest in manifests {
        sqlx::query(
            "insert into platform.module (module, version, manifest, installed_at, updated_at) \
             values ($1, $2, $3, $4, $4) \
             on conflict (module) do update set version = excluded.version, manifest = excluded.manifest, \
             updated_at = excluded.updated_at \
             where (platform.module.version, platform.module.manifest) is distinct from (excluded.version, excluded.manifest)",
        )
        .bind(&manifest.id)
        .bind(manifest.version.to_string())
        .bind(sqlx::types::Json(manifest))
        .bind(now)
        .execute(&mut conn)
        .await
        .map_err(|source| DatabaseError::Prepare {
            what: format!("register the module {}", manifest.id),
            source,
        })?;
    }
    conn.close().await.map_err(DatabaseError::Connect)
}
