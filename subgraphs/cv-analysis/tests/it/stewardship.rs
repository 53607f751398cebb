//! Care for what is kept: corrections, retention, JSON Resume, export, other weights, selection rates.

use chrono::TimeDelta;
use platform_sdk::Clock as _;
use platform_testkit::{Harness, Statements};
use serde_json::{Value, json};

use crate::kit::{CV, JOB, describe, harness, settle, start, ticket, upload};
use crate::pdf::{lines, pdf};

const CORRECT: &str = "mutation($id: ID!, $field: CvCorrectionField!, $value: String!, $key: String!) {
  correctCv(input: {documentId: $id, field: $field, value: $value, reason: \"said in the interview\", idempotencyKey: $key}) {
    correction { id field value } userErrors { field code } } }";
const RETAIN: &str = "mutation($id: ID!, $basis: CvRetentionBasis!, $consentedAt: DateTime, $until: DateTime!) {
  setCvRetention(input: {documentId: $id, basis: $basis, consentedAt: $consentedAt, keepUntil: $until}) {
    retention { basis keepUntil } userErrors { field code } } }";
const READ: &str = "query($id: ID!) { cvAnalysis(id: $id) { score { total } missingSkills jsonResume provenance { corrections }
  profile { experienceMonths contact { name } skills { id } } } }";

