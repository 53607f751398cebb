use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use platform_host::config::Config;
use platform_host::supergraph::{schemas_of, supergraph_of};

use crate::modules;

/// Writes everything that clients and partners build from.
pub(crate) fn run(out: Option<&Path>) -> Result<()> {
    let schemas = schemas_of(modules::all())?;
    let supergraph = supergraph_of(&schemas, &BTreeMap::new())?;
    let Some(out) = out else {
        print!("{supergraph}");
        return Ok(());
    };
    for schema in &schemas {
        write(out, &format!("{}.graphql", schema.name), &schema.sdl)?;
    }
    write(out, "supergraph.graphql", &supergraph)?;
    for module in modules::all() {
        for (event_type, schema) in module.event_schemas() {
            let text = pretty(&schema.to_value())?;
            write(out, &format!("events/{event_type}.json"), &text)?;
        }
    }
    write(out, "configuration.json", &pretty(&Config::json_schema())?)
}

fn pretty(value: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn write(out: &Path, name: &str, text: &str) -> Result<()> {
    let path = out.join(name);
    let parent = path.parent().unwrap_or(out);
    fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}
