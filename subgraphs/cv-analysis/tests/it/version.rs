//! Versions: of a job description and of a tenant's taxonomy. What changes is seen, and nothing changes what was scored.

use platform_testkit::Harness;
use serde_json::{Value, json};

use crate::kit::{CV, describe, harness, settle, start, upload};

const UPDATE: &str =
    "mutation($input: UpdateJobDescriptionInput!) { updateJobDescription(input: $input) {
  jobDescription { version title requiredSkills { name } years } userErrors { field code } } }";
const READ: &str = "query($id: ID!) { cvAnalysis(id: $id) { score { total } skillMatches { matched { name } missing { name } }
  scoredAgainst { version text requiredSkills { name } } provenance { taxonomyVersion jobDescriptionVersion } } }";
const RESCORE: &str = "mutation($job: ID!, $key: String!) { rescoreCvAnalyses(input: {jobDescriptionId: $job, idempotencyKey: $key}) {
  analyses { id } userErrors { code } } }";
const TAXONOMY: &str =
    "mutation($input: UpdateCvTaxonomyInput!) { updateCvTaxonomy(input: $input) {
  revision { revision skills { id aliases } } userErrors { field code } } }";

async fn analysed(kit: &Harness, document: &str, job: &str, key: &str) -> String {
    let started = start(kit, &kit.a.owner, document, job, key).await.ok();
    settle(kit).await;
    started["startCvAnalysis"]["analysis"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn read(kit: &Harness, id: &Value) -> Value {
    kit.ask(&kit.a.viewer, READ, json!({"id": id})).await.ok()["cvAnalysis"].clone()
}

#[tokio::test]
async fn an_edited_job_leaves_old_scores_alone_until_rescoring_is_asked_for() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let document = upload(&kit, owner, "cv.txt", CV.as_bytes()).await;
    let job = describe(&kit, owner, "Requirements\n- Rust and PostgreSQL").await;
    let old = json!(analysed(&kit, &document, &job, "first").await);
    let before = read(&kit, &old).await;
    assert_eq!(before["scoredAgainst"]["version"], 1);

    let edit = json!({"id": job, "expectedVersion": 1, "requirements": {
        "required": [{"anyOf": ["Kafka", "RabbitMQ"]}, {"anyOf": ["k8s"]}], "years": 9}});
    let edited =
        kit.ask(owner, UPDATE, json!({"input": edit})).await.ok()["updateJobDescription"].clone();
    assert_eq!(
        edited["jobDescription"],
        json!({"version": 2, "title": "Senior Engineer", "years": 9,
            "requiredSkills": [{"name": "Kafka or RabbitMQ"}, {"name": "Kubernetes"}]})
    );
    assert_eq!(
        read(&kit, &old).await,
        before,
        "what was scored stays as it was"
    );

    let outdated = kit.ask(owner, UPDATE, json!({"input": edit})).await.ok();
    assert_eq!(
        outdated["updateJobDescription"]["userErrors"][0]["code"],
        "OUTDATED"
    );
    for (wrong, code) in [
        (
            json!({"requirements": {"required": [{"anyOf": ["no such skill"]}]}}),
            "UNKNOWN_SKILL",
        ),
        (
            json!({"requirements": {"required": [], "years": -1}}),
            "INVALID",
        ),
        (json!({"text": "too short"}), "TOO_SHORT"),
        (json!({"title": ""}), "INVALID"),
    ] {
        let mut input = json!({"id": job, "expectedVersion": 2});
        input
            .as_object_mut()
            .unwrap()
            .extend(wrong.as_object().unwrap().clone());
        let refused = kit.ask(owner, UPDATE, json!({"input": input})).await.ok();
        assert_eq!(
            refused["updateJobDescription"]["userErrors"][0]["code"], code,
            "{input}"
        );
    }
    let stranger = kit.ask(&kit.b.owner, UPDATE, json!({"input": edit})).await;
    assert_eq!(stranger.codes(), ["NOT_FOUND"]);

    let again = kit
        .ask(owner, RESCORE, json!({"job": job, "key": "r"}))
        .await
        .ok();
    let started = again["rescoreCvAnalyses"]["analyses"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(started.len(), 1);
    settle(&kit).await;
    let after = read(&kit, &started[0]["id"]).await;
    assert_eq!(after["provenance"]["jobDescriptionVersion"], 2);
    assert_eq!(
        after["skillMatches"]["missing"],
        json!([{"name": "Kafka or RabbitMQ"}])
    );
    let twice = kit
        .ask(owner, RESCORE, json!({"job": job, "key": "r"}))
        .await
        .ok();
    assert_eq!(twice, again, "the same key gives the same analyses");
    let nothing = kit
        .ask(owner, RESCORE, json!({"job": job, "key": "other"}))
        .await
        .ok();
    assert_eq!(
        nothing["rescoreCvAnalyses"]["analyses"],
        json!([]),
        "all are scored"
    );

    const VERSIONS: &str = "query($id: ID!) { jobDescription(id: $id) { version
      versions(first: 1) { edges { node { version } } pageInfo { hasNextPage } }
      ranking { edges { node { id } } } first: ranking(version: 1) { edges { node { id } } } } }";
    let listed = kit
        .ask(&kit.a.viewer, VERSIONS, json!({"id": job}))
        .await
        .ok()["jobDescription"]
        .clone();
    assert_eq!(
        listed["versions"],
        json!({"edges": [{"node": {"version": 2}}], "pageInfo": {"hasNextPage": true}})
    );
    assert_eq!(
        listed["ranking"]["edges"],
        json!([{"node": {"id": started[0]["id"]}}])
    );
    assert_eq!(listed["first"]["edges"], json!([{"node": {"id": old}}]));
    kit.finish().await;
}