async fn analysed(kit: &Harness, document: &str, job: &str, key: &str) -> String {
    let started = start(kit, &kit.a.owner, document, job, key).await.ok();
    settle(kit).await;
    started["startCvAnalysis"]["analysis"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn read(kit: &Harness, id: &str) -> Value {
    kit.ask(&kit.a.viewer, READ, json!({"id": id})).await.ok()["cvAnalysis"].clone()
}

#[tokio::test]
async fn reading_again_never_undoes_what_a_person_corrected() {
    let kit = harness().await;
    let document = upload(&kit, &kit.a.owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    let job = describe(&kit, &kit.a.owner, JOB).await;
    let before = read(&kit, &analysed(&kit, &document, &job, "before").await).await;
    for (field, value) in [
        ("SKILL_ADDED", "Kafka"),
        ("SKILL_REMOVED", "Docker"),
        ("EXPERIENCE_MONTHS", "60"),
        ("NAME", "Jane Roe"),
    ] {
        let made = kit
            .ask(
                &kit.a.owner,
                CORRECT,
                json!({"id": document, "field": field, "value": value, "key": field}),
            )
            .await
            .ok();
        assert_eq!(made["correctCv"]["userErrors"], json!([]), "{field}");
        let again = kit
            .ask(
                &kit.a.owner,
                CORRECT,
                json!({"id": document, "field": field, "value": value, "key": field}),
            )
            .await
            .ok();
        assert_eq!(again, made);
    }
    // the same text is read again from the start
    sqlx::query("delete from cv_analysis.extraction")
        .execute(kit.admin())
        .await
        .unwrap();
    let after = read(&kit, &analysed(&kit, &document, &job, "after").await).await;
    assert_eq!(before["missingSkills"], json!(["Kafka", "Terraform"]));
    assert_eq!(after["missingSkills"], json!(["Docker", "Terraform"]));
    assert_eq!(after["profile"]["contact"]["name"], "Jane Roe");
    assert_eq!(after["profile"]["experienceMonths"], 60);
    // required 3 of 3, preferred none, all years, degree
    assert_eq!(after["score"]["total"], 80);
    assert_eq!(after["provenance"]["corrections"], 4);
    for (field, value) in [
        ("EMAIL", "no address"),
        ("SKILL_ADDED", "no such skill"),
        ("EXPERIENCE_MONTHS", "many"),
    ] {
        let refused = kit
            .ask(
                &kit.a.owner,
                CORRECT,
                json!({"id": document, "field": field, "value": value, "key": value}),
            )
            .await
            .ok();
        assert_eq!(
            refused["correctCv"]["userErrors"][0]["code"], "INVALID",
            "{value}"
        );
    }
    let wish = json!({"id": document, "field": "NAME", "value": "Mallory", "key": "k"});
    assert_eq!(
        kit.ask(&kit.b.owner, CORRECT, wish.clone()).await.codes(),
        ["NOT_FOUND"]
    );
    assert_eq!(
        kit.ask(&kit.a.viewer, CORRECT, wish).await.codes(),
        ["FORBIDDEN"]
    );
    kit.finish().await;
}

#[tokio::test]
async fn a_cv_is_erased_when_its_time_is_over_and_not_before() {
    let kit = harness().await;
    let kept = upload(&kit, &kit.a.owner, "kept.pdf", &pdf(&[lines(CV)])).await;
    let over = upload(&kit, &kit.a.owner, "over.txt", CV.as_bytes()).await;
    let now = kit.clock.now();
    let set = async |id: &str, basis: &str, consent: Option<TimeDelta>, until: TimeDelta| {
        let variables = json!({"id": id, "basis": basis, "consentedAt": consent.map(|ago| now - ago), "until": now + until});
        kit.ask(&kit.a.owner, RETAIN, variables).await.ok()["setCvRetention"].clone()
    };
    let day = TimeDelta::days(1);
    assert_eq!(
        set(&over, "CONSENT", Some(day), day).await["userErrors"],
        json!([])
    );
    set(&kept, "APPLICATION", None, day).await;
    assert_eq!(
        set(&kept, "LEGAL_DUTY", None, day * 90).await["retention"]["basis"],
        "LEGAL_DUTY"
    );
    for (basis, consent, until) in [
        ("CONSENT", None, day),
        ("APPLICATION", Some(day), day),
        ("APPLICATION", None, day * 5000),
        ("APPLICATION", None, -day),
    ] {
        assert_eq!(
            set(&kept, basis, consent, until).await["userErrors"][0]["code"],
            "INVALID",
            "{basis}"
        );
    }
    kit.advance(TimeDelta::hours(23));
    settle(&kit).await;
    let there = "{ cvDocuments { edges { node { fileName } } } }";
    let names = |answer: Value| answer["cvDocuments"]["edges"].as_array().unwrap().len();
    assert_eq!(
        names(kit.ask(&kit.a.viewer, there, json!({})).await.ok()),
        2
    );
    kit.advance(TimeDelta::hours(2));
    settle(&kit).await;
    let left = kit.ask(&kit.a.viewer, there, json!({})).await.ok();
    assert_eq!(
        left["cvDocuments"]["edges"],
        json!([{"node": {"fileName": "kept.pdf"}}])
    );
    let receipts: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("select document_id, cause from cv_analysis.erasure")
            .fetch_all(kit.admin())
            .await
            .unwrap();
    assert_eq!(receipts, [(over.parse().unwrap(), "RETENTION".to_owned())]);
    kit.advance(day * 100);
    settle(&kit).await;
    assert_eq!(
        names(kit.ask(&kit.a.viewer, there, json!({})).await.ok()),
        0
    );
    kit.finish().await;
}

#[tokio::test]
async fn an_erasure_that_was_given_up_is_taken_up_again_by_itself() {
    let kit = harness().await;
    let document = upload(&kit, &kit.a.owner, "cv.txt", CV.as_bytes()).await;
    kit.advance(TimeDelta::minutes(1));
    settle(&kit).await;
    let until = kit.clock.now() + TimeDelta::days(1);
    let variables = json!({"id": document, "basis": "APPLICATION", "until": until});
    kit.ask(&kit.a.owner, RETAIN, variables).await.ok();
    for statement in [
        "create function cv_analysis.refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$",
        "create trigger refuse before delete on cv_analysis.document for each row execute function cv_analysis.refuse()",
    ] {
        sqlx::query(statement).execute(kit.admin()).await.unwrap();
    }
    kit.advance(TimeDelta::days(1));
    for _ in 0..5 {
        kit.run_jobs().await;
        kit.advance(TimeDelta::minutes(2));
    }
    assert_eq!(kit.accept_parked().await, ["expire"]);
    let there = "query($id: ID!) { cvDocument(id: $id) { id } }";
    let read = kit
        .ask(&kit.a.viewer, there, json!({"id": document}))
        .await
        .ok();
    assert_eq!(read["cvDocument"]["id"], json!(document));
    sqlx::query("drop function cv_analysis.refuse() cascade")
        .execute(kit.admin())
        .await
        .unwrap();
    kit.advance(TimeDelta::hours(1));
    settle(&kit).await;
    let read = kit
        .ask(&kit.a.viewer, there, json!({"id": document}))
        .await
        .ok();
    assert_eq!(read["cvDocument"], Value::Null);
    kit.finish().await;
}

#[tokio::test]
async fn a_json_resume_comes_in_and_goes_out_and_everything_kept_is_exported() {
    let kit = harness().await;
    let import = "mutation($json: String!, $key: String!) { importJsonResume(input: {json: $json, idempotencyKey: $key}) { document { id } userErrors { field code } } }";
    let resume = json!({"basics": {"name": "Jane Doe", "email": "jane@example.com"},
        "work": [{"name": "Acme", "position": "Engineer", "startDate": "2020-01", "endDate": "2023-12"}],
        "education": [{"studyType": "Master of Science", "area": "Physics", "institution": "TU Munich"}],
        "skills": [{"name": "Rust"}, {"name": "PostgreSQL"}]});
    let made = kit
        .ask(
            &kit.a.owner,
            import,
            json!({"json": resume.to_string(), "key": "k"}),
        )
        .await
        .ok();
    assert_eq!(
        kit.ask(
            &kit.a.owner,
            import,
            json!({"json": resume.to_string(), "key": "k"})
        )
        .await
        .ok(),
        made
    );
    let document = made["importJsonResume"]["document"]["id"].as_str().unwrap();
    let job = describe(&kit, &kit.a.owner, JOB).await;
    let analysis = read(&kit, &analysed(&kit, document, &job, "k").await).await;
    assert_eq!(analysis["profile"]["experienceMonths"], 48);
    assert_eq!(analysis["jsonResume"]["basics"]["name"], "Jane Doe");
    assert_eq!(analysis["jsonResume"]["work"][0]["endDate"], "2023-12");
    for bad in ["{}", "not json"] {
        let refused = kit
            .ask(&kit.a.owner, import, json!({"json": bad, "key": bad}))
            .await
            .ok();
        assert_eq!(
            refused["importJsonResume"]["userErrors"][0]["code"],
            "INVALID"
        );
    }
    kit.ask(
        &kit.a.owner,
        CORRECT,
        json!({"id": document, "field": "PHONE", "value": "+49 30 1234567", "key": "p"}),
    )
    .await
    .ok();
    let export = "query($id: ID!) { cvDocument(id: $id) { export corrections { field value } } }";
    let kept = kit
        .ask(&kit.a.viewer, export, json!({"id": document}))
        .await
        .ok()["cvDocument"]
        .clone();
    assert_eq!(
        kept["corrections"],
        json!([{"field": "PHONE", "value": "+49 30 1234567"}])
    );
    let export = &kept["export"];
    assert!(
        export["read"]["text"]
            .as_str()
            .unwrap()
            .contains("Jane Doe")
    );
    assert_eq!(
        export["read"]["jsonResume"]["basics"]["phone"],
        "+49 30 1234567"
    );
    assert_eq!(export["analyses"].as_array().unwrap().len(), 1);
    assert_eq!(export["corrections"][0]["value"], "+49 30 1234567");
    settle(&kit).await;
    kit.finish().await;
}

#[tokio::test]
async fn a_job_description_may_come_as_a_file() {
    let kit = harness().await;
    let create = "mutation($ticket: ID!, $title: String!) { createJobDescriptionFromUpload(input: {ticketId: $ticket, title: $title}) {
      jobDescription { title requiredSkills { name } } userErrors { field code } } }";
    let file = pdf(&[lines(JOB)]);
    let opened = ticket(&kit, &kit.a.owner, "job.pdf", file.len() as i64).await["ticket"].clone();
    let variables = json!({"ticket": opened["id"], "title": "Engineer"});
    let early = kit.ask(&kit.a.owner, create, variables.clone()).await.ok();
    assert_eq!(
        early["createJobDescriptionFromUpload"]["userErrors"][0]["code"],
        "NOT_UPLOADED"
    );
    kit.upload(opened["url"].as_str().unwrap(), &file).await;
    let made = kit.ask(&kit.a.owner, create, variables.clone()).await.ok()["createJobDescriptionFromUpload"].clone();
    assert_eq!(
        made["jobDescription"]["requiredSkills"],
        json!([{"name": "Rust"}, {"name": "PostgreSQL"}, {"name": "Kafka"}])
    );
    let again = kit.ask(&kit.a.owner, create, variables).await.ok();
    assert_eq!(
        again["createJobDescriptionFromUpload"]["userErrors"][0]["code"],
        "ALREADY_USED"
    );
    let broken = ticket(&kit, &kit.a.owner, "job.pdf", 4).await["ticket"].clone();
    kit.upload(broken["url"].as_str().unwrap(), b"\x89PNG\r\n\x1a\n rest")
        .await;
    let refused = kit
        .ask(
            &kit.a.owner,
            create,
            json!({"ticket": broken["id"], "title": "Engineer"}),
        )
        .await
        .ok();
    assert_eq!(
        refused["createJobDescriptionFromUpload"]["userErrors"][0]["code"],
        "UNREADABLE"
    );
    kit.finish().await;
}

#[tokio::test]
async fn other_weights_and_selection_rates_are_shown_and_change_nothing() {
    let kit = harness().await;
    let job = describe(
        &kit,
        &kit.a.owner,
        "Requirements\n- 10 years of experience\n- Rust, Kafka",
    )
    .await;
    // one knows all and is new, one has the years and knows nothing
    let skilled = upload(
        &kit,
        &kit.a.owner,
        "skilled.txt",
        b"Skills\nRust, Kafka\nExperience\nDeveloper, Acme, 01/2023 - 12/2023",
    )
    .await;
    let seasoned = upload(
        &kit,
        &kit.a.owner,
        "seasoned.txt",
        b"Skills\nExcel\nExperience\nClerk, Acme, 01/2010 - 12/2022",
    )
    .await;
    let one = analysed(&kit, &skilled, &job, "a").await;
    let other = analysed(&kit, &seasoned, &job, "b").await;
    let shadow = "query($id: ID!, $weights: CvWeightsInput!) { jobDescription(id: $id) { shadowRanking(weights: $weights) {
      moved userErrors { code } places { analysis { id } totalBefore totalAfter placeBefore placeAfter } } } }";
    let weights = |required: i32, experience: i32| json!({"id": job, "weights": {"required": required, "preferred": 0, "experience": experience, "education": 0}});
    let same = kit.ask(&kit.a.viewer, shadow, json!({"id": job, "weights": {"required": 5000, "preferred": 2000, "experience": 2000, "education": 1000}})).await.ok();
    assert_eq!(same["jobDescription"]["shadowRanking"]["moved"], 0);
    for place in same["jobDescription"]["shadowRanking"]["places"]
        .as_array()
        .unwrap()
    {
        assert_eq!(place["totalBefore"], place["totalAfter"]);
    }
    let turned = kit
        .ask(&kit.a.viewer, shadow, weights(1000, 9000))
        .await
        .ok()["jobDescription"]["shadowRanking"]
        .clone();
    assert_eq!(turned["moved"], 2);
    assert_eq!(
        (
            &turned["places"][0]["analysis"]["id"],
            &turned["places"][0]["totalAfter"]
        ),
        (&json!(other), &json!(90))
    );
    let unsound = kit.ask(&kit.a.viewer, shadow, weights(1, 2)).await.ok();
    assert_eq!(
        unsound["jobDescription"]["shadowRanking"]["userErrors"][0]["code"],
        "INVALID"
    );
    let rates = "query($id: ID!, $groups: [CvGroupInput!]!) { jobDescription(id: $id) { selectionRates(groups: $groups, leastPoints: 75) {
      group candidates selected rateBasisPoints impactRatioBasisPoints belowFourFifths few } } }";
    let groups =
        json!([{"name": "A", "analysisIds": [one]}, {"name": "B", "analysisIds": [other]}]);
    let report = kit
        .ask(&kit.a.viewer, rates, json!({"id": job, "groups": groups}))
        .await
        .ok();
    assert_eq!(
        report["jobDescription"]["selectionRates"],
        json!([
        {"group": "A", "candidates": 1, "selected": 1, "rateBasisPoints": 10000, "impactRatioBasisPoints": 10000, "belowFourFifths": false, "few": true},
        {"group": "B", "candidates": 1, "selected": 0, "rateBasisPoints": 0, "impactRatioBasisPoints": 0, "belowFourFifths": true, "few": true}])
    );
    assert_eq!(read(&kit, &one).await["score"]["total"], 82);
    kit.finish().await;
}

// on one thread, because statements are counted per thread
#[tokio::test]
async fn statements_stay_the_same_as_lists_of_cvs_grow() {
    const CARE: &str = "query($first: Int!) { cvDocuments(first: $first) { edges { node {
      corrections { id } retention { basis } export } } } }";
    let kit = harness().await;
    let job = describe(&kit, &kit.a.owner, JOB).await;
    for number in 0..6 {
        let cv = CV.replace("Jane Doe", &format!("Jane Doe {number}"));
        let document = upload(&kit, &kit.a.owner, "cv.txt", cv.as_bytes()).await;
        analysed(&kit, &document, &job, &format!("key {number}")).await;
    }
    let counted = async |first: i32| {
        let sql = Statements::watch();
        let answer = kit
            .ask(&kit.a.viewer, CARE, json!({"first": first}))
            .await
            .ok();
        let documents = answer["cvDocuments"]["edges"].as_array().unwrap();
        assert_eq!(documents.len(), first as usize);
        for document in documents {
            assert!(document["node"]["export"]["analyses"][0]["id"].is_string());
        }
        sql.count()
    };
    let few = counted(2).await;
    assert!(few > 4, "statements are counted: {few}");
    assert_eq!(counted(6).await, few);
    kit.finish().await;
}
