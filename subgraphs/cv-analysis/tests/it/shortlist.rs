//! Choosing among many: points that count, the shortlist, candidates side by side, one person's several CVs, a batch as it goes.

use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use platform_testkit::{Harness, Statements};
use serde_json::{Value, json};

use crate::kit::{CV, JOB, describe, harness, settle, start, upload};
use crate::pdf::{lines, pdf};

const OVERRIDE: &str = "mutation($id: ID!, $points: Int!, $key: String!) {
  overrideCvScore(input: {analysisId: $id, points: $points, reason: \"seen in the interview\", idempotencyKey: $key}) {
    analysis { points score { total } } userErrors { code } } }";
const RANKING: &str = "query($job: ID!, $first: Int!, $after: String) { jobDescription(id: $job) { ranking(first: $first, after: $after) {
  edges { node { id points shortlisted } } pageInfo { hasNextPage endCursor } } } }";
const LIST: &str = "mutation($job: ID!, $documents: [ID!]!, $reason: String!) {
  shortlistCvs(input: {jobDescriptionId: $job, documentIds: $documents, reason: $reason}) {
    entries { document { id } analysis { id } reason listedBy removedAt } userErrors { field code } } }";
const REMOVE: &str = "mutation($job: ID!, $documents: [ID!]!, $reason: String!) {
  removeCvsFromShortlist(input: {jobDescriptionId: $job, documentIds: $documents, reason: $reason}) {
    entries { document { id } reason removalReason removedBy } userErrors { field code } } }";
const SHORTLIST: &str = "query($job: ID!, $first: Int!, $after: String) { jobDescription(id: $job) { shortlist(first: $first, after: $after) {
  edges { node { reason document { id } analysis { points shortlisted shortlistEntries { reason removalReason } } } }
  pageInfo { hasNextPage endCursor } } } }";
const COMPARE: &str =
    "query($job: ID!, $ids: [ID!]!) { jobDescription(id: $job) { comparison(analysisIds: $ids) {
  candidates { place analysis { id points } } userErrors { field code }
  parts { kind cells { analysisId best part { earnedHundredths } } }
  skills { name required cells { credit via best evidence { quote } } } } } }";
const WATCH: &str = "subscription($job: ID!) { cvBatchProgress(jobDescriptionId: $job) { queued running done failed total percent } }";

/// A candidate who names these skills.
async fn candidate(kit: &Harness, skills: &str) -> String {
    let cv = format!("Skills\n{skills}\n");
    upload(kit, &kit.a.owner, "cv.txt", cv.as_bytes()).await
}

async fn analysed(kit: &Harness, document: &str, job: &str) -> String {
    let started = start(kit, &kit.a.owner, document, job, document).await.ok();
    settle(kit).await;
    let id = &started["startCvAnalysis"]["analysis"]["id"];
    id.as_str().unwrap().to_owned()
}