#[tokio::test]
async fn a_tenants_own_skills_count_for_it_alone_and_from_then_on() {
    let kit = harness().await;
    let (owner, neighbour) = (&kit.a.owner, &kit.b.owner);
    let cv = "Jane Doe\njane@example.com\nSkills\nFlowmaster 9, Rust\nExperience\nEngineer, Acme, Jan 2020 – Dec 2023";
    let text = "Requirements\n- Acme Flow\n- Rust";
    let document = upload(&kit, owner, "cv.txt", cv.as_bytes()).await;
    let job = describe(&kit, owner, text).await;
    let old = json!(analysed(&kit, &document, &job, "before").await);
    let before = read(&kit, &old).await;
    let built_in = before["provenance"]["taxonomyVersion"]
        .as_str()
        .unwrap()
        .to_owned();

    let put = json!({"expectedRevision": 0, "note": "our own product", "put": [
        {"id": "acme-flow", "name": "Acme Flow", "aliases": ["Flowmaster 9"], "broader": ["workflow-orchestration"]}]});
    let made =
        kit.ask(owner, TAXONOMY, json!({"input": put})).await.ok()["updateCvTaxonomy"].clone();
    assert_eq!(
        made["revision"],
        json!({"revision": 1, "skills": [{"id": "acme-flow", "aliases": ["flowmaster 9"]}]})
    );
    assert_eq!(
        read(&kit, &old).await,
        before,
        "what was scored stays as it was"
    );

    // an edit reads the text by the taxonomy of now
    let edit = json!({"id": job, "expectedVersion": 1, "text": text});
    let edited = kit.ask(owner, UPDATE, json!({"input": edit})).await.ok();
    assert_eq!(
        edited["updateJobDescription"]["jobDescription"]["requiredSkills"],
        json!([{"name": "Acme Flow"}, {"name": "Rust"}])
    );
    let after = read(&kit, &json!(analysed(&kit, &document, &job, "after").await)).await;
    assert_eq!(
        after["provenance"]["taxonomyVersion"],
        format!("{built_in}+1")
    );
    assert_eq!(after["skillMatches"]["missing"], json!([]));

    // another tenant knows nothing of it
    let theirs = describe(&kit, neighbour, text).await;
    const SKILLS: &str = "query($id: ID!) { jobDescription(id: $id) { requiredSkills { name } taxonomyVersion } cvTaxonomy { version latest { revision } } }";
    let seen = kit.ask(neighbour, SKILLS, json!({"id": theirs})).await.ok();
    assert_eq!(
        seen["jobDescription"]["requiredSkills"],
        json!([{"name": "Rust"}])
    );
    assert_eq!(
        seen["cvTaxonomy"],
        json!({"version": built_in, "latest": null})
    );

    for (wrong, code) in [
        (json!({"expectedRevision": 0}), "OUTDATED"),
        (
            json!({"expectedRevision": 1, "put": [{"id": "No Id", "name": "x y"}]}),
            "INVALID",
        ),
        (
            json!({"expectedRevision": 1, "put": [{"id": "x1", "name": "Python"}]}),
            "INCONSISTENT",
        ),
        (
            json!({"expectedRevision": 1, "put": [{"id": "x1", "name": "Own", "implies": ["nothing"]}]}),
            "INCONSISTENT",
        ),
    ] {
        let refused = kit.ask(owner, TAXONOMY, json!({"input": wrong})).await.ok();
        assert_eq!(
            refused["updateCvTaxonomy"]["userErrors"][0]["code"], code,
            "{wrong}"
        );
    }
    let gone = json!({"expectedRevision": 1, "remove": ["acme-flow"]});
    let gone = kit.ask(owner, TAXONOMY, json!({"input": gone})).await.ok();
    assert_eq!(
        gone["updateCvTaxonomy"]["revision"],
        json!({"revision": 2, "skills": []})
    );
    const HISTORY: &str = "{ cvTaxonomyRevisions(first: 5) { edges { node { revision note } } } }";
    let history = kit.ask(&kit.a.viewer, HISTORY, json!({})).await.ok();
    assert_eq!(
        history["cvTaxonomyRevisions"]["edges"],
        json!([{"node": {"revision": 2, "note": ""}}, {"node": {"revision": 1, "note": "our own product"}}])
    );
    settle(&kit).await;
    kit.finish().await;
}

