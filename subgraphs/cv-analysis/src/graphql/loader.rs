use std::collections::HashMap;

use platform_sdk::TenantId;
use platform_sdk::graphql::{Batch, Found, FoundOwn, TenantBatch};
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

/// Analyses by id.
pub(super) struct AnalysisById;

impl TenantBatch for AnalysisById {
    type Key = AnalysisId;
    type Value = Analysis;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::analysis::by_ids(conn, tenant, keys).await
    }
}

/// Documents by id.
pub(super) struct DocumentById;

impl TenantBatch for DocumentById {
    type Key = DocumentId;
    type Value = Document;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::document::by_ids(conn, tenant, keys).await
    }
}

/// What was read of documents, by the document's id.
pub(super) struct OutcomeByDocument;

impl TenantBatch for OutcomeByDocument {
    type Key = DocumentId;
    type Value = Outcome;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::extraction::of_documents(conn, tenant, keys, EXTRACTOR_VERSION).await
    }
}

/// Corrections by the analysis's id, the latest first.
pub(super) struct OverridesByAnalysis;

impl TenantBatch for OverridesByAnalysis {
    type Key = AnalysisId;
    type Value = Vec<Override>;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::score_override::of_analyses(conn, tenant, keys).await
    }
}

/// Job descriptions by id.
pub(super) struct JobDescriptionById;

impl TenantBatch for JobDescriptionById {
    type Key = JobDescriptionId;
    type Value = JobDescription;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::job_description::by_ids(conn, tenant, keys).await
    }
}

/// Versions of job descriptions, by id and version.
pub(super) struct JobDescriptionAtVersion;

impl TenantBatch for JobDescriptionAtVersion {
    type Key = (JobDescriptionId, i32);
    type Value = JobDescription;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::job_description::at_versions(conn, tenant, keys).await
    }
}

/// Corrections of what was read, by the document's id, the earliest first.
pub(super) struct CorrectionsByDocument;

impl TenantBatch for CorrectionsByDocument {
    type Key = DocumentId;
    type Value = Vec<Correction>;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::correction::of_documents(conn, tenant, keys).await
    }
}

/// Why documents are kept, by the document's id.
pub(super) struct RetentionByDocument;

impl TenantBatch for RetentionByDocument {
    type Key = DocumentId;
    type Value = Retention;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::retention::of_documents(conn, tenant, keys).await
    }
}

/// The latest analyses, by the document's id.
pub(super) struct AnalysesByDocument;

impl TenantBatch for AnalysesByDocument {
    type Key = DocumentId;
    type Value = Vec<Analysis>;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::analysis::of_documents(conn, tenant, keys, MOST_ANALYSES).await
    }
}

/// Documents that seem to be the same person's, by the document's id.
pub(super) struct AlikeByDocument;

impl TenantBatch for AlikeByDocument {
    type Key = DocumentId;
    type Value = Vec<DocumentId>;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::candidate::alike(conn, tenant, keys).await
    }
}

/// Stays on shortlists, by the document's id, the latest first.
pub(super) struct StaysByDocument;

impl TenantBatch for StaysByDocument {
    type Key = DocumentId;
    type Value = Vec<Stay>;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::shortlist::of_documents(conn, tenant, keys).await
    }
}

/// The latest finished analysis of a document for a job.
pub(super) struct LatestAnalysis;

impl TenantBatch for LatestAnalysis {
    type Key = (JobDescriptionId, DocumentId);
    type Value = AnalysisId;

    async fn load(conn: &mut PgConnection, tenant: TenantId, keys: &[Self::Key]) -> FoundOwn<Self> {
        store::shortlist::latest_analyses(conn, tenant, keys).await
    }
}

/// The taxonomy in force, by tenant.
pub(super) struct TaxonomyOfTenant;

impl Batch for TaxonomyOfTenant {
    type Key = TenantId;
    type Value = InForce;

    async fn load(conn: &mut PgConnection, keys: &[TenantId]) -> Found<Self> {
        let mut found = HashMap::new();
        // a request has one tenant
        for tenant in keys {
            found.insert(*tenant, taxonomy::latest(conn, *tenant).await?);
        }
        Ok(found)
    }
}
