//! What every test begins with.

use cv_analysis_events::AnalysisCompleted;
use platform_sdk::{Clock as _, Envelope, Event as _, EventId, Identity};
use platform_testkit::{Answer, Harness, Tenant};
use serde_json::{Value, json};
use subgraph_interview::Interview;
use uuid::Uuid;

/// The module in a database of its own.
pub(crate) async fn kit() -> Harness {
    Harness::new(Interview).await
}

/// Another tenant's and a missing id are answered alike; this is the missing one.
pub(crate) const NOBODYS: &str = "0190a000-0000-7000-8000-00000000dead";

/// An answer that shows something for every question.
pub(crate) const GOOD_ANSWER: &str = "When I worked at a web shop the release broke on a Friday and customers complained. \
    I reproduced the problem, wrote a test and rolled the release back within 20 minutes, because every minute cost us orders. \
    Then I told the team what had gone wrong. In the end the error rate dropped from 7% to 0.1% and we agreed on a checklist.";

/// A title that makes an interview a standalone one.
pub(crate) const JOB: &str =
    "Platform engineer: Kubernetes, Docker and PostgreSQL are required, Kafka is a plus.";

/// Tells the module that an analysis is finished, as the relay would.
pub(crate) async fn analysed(kit: &Harness, tenant: &Tenant, id: Uuid) -> Envelope {
    let event = AnalysisCompleted {
        analysis_id: id,
        job_title: Some("Platform engineer".to_owned()),
        matched_skills: vec!["PostgreSQL".to_owned(), "Docker".to_owned()],
        missing_skills: vec!["Kubernetes".to_owned(), "Kafka".to_owned()],
        total: 61,
    };
    let envelope = Envelope {
        event_id: EventId(Uuid::from_u128(id.as_u128() ^ 0xe)),
        event_type: AnalysisCompleted::TYPE.to_owned(),
        tenant_id: tenant.id,
        aggregate_id: id,
        sequence: 1,
        trace_parent: None,
        occurred_at: kit.clock.now(),
        payload: serde_json::to_value(event).unwrap(),
    };
    kit.deliver(&envelope).await.unwrap();
    envelope
}

pub(crate) const CREATE: &str = "mutation($input: CreateInterviewInput!) {
  createInterview(input: $input) {
    interview { id title status analysis { id } questions { id number kind competency text skill limitSeconds } }
    userErrors { field code message }
  }
}";

/// Makes a standalone interview.
pub(crate) async fn create(kit: &Harness, tenant: &Tenant, key: &str) -> Value {
    let input = json!({ "jobText": JOB, "cvText": "PostgreSQL since 2015", "idempotencyKey": key });
    let data = kit
        .ask(&tenant.owner, CREATE, json!({ "input": input }))
        .await
        .ok();
    assert_eq!(data["createInterview"]["userErrors"], json!([]));
    data["createInterview"]["interview"].clone()
}

pub(crate) const ISSUE: &str = "mutation($input: IssueCandidateLinkInput!) {
  issueCandidateLink(input: $input) {
    link { token url expiresAt } interview { status linkExpiresAt } userErrors { field code }
  }
}";

/// Gives a link out and comes back as the candidate.
pub(crate) async fn invite(
    kit: &Harness,
    tenant: &Tenant,
    interview: &Value,
    minutes: i32,
) -> Identity {
    let input = json!({ "interviewId": interview["id"], "expiresInMinutes": minutes });
    let data = kit
        .ask(&tenant.owner, ISSUE, json!({ "input": input }))
        .await
        .ok();
    let token = data["issueCandidateLink"]["link"]["token"]
        .as_str()
        .unwrap();
    kit.identity_of(token).unwrap()
}

pub(crate) const VIEW: &str = "{ candidateInterview {
  status consented answered
  questions { id number text skill limitSeconds outcome answer }
  currentQuestion { id number text remainingSeconds answer }
} }";

/// What the candidate sees.
pub(crate) async fn view(kit: &Harness, candidate: &Identity) -> Value {
    kit.ask(candidate, VIEW, json!({})).await.ok()["candidateInterview"].clone()
}

const SEEN: &str = "interview { status answered currentQuestion { id number remainingSeconds } \
                    questions { id outcome answer } } userErrors { field code }";

/// Begins with consent.
pub(crate) async fn start(kit: &Harness, candidate: &Identity) -> Value {
    let query =
        format!("mutation {{ startCandidateInterview(input: {{ consent: true }}) {{ {SEEN} }} }}");
    kit.ask(candidate, &query, json!({})).await.ok()["startCandidateInterview"].clone()
}

/// Saves a draft.
pub(crate) async fn save(
    kit: &Harness,
    candidate: &Identity,
    question: &Value,
    text: &str,
) -> Value {
    let query =
        format!("mutation($input: SaveAnswerInput!) {{ saveAnswer(input: $input) {{ {SEEN} }} }}");
    let input = json!({ "questionId": question, "text": text });
    kit.ask(candidate, &query, json!({ "input": input }))
        .await
        .ok()["saveAnswer"]
        .clone()
}

/// The document and variables of an answer that is handed in.
pub(crate) fn submission(question: &Value, text: &str, key: &str) -> (String, Value) {
    let query = format!(
        "mutation($input: SubmitAnswerInput!) {{ submitAnswer(input: $input) {{ {SEEN} }} }}"
    );
    let input = json!({ "questionId": question, "text": text, "idempotencyKey": key });
    (query, json!({ "input": input }))
}

/// Hands an answer in.
pub(crate) async fn submit(
    kit: &Harness,
    candidate: &Identity,
    question: &Value,
    text: &str,
    key: &str,
) -> Answer {
    let (query, variables) = submission(question, text, key);
    kit.ask(candidate, &query, variables).await
}

/// Asks for the next question.
pub(crate) async fn open_next(kit: &Harness, candidate: &Identity) -> Value {
    let query = format!("mutation {{ openNextQuestion {{ {SEEN} }} }}");
    kit.ask(candidate, &query, json!({})).await.ok()["openNextQuestion"].clone()
}

/// Ends the interview.
pub(crate) async fn complete(kit: &Harness, candidate: &Identity) -> Value {
    let query = format!("mutation {{ completeCandidateInterview {{ {SEEN} }} }}");
    kit.ask(candidate, &query, json!({})).await.ok()["completeCandidateInterview"].clone()
}

/// Answers every question with the same text, and ends.
pub(crate) async fn answer_all(kit: &Harness, candidate: &Identity, text: &str) {
    start(kit, candidate).await;
    let questions = view(kit, candidate).await["questions"]
        .as_array()
        .unwrap()
        .clone();
    for (n, question) in questions.iter().enumerate() {
        let data = submit(
            kit,
            candidate,
            &question["id"],
            text,
            &format!("answer-{n}"),
        )
        .await
        .ok();
        assert_eq!(
            data["submitAnswer"]["userErrors"],
            json!([]),
            "question {n}"
        );
    }
    let ended = complete(kit, candidate).await;
    assert_eq!(ended["interview"]["status"], "COMPLETED");
}

/// Codes of the user errors of a payload.
pub(crate) fn user_codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect()
}
