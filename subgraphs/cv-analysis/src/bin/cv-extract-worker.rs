//! Reads one document on standard input and writes its text as JSON on standard output.
//!
//! `tessera worker cv-analysis extract` is the same program inside the product's binary; this one lets the module's own
//! tests run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    subgraph_cv_analysis::extract_worker_main()
}
