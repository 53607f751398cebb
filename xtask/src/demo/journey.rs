//! The journey, step by step, over the public API only.

use super::client::{Client, Refusal};
use super::subscription::Subscription;
use super::{answers, operations};
use crate::{console, secret};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long one module's view of another may lag behind its events.
const EVENTUALLY: Duration = Duration::from_secs(60);

/// More than any interview asks.
const MOST_QUESTIONS: usize = 50;

/// A CV and a job description to play with.
pub(crate) struct Material {
    pub(crate) cv_name: String,
    pub(crate) cv: Vec<u8>,
    /// The CV's text when it is the demo's own: then every quoted span is looked up in it.
    pub(crate) cv_text: Option<String>,
    pub(crate) job_title: String,
    pub(crate) job: String,
}

/// What came out.
pub(crate) struct Outcome {
    pub(crate) score: i64,
    pub(crate) report: i64,
    pub(crate) took: Duration,
    pub(crate) played: Played,
}

/// What was made on the way, and a session that may read it.
pub(crate) struct Played {
    pub(crate) token: String,
    pub(crate) analysis: String,
    pub(crate) interview: String,
}

/// Plays everything; the error's context names the step that failed.
pub(crate) async fn play(base: &str, material: Material, quiet: bool) -> Result<Outcome> {
    let begun = Instant::now();
    let Begun { journey, analysis } = begin(base, material, quiet).await?;
    journey
        .watch(&analysis)
        .await
        .context("watch the progress")?;
    let score = journey
        .read_analysis(&analysis)
        .await
        .context("read the analysis")?;
    let interview = journey
        .create_interview(&analysis)
        .await
        .context("create the interview")?;
    let candidate = journey
        .invite(&interview)
        .await
        .context("issue the candidate's link")?;
    journey
        .answer(&candidate)
        .await
        .context("answer as the candidate")?;
    journey
        .watch_interview(&interview, score)
        .await
        .context("watch the interview")?;
    let report = journey
        .read_everything(&interview, score)
        .await
        .context("read everything in one operation")?;
    Ok(Outcome {
        score,
        report,
        took: begun.elapsed(),
        played: Played {
            token: journey.client.token().context("no session")?.to_owned(),
            analysis,
            interview,
        },
    })
}

/// The journey up to an analysis that was just started.
pub(crate) struct Begun {
    journey: Journey,
    analysis: String,
}

/// Plays until the analysis is started; the error's context names the step that failed.
async fn begin(base: &str, material: Material, quiet: bool) -> Result<Begun> {
    let mut journey = Journey {
        client: Client::new(base)?,
        material,
        quiet,
        unique: secret::random()?[..12].to_owned(),
    };
    journey.sign_up().await.context("sign up")?;
    journey
        .create_tenant()
        .await
        .context("create an organisation")?;
    journey.start_trials().await.context("start the trials")?;
    let document = journey.upload().await.context("upload the CV")?;
    let analysis = journey
        .start_analysis(&document)
        .await
        .context("start the analysis")?;
    Ok(Begun { journey, analysis })
}

/// Plays until somebody works on the analysis and it is not done; gives what goes on with it later.
pub(crate) async fn into_the_analysis(base: &str, material: Material) -> Result<Begun> {
    let begun = begin(base, material, true).await?;
    let stage = begun.journey.first_stage_of_work(&begun.analysis).await?;
    ensure!(
        !matches!(stage.as_str(), "DONE" | "FAILED"),
        "the analysis was {stage} before anybody could interrupt it"
    );
    Ok(begun)
}

impl Begun {
    /// Waits for the end of the analysis, on the server that is there now, and gives the score.
    pub(crate) async fn finish(self) -> Result<i64> {
        self.journey.watch(&self.analysis).await?;
        self.journey.read_analysis(&self.analysis).await
    }
}

pub(super) struct Journey {
    pub(super) client: Client,
    pub(super) material: Material,
    quiet: bool,
    /// Makes names of this run different from all others.
    unique: String,
}

impl Journey {
    pub(super) fn tell(&self, text: &str) {
        if !self.quiet {
            console::done(text);
        }
    }

    pub(super) fn detail(&self, text: &str) {
        if !self.quiet {
            console::plain(&format!("    {text}"));
        }
    }

