//! Analyses, from the queue to the score.

use std::time::Duration;

use cv_analysis_events::AnalysisCompleted;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kit::{CV, JOB, describe, harness, queued, settle, start, upload};
use crate::pdf::{lines, pdf};
use crate::progress::WATCH;

const READ: &str = "query($id: ID!) { cvAnalysis(id: $id) { id stage failure { code message } completedAt
  document { id fileName text { format pageCount content } } jobDescription { id title }
  score { total weightsVersion
    required { earnedHundredths maxHundredths explanation evidence { quote start end page } }
    preferred { earnedHundredths maxHundredths explanation } experience { earnedHundredths maxHundredths explanation evidence { quote } }
    education { earnedHundredths maxHundredths explanation evidence { quote } } }
  skillMatches { matched { name required credit via relation evidence { quote start end page } } missing { name required } extra { name } }
  missingSkills recommendations { kind text gainHundredths } findings { kind severity message quote page } confidence
  profile { contact { name emails phones location } experience { title organisation start end months } experienceMonths
    education { level title institution } educationLevel languages { code fluency } skills { id mentions months } } } }";

/// Reads an analysis as a viewer sees it.
pub(crate) async fn read(kit: &platform_testkit::Harness, id: &str) -> Value {
    kit.ask(&kit.a.viewer, READ, json!({"id": id})).await.ok()["cvAnalysis"].clone()
}

#[tokio::test]
async fn a_pdf_becomes_a_score_with_the_reason_for_every_point() {
    let kit = harness().await;
    let id = queued(&kit, &kit.a.owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    assert_eq!(read(&kit, &id).await["stage"], "QUEUED");
    settle(&kit).await;
    let analysis = read(&kit, &id).await;
    assert_eq!(analysis["stage"], "DONE", "{analysis:#}");
    assert_eq!(analysis["profile"]["contact"]["name"], "Jane Doe");
    assert_eq!(analysis["profile"]["experienceMonths"], 48);
    assert_eq!(analysis["missingSkills"], json!(["Kafka", "Terraform"]));
    // 2 of 3 required, 1 of 2 preferred, 4 of 5 years, degree
    let earned = |part: &str| {
        analysis["score"][part]["earnedHundredths"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(
        (
            earned("required"),
            earned("preferred"),
            earned("experience"),
            earned("education")
        ),
        (3333, 1000, 1600, 1000)
    );
    assert_eq!(analysis["score"]["total"], 69);
    let text: Vec<char> = analysis["document"]["text"]["content"]
        .as_str()
        .unwrap()
        .chars()
        .collect();
    for matched in analysis["skillMatches"]["matched"].as_array().unwrap() {
        for evidence in matched["evidence"].as_array().unwrap() {
            let (start, end) = (
                evidence["start"].as_u64().unwrap() as usize,
                evidence["end"].as_u64().unwrap() as usize,
            );
            assert_eq!(
                text[start..end].iter().collect::<String>(),
                evidence["quote"].as_str().unwrap()
            );
            assert_eq!(evidence["page"], 1);
        }
    }
    insta::assert_json_snapshot!(analysis, {
        ".id" => "[id]", ".document.id" => "[id]", ".jobDescription.id" => "[id]", ".completedAt" => "[time]",
    });
    let told = kit.published::<AnalysisCompleted>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].analysis_id.to_string(), told[0].total), (id, 69));
    assert_eq!(told[0].missing_skills, ["Kafka", "Terraform"]);
    kit.finish().await;
}

#[tokio::test]
async fn one_key_starts_one_analysis() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let document = upload(&kit, owner, "cv.txt", CV.as_bytes()).await;
    let job = describe(&kit, owner, JOB).await;
    let first = start(&kit, owner, &document, &job, "k1").await.ok();
    assert_eq!(start(&kit, owner, &document, &job, "k1").await.ok(), first);
    assert_ne!(start(&kit, owner, &document, &job, "k2").await.ok(), first);
    let other = describe(&kit, owner, JOB).await;
    assert_eq!(
        start(&kit, owner, &document, &other, "k1").await.codes(),
        ["CONFLICT"]
    );
    assert_eq!(
        start(&kit, owner, &document, &job, "").await.codes(),
        ["BAD_USER_INPUT"]
    );
    settle(&kit).await;
    let count = "{ cvAnalyses { edges { node { id stage } } } }";
    assert_eq!(
        kit.ask(owner, count, json!({})).await.ok()["cvAnalyses"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    kit.finish().await;
}

#[tokio::test]
async fn another_tenants_objects_are_not_found_like_missing_ones() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let document = upload(&kit, owner, "cv.txt", CV.as_bytes()).await;
    let job = describe(&kit, owner, JOB).await;
    let id =
        start(&kit, owner, &document, &job, "k").await.ok()["startCvAnalysis"]["analysis"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
    settle(&kit).await;
    let missing = Uuid::from_u128(1).to_string();
    let thief = &kit.b.owner;
    for (query, theirs) in [
        ("query($id: ID!) { cvAnalysis(id: $id) { id } }", &id),
        ("query($id: ID!) { cvDocument(id: $id) { id } }", &document),
        ("query($id: ID!) { jobDescription(id: $id) { id } }", &job),
        (
            "query($id: ID!) { _entities(representations: [{__typename: \"CvAnalysis\", id: $id}]) { ... on CvAnalysis { id } } }",
            &id,
        ),
    ] {
        let stolen = kit.ask(thief, query, json!({"id": theirs})).await;
        assert_eq!(
            stolen,
            kit.ask(thief, query, json!({"id": missing})).await,
            "{query}"
        );
    }
    let own = describe(&kit, thief, JOB).await;
    assert_eq!(
        start(&kit, thief, &document, &own, "t1").await,
        start(&kit, thief, &missing, &own, "t2").await
    );
    let watch = |id: &str| kit.subscribe("cv-analysis", thief, WATCH, json!({"id": id}));
    let stolen = kit.collect(watch(&id), Duration::from_secs(10)).await;
    assert_eq!(
        stolen,
        kit.collect(watch(&missing), Duration::from_secs(10)).await
    );
    assert_eq!(stolen[0].codes(), ["NOT_FOUND"]);
    assert_eq!(
        kit.collect(
            kit.subscribe("cv-analysis", &kit.a.stranger, WATCH, json!({"id": id})),
            Duration::from_secs(10)
        )
        .await[0]
            .codes(),
        ["FORBIDDEN"]
    );
    kit.finish().await;
}

#[tokio::test]
async fn the_same_cv_has_the_same_score_however_often_it_is_asked_for() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let document = upload(&kit, owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    let job = describe(&kit, owner, JOB).await;
    let mut ids = Vec::new();
    for number in 0..12 {
        let started = start(&kit, owner, &document, &job, &format!("k{number}"))
            .await
            .ok();
        ids.push(
            started["startCvAnalysis"]["analysis"]["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    settle(&kit).await;
    let results: Vec<String> =
        sqlx::query_scalar("select distinct result::text from cv_analysis.analysis")
            .fetch_all(kit.admin())
            .await
            .unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(ids.len(), 12);
    kit.finish().await;
}
