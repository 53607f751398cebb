//! Everything that is kept about a CV, for the candidate who asks for it.

use platform_sdk::{Ctx, Result};
use serde_json::{Value, json};

use super::correction::lay_over;
use super::document::{Document, Outcome};
use super::extract::EXTRACTOR_VERSION;
use super::job_description::taxonomy;
use super::json_resume;
use super::profile::Profile;
use crate::store;

/// Most analyses of one CV that are exported.
const MOST_ANALYSES: i64 = 500;

/// What is kept about a document, as one object.
pub(crate) async fn export(ctx: &Ctx, document: &Document) -> Result<Value> {
    let tenant = ctx.tenant()?;
    let mut snapshot = ctx.read().await?;
    let conn = snapshot.conn()?;
    let outcome = store::extraction::get(conn, tenant, document.id, EXTRACTOR_VERSION).await?;
    let corrections = store::correction::of_document(conn, tenant, document.id).await?;
    let retention = store::retention::get(conn, tenant, document.id).await?;
    let analyses = store::analysis::of_document(conn, tenant, document.id, MOST_ANALYSES).await?;
    let ids: Vec<_> = analyses.iter().map(|analysis| analysis.id).collect();
    let overrides = store::score_override::of_analyses(conn, tenant, &ids).await?;
    drop(snapshot);
    let taxonomy = taxonomy()?;
    let read = match outcome {
        Some(Outcome::Read(extraction)) => {
            let (mut profile, _) = Profile::read(&extraction.text, document.month(), taxonomy, &[]);
            lay_over(&mut profile, &corrections, taxonomy);
            json!({"text": extraction.text.content, "findings": extraction.findings, "jsonResume": json_resume::export(&profile)})
        }
        Some(Outcome::Refused(error)) => json!({"refusal": error}),
        None => Value::Null,
    };
    let analyses: Vec<Value> = analyses
        .iter()
        .map(|analysis| {
            let made: Vec<Value> = overrides
                .get(&analysis.id)
                .into_iter()
                .flatten()
                .map(|made| json!({"points": made.points, "reason": made.reason, "madeAt": made.made_at}))
                .collect();
            json!({"id": analysis.id, "createdAt": analysis.created_at, "completedAt": analysis.completed_at,
                "stage": analysis.stage, "result": analysis.report, "overrides": made})
        })
        .collect();
    Ok(json!({
        "document": {"id": document.id, "fileName": document.file_name, "sizeBytes": document.size_bytes,
            "createdAt": document.created_at},
        "read": read,
        "corrections": corrections,
        "retention": retention.map(|kept| json!({"basis": kept.basis, "consentedAt": kept.consented_at,
            "keepUntil": kept.keep_until, "setAt": kept.set_at})),
        "analyses": analyses,
    }))
}