async fn ranking(kit: &Harness, job: &str, page: usize) -> Vec<Value> {
    let mut nodes = Vec::new();
    let mut after = json!(null);
    loop {
        let variables = json!({"job": job, "first": page, "after": after});
        let answer = kit.ask(&kit.a.viewer, RANKING, variables).await.ok();
        let ranking = &answer["jobDescription"]["ranking"];
        let edges = ranking["edges"].as_array().unwrap();
        nodes.extend(edges.iter().map(|edge| edge["node"].clone()));
        if ranking["pageInfo"]["hasNextPage"] == json!(false) {
            return nodes;
        }
        after = ranking["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn a_ranking_goes_by_the_points_that_count_and_the_latest_correction_is_the_one() {
    let kit = harness().await;
    let job = describe(&kit, &kit.a.owner, "Requirements\n- Rust, Kafka").await;
    let mut ids = Vec::new();
    for skills in ["Rust, Kafka", "Rust", "Excel"] {
        let document = candidate(&kit, skills).await;
        ids.push(analysed(&kit, &document, &job).await);
    }
    let correct = async |id: &str, points: i32, key: &str| {
        let variables = json!({"id": id, "points": points, "key": key});
        kit.ask(&kit.a.owner, OVERRIDE, variables).await.ok()["overrideCvScore"]["analysis"].clone()
    };
    assert_eq!(
        correct(&ids[2], 90, "a").await,
        json!({"points": 100, "score": {"total": 30}}),
        "not above 100"
    );
    assert_eq!(correct(&ids[0], -70, "b").await["points"], 10);
    assert_eq!(correct(&ids[1], 40, "c").await["points"], 95);
    assert_eq!(
        correct(&ids[1], 5, "d").await["points"],
        60,
        "a correction takes the place of the one before"
    );
    assert_eq!(correct(&ids[1], 5, "d").await["points"], 60);
    for page in [1, 2, 10] {
        let nodes = ranking(&kit, &job, page).await;
        let order: Vec<(&str, i64)> = nodes
            .iter()
            .map(|node| {
                (
                    node["id"].as_str().unwrap(),
                    node["points"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            order,
            [(ids[2].as_str(), 100), (&ids[1], 60), (&ids[0], 10)],
            "pages of {page}"
        );
    }
    kit.finish().await;
}

#[tokio::test]
async fn a_shortlist_keeps_who_when_and_why_and_outlives_scoring_anew() {
    let kit = harness().await;
    let job = describe(&kit, &kit.a.owner, JOB).await;
    let mut documents = Vec::new();
    for skills in ["Rust", "Rust, PostgreSQL", "Excel"] {
        let document = candidate(&kit, skills).await;
        analysed(&kit, &document, &job).await;
        documents.push(document);
    }
    let put = async |documents: &[String], reason: &str| {
        let variables = json!({"job": job, "documents": documents, "reason": reason});
        kit.ask(&kit.a.owner, LIST, variables).await.ok()["shortlistCvs"].clone()
    };
    let listed = put(&documents[..2], "strong on paper").await;
    assert_eq!(listed["userErrors"], json!([]));
    assert_eq!(listed["entries"].as_array().unwrap().len(), 2);
    let again = put(&documents[..1], "another reason").await;
    assert_eq!(
        again["entries"][0]["reason"], "strong on paper",
        "who is on the list stays as before"
    );
    let stranger = candidate(&kit, "never analysed").await;
    for (documents, reason, field, code) in [
        (
            vec![stranger.clone()],
            "why not",
            "documentIds",
            "NOT_ANALYSED",
        ),
        (vec![], "why not", "documentIds", "INVALID"),
        (vec![documents[2].clone()], "  ", "reason", "INVALID"),
    ] {
        let refused = put(&documents, reason).await;
        assert_eq!(
            refused["userErrors"],
            json!([{"field": ["input", field], "code": code}])
        );
    }
    let variables =
        json!({"job": job, "documents": [documents[0]], "reason": "took another offer"});
    let taken = kit.ask(&kit.a.owner, REMOVE, variables.clone()).await.ok();
    assert_eq!(
        taken["removeCvsFromShortlist"]["entries"][0]["removalReason"],
        "took another offer"
    );
    let none = kit.ask(&kit.a.owner, REMOVE, variables.clone()).await.ok();
    assert_eq!(none["removeCvsFromShortlist"]["entries"], json!([]));
    put(&documents[..1], "came back").await;

    // the job changes, the CVs are scored anew, the list is the same
    let update = "mutation($id: ID!) { updateJobDescription(input: {id: $id, expectedVersion: 1, text: \"Requirements\\n- Excel and Rust\"}) { jobDescription { version } } }";
    kit.ask(&kit.a.owner, update, json!({"id": job})).await.ok();
    let rescore = "mutation($id: ID!) { rescoreCvAnalyses(input: {jobDescriptionId: $id, idempotencyKey: \"k\"}) { analyses { id } } }";
    kit.ask(&kit.a.owner, rescore, json!({"id": job}))
        .await
        .ok();
    settle(&kit).await;
    let page = |after: Value| json!({"job": job, "first": 1, "after": after});
    let first = kit
        .ask(&kit.a.viewer, SHORTLIST, page(json!(null)))
        .await
        .ok();
    let first = &first["jobDescription"]["shortlist"];
    assert_eq!(first["edges"][0]["node"]["document"]["id"], documents[1]);
    assert_eq!(first["edges"][0]["node"]["analysis"]["points"], 55);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = kit
        .ask(
            &kit.a.viewer,
            SHORTLIST,
            page(first["pageInfo"]["endCursor"].clone()),
        )
        .await
        .ok();
    let second = &second["jobDescription"]["shortlist"];
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(
        second["edges"][0]["node"]["analysis"],
        json!({"points": 55, "shortlisted": true, "shortlistEntries": [
            {"reason": "came back", "removalReason": null},
            {"reason": "strong on paper", "removalReason": "took another offer"}]})
    );
    let listed: Vec<Value> = ranking(&kit, &job, 10)
        .await
        .iter()
        .map(|node| node["shortlisted"].clone())
        .collect();
    assert_eq!(
        listed
            .iter()
            .filter(|listed| **listed == json!(true))
            .count(),
        2
    );

    // another tenant, and who may only read
    assert_eq!(
        kit.ask(&kit.b.owner, LIST, variables.clone()).await.codes(),
        ["NOT_FOUND"]
    );
    assert_eq!(
        kit.ask(&kit.b.owner, REMOVE, variables.clone())
            .await
            .codes(),
        ["NOT_FOUND"]
    );
    assert_eq!(
        kit.ask(&kit.a.viewer, LIST, variables).await.codes(),
        ["FORBIDDEN"]
    );

    // selection rates by the list, the candidate's export, and erasure takes the stays along
    let rates = "query($id: ID!, $groups: [CvGroupInput!]!) { jobDescription(id: $id) { selectionRates(groups: $groups) { candidates selected } } }";
    let ids: Vec<Value> = ranking(&kit, &job, 10)
        .await
        .iter()
        .map(|node| node["id"].clone())
        .collect();
    let report = kit
        .ask(
            &kit.a.viewer,
            rates,
            json!({"id": job, "groups": [{"name": "all", "analysisIds": ids}]}),
        )
        .await
        .ok();
    assert_eq!(
        report["jobDescription"]["selectionRates"],
        json!([{"candidates": 3, "selected": 2}])
    );
    let export = "query($id: ID!) { cvDocument(id: $id) { export } }";
    let kept = kit
        .ask(&kit.a.viewer, export, json!({"id": documents[0]}))
        .await
        .ok();
    let stays = kept["cvDocument"]["export"]["shortlists"]
        .as_array()
        .unwrap();
    assert_eq!(stays.len(), 2);
    assert_eq!(stays[1]["removalReason"], "took another offer");
    let erase = "mutation($id: ID!, $key: String!) { eraseCvDocument(input: {documentId: $id, idempotencyKey: $key}) { erasure { id } } }";
    for document in &documents {
        kit.ask(
            &kit.a.owner,
            erase,
            json!({"id": document, "key": document}),
        )
        .await
        .ok();
    }
    for table in ["shortlist", "candidate_key"] {
        let sql = format!("select count(*) from cv_analysis.{table} where document_id <> $1");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(stranger.parse::<uuid::Uuid>().unwrap())
            .fetch_one(kit.admin())
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    kit.finish().await;
}

#[tokio::test]
async fn candidates_stand_side_by_side() {
    let kit = harness().await;
    let job = describe(
        &kit,
        &kit.a.owner,
        "Requirements\n- Rust, Kafka\nNice to have\n- Docker",
    )
    .await;
    let mut ids = Vec::new();
    for skills in ["Rust, Docker", "Rust, Kafka", "Kafka, Amazon ECS"] {
        let document = candidate(&kit, skills).await;
        ids.push(analysed(&kit, &document, &job).await);
    }
    let ask = async |ids: &[String]| {
        let answer = kit
            .ask(&kit.a.viewer, COMPARE, json!({"job": job, "ids": ids}))
            .await;
        answer.ok()["jobDescription"]["comparison"].clone()
    };
    let compared = ask(&ids).await;
    assert_eq!(compared["userErrors"], json!([]));
    let column = |of: &Value| -> Vec<Value> {
        of.as_array()
            .unwrap()
            .iter()
            .map(|one| one["analysis"]["id"].clone())
            .collect()
    };
    assert_eq!(column(&compared["candidates"]), ids);
    let credits: Vec<(String, Vec<i64>, Vec<bool>)> = compared["skills"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let cells = row["cells"].as_array().unwrap();
            (
                row["name"].as_str().unwrap().to_owned(),
                cells
                    .iter()
                    .map(|cell| cell["credit"].as_i64().unwrap())
                    .collect(),
                cells
                    .iter()
                    .map(|cell| cell["best"].as_bool().unwrap())
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        credits[..2],
        [
            (
                "Rust".to_owned(),
                vec![100, 100, 0],
                vec![true, true, false]
            ),
            (
                "Kafka".to_owned(),
                vec![0, 100, 100],
                vec![false, true, true]
            ),
        ]
    );
    // Amazon ECS brings Docker along, for less than Docker itself
    let docker = &compared["skills"][2];
    assert_eq!(docker["cells"][2]["via"], "Amazon ECS");
    assert_eq!(docker["cells"][0]["evidence"][0]["quote"], "Docker");
    assert_eq!(
        (&docker["cells"][0]["best"], &docker["cells"][2]["best"]),
        (&json!(true), &json!(false))
    );
    let required = &compared["parts"][0];
    assert_eq!(required["kind"], "REQUIRED_SKILLS");
    let earned = |row: &Value, at: usize| row["cells"][at]["part"]["earnedHundredths"].clone();
    assert_eq!(
        [
            earned(required, 0),
            earned(required, 1),
            earned(required, 2)
        ],
        [json!(2500), json!(5000), json!(2500)]
    );
    // nothing is asked of experience: all have all of it, and nobody is better
    assert!(
        compared["parts"][2]["cells"]
            .as_array()
            .unwrap()
            .iter()
            .all(|cell| cell["best"] == json!(false))
    );
    let points: Vec<i64> = compared["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["analysis"]["points"].as_i64().unwrap())
        .collect();
    for (one, own) in compared["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&points)
    {
        let before = points.iter().filter(|other| *other > own).count();
        assert_eq!(one["place"], before + 1);
    }

    assert_eq!(ask(&ids[..1]).await["userErrors"][0]["code"], "INVALID");
    let twice = [ids[0].clone(), ids[0].clone()];
    assert_eq!(ask(&twice).await["userErrors"][0]["code"], "INVALID");
    let document = candidate(&kit, "Rust, waiting").await;
    let waiting = start(&kit, &kit.a.owner, &document, &job, "w").await.ok()["startCvAnalysis"]["analysis"]["id"].clone();
    let early = [ids[0].clone(), waiting.as_str().unwrap().to_owned()];
    assert_eq!(ask(&early).await["userErrors"][0]["code"], "NOT_DONE");
    let elsewhere = describe(&kit, &kit.a.owner, JOB).await;
    let foreign = kit
        .ask(
            &kit.a.viewer,
            COMPARE,
            json!({"job": elsewhere, "ids": ids}),
        )
        .await;
    assert_eq!(foreign.codes(), ["NOT_FOUND"]);
    let update = "mutation($id: ID!) { updateJobDescription(input: {id: $id, expectedVersion: 1, text: \"Requirements\\n- Excel and Rust\"}) { jobDescription { version } } }";
    kit.ask(&kit.a.owner, update, json!({"id": job})).await.ok();
    settle(&kit).await;
    let document = candidate(&kit, "Excel").await;
    let newer = [ids[0].clone(), analysed(&kit, &document, &job).await];
    assert_eq!(
        ask(&newer).await["userErrors"][0]["code"],
        "VERSIONS_DIFFER"
    );
    kit.finish().await;
}

// on one thread, because statements are counted per thread
#[tokio::test]
async fn cvs_of_one_person_know_of_each_other_within_their_tenant() {
    const ALIKE: &str = "query($first: Int!) { cvDocuments(first: $first) { edges { node { fileName sameCandidate { fileName } } } } }";
    let kit = harness().await;
    let person = |name: &str, email: &str, phone: &str| {
        format!("{name}\n{email}\n{phone}\nSkills\nRust and {name}\n")
    };
    for (file, text) in [
        ("2019.txt", person("Jane Doe", "jane@example.com", "")),
        (
            "2023.txt",
            person("Jane Roe", "JANE@example.com", "+49 170 9994567"),
        ),
        (
            "2026.txt",
            person("J. Roe", "j.roe@example.org", "0170 9994567"),
        ),
        (
            "max.txt",
            person("Max Muster", "max@example.com", "0170 7654321"),
        ),
        ("cv.txt", CV.to_owned()),
    ] {
        upload(&kit, &kit.a.owner, file, text.as_bytes()).await;
    }
    // the same words from another tool, and the same person with another tenant
    upload(&kit, &kit.a.owner, "cv.pdf", &pdf(&[lines(CV)])).await;
    upload(
        &kit,
        &kit.b.owner,
        "other.txt",
        person("Jane Doe", "jane@example.com", "").as_bytes(),
    )
    .await;
    kit.advance(TimeDelta::minutes(1));
    settle(&kit).await;
    let sql = Statements::watch();
    let answer = kit
        .ask(&kit.a.viewer, ALIKE, json!({"first": 10}))
        .await
        .ok();
    let all = sql.count();
    let alike = |answer: &Value, file: &str| -> Vec<String> {
        let edges = answer["cvDocuments"]["edges"].as_array().unwrap();
        let node = edges
            .iter()
            .find(|edge| edge["node"]["fileName"] == file)
            .unwrap();
        let mut names: Vec<String> = node["node"]["sameCandidate"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["fileName"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(alike(&answer, "2019.txt"), ["2023.txt"]);
    assert_eq!(alike(&answer, "2023.txt"), ["2019.txt", "2026.txt"]);
    assert_eq!(alike(&answer, "2026.txt"), ["2023.txt"]);
    assert_eq!(alike(&answer, "max.txt"), Vec::<String>::new());
    assert_eq!(alike(&answer, "cv.txt"), ["cv.pdf"]);
    let other = kit
        .ask(&kit.b.owner, ALIKE, json!({"first": 10}))
        .await
        .ok();
    assert_eq!(alike(&other, "other.txt"), Vec::<String>::new());
    let sql = Statements::watch();
    kit.ask(&kit.a.viewer, ALIKE, json!({"first": 2}))
        .await
        .ok();
    assert_eq!(sql.count(), all, "statements do not grow with the page");

    // a person knows better: the address on it was somebody else's
    let ids = kit
        .ask(
            &kit.a.viewer,
            "{ cvDocuments(first: 10) { edges { node { id fileName } } } }",
            json!({}),
        )
        .await
        .ok();
    let max = ids["cvDocuments"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .find(|edge| edge["node"]["fileName"] == "max.txt")
        .unwrap()["node"]["id"]
        .clone();
    let correct = "mutation($id: ID!, $field: CvCorrectionField!, $value: String!) {
      correctCv(input: {documentId: $id, field: $field, value: $value, reason: \"told us\", idempotencyKey: $value}) { userErrors { code } } }";
    for (field, value) in [
        ("EMAIL", "jane@example.com"),
        ("SKILL_ADDED", "Kafka"),
        ("EXPERIENCE_MONTHS", "120"),
    ] {
        let variables = json!({"id": max, "field": field, "value": value});
        kit.ask(&kit.a.owner, correct, variables).await.ok();
    }
    settle(&kit).await;
    let answer = kit
        .ask(&kit.a.viewer, ALIKE, json!({"first": 10}))
        .await
        .ok();
    assert_eq!(alike(&answer, "max.txt"), ["2019.txt", "2023.txt"]);
    // and what a person corrected is what is searched for
    let search = "{ searchCvs(filter: {skills: [\"Kafka\"], minYears: 10}) { edges { node { document { fileName } } } } }";
    let found = kit.ask(&kit.a.viewer, search, json!({})).await.ok();
    assert_eq!(
        found["searchCvs"]["edges"],
        json!([{"node": {"document": {"fileName": "max.txt"}}}])
    );
    kit.finish().await;
}

#[tokio::test]
async fn a_batch_tells_how_far_it_is_until_nothing_is_under_way() {
    let kit = harness().await;
    let job = describe(&kit, &kit.a.owner, JOB).await;
    let watch = |who| kit.subscribe("cv-analysis", who, WATCH, json!({"job": job}));
    let time = Duration::from_secs(30);
    let over = kit.collect(watch(&kit.a.viewer), time).await;
    assert_eq!(over.len(), 1, "nothing is under way, so it ends at once");
    assert_eq!(over[0].data["cvBatchProgress"]["percent"], 100);
    for skills in ["Rust", "Kafka"] {
        let document = candidate(&kit, skills).await;
        start(&kit, &kit.a.owner, &document, &job, &document)
            .await
            .ok();
    }
    let broken = upload(&kit, &kit.a.owner, "cv.pdf", b"\x89PNG\r\n\x1a\n no CV").await;
    start(&kit, &kit.a.owner, &broken, &job, &broken).await.ok();
    let mut stream = watch(&kit.a.viewer);
    let first = stream.next().await.unwrap();
    let (rest, ()) = tokio::join!(kit.collect(stream, time), settle(&kit));
    let steps = [vec![first], rest].concat();
    let steps: Vec<&Value> = steps
        .iter()
        .map(|step| &step.data["cvBatchProgress"])
        .collect();
    assert_eq!(
        *steps[0],
        json!({"queued": 3, "running": 0, "done": 0, "failed": 0, "total": 3, "percent": 0})
    );
    assert_eq!(
        **steps.last().unwrap(),
        json!({"queued": 0, "running": 0, "done": 2, "failed": 1, "total": 3, "percent": 100})
    );
    for pair in steps.windows(2) {
        assert!(pair[0]["percent"].as_i64() <= pair[1]["percent"].as_i64());
        assert_ne!(pair[0], pair[1], "only changes are told");
    }
    let foreign = kit.collect(watch(&kit.b.owner), time).await;
    assert_eq!(foreign[0].codes(), ["NOT_FOUND"]);
    kit.finish().await;
}
