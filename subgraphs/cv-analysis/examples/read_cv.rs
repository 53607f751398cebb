//! What does Tessera read in this CV? One JSON object a line for each file named, on standard output.
//!
//! ```text
//! cargo run -p subgraph-cv-analysis --example read_cv -- [--as-of 2026-11] [--text] cv.pdf resume.txt …
//! cargo run -p subgraph-cv-analysis --example read_cv -- --names < skills.txt
//! ```
//!
//! Files are of any kind that an upload may be. `--as-of` is the month that "present" means (that of the clock without it);
//! `--text` adds the extracted text, whose code points every span counts. A file that cannot be read gives a line with `error`.
//! With `--names`, each line of standard input gives the skill that is called so (`skill`, or null) and the skills
//! that are found in it as an item of a list of skills (`found`).
//!
//! Files are read in this process, without the walls of the product's worker: this is for files that one trusts.

use std::io::{BufRead as _, BufWriter, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};
use subgraph_cv_analysis::domain::extract::extract;
use subgraph_cv_analysis::domain::period::Month;
use subgraph_cv_analysis::domain::profile::Profile;
use subgraph_cv_analysis::domain::section::sections;
use subgraph_cv_analysis::domain::skill::Taxonomy;
use subgraph_cv_analysis::domain::text::Source;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let taxonomy = Taxonomy::shared().map_err(ToString::to_string)?;
    let mut as_of = this_month()?;
    let (mut with_text, mut names) = (false, false);
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--as-of" => as_of = month(&arguments.next().ok_or("--as-of wants a month")?)?,
            "--text" => with_text = true,
            "--names" => names = true,
            _ => files.push(argument),
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if names {
        for line in std::io::stdin().lock().lines() {
            writeln!(out, "{}", named(taxonomy, &line?))?;
        }
    }
    for file in &files {
        writeln!(out, "{}", read(taxonomy, as_of, file, with_text)?)?;
    }
    out.flush()?;
    Ok(())
}

fn read(taxonomy: &Taxonomy, as_of: Month, file: &str, with_text: bool) -> Result<Value, Failure> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let extraction = match extract(&bytes) {
        Ok(extraction) => extraction,
        Err(error) => return Ok(json!({ "file": file, "error": error.to_string() })),
    };
    let (profile, findings) = Profile::read(&extraction.text, as_of, taxonomy, &[]);
    let mut line = json!({ "file": file, "profile": profile, "findings": findings });
    if with_text {
        line["text"] = extraction.text.content.into();
    }
    Ok(line)
}

fn named(taxonomy: &Taxonomy, name: &str) -> Value {
    let text = format!("Skills\n{name}");
    let mut found: Vec<String> = taxonomy
        .mentions(&Source::new(&text), &sections(&text), &[])
        .into_iter()
        .map(|mention| mention.skill)
        .collect();
    found.sort();
    found.dedup();
    json!({ "name": name, "skill": taxonomy.find(name), "found": found })
}

fn month(text: &str) -> Result<Month, Failure> {
    let (year, month) = text.split_once('-').ok_or("a month is written 2026-11")?;
    let month = Month {
        year: year.parse()?,
        month: month.parse()?,
    };
    if (1..=12).contains(&month.month) {
        Ok(month)
    } else {
        Err("a month is one of twelve".into())
    }
}

/// The month of the clock, in UTC.
fn this_month() -> Result<Month, Failure> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let today = chrono::DateTime::from_timestamp(i64::try_from(now.as_secs())?, 0)
        .ok_or("the clock shows no time")?;
    month(&today.format("%Y-%m").to_string())
}
