use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform_sdk::{Error, Result, TenantId, UserId};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::catalogue::PriceId;
use crate::domain::license::{License, LicenseId, Status};

#[derive(FromRow)]
struct Row {
    license_id: Uuid,
    module: String,
    kind: String,
    starts_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    grace_until: Option<DateTime<Utc>>,
    trial_started_at: Option<DateTime<Utc>>,
    suspended_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    price_id: Option<Uuid>,
    payment_method: Option<String>,
}

impl TryFrom<Row> for License {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: LicenseId(row.license_id),
            module: row.module,
            kind: row.kind.parse()?,
            starts_at: row.starts_at,
            expires_at: row.expires_at,
            grace_until: row.grace_until,
            trial_started_at: row.trial_started_at,
            suspended_at: row.suspended_at,
            cancelled_at: row.cancelled_at,
            ends_at: row.ends_at,
            price: row.price_id.map(PriceId),
            payment_method: row.payment_method,
        })
    }
}

const COLUMNS: &str = "license_id, module, kind, starts_at, expires_at, grace_until, trial_started_at, \
                       suspended_at, cancelled_at, ends_at, price_id, payment_method";

/// Only constants of this file are put together here; values are bound.
fn select(rest: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("select {COLUMNS} from billing.license {rest}"))
}

/// Keeps a new licence; false when the tenant has one of the module.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    license: &License,
    created_by: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into billing.license \
         (tenant_id, license_id, module, kind, status, starts_at, expires_at, trial_started_at, price_id, \
         payment_method, created_by, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) \
         on conflict on constraint license_module_key do nothing",
    )
    .bind(tenant.uuid())
    .bind(license.id.uuid())
    .bind(&license.module)
    .bind(license.kind.as_str())
    .bind(license.status_at(now).as_str())
    .bind(license.starts_at)
    .bind(license.expires_at)
    .bind(license.trial_started_at)
    .bind(license.price.map(PriceId::uuid))
    .bind(&license.payment_method)
    .bind(created_by.map(UserId::uuid))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a changed licence.
pub(crate) async fn update(
    conn: &mut PgConnection,
    tenant: TenantId,
    license: &License,
    status: Status,
    now: DateTime<Utc>,
) -> Result<()> {
    let done = sqlx::query(
        "update billing.license set kind = $3, status = $4, starts_at = $5, expires_at = $6, grace_until = $7, \
         trial_started_at = $8, suspended_at = $9, cancelled_at = $10, ends_at = $11, price_id = $12, \
         payment_method = $13, updated_at = $14 \
         where tenant_id = $1 and license_id = $2",
    )
    .bind(tenant.uuid())
    .bind(license.id.uuid())
    .bind(license.kind.as_str())
    .bind(status.as_str())
    .bind(license.starts_at)
    .bind(license.expires_at)
    .bind(license.grace_until)
    .bind(license.trial_started_at)
    .bind(license.suspended_at)
    .bind(license.cancelled_at)
    .bind(license.ends_at)
    .bind(license.price.map(PriceId::uuid))
    .bind(&license.payment_method)
    .bind(now)
    .execute(conn)
    .await?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::internal("a licence to change is not there")),
    }
}

/// What others were told of a licence last.
#[derive(Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Recorded {
    /// What it was worth.
    pub(crate) status: String,
    /// How it had come about.
    pub(crate) kind: String,
    /// When its time was to run out.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// What others were told of a licence last.
pub(crate) async fn recorded(conn: &mut PgConnection, id: LicenseId) -> Result<Option<Recorded>> {
    Ok(
        sqlx::query_as(
            "select status, kind, expires_at from billing.license where license_id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?,
    )
}

/// A licence of the transaction's tenant.
pub(crate) async fn by_id(conn: &mut PgConnection, id: LicenseId) -> Result<Option<License>> {
    let row: Option<Row> = sqlx::query_as(select("where license_id = $1"))
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?;
    row.map(License::try_from).transpose()
}

/// A licence of the transaction's tenant, locked.
pub(crate) async fn lock(conn: &mut PgConnection, id: LicenseId) -> Result<Option<License>> {
    let row: Option<Row> = sqlx::query_as(select("where license_id = $1 for update"))
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?;
    row.map(License::try_from).transpose()
}

/// The tenant's licence of a module.
pub(crate) async fn of_module(conn: &mut PgConnection, module: &str) -> Result<Option<License>> {
    let row: Option<Row> = sqlx::query_as(select("where module = $1"))
        .bind(module)
        .fetch_optional(conn)
        .await?;
    row.map(License::try_from).transpose()
}

/// The tenant's licence of a module, locked.
pub(crate) async fn lock_of_module(
    conn: &mut PgConnection,
    module: &str,
) -> Result<Option<License>> {
    let row: Option<Row> = sqlx::query_as(select("where module = $1 for update"))
        .bind(module)
        .fetch_optional(conn)
        .await?;
    row.map(License::try_from).transpose()
}

/// A page of the tenant's licences.
pub(crate) async fn page(
    conn: &mut PgConnection,
    after: Option<LicenseId>,
    limit: i64,
) -> Result<Vec<License>> {
    let rows: Vec<Row> = sqlx::query_as(select(
        "where $1::uuid is null or license_id > $1 order by license_id limit $2",
    ))
    .bind(after.map(LicenseId::uuid))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(License::try_from).collect()
}

/// Licences of the transaction's tenant by their ids.
pub(crate) async fn by_ids(
    conn: &mut PgConnection,
    ids: &[LicenseId],
) -> Result<HashMap<LicenseId, License>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(select("where license_id = any($1)"))
        .bind(ids)
        .fetch_all(conn)
        .await?;
    rows.into_iter()
        .map(|row| Ok((LicenseId(row.license_id), row.try_into()?)))
        .collect()
}

/// All licences of those of the tenants that the transaction shows: at most one per product each.
pub(crate) async fn of_tenants(
    conn: &mut PgConnection,
    tenants: &[TenantId],
) -> Result<HashMap<TenantId, Vec<License>>> {
    #[derive(FromRow)]
    struct WithTenant {
        tenant_id: Uuid,
        #[sqlx(flatten)]
        license: Row,
    }
    let tenants: Vec<Uuid> = tenants.iter().map(|id| id.uuid()).collect();
    let rows: Vec<WithTenant> = sqlx::query_as(AssertSqlSafe(format!(
        "select tenant_id, {COLUMNS} from billing.license where tenant_id = any($1) order by license_id"
    )))
    .bind(tenants)
    .fetch_all(conn)
    .await?;
    let mut licenses: HashMap<TenantId, Vec<License>> = HashMap::new();
    for row in rows {
        licenses
            .entry(TenantId(row.tenant_id))
            .or_default()
            .push(row.license.try_into()?);
    }
    Ok(licenses)
}
