//! Keeps what an interview is tailored by.

use async_trait::async_trait;
use cv_analysis_events::AnalysisCompleted;
use platform_sdk::{Consumer, Envelope, Result, TenantTx};

use crate::{domain::analysis::Analysis, store};

/// Fills the projection `interview.analysis`.
pub(crate) struct KeepAnalysis;

#[async_trait]
impl Consumer<AnalysisCompleted> for KeepAnalysis {
    async fn consume(
        &self,
        tx: &mut TenantTx,
        event: AnalysisCompleted,
        envelope: &Envelope,
    ) -> Result<()> {
        let analysis = Analysis {
            id: event.analysis_id,
            job_title: event.job_title,
            matched_skills: event.matched_skills,
            missing_skills: event.missing_skills,
        };
        store::analysis::put(tx.conn(), &analysis, envelope.occurred_at).await?;
        tx.signal(analysis.id).await
    }
}
