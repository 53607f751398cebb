//! The same CV gives the same score, however often, in both shapes and under load.
//!
//! As often as fits into a run of the tests; as often as `TESSERA_SAMENESS` says (1000 in a release's).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::process::client;
use crate::product::{Demo, Shape};

const REQUEST: &str = "mutation($size: Int!) { requestCvUpload(input: {fileName: \"cv.txt\", sizeBytes: $size}) { ticket { id url } } }";
const COMPLETE: &str =
    "mutation($id: ID!) { completeCvUpload(input: {ticketId: $id}) { document { id } } }";
const DESCRIBE: &str = "mutation($text: String!) { createJobDescription(input: {title: \"Senior Engineer\", text: $text}) { jobDescription { id } } }";
const START: &str = "mutation($documents: [ID!]!, $job: ID!, $key: String!) {
  startCvAnalyses(input: {documentIds: $documents, jobDescriptionId: $job, idempotencyKey: $key}) { analyses { id } userErrors { code } } }";
const PROGRESS: &str =
    "subscription($job: ID!) { cvBatchProgress(jobDescriptionId: $job) { __typename } }";
const RANKING: &str = "query($job: ID!, $after: String) { jobDescription(id: $job) { ranking(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node { score { total required { earnedHundredths explanation } preferred { earnedHundredths explanation }
    experience { earnedHundredths explanation } education { earnedHundredths explanation } } skillMatches { matched { name } missing { name } extra { name } }
    missingSkills confidence provenance { extractorVersion readerVersion taxonomyVersion weightsVersion } } } } } }";
/// What others ask meanwhile.
const MEANWHILE: &str = "{ me { email } cvAnalyses(first: 50) { edges { node { id stage } } } }";

const CV: &str = "Jane Doe\nBerlin, Germany | +49 170 1234567 | jane.doe@example.com\nSkills\nRust, PostgreSQL, Docker, React\nExperience\nBackend Engineer, Acme GmbH\nJan 2020 – Dec 2023\n• Built services in Rust with Kubernetse\nEducation\nMSc Computer Science, TU Munich, 2014 – 2019";
const JOB: &str = "Requirements\n- 5+ years of experience\n- Rust and PostgreSQL\n- Kafka and Kubernetes\n- Bachelor's degree\nNice to have\n- Docker\n- Terraform";
/// Files of the same text and different bytes: each is read anew.
const FILES: usize = 8;
/// Clients that keep the product busy.
const OTHERS: usize = 4;

fn times() -> usize {
    std::env::var("TESSERA_SAMENESS").map_or(64, |times| times.parse().unwrap())
}

struct Client<'a> {
    http: reqwest::Client,
    url: &'a str,
    token: &'a str,
}

impl Client<'_> {
    fn request(&self, query: &str, variables: &Value) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/graphql", self.url))
            .bearer_auth(self.token)
            .json(&json!({"query": query, "variables": variables}))
    }

    /// Asks until it is not told to slow down.
    async fn ask(&self, query: &str, variables: Value) -> Value {
        loop {
            let answer = self.request(query, &variables).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            let code = &answer["errors"][0]["extensions"]["code"];
            if code == "RATE_LIMITED" || code == "UNAVAILABLE" {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
            assert!(answer["errors"].is_null(), "{answer}");
            return answer["data"].clone();
        }
    }

    async fn upload(&self, file: String) -> Value {
        let opened = self.ask(REQUEST, json!({"size": file.len()})).await;
        let ticket = &opened["requestCvUpload"]["ticket"];
        let put = self.http.put(ticket["url"].as_str().unwrap()).body(file);
        assert!(put.send().await.unwrap().status().is_success());
        self.ask(COMPLETE, json!({"id": ticket["id"]})).await["completeCvUpload"]["document"]["id"]
            .clone()
    }

    /// Follows a job until nothing of it is under way.
    async fn follow(&self, job: &Value) {
        let followed = self
            .request(PROGRESS, &json!({"job": job}))
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap();
        assert!(followed.text().await.unwrap().contains("event: complete"));
    }

    /// Everything that the ranking of a job says, a line per analysis.
    async fn verdicts(&self, job: &Value) -> Vec<String> {
        let (mut verdicts, mut after) = (Vec::new(), Value::Null);
        loop {
            let read = self.ask(RANKING, json!({"job": job, "after": after})).await;
            let ranking = &read["jobDescription"]["ranking"];
            let edges = ranking["edges"].as_array().unwrap();
            verdicts.extend(edges.iter().map(|edge| edge["node"].to_string()));
            if ranking["pageInfo"]["hasNextPage"] != true {
                return verdicts;
            }
            after = ranking["pageInfo"]["endCursor"].clone();
        }
    }

    /// Analyses the documents over and over while others keep the product busy; gives the different verdicts and their number.
    async fn analyse(
        &self,
        documents: &[Value],
        shape: Shape,
        times: usize,
    ) -> (BTreeSet<String>, usize) {
        let made = self.ask(DESCRIBE, json!({"text": JOB})).await;
        let job = &made["createJobDescription"]["jobDescription"]["id"];
        let rounds = times.div_ceil(documents.len());
        let over = AtomicBool::new(false);
        let asked = AtomicUsize::new(0);
        let load = futures::future::join_all((0..OTHERS).map(|_| async {
            while !over.load(Ordering::Acquire) {
                self.ask(MEANWHILE, json!({})).await;
                asked.fetch_add(1, Ordering::AcqRel);
            }
        }));
        let begun = Instant::now();
        let work = async {
            let starts = (0..rounds).map(|round| {
                let key = format!("{shape:?} {round}");
                self.ask(
                    START,
                    json!({"documents": documents, "job": job, "key": key}),
                )
            });
            futures::future::join_all(starts).await;
            self.follow(job).await;
            over.store(true, Ordering::Release);
            self.verdicts(job).await
        };
        let (verdicts, ..) = tokio::join!(work, load);
        assert_eq!(verdicts.len(), rounds * documents.len());
        let asked = asked.load(Ordering::Acquire);
        assert!(asked > 0, "there was no load");
        println!(
            "{shape:?}: {} analyses beside {asked} queries in {:.1?}",
            verdicts.len(),
            begun.elapsed()
        );
        (verdicts.iter().cloned().collect(), verdicts.len())
    }
}

