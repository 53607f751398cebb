use std::collections::HashMap;

use async_trait::async_trait;
use platform_sdk::graphql::Batch;
use platform_sdk::{Result, TenantId};
use sqlx::PgConnection;

use crate::domain::analysis::{Analysis, AnalysisId};
use crate::domain::correction::Correction;
use crate::domain::document::{Document, DocumentId, Outcome};
use crate::domain::export::MOST_ANALYSES;
use crate::domain::extract::EXTRACTOR_VERSION;
use crate::domain::job_description::{JobDescription, JobDescriptionId};
use crate::domain::retention::Retention;
use crate::domain::score_override::Override;
use crate::domain::shortlist::Stay;
use crate::domain::taxonomy::{self, InForce};
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

/// Versions of job descriptions, by id and version.
pub(super) struct JobDescriptionAtVersion;

#[async_trait]
impl Batch for JobDescriptionAtVersion {
    type Key = (TenantId, (JobDescriptionId, i32));
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
            store::job_description::at_versions(conn, tenant, &ids).await?,
        ))
    }
}

/// Corrections of what was read, by the document's id, the earliest first.
pub(super) struct CorrectionsByDocument;

#[async_trait]
impl Batch for CorrectionsByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Vec<Correction>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::correction::of_documents(conn, tenant, &ids).await?,
        ))
    }
}

/// Why documents are kept, by the document's id.
pub(super) struct RetentionByDocument;

#[async_trait]
impl Batch for RetentionByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Retention;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::retention::of_documents(conn, tenant, &ids).await?,
        ))
    }
}

/// The latest analyses, by the document's id.
pub(super) struct AnalysesByDocument;

#[async_trait]
impl Batch for AnalysesByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Vec<Analysis>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::analysis::of_documents(conn, tenant, &ids, MOST_ANALYSES).await?,
        ))
    }
}

/// Documents that seem to be the same person's, by the document's id.
pub(super) struct AlikeByDocument;

#[async_trait]
impl Batch for AlikeByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Vec<DocumentId>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::candidate::alike(conn, tenant, &ids).await?,
        ))
    }
}

/// Stays on shortlists, by the document's id, the latest first.
pub(super) struct StaysByDocument;

#[async_trait]
impl Batch for StaysByDocument {
    type Key = (TenantId, DocumentId);
    type Value = Vec<Stay>;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, ids)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::shortlist::of_documents(conn, tenant, &ids).await?,
        ))
    }
}

/// The latest finished analysis of a document for a job.
pub(super) struct LatestAnalysis;

#[async_trait]
impl Batch for LatestAnalysis {
    type Key = (TenantId, (JobDescriptionId, DocumentId));
    type Value = AnalysisId;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let Some((tenant, pairs)) = split(keys) else {
            return Ok(HashMap::new());
        };
        Ok(keyed(
            tenant,
            store::shortlist::latest_analyses(conn, tenant, &pairs).await?,
        ))
    }
}

/// The taxonomy in force, by tenant.
pub(super) struct TaxonomyOfTenant;

#[async_trait]
impl Batch for TaxonomyOfTenant {
    type Key = TenantId;
    type Value = InForce;

    async fn load(
        conn: &mut PgConnection,
        keys: &[Self::Key],
    ) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut found = HashMap::new();
        // a request has one tenant
        for tenant in keys {
            found.insert(*tenant, taxonomy::latest(conn, *tenant).await?);
        }
        Ok(found)
    }
}
