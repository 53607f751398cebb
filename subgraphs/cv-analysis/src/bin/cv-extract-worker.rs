//! Reads one document on standard input and writes its text as JSON on standard output; with the argument `unpack` it unpacks an
//! archive instead.
//!
//! `tessera worker cv-analysis extract` (or `unpack`) is the same program inside the product's binary; this one lets the
//! module's own tests run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("unpack") {
        subgraph_cv_analysis::unpack_worker_main()
    } else {
        subgraph_cv_analysis::extract_worker_main()
    }
}
