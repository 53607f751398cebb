//! `cargo xtask demo`: the whole journey against a running product, told line by line.

mod answers;
mod client;
mod journey;
mod operations;
mod pdf;
mod reading;
mod subscription;

pub(crate) use journey::{Material, Outcome, Played, into_the_analysis, play};
pub(crate) use operations::{EVERYTHING, READ_ANALYSIS};

use crate::console;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};

const CV: &str = include_str!("../../assets/demo-cv.txt");
const JOB: &str = include_str!("../../assets/demo-job.txt");

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The running product
    #[arg(long, default_value = "http://127.0.0.1:4000")]
    url: String,
    /// A CV of one's own (PDF)
    #[arg(long, requires = "job")]
    cv: Option<PathBuf>,
    /// A job description of one's own (text)
    #[arg(long, requires = "cv")]
    job: Option<PathBuf>,
}

/// Plays the journey; ends with one line `demo passed: …` or with the step that failed.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    let material = match (&arguments.cv, &arguments.job) {
        (Some(cv), Some(job)) => own_material(cv, job)?,
        _ => demo_material(),
    };
    match play(&arguments.url, material, false).await {
        Ok(outcome) => {
            console::plain(&passed(&outcome));
            Ok(())
        }
        Err(error) => bail!("demo failed at: {error:#}"),
    }
}

/// The line that ends a good run.
pub(crate) fn passed(outcome: &Outcome) -> String {
    format!(
        "demo passed: CV score {}, interview rating {}, {:.2} s",
        outcome.score,
        outcome.report,
        outcome.took.as_secs_f64()
    )
}

/// The CV and the job description that the demo brings.
pub(crate) fn demo_material() -> Material {
    Material {
        cv_name: "mara-lindqvist.pdf".to_owned(),
        cv: pdf::from_text(CV),
        cv_text: Some(CV.to_owned()),
        job_title: first_line(JOB),
        job: JOB.to_owned(),
    }
}

fn own_material(cv: &Path, job: &Path) -> Result<Material> {
    let text =
        std::fs::read_to_string(job).with_context(|| format!("reading {}", job.display()))?;
    Ok(Material {
        cv_name: cv
            .file_name()
            .unwrap_or(cv.as_os_str())
            .to_string_lossy()
            .into_owned(),
        cv: std::fs::read(cv).with_context(|| format!("reading {}", cv.display()))?,
        cv_text: None,
        job_title: first_line(&text),
        job: text,
    })
}

fn first_line(text: &str) -> String {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("Untitled")
        .chars()
        .take(120)
        .collect()
}
