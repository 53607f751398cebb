//! Many CVs for one job, and what people make of their order.

use serde_json::json;

use crate::kit::{CV, JOB, describe, harness, queued, settle, upload};

#[tokio::test]
async fn many_cvs_are_ranked_for_one_job_page_by_page() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let job = describe(&kit, owner, JOB).await;
    let mut documents = Vec::new();
    for skills in [
        "Rust",
        "Rust, PostgreSQL, Kafka",
        "Cobol",
        "Rust, PostgreSQL",
        "Fortran",
    ] {
        let cv = format!("Jane Doe\njane@example.com\nSkills\n{skills}\n");
        documents.push(upload(&kit, owner, "cv.txt", cv.as_bytes()).await);
    }
    let start = "mutation($documents: [ID!]!, $job: ID!) {
      startCvAnalyses(input: {documentIds: $documents, jobDescriptionId: $job, idempotencyKey: \"k\"}) { analyses { id } userErrors { code } } }";
    let twice: Vec<&String> = documents.iter().chain(&documents[..2]).collect();
    let started = kit
        .ask(owner, start, json!({"documents": twice, "job": job}))
        .await
        .ok();
    assert_eq!(
        started["startCvAnalyses"]["analyses"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    assert_eq!(
        kit.ask(owner, start, json!({"documents": twice, "job": job}))
            .await
            .ok(),
        started
    );
    let none = kit
        .ask(owner, start, json!({"documents": [], "job": job}))
        .await
        .ok();
    assert_eq!(none["startCvAnalyses"]["userErrors"][0]["code"], "INVALID");
    settle(&kit).await;
    let query = "query($job: ID!, $after: String) { jobDescription(id: $job) { ranking(first: 2, after: $after) {
      edges { node { document { id } score { total } } } pageInfo { hasNextPage endCursor } } } }";
    let mut order = Vec::new();
    let mut after = json!(null);
    loop {
        let page = kit
            .ask(&kit.a.viewer, query, json!({"job": job, "after": after}))
            .await
            .ok();
        let page = &page["jobDescription"]["ranking"];
        order.extend(
            page["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|edge| edge["node"]["document"]["id"].as_str().unwrap().to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let expected: Vec<&str> = [1, 3, 0, 2, 4]
        .iter()
        .map(|number| documents[*number].as_str())
        .collect();
    assert_eq!(
        order, expected,
        "equal scores keep the order of their start"
    );
    kit.finish().await;
}

#[tokio::test]
async fn a_person_corrects_a_score_with_a_reason_and_the_computed_one_stays() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let id = queued(&kit, owner, "cv.txt", CV.as_bytes()).await;
    let correct = "mutation($id: ID!, $points: Int!, $reason: String!, $key: String!) {
      overrideCvScore(input: {analysisId: $id, points: $points, reason: $reason, idempotencyKey: $key}) {
        analysis { score { total } overrides { points reason } } userErrors { field code } } }";
    let ask = |who, id: String, points: i32, reason: &'static str, key: &'static str| {
        kit.ask(
            who,
            correct,
            json!({"id": id, "points": points, "reason": reason, "key": key}),
        )
    };
    let early = ask(owner, id.clone(), 5, "knows our product well", "k0")
        .await
        .ok();
    assert_eq!(
        early["overrideCvScore"]["userErrors"][0]["code"],
        "NOT_DONE"
    );
    settle(&kit).await;
    for (points, reason, field) in [
        (5, "short", "reason"),
        (101, "knows our product well", "points"),
    ] {
        let refused = ask(owner, id.clone(), points, reason, "k1").await.ok();
        assert_eq!(
            refused["overrideCvScore"]["userErrors"][0]["field"],
            json!(["input", field])
        );
    }
    for key in ["k2", "k2", "k3"] {
        let made = ask(owner, id.clone(), -3, "left out two years", key)
            .await
            .ok();
        assert_eq!(made["overrideCvScore"]["analysis"]["score"]["total"], 69);
    }
    let read = kit
        .ask(
            &kit.a.viewer,
            "query($id: ID!) { cvAnalysis(id: $id) { overrides { points } } }",
            json!({"id": id}),
        )
        .await
        .ok();
    assert_eq!(
        read["cvAnalysis"]["overrides"],
        json!([{"points": -3}, {"points": -3}])
    );
    assert_eq!(
        ask(&kit.b.owner, id.clone(), 5, "another tenant's score", "k")
            .await
            .codes(),
        ["NOT_FOUND"]
    );
    assert_eq!(
        ask(&kit.a.viewer, id, 5, "may only read scores", "k")
            .await
            .codes(),
        ["FORBIDDEN"]
    );
    kit.finish().await;
}
