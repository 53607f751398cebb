use anyhow::{Context as _, Result};
use platform_host::in_boot_order;

pub(crate) fn run(id: Option<&str>) -> Result<()> {
    let modules = in_boot_order(crate::modules::all())?;
    if let Some(id) = id {
        let (manifest, _) = modules
            .iter()
            .find(|(manifest, _)| manifest.id == id)
            .with_context(|| format!("there is no module `{id}`"))?;
        println!("{}", serde_json::to_string_pretty(&**manifest)?);
        return Ok(());
    }
    for (manifest, _) in modules {
        let requires: Vec<_> = manifest
            .requires
            .iter()
            .map(|(id, range)| format!("{id} {range}"))
            .collect();
        let needs = match requires.as_slice() {
            [] => String::new(),
            _ => format!(", requires {}", requires.join(", ")),
        };
        println!("{} {}{needs}", manifest.id, manifest.version);
    }
    Ok(())
}
