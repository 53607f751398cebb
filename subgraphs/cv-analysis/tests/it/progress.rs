//! Steps of an analysis: told live, replayed, taken up after a kill.

use std::time::Duration;

use cv_analysis_events::AnalysisCompleted;
use serde_json::json;

use crate::kit::{CV, harness, queued, settle};
use crate::pdf::{lines, pdf};

/// Follows the steps of an analysis.
pub(crate) const WATCH: &str =
    "subscription($id: ID!, $after: String) { cvAnalysisProgress(analysisId: $id, after: $after) {
  cursor stage percent message analysis { id stage } } }";

/// The stages that were told.
pub(crate) fn stages(answers: &[platform_testkit::Answer]) -> Vec<String> {
    answers
        .iter()
        .map(|answer| {
            answer.data["cvAnalysisProgress"]["stage"]
                .as_str()
                .unwrap_or("?")
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn progress_is_told_live_and_replayed_from_any_cursor() {
    let kit = harness().await;
    let id = queued(&kit, &kit.a.owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    let live = kit.subscribe("cv-analysis", &kit.a.viewer, WATCH, json!({"id": id}));
    let (live, ()) = tokio::join!(kit.collect(live, Duration::from_secs(30)), settle(&kit));
    let all = ["QUEUED", "EXTRACTING", "PARSING", "MATCHING", "DONE"];
    assert_eq!(stages(&live), all);
    let cursor = live[2].data["cvAnalysisProgress"]["cursor"].clone();
    let rest = kit.subscribe(
        "cv-analysis",
        &kit.a.viewer,
        WATCH,
        json!({"id": id, "after": cursor}),
    );
    let rest = kit.collect(rest, Duration::from_secs(10)).await;
    assert_eq!(stages(&rest), all[3..]);
    let last = live[4].data["cvAnalysisProgress"]["cursor"].clone();
    let none = kit.subscribe(
        "cv-analysis",
        &kit.a.viewer,
        WATCH,
        json!({"id": id, "after": last}),
    );
    assert!(
        kit.collect(none, Duration::from_secs(10)).await.is_empty(),
        "a finished analysis never hangs its watcher"
    );
    kit.finish().await;
}

#[tokio::test]
async fn an_analysis_goes_on_where_a_killed_process_left_it() {
    let kit = harness().await;
    let id = queued(&kit, &kit.a.owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    // what a process leaves behind that was killed while the worker read: the stage and its step, no text, a free lease
    let admin = kit.admin();
    sqlx::query(
        "update cv_analysis.analysis set stage = 'EXTRACTING' where analysis_id = $1::uuid",
    )
    .bind(&id)
    .execute(admin)
    .await
    .unwrap();
    sqlx::query(
        "insert into cv_analysis.progress select tenant_id, analysis_id, 2, 'EXTRACTING', 10, 'reading the file', created_at \
         from cv_analysis.analysis where analysis_id = $1::uuid",
    )
    .bind(&id)
    .execute(admin)
    .await
    .unwrap();
    settle(&kit).await;
    let steps = kit.subscribe("cv-analysis", &kit.a.viewer, WATCH, json!({"id": id}));
    let steps = kit.collect(steps, Duration::from_secs(10)).await;
    assert_eq!(
        stages(&steps),
        ["QUEUED", "EXTRACTING", "PARSING", "MATCHING", "DONE"]
    );
    // and a job that runs again after everything was done has no second effect
    sqlx::query("update platform.job set finished_at = null")
        .execute(admin)
        .await
        .unwrap();
    settle(&kit).await;
    assert_eq!(kit.published::<AnalysisCompleted>().await.len(), 1);
    kit.finish().await;
}