/// Analyses the same CV in both shapes; all verdicts are one.
async fn one_verdict(demo: Demo, times: usize) -> Value {
    let product = demo.start(Shape::Embedded).await;
    let token = product.sign_in(&demo).await;
    let embedded = Client {
        http: client(),
        url: &product.url,
        token: &token,
    };
    let mut documents = Vec::new();
    for number in 0..FILES * 2 {
        documents.push(
            embedded
                .upload(format!("{CV}{}", "\n".repeat(number)))
                .await,
        );
    }
    let (here, there) = documents.split_at(FILES);
    let (one, counted) = embedded.analyse(here, Shape::Embedded, times / 2).await;
    assert_eq!(one.len(), 1, "{one:#?}");
    println!("most memory, in MiB: {:?}", product.memory_mib());
    product.end().await;

    let product = demo.start(Shape::Apart).await;
    let apart = Client {
        http: client(),
        url: &product.url,
        token: &token,
    };
    let (other, more) = apart.analyse(there, Shape::Apart, times / 2).await;
    assert_eq!(other, one);
    println!("most memory, in MiB: {:?}", product.memory_mib());
    product.end().await;
    demo.remove().await;
    let verdict = one.first().unwrap();
    println!("{} analyses, one verdict: {verdict}", counted + more);
    serde_json::from_str(verdict).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cv_has_one_score_in_both_shapes_and_under_load() {
    let verdict = one_verdict(Demo::new(&[]).await, times()).await;
    assert_eq!(verdict["missingSkills"][0], "Kafka", "{verdict}");
}

/// Answers the same question otherwise each time: with help, with lies, with nothing, with nonsense, or not at all.
async fn fickle(State(asked): State<Arc<AtomicUsize>>, question: String) -> (StatusCode, String) {
    let said = |content: Value| {
        let message = json!({"role": "assistant", "content": content.to_string()});
        json!({"choices": [{"index": 0, "message": message}], "usage": {"prompt_tokens": 900, "completion_tokens": 90}})
            .to_string()
    };
    let claim = |skill: &str, quote: &str| json!({"skill": skill, "quote": quote});
    let turn = asked.fetch_add(1, Ordering::AcqRel);
    if !question.contains("\"skills\"") {
        return (StatusCode::OK, said(json!({"texts": [turn.to_string()]})));
    }
    let helps = claim("Kubernetes", "Kubernetse");
    let content = match turn % 5 {
        0 => json!({"skills": [helps]}),
        1 => {
            json!({"skills": [claim("Kafka", "Built services in Rust"), claim("Terraform", "Acme")]})
        }
        2 => json!({"skills": []}),
        3 => json!({"skills": [], "score": turn}),
        _ => return (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    };
    (StatusCode::OK, said(content))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_answers_otherwise_each_time_leaves_the_score_as_it_is() {
    let asked = Arc::new(AtomicUsize::new(0));
    let app = axum::Router::new()
        .route("/v1/chat/completions", axum::routing::post(fickle))
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let variables = [
        ("OPENAI_API_KEY", "sk-test"),
        ("OPENAI_BASE_URL", &base_url),
    ];
    one_verdict(Demo::new(&variables).await, times() / 2).await;
    assert!(asked.load(Ordering::Acquire) > 0, "the model was asked");
}
