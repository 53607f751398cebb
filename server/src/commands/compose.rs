//! `tessera compose`: subgraph schemas in files to one supergraph.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use router_composition::{Composition, CompositionErrors, SubgraphInput, compose};
use serde_json::json;

use crate::arguments::Format;

/// Composes, writes the supergraph, reports; fails when the subgraphs do not compose.
pub(crate) fn run(subgraphs: &[String], out: Option<&Path>, format: Format) -> Result<()> {
    let inputs = subgraphs
        .iter()
        .map(|argument| read(argument))
        .collect::<Result<Vec<_>>>()?;
    let result = compose(&inputs);
    if let (Ok(composition), Some(out)) = (&result, out) {
        fs::write(out, &composition.supergraph_sdl)
            .with_context(|| format!("cannot write {}", out.display()))?;
    }
    match format {
        Format::Json => println!("{}", as_json(&result, out.is_none())),
        Format::Text => as_text(&result, out.is_none()),
    }
    match result {
        Ok(_) => Ok(()),
        Err(errors) => bail!(
            "the subgraphs do not compose: {}",
            super::counted(errors.errors.len(), "error")
        ),
    }
}

/// `NAME=FILE` or `NAME=FILE@URL`.
fn read(argument: &str) -> Result<SubgraphInput> {
    let (name, rest) = argument
        .split_once('=')
        .with_context(|| format!("{argument:?} is not NAME=SDL"))?;
    let (file, url) = match rest.rsplit_once('@') {
        Some((file, url)) if url.contains("://") => (file, url),
        _ => (rest, ""),
    };
    let sdl = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(SubgraphInput {
        name: name.to_owned(),
        url: url.to_owned(),
        sdl,
    })
}

fn as_json(result: &Result<Composition, CompositionErrors>, with_sdl: bool) -> serde_json::Value {
    match result {
        Ok(composition) => json!({
            "ok": true,
            "supergraph": with_sdl.then_some(&composition.supergraph_sdl),
            "errors": [],
            "hints": composition.hints,
        }),
        Err(errors) => json!({ "ok": false, "errors": errors.errors, "hints": errors.hints }),
    }
}

fn as_text(result: &Result<Composition, CompositionErrors>, with_sdl: bool) {
    match result {
        Ok(composition) => {
            for hint in &composition.hints {
                eprintln!("hint {hint}");
            }
            if with_sdl {
                print!("{}", composition.supergraph_sdl);
            }
        }
        Err(errors) => {
            for error in &errors.errors {
                eprintln!("error {error}");
            }
        }
    }
}
