use std::collections::{BTreeSet, HashMap};

use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::document::DocumentId;

/// Keeps what a document is compared by, in place of what was known.
pub(crate) async fn replace(
    conn: &mut PgConnection,
    tenant: TenantId,
    document: DocumentId,
    keys: &BTreeSet<Uuid>,
) -> Result<()> {
    sqlx::query("delete from cv_analysis.candidate_key where tenant_id = $1 and document_id = $2")
        .bind(tenant.uuid())
        .bind(document.uuid())
        .execute(&mut *conn)
        .await?;
    let keys: Vec<Uuid> = keys.iter().copied().collect();
    sqlx::query(
        "insert into cv_analysis.candidate_key (tenant_id, document_id, digest) select $1, $2, unnest($3::uuid[])",
    )
    .bind(tenant.uuid())
    .bind(document.uuid())
    .bind(keys)
    .execute(conn)
    .await?;
    Ok(())
}

/// Most documents that are given for one.
const LIMIT: i64 = 20;

/// For each document those that share a key with it, the latest first; documents that share none are left out.
pub(crate) async fn alike(
    conn: &mut PgConnection,
    tenant: TenantId,
    documents: &[DocumentId],
) -> Result<HashMap<DocumentId, Vec<DocumentId>>> {
    let ids: Vec<Uuid> = documents.iter().map(|id| id.uuid()).collect();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select wanted.id, other.document_id from unnest($2::uuid[]) as wanted (id) cross join lateral ( \
           select distinct o.document_id from cv_analysis.candidate_key k \
           join cv_analysis.candidate_key o on o.tenant_id = $1 and o.digest = k.digest and o.document_id <> k.document_id \
           where k.tenant_id = $1 and k.document_id = wanted.id order by o.document_id desc limit $3) other \
         order by other.document_id desc",
    )
    .bind(tenant.uuid())
    .bind(ids)
    .bind(LIMIT)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<DocumentId, Vec<DocumentId>> = HashMap::new();
    for (document, other) in rows {
        found
            .entry(DocumentId(document))
            .or_default()
            .push(DocumentId(other));
    }
    Ok(found)
}
