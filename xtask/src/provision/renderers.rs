//! The tools that make CVs for the tests of `cv-analysis`: a browser, a word processor, a typesetter, a library that draws pages.

use super::{apt, find_program};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// A tool, how it is found, and the package of Debian that has it.
struct Tool {
    name: &'static str,
    package: &'static str,
    is_there: fn() -> bool,
}

const TOOLS: [Tool; 5] = [
    Tool {
        name: "Chromium",
        package: "chromium",
        is_there: || {
            std::env::var_os("TESSERA_CHROMIUM").is_some()
                || [
                    "chromium",
                    "chromium-browser",
                    "google-chrome",
                    "google-chrome-stable",
                ]
                .iter()
                .any(|name| find_program(name).is_some())
        },
    },
    Tool {
        name: "LibreOffice",
        package: "libreoffice-writer-nogui",
        is_there: || {
            std::env::var_os("TESSERA_LIBREOFFICE").is_some()
                || ["soffice", "libreoffice"]
                    .iter()
                    .any(|name| find_program(name).is_some())
        },
    },
    Tool {
        name: "groff",
        package: "groff",
        // groff-base has the program, but neither the device that writes PDF nor the macros
        is_there: || {
            std::env::var_os("TESSERA_GROFF").is_some()
                || (find_program("groff").is_some() && find_program("gropdf").is_some())
        },
    },
    Tool {
        name: "ReportLab",
        package: "python3-reportlab",
        is_there: || {
            std::env::var_os("TESSERA_REPORTLAB_PYTHON").is_some()
                || ["/usr/bin/python3", "python3"]
                    .into_iter()
                    .any(knows_reportlab)
        },
    },
    Tool {
        name: "letters of East Asia",
        package: "fonts-droid-fallback",
        is_there: || {
            Path::new("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf").is_file()
        },
    },
];

fn knows_reportlab(python: &str) -> bool {
    Command::new(python)
        .args(["-c", "import reportlab"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !(tool.is_there)()).collect()
}

/// Finds the tools or installs those that are missing, and gives the names of all.
///
/// # Errors
/// One sentence with what is missing and the command that helps.
pub(crate) fn ensure() -> Result<String> {
    let packages: Vec<&str> = missing().iter().map(|tool| tool.package).collect();
    let mut reason = String::new();
    if !packages.is_empty()
        && let Err(error) = apt::install(&packages)
    {
        reason = format!(" ({error:#})");
    }
    let missing = missing();
    if missing.is_empty() {
        return Ok(TOOLS.map(|tool| tool.name).join(", "));
    }
    let names: Vec<&str> = missing.iter().map(|tool| tool.name).collect();
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    bail!(
        "tests that read CVs made by {} will fail: run `{}`{reason}",
        names.join(", "),
        apt::advice(&packages)
    )
}
