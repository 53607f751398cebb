use anyhow::Result;
use platform_host::config::VARIABLES;

/// Variables that are read before the configuration, or beside it.
const OTHERS: [(&str, &str); 5] = [
    (
        "OPENAI_API_KEY",
        "a language model that points out skills in CVs",
    ),
    (
        "OPENAI_BASE_URL",
        "a compatible service instead of OpenAI's",
    ),
    ("OPENAI_MODEL", "which model"),
    (
        "RUST_LOG",
        "what is logged, e.g. `info,platform_host=debug`",
    ),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "where traces are sent"),
];

pub(crate) fn run() -> Result<()> {
    let of_the_configuration = VARIABLES
        .iter()
        .map(|variable| (variable.name, variable.meaning));
    let all = [("TESSERA_CONFIG", "TOML file with all settings")]
        .into_iter()
        .chain(of_the_configuration)
        .chain(OTHERS);
    for (name, meaning) in all {
        println!("{name:<28} {meaning}");
    }
    Ok(())
}
