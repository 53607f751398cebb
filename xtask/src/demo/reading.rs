//! The steps that read what came out, and hold it to what it claims.

use super::journey::{Journey, text};
use super::operations;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

impl Journey {
    pub(super) async fn read_analysis(&self, analysis: &str) -> Result<i64> {
        let data = self
            .client
            .run(operations::READ_ANALYSIS, json!({ "analysis": analysis }))
            .await?;
        let analysis = &data["cvAnalysis"];
        let score = &analysis["score"];
        let total = score["total"].as_i64().context("no score")?;
        ensure!((0..=100).contains(&total), "the score is {total}");
        self.tell(&format!("the CV scores {total} of 100 for this job"));
        for part in ["required", "preferred", "experience", "education"] {
            let hundredths = |field: &str| {
                score[part][field]
                    .as_i64()
                    .with_context(|| format!("{part} has no {field}"))
            };
            self.detail(&format!(
                "{part:>10} {:>5} of {:>5}  {}",
                decimal(hundredths("earnedHundredths")?),
                decimal(hundredths("maxHundredths")?),
                score[part]["explanation"].as_str().unwrap_or_default()
            ));
        }
        let matches = &analysis["skillMatches"];
        for list in ["matched", "missing", "extra"] {
            let skills = matches[list]
                .as_array()
                .with_context(|| format!("no {list} skills"))?;
            let names: Vec<&str> = skills
                .iter()
                .filter_map(|skill| skill["name"].as_str())
                .collect();
            self.detail(&format!(
                "{list:>10}  {}",
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                }
            ));
        }
        self.check_evidence(&matches["matched"])?;
        for probe in analysis["suggestedProbes"].as_array().into_iter().flatten() {
            self.detail(&format!(
                "  to ask  {}",
                probe["question"].as_str().unwrap_or_default()
            ));
        }
        Ok(total)
    }

    /// A matched skill without a quote from the CV is a claim without proof, and a quote must be in the CV.
    fn check_evidence(&self, matched: &Value) -> Result<()> {
        let mut quotes = 0;
        for skill in matched.as_array().into_iter().flatten() {
            let evidence = skill["evidence"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            ensure!(
                !evidence.is_empty(),
                "skill {} was matched without evidence",
                skill["name"]
            );
            for span in evidence {
                let quote = text(&span["quote"], "quote")?;
                if let Some(cv) = &self.material.cv_text {
                    ensure!(
                        squeeze(cv).contains(&squeeze(quote)),
                        "the quote {quote:?} is not in the CV"
                    );
                }
                quotes += 1;
            }
        }
        if self.material.cv_text.is_some() {
            ensure!(quotes > 0, "nothing of the demo's CV was matched");
            self.tell(&format!("looked up {quotes} quotes of evidence in the CV"));
        }
        Ok(())
    }

    pub(super) async fn read_everything(&self, interview: &str, score: i64) -> Result<i64> {
        let data = self
            .client
            .run(operations::EVERYTHING, json!({ "interview": interview }))
            .await?;
        let one = &data["interview"];
        let report = one["report"]["overall"]
            .as_i64()
            .context("no overall rating")?;
        ensure!(
            (0..=100).contains(&report),
            "the overall rating is {report}"
        );
        ensure!(
            one["analysis"]["score"]["total"] == score,
            "the score is {} here",
            one["analysis"]["score"]["total"]
        );
        let licenses = data["tenant"]["licenses"]
            .as_array()
            .context("no licences")?;
        for module in ["cv-analysis", "interview"] {
            ensure!(
                licenses
                    .iter()
                    .any(|license| license["module"] == module && license["status"] == "ACTIVE"),
                "no active licence of {module}"
            );
        }
        text(&data["me"]["email"], "me")?;
        self.tell("read it all in one operation over core, billing, cv-analysis and interview:");
        let report_of = &one["report"];
        self.detail(&format!(
            "overall {report} of 100 ({}, {}, {})",
            rated(report_of, "technical"),
            rated(report_of, "behavioural"),
            rated(report_of, "communication")
        ));
        for competency in one["report"]["competencies"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.detail(&format!(
                "{} of 5  {}: {}",
                competency["rating"],
                competency["name"].as_str().unwrap_or_default(),
                competency["anchor"].as_str().unwrap_or_default()
            ));
        }
        for line in one["report"]["feedback"].as_array().into_iter().flatten() {
            self.detail(&format!("- {}", line.as_str().unwrap_or_default()));
        }
        Ok(report)
    }
}

/// Hundredths as a decimal number.
fn decimal(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn rated(report: &Value, aspect: &str) -> String {
    match report[aspect].as_i64() {
        Some(rating) => format!("{aspect} {rating}"),
        None => format!("{aspect} not rated"),
    }
}

/// One space for every run of white space: line breaks in a PDF are the layout's.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
