//! The same CV gives the same score, however often, in both shapes and under load.
//!
//! Few times in every run; as often as `TESSERA_SAMENESS` says (1000 in a release's).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Database, Running, SECRET, ask, client, run};

const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
const REQUEST: &str = "mutation($size: Int!) { requestCvUpload(input: {fileName: \"cv.txt\", sizeBytes: $size}) { ticket { id url } } }";
const COMPLETE: &str =
    "mutation($id: ID!) { completeCvUpload(input: {ticketId: $id}) { document { id } } }";
const DESCRIBE: &str = "mutation($text: String!) { createJobDescription(input: {title: \"Senior Engineer\", text: $text}) { jobDescription { id } } }";
const START: &str = "mutation($documents: [ID!]!, $job: ID!, $key: String!) {
  startCvAnalyses(input: {documentIds: $documents, jobDescriptionId: $job, idempotencyKey: $key}) { analyses { id } userErrors { code } } }";
const RANKING: &str = "query($job: ID!, $after: String) { jobDescription(id: $job) { ranking(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node { score { total required { earnedHundredths explanation } preferred { earnedHundredths explanation }
    experience { earnedHundredths explanation } education { earnedHundredths explanation } } skillMatches { matched { name } missing { name } extra { name } }
    missingSkills confidence provenance { extractorVersion readerVersion taxonomyVersion weightsVersion } } } } } }";

const CV: &str = "Jane Doe\nBerlin, Germany | +49 170 1234567 | jane.doe@example.com\nSkills\nRust, PostgreSQL, Docker, React\nExperience\nBackend Engineer, Acme GmbH\nJan 2020 – Dec 2023\n• Built services in Rust on Kubernetes\nEducation\nMSc Computer Science, TU Munich, 2014 – 2019";
const JOB: &str = "Requirements\n- 5+ years of experience\n- Rust and PostgreSQL\n- Kafka\n- Bachelor's degree\nNice to have\n- Docker\n- Terraform";
/// Files of the same text and different bytes: each is read anew.
const FILES: usize = 8;

fn times() -> usize {
    std::env::var("TESSERA_SAMENESS").map_or(32, |times| times.parse().unwrap())
}

struct Client<'a> {
    url: &'a str,
    token: String,
}

impl Client<'_> {
    /// Asks until it is not told to slow down.
    async fn ask(&self, query: &str, variables: Value) -> Value {
        loop {
            let answer = ask(self.url, Some(&self.token), query, variables.clone()).await;
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
        let put = client().put(ticket["url"].as_str().unwrap()).body(file);
        assert!(put.send().await.unwrap().status().is_success());
        self.ask(COMPLETE, json!({"id": ticket["id"]})).await["completeCvUpload"]["document"]["id"]
            .clone()
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
        shape: &str,
        times: usize,
    ) -> (BTreeSet<String>, usize) {
        let made = self.ask(DESCRIBE, json!({"text": JOB})).await;
        let job = made["createJobDescription"]["jobDescription"]["id"].clone();
        let rounds = times.div_ceil(documents.len());
        let over = AtomicBool::new(false);
        let asked = AtomicUsize::new(0);
        let load = async {
            while !over.load(Ordering::Acquire) {
                self.ask(
                    "{ me { email } cvAnalyses(first: 50) { edges { node { id stage } } } }",
                    json!({}),
                )
                .await;
                asked.fetch_add(1, Ordering::AcqRel);
            }
        };
        let work = async {
            let starts = (0..rounds).map(|round| {
                let key = format!("{shape} {round}");
                self.ask(
                    START,
                    json!({"documents": documents, "job": job, "key": key}),
                )
            });
            futures::future::join_all(starts).await;
            let begun = Instant::now();
            let wanted = rounds * documents.len();
            let verdicts = loop {
                let verdicts = self.verdicts(&job).await;
                if verdicts.len() >= wanted {
                    break verdicts;
                }
                assert!(
                    begun.elapsed() < Duration::from_secs(540),
                    "{} of {wanted}",
                    verdicts.len()
                );
                tokio::time::sleep(Duration::from_millis(500)).await;
            };
            over.store(true, Ordering::Release);
            verdicts
        };
        let (verdicts, ..) = tokio::join!(work, load);
        assert!(asked.load(Ordering::Acquire) > 0, "there was no load");
        (verdicts.iter().cloned().collect(), verdicts.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cv_has_one_score_in_both_shapes_and_under_load() {
    let database = Database::new().await;
    let files = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", database.url.as_str()),
        ("TESSERA_SECRET", SECRET),
        ("TESSERA_DATA_DIR", files.path().to_str().unwrap()),
    ];
    let (ok, words) = run(&["migrate"], &variables);
    assert!(ok, "{words}");
    let (ok, words) = run(&["seed-demo"], &variables);
    assert!(ok, "{words}");
    let demo: Value = serde_json::from_str(words.trim()).unwrap();

    let product = Running::start(&["serve"], &variables).await;
    let input = json!({ "email": demo["email"], "password": demo["password"] });
    let session = ask(&product.url, None, SIGN_IN, json!({ "input": input })).await;
    let token = session["data"]["signIn"]["session"]["accessToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let embedded = Client {
        url: &product.url,
        token: token.clone(),
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
    let (one, counted) = embedded.analyse(here, "embedded", times() / 2).await;
    assert_eq!(one.len(), 1, "{one:#?}");
    product.end().await;

    let mut services = Vec::new();
    let mut subgraphs = Vec::new();
    for module in ["core", "billing", "cv-analysis", "interview"] {
        let service = Running::start(&["serve", "--modules", module], &variables).await;
        subgraphs.push(format!("{module}={}", service.url));
        services.push(service);
    }
    let subgraphs = subgraphs.join(",");
    let router = Running::start(
        &["router"],
        &[
            ("TESSERA_SECRET", SECRET),
            ("TESSERA_SUBGRAPHS", &subgraphs),
        ],
    )
    .await;
    let apart = Client {
        url: &router.url,
        token,
    };
    let (other, more) = apart.analyse(there, "apart", times() / 2).await;
    assert_eq!(other, one);
    println!(
        "{} analyses, one verdict: {:?}",
        counted + more,
        one.first()
    );
    for process in services.into_iter().chain([router]) {
        process.end().await;
    }
    database.remove().await;
}
