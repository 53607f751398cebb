use anyhow::Result;
use platform_host::config::VARIABLES;

pub(crate) fn run() -> Result<()> {
    println!("{:<28} TOML file with all settings", "TESSERA_CONFIG");
    for variable in VARIABLES {
        println!("{:<28} {}", variable.name, variable.meaning);
    }
    for (name, meaning) in [
        (
            "OPENAI_API_KEY",
            "language model, asked for wording and hints only",
        ),
        (
            "OPENAI_BASE_URL",
            "a compatible service instead of OpenAI's",
        ),
        ("OPENAI_MODEL", "which model"),
    ] {
        println!("{name:<28} {meaning}");
    }
    println!(
        "{:<28} what is logged, e.g. `info,platform_host=debug`",
        "RUST_LOG"
    );
    println!(
        "{:<28} where traces are sent",
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    );
    Ok(())
}
