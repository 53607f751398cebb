//! Erasing a CV.

use serde_json::json;

use crate::analysis::read;
use crate::kit::{CV, harness, queued, settle};
use crate::pdf::{lines, pdf};

#[tokio::test]
async fn an_erased_cv_leaves_a_receipt_and_nothing_else() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let id = queued(&kit, owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    settle(&kit).await;
    let document = read(&kit, &id).await["document"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let waiting = queued(&kit, owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    let erase =
        "mutation($id: ID!) { eraseCvDocument(input: {documentId: $id, idempotencyKey: \"k\"}) {
      erasure { id documentId contentSha256 analyses erasedAt } userErrors { code } } }";
    assert_eq!(
        kit.ask(&kit.b.owner, erase, json!({"id": document}))
            .await
            .codes(),
        ["NOT_FOUND"]
    );
    let receipt = kit.ask(owner, erase, json!({"id": document})).await.ok();
    assert_eq!(receipt["eraseCvDocument"]["erasure"]["analyses"], 2);
    assert_eq!(
        kit.ask(owner, erase, json!({"id": document})).await.ok(),
        receipt,
        "the same receipt again"
    );
    settle(&kit).await;
    for id in [&id, &waiting] {
        assert_eq!(read(&kit, id).await, json!(null));
    }
    for table in [
        "document",
        "document_upload",
        "extraction",
        "analysis",
        "progress",
    ] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select count(*) from cv_analysis.{table}"
        )))
        .fetch_one(kit.admin())
        .await
        .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    kit.finish().await;
}
