//! Pages printed by Chromium, as most CVs of today are made.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tool;

/// The browser: `TESSERA_CHROMIUM`, or the first that the path knows.
fn browser() -> PathBuf {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    tool::find("TESSERA_CHROMIUM", &names, "chromium")
}

/// Prints each page to PDF.
pub(crate) fn print(pages: &[(String, String)]) -> Vec<Vec<u8>> {
    // a profile serves one browser at a time, and tests run side by side
    static PRINTED: AtomicUsize = AtomicUsize::new(0);
    let number = PRINTED.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("tessera-print-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let printed = pages
        .iter()
        .map(|(name, html)| {
            let (from, to) = (
                folder.join(format!("{name}.html")),
                folder.join(format!("{name}.pdf")),
            );
            std::fs::write(&from, html).unwrap();
            let status = Command::new(browser())
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-pdf-header-footer",
                ])
                .arg(format!(
                    "--user-data-dir={}",
                    folder.join("profile").display()
                ))
                .arg(format!("--print-to-pdf={}", to.display()))
                .arg(format!("file://{}", from.display()))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success(), "{name}: {status}");
            std::fs::read(&to).unwrap()
        })
        .collect();
    std::fs::remove_dir_all(&folder).unwrap();
    printed
}
