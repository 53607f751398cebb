use anyhow::Result;
use platform_host::config::VARIABLES;

pub(crate) fn run() -> Result<()> {
    println!("{:<28} TOML file with all settings", "TESSERA_CONFIG");
    for variable in VARIABLES {
        println!("{:<28} {}", variable.name, variable.meaning);
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
