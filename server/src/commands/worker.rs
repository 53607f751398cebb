use std::process::ExitCode;

use platform_sdk::Manifest;

/// Runs a worker of a module. Standard input and output belong to the worker.
pub(crate) fn run(module: &str, name: &str) -> ExitCode {
    let found = crate::modules::all()
        .into_iter()
        .find(|m| Manifest::parse(m.manifest()).is_ok_and(|manifest| manifest.id == module));
    match found.and_then(|module| module.worker(name)) {
        Some(code) => code,
        None => {
            eprintln!("tessera: there is no worker `{name}` of a module `{module}`");
            ExitCode::FAILURE
        }
    }
}