#[tokio::test]
async fn what_was_kept_by_an_id_that_was_given_up_goes_on_matching() {
    let kit = harness().await;
    let owner = &kit.a.owner;
    let cv = "Pat Moss\npat@example.org\nSkills\nPipefitting, Welding\nExperience\nFitter, Acme\nJan 2020 – Dec 2023";
    let document = upload(&kit, owner, "cv.txt", cv.as_bytes()).await;
    let job = describe(&kit, owner, "Requirements\n- Pipefitting\n- Welding").await;
    // as rows of before the two ids became one
    for table in ["job_description", "job_description_version"] {
        let changed = sqlx::query(sqlx::AssertSqlSafe(format!(
            "update cv_analysis.{table} set requirements = replace(requirements::text, '\"pipefitting\"', '\"pipe-fitting\"')::jsonb \
             where requirements::text like '%\"pipefitting\"%'"
        )))
        .execute(kit.admin())
        .await
        .unwrap();
        assert_eq!(changed.rows_affected(), 1, "{table}");
    }
    let id = json!(analysed(&kit, &document, &job, "old").await);
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|skill| skill["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let matches = read(&kit, &id).await["skillMatches"].clone();
    assert_eq!(names(&matches["matched"]), ["Pipefitting", "Welding"]);
    assert_eq!(names(&matches["missing"]), Vec::<String>::new());

    // names and relations that a tenant gives to an old id are those of the new one
    let put = json!([
        {"id": "pipe-fitting", "name": "Pipe fitting", "kind": "PRACTICE", "aliases": ["steamfitting at acme"]},
        {"id": "acme-pipes", "name": "Acme Pipes", "kind": "PRACTICE", "broader": ["pipe-fitting"]}]);
    let input = json!({"expectedRevision": 0, "put": put});
    let answer = kit.ask(owner, TAXONOMY, json!({"input": input})).await.ok();
    assert_eq!(
        answer["updateCvTaxonomy"]["userErrors"],
        json!([]),
        "{answer}"
    );
    settle(&kit).await;
    for name in ["steamfitting at acme", "pipe-fitting", "Pipefitting"] {
        let found = kit
            .ask(
                &kit.a.viewer,
                "query($filter: CvSearchFilter) { searchCvs(filter: $filter) { edges { node { document { fileName } } } } }",
                json!({"filter": {"skills": [name]}}),
            )
            .await
            .ok();
        assert_eq!(
            found["searchCvs"]["edges"].as_array().unwrap().len(),
            1,
            "{name}"
        );
    }
    kit.finish().await;
}
