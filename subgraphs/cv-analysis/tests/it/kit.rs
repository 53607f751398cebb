//! What the tests of this module have in common.

use platform_sdk::Identity;
use platform_testkit::Harness;
use serde_json::{Value, json};
use subgraph_cv_analysis::CvAnalysisModule;

/// A CV in three sections.
pub(crate) const CV: &str = "Jane Doe\nBerlin, Germany | +49 170 1234567 | jane.doe@example.com\nSkills\nRust, PostgreSQL, Docker, React\nExperience\nBackend Engineer, Acme GmbH\nJan 2020 – Dec 2023\n• Built services in Rust on Kubernetes\nEducation\nMSc Computer Science, TU Munich, 2014 – 2019";

/// A job for it.
pub(crate) const JOB: &str = "Requirements\n- 5+ years of experience\n- Rust and PostgreSQL\n- Kafka\n- Bachelor's degree\nNice to have\n- Docker\n- Terraform";

/// The module with its worker.
pub(crate) async fn harness() -> Harness {
    Harness::builder()
        .module(CvAnalysisModule)
        .sandbox(env!("CARGO_BIN_EXE_cv-extract-worker"), &[])
        .build()
        .await
}

const REQUEST: &str = "mutation($name: String!, $size: Int!) {
  requestCvUpload(input: {fileName: $name, sizeBytes: $size}) { ticket { id url method maxBytes expiresAt } userErrors { field code } } }";
const COMPLETE: &str = "mutation($id: ID!) {
  completeCvUpload(input: {ticketId: $id}) { document { id fileName sizeBytes contentSha256 } userErrors { field code } } }";
const DESCRIBE: &str = "mutation($title: String!, $text: String!) {
  createJobDescription(input: {title: $title, text: $text}) { jobDescription { id } userErrors { field code } } }";
const START: &str = "mutation($document: ID!, $job: ID!, $key: String!) {
  startCvAnalysis(input: {documentId: $document, jobDescriptionId: $job, idempotencyKey: $key}) { analysis { id stage } userErrors { code } } }";

/// Opens an upload address.
pub(crate) async fn ticket(kit: &Harness, who: &Identity, name: &str, size: i64) -> Value {
    kit.ask(who, REQUEST, json!({"name": name, "size": size}))
        .await
        .ok()["requestCvUpload"]
        .clone()
}

/// Completes an upload.
pub(crate) async fn complete(
    kit: &Harness,
    who: &Identity,
    ticket: &Value,
) -> platform_testkit::Answer {
    kit.ask(who, COMPLETE, json!({"id": ticket})).await
}

/// Uploads a file and gives the document's id.
pub(crate) async fn upload(kit: &Harness, who: &Identity, name: &str, bytes: &[u8]) -> String {
    let ticket = ticket(kit, who, name, bytes.len().max(1) as i64).await["ticket"].clone();
    kit.upload(ticket["url"].as_str().unwrap(), bytes).await;
    let done = complete(kit, who, &ticket["id"]).await.ok();
    done["completeCvUpload"]["document"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Writes a job description and gives its id.
pub(crate) async fn describe(kit: &Harness, who: &Identity, text: &str) -> String {
    let done = kit
        .ask(
            who,
            DESCRIBE,
            json!({"title": "Senior Engineer", "text": text}),
        )
        .await
        .ok();
    done["createJobDescription"]["jobDescription"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Starts an analysis.
pub(crate) async fn start(
    kit: &Harness,
    who: &Identity,
    document: &str,
    job: &str,
    key: &str,
) -> platform_testkit::Answer {
    kit.ask(
        who,
        START,
        json!({"document": document, "job": job, "key": key}),
    )
    .await
}

/// Uploads, describes, starts, and gives the analysis's id.
pub(crate) async fn queued(kit: &Harness, who: &Identity, name: &str, bytes: &[u8]) -> String {
    let document = upload(kit, who, name, bytes).await;
    let job = describe(kit, who, JOB).await;
    let started = start(kit, who, &document, &job, &format!("key-{document}-{job}"))
        .await
        .ok();
    started["startCvAnalysis"]["analysis"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Runs everything that is queued and delivers what it told.
pub(crate) async fn settle(kit: &Harness) {
    kit.run_jobs().await;
    kit.deliver_events().await;
}
