//! A person's correction of a score. The computed score stays as it is; the correction stands beside it with its reason, and the
//! ranking goes by both.

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, Idempotent, Result, UserError, UserId, id_newtype};

use super::analysis::{Analysis, AnalysisId, with_correction};
use super::stage::Stage;
use crate::store;

id_newtype! {
    /// A correction.
    OverrideId
}

const MAX_REASON: usize = 1_000;
/// Characters below which a reason says nothing.
const MIN_REASON: usize = 10;

/// A correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    pub(crate) id: OverrideId,
    pub(crate) analysis_id: AnalysisId,
    /// Points added; below zero, taken away.
    pub(crate) points: i16,
    pub(crate) reason: String,
    pub(crate) made_by: UserId,
    pub(crate) made_at: DateTime<Utc>,
}

/// Corrects the score of a finished analysis.
pub(crate) async fn make(
    ctx: &Ctx,
    analysis_id: AnalysisId,
    points: i32,
    reason: &str,
    idempotency_key: &str,
) -> Result<Result<Analysis, UserError>> {
    const OPERATION: &str = "overrideCvScore";
    let made_by = ctx.user()?;
    let reason = reason.trim();
    if !(MIN_REASON..=MAX_REASON).contains(&reason.chars().count()) {
        return Ok(Err(UserError::on(
            "reason",
            "INVALID",
            format!("give a reason of {MIN_REASON} to {MAX_REASON} characters"),
        )));
    }
    let Some(points) = i16::try_from(points)
        .ok()
        .filter(|points| (-100..=100).contains(points))
    else {
        return Ok(Err(UserError::on(
            "points",
            "INVALID",
            "points are between -100 and 100",
        )));
    };
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let request = (analysis_id, points, reason);
    let replay = tx
        .idempotent::<AnalysisId>(OPERATION, idempotency_key, &request)
        .await?;
    let analysis = store::analysis::by_ids(tx.conn(), tenant, &[analysis_id])
        .await?
        .remove(&analysis_id)
        .ok_or_else(|| Error::not_found("analysis"))?;
    if matches!(replay, Idempotent::Replay(_)) {
        return Ok(Ok(analysis));
    }
    // corrections of one analysis take turns, so that the latest is the one that counts
    store::analysis::lock(tx.conn(), tenant, analysis_id).await?;
    let Some(report) = analysis
        .report
        .as_ref()
        .filter(|_| analysis.stage == Stage::Done)
    else {
        return Ok(Err(UserError::on(
            "analysisId",
            "NOT_DONE",
            "the analysis has no score yet",
        )));
    };
    let made = Override {
        id: ctx.new_id(),
        analysis_id,
        points,
        reason: reason.to_owned(),
        made_by,
        made_at: ctx.now(),
    };
    store::score_override::insert(tx.conn(), tenant, &made).await?;
    let counting = with_correction(report.score.total, points);
    store::analysis::correct(tx.conn(), tenant, analysis_id, points, counting).await?;
    tx.remember(OPERATION, idempotency_key, &analysis_id)
        .await?;
    tx.commit().await?;
    Ok(Ok(Analysis {
        correction: points,
        ..analysis
    }))
}