    async fn sign_up(&mut self) -> Result<()> {
        let email = format!("demo-{}@example.com", self.unique);
        let input =
            json!({ "email": email, "password": secret::random()?, "displayName": "Robin Demo" });
        let payload = self
            .client
            .mutate("signUp", operations::SIGN_UP, input)
            .await?;
        self.client = self
            .client
            .with_token(text(&payload["session"]["accessToken"], "accessToken")?);
        self.tell(&format!("signed up as {email}"));
        Ok(())
    }

    async fn create_tenant(&mut self) -> Result<()> {
        let input = json!({ "name": format!("Demo Recruiting {}", self.unique) });
        let payload = self
            .client
            .mutate("createTenant", operations::CREATE_TENANT, input)
            .await?;
        self.client = self
            .client
            .with_token(text(&payload["session"]["accessToken"], "accessToken")?);
        let scopes = payload["session"]["scopes"].as_array().map_or(0, Vec::len);
        self.tell(&format!(
            "created organisation {}, with {scopes} permissions in it",
            payload["tenant"]["name"]
        ));
        Ok(())
    }

    async fn start_trials(&self) -> Result<()> {
        for module in ["cv-analysis", "interview"] {
            let input =
                json!({ "module": module, "idempotencyKey": format!("{}-{module}", self.unique) });
            let payload = self
                .client
                .mutate("startTrial", operations::START_TRIAL, input)
                .await?;
            let license = &payload["license"];
            ensure!(
                license["status"] == "ACTIVE",
                "the trial of {module} is {}",
                license["status"]
            );
            self.tell(&format!(
                "started the trial of {module}, until {}",
                text(&license["expiresAt"], "expiresAt")?
            ));
        }
        Ok(())
    }

    async fn upload(&self) -> Result<String> {
        let material = &self.material;
        let input = json!({ "fileName": material.cv_name, "sizeBytes": material.cv.len() });
        // at once: a licence counts from the moment in which it is given
        let payload = self
            .client
            .mutate("requestCvUpload", operations::REQUEST_UPLOAD, input)
            .await?;
        let ticket = &payload["ticket"];
        let (method, url) = (
            text(&ticket["method"], "method")?,
            text(&ticket["url"], "url")?,
        );
        self.client.upload(method, url, material.cv.clone()).await?;
        let input = json!({ "ticketId": ticket["id"] });
        let payload = self
            .client
            .mutate("completeCvUpload", operations::COMPLETE_UPLOAD, input)
            .await?;
        self.tell(&format!(
            "uploaded {} ({} bytes)",
            material.cv_name,
            material.cv.len()
        ));
        Ok(text(&payload["document"]["id"], "document")?.to_owned())
    }

    async fn start_analysis(&self, document: &str) -> Result<String> {
        let input = json!({ "title": self.material.job_title, "text": self.material.job });
        let payload = self
            .client
            .mutate("createJobDescription", operations::CREATE_JOB, input)
            .await?;
        let job = text(&payload["jobDescription"]["id"], "jobDescription")?;
        self.tell(&format!(
            "stored the job description \"{}\"",
            self.material.job_title
        ));
        let input = json!({
            "documentId": document,
            "jobDescriptionId": job,
            "idempotencyKey": format!("{}-analysis", self.unique),
        });
        let payload = self
            .client
            .mutate("startCvAnalysis", operations::START_ANALYSIS, input)
            .await?;
        self.tell("started the analysis");
        Ok(text(&payload["analysis"]["id"], "analysis")?.to_owned())
    }

    async fn first_stage_of_work(&self, analysis: &str) -> Result<String> {
        let variables = json!({ "analysis": analysis });
        let mut events =
            Subscription::open(&self.client, operations::WATCH_ANALYSIS, variables).await?;
        while let Some(data) = events.next().await? {
            let stage = text(&data["cvAnalysisProgress"]["stage"], "stage")?;
            if stage != "QUEUED" {
                return Ok(stage.to_owned());
            }
        }
        bail!("the stream ended before the work began")
    }

    async fn watch(&self, analysis: &str) -> Result<()> {
        let variables = json!({ "analysis": analysis });
        let mut events =
            Subscription::open(&self.client, operations::WATCH_ANALYSIS, variables).await?;
        while let Some(mut data) = events.next().await? {
            let event = data["cvAnalysisProgress"].take();
            let stage = text(&event["stage"], "stage")?;
            self.detail(&format!(
                "{:>3} % {stage} {}",
                event["percent"],
                event["message"].as_str().unwrap_or_default()
            ));
            match stage {
                "DONE" => {
                    self.tell("watched the analysis until it was done");
                    return events.close().await;
                }
                "FAILED" => bail!("the analysis failed: {}", event["message"]),
                _ => {}
            }
        }
        bail!("the stream ended before the analysis did")
    }

