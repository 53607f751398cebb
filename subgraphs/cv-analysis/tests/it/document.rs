//! Uploads.

use serde_json::json;
use uuid::Uuid;

use crate::kit::{CV, complete, harness, ticket, upload};
use crate::pdf::{lines, pdf};

#[tokio::test]
async fn the_same_bytes_are_one_document_and_an_upload_completes_once() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let file = pdf(&[lines(CV)]);
    let opened = ticket(&kit, owner, "cv.pdf", file.len() as i64).await["ticket"].clone();
    assert_eq!(opened["method"], "PUT");
    let early = complete(&kit, owner, &opened["id"]).await.ok();
    assert_eq!(
        early["completeCvUpload"]["userErrors"][0]["code"],
        "NOT_UPLOADED"
    );
    kit.upload(opened["url"].as_str().unwrap(), &file).await;
    let first = complete(&kit, owner, &opened["id"]).await.ok();
    let again = complete(&kit, owner, &opened["id"]).await.ok();
    assert_eq!(first, again);
    let id = first["completeCvUpload"]["document"]["id"]
        .as_str()
        .unwrap();
    assert_eq!(upload(&kit, owner, "other name.pdf", &file).await, id);
    assert_ne!(
        upload(&kit, &kit.b.owner, "cv.pdf", &file).await,
        id,
        "tenants share nothing"
    );
    kit.finish().await;
}

#[tokio::test]
async fn what_is_too_large_empty_or_nameless_gets_no_address() {
    let kit = harness().await;
    for (name, size, field, code) in [
        ("cv.pdf", 100 * 1024 * 1024, "sizeBytes", "TOO_LARGE"),
        ("cv.pdf", 0, "sizeBytes", "EMPTY"),
        (" ", 10, "fileName", "INVALID"),
    ] {
        let answer = ticket(&kit, &kit.a.owner, name, size).await;
        assert_eq!(
            answer,
            json!({"ticket": null, "userErrors": [{"field": ["input", field], "code": code}]})
        );
    }
    kit.finish().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let kit = harness().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(
            upload(
                &kit,
                &kit.a.owner,
                "cv.txt",
                format!("Jane Doe number {number}").as_bytes(),
            )
            .await,
        );
    }
    ids.reverse();
    let query = "query($after: String) { cvDocuments(first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }";
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let page = kit
            .ask(&kit.a.viewer, query, json!({"after": after}))
            .await
            .ok()["cvDocuments"]
            .clone();
        seen.extend(
            page["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, ids);
    for first in [-1, 101] {
        let refused = kit
            .ask(
                &kit.a.viewer,
                "query($n: Int) { cvDocuments(first: $n) { edges { cursor } } }",
                json!({"n": first}),
            )
            .await;
        assert_eq!(refused.codes(), ["BAD_USER_INPUT"]);
    }
    kit.finish().await;
}

#[tokio::test]
async fn who_may_not_write_uploads_nothing() {
    let kit = harness().await;
    let open =
        "mutation { requestCvUpload(input: {fileName: \"x\", sizeBytes: 1}) { ticket { id } } }";
    assert_eq!(
        kit.ask(&kit.a.viewer, open, json!({})).await.codes(),
        ["FORBIDDEN"]
    );
    assert_eq!(
        kit.ask(&kit.anonymous(), open, json!({})).await.codes(),
        ["UNAUTHENTICATED"]
    );
    assert_eq!(
        kit.ask(
            &kit.a.stranger,
            "{ cvDocuments { edges { cursor } } }",
            json!({})
        )
        .await
        .codes(),
        ["FORBIDDEN"]
    );
    kit.unlicense(kit.a.id, "cv-analysis").await;
    assert_eq!(
        kit.ask(&kit.a.owner, open, json!({})).await.codes(),
        ["LICENSE_REQUIRED"]
    );
    let complete = format!(
        "mutation {{ completeCvUpload(input: {{ticketId: \"{}\"}}) {{ document {{ id }} }} }}",
        Uuid::from_u128(7)
    );
    assert_eq!(
        kit.ask(&kit.b.owner, &complete, json!({})).await.codes(),
        ["NOT_FOUND"]
    );
    kit.finish().await;
}
