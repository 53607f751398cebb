use std::collections::HashMap;

use async_trait::async_trait;
use platform_sdk::graphql::Batch;
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;

use crate::domain::analysis::{Analysis, AnalysisId};
use crate::domain::document::{Document, DocumentId, Outcome};
use crate::domain::extract::EXTRACTOR_VERSION;
use crate::domain::job_description::{JobDescription, JobDescriptionId};
use crate::domain::score_override::Override;
use crate::store;

/// Batches are keyed by the tenant as well: the statement names it, as every statement does.
fn split<I: Copy>(keys: &[(TenantId, I)]) -> Option<(TenantId, Vec<I>)> {
    let tenant = keys.first()?.0;
    Some((tenant, keys.iter().map(|(_, id)| *id).collect()))
}

fn keyed<I: std::hash::Hash + Eq, V>(
    tenant: TenantId,
    found: HashMap<I, V>,
) -> HashMap<(TenantId, I), V> {
    found
        .into_iter()
        .map(|(id, value)| ((tenant, id), value))
        .collect()
}

/// Analyses by id.
pub(super) struct AnalysisById;

#[async_trait]
impl Batch for AnalysisById {
    type Key = (TenantId, AnalysisId);
    type Value = Analysis;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::analysis::by_ids(conn, tenant, &ids).await?,
        ))
    }
}

/// Documents by id.
pub(super) struct DocumentById;

#[async_trait]
impl Batch for DocumentById {
    type Key = (TenantId, DocumentId);
    type Value = Document;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::document::by_ids(conn, tenant, &ids).await?,
        ))
    }
}

/// What was read of documents, by the document's id.
pub(super) struct OutcomeByDocument;

#[async_trait]
impl Batch for OutcomeByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Outcome;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::extraction::of_documents(conn, tenant, &ids, EXTRACTOR_VERSION).await?,
        ))
    }
}

/// Corrections by the analysis's id, the latest first.
pub(super) struct OverridesByAnalysis;

#[async_trait]
impl Batch for OverridesByAnalysis {
    type Key = (TenantId, AnalysisId);
    type Value = Vec<Override>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::score_override::of_analyses(conn, tenant, &ids).await?,
        ))
    }
}

/// Job descriptions by id.
pub(super) struct JobDescriptionById;

#[async_trait]
impl Batch for JobDescriptionById {
    type Key = (TenantId, JobDescriptionId);
    type Value = JobDescription;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::job_description::by_ids(conn, tenant, &ids).await?,
        ))
    }
}