    async fn create_interview(&self, analysis: &str) -> Result<String> {
        let input = json!({
            "analysisId": analysis,
            "title": format!("Interview for {}", self.material.job_title),
            "idempotencyKey": format!("{}-interview", self.unique),
        });
        let payload = self
            .once_known("createInterview", operations::CREATE_INTERVIEW, input)
            .await?;
        self.tell("created an interview from that analysis");
        Ok(text(&payload["interview"]["id"], "interview")?.to_owned())
    }

    async fn invite(&self, interview: &str) -> Result<Client> {
        let input = json!({ "interviewId": interview, "expiresInMinutes": 60 });
        let payload = self
            .client
            .mutate("issueCandidateLink", operations::ISSUE_LINK, input)
            .await?;
        self.tell(&format!(
            "issued a link for the candidate, until {}",
            text(&payload["link"]["expiresAt"], "expiresAt")?
        ));
        Ok(self
            .client
            .with_token(text(&payload["link"]["token"], "token")?))
    }

    async fn answer(&self, candidate: &Client) -> Result<()> {
        let consent = json!({ "consent": true });
        candidate
            .mutate(
                "startCandidateInterview",
                operations::BEGIN_INTERVIEW,
                consent,
            )
            .await?;
        let mut answered = 0;
        let mut given = HashSet::new();
        loop {
            let data = candidate.run(operations::READ_QUESTION, json!({})).await?;
            let interview = &data["candidateInterview"];
            let question = &interview["currentQuestion"];
            if question.is_null() {
                let asked = interview["questions"].as_array().map_or(0, Vec::len);
                ensure!(
                    answered == asked && asked > 0,
                    "{answered} of {asked} questions could be answered"
                );
                break;
            }
            ensure!(answered < MOST_QUESTIONS, "the interview asks without end");
            self.detail(&format!(
                "{:>2}. {}",
                question["number"],
                text(&question["text"], "question")?
            ));
            let input = json!({
                "questionId": question["id"],
                "text": answers::answer(question, &mut given),
                "idempotencyKey": format!("{}-answer-{answered}", self.unique),
            });
            candidate
                .mutate("submitAnswer", operations::SUBMIT_ANSWER, input)
                .await?;
            answered += 1;
        }
        candidate
            .mutate(
                "completeCandidateInterview",
                operations::FINISH_INTERVIEW,
                json!({}),
            )
            .await?;
        self.tell(&format!(
            "answered {answered} questions with the candidate's token"
        ));
        Ok(())
    }

    /// The progress from its beginning: whoever comes late has missed nothing.
    async fn watch_interview(&self, interview: &str, score: i64) -> Result<()> {
        let variables = json!({ "interview": interview });
        let mut events =
            Subscription::open(&self.client, operations::WATCH_INTERVIEW, variables).await?;
        let mut kinds = Vec::new();
        while let Some(mut data) = events.next().await? {
            let event = data["interviewProgress"].take();
            kinds.push(text(&event["kind"], "kind")?.to_owned());
            let total = &event["interview"]["analysis"]["score"]["total"];
            ensure!(
                *total == score,
                "an event says that the CV's score is {total}"
            );
            if !event["interview"]["report"].is_null() && event["kind"] == "COMPLETED" {
                self.tell(&format!(
                    "watched {} events of the interview, the report is there",
                    kinds.len()
                ));
                return events.close().await;
            }
        }
        bail!(
            "the stream ended without a report, after {}",
            kinds.join(", ")
        )
    }

    /// Retries while the fact that it builds on is on its way from another module.
    async fn once_known(&self, field: &str, query: &str, input: Value) -> Result<Value> {
        let deadline = Instant::now() + EVENTUALLY;
        loop {
            match self.client.mutate(field, query, input.clone()).await {
                Err(error)
                    if Instant::now() < deadline
                        && error
                            .downcast_ref::<Refusal>()
                            .is_some_and(|refusal| refusal.code == "NOT_FOUND") =>
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                result => return result,
            }
        }
    }
}

pub(super) fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    value
        .as_str()
        .with_context(|| format!("the answer has no {what}"))
}
