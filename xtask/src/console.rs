//! What the tool says to a person: steps on stdout, complaints on stderr.

use std::io::{IsTerminal as _, Write as _};

/// One step that is about to happen or has happened.
pub(crate) fn step(text: &str) {
    line("·", "2", text);
}

/// Something the user asked for is done.
pub(crate) fn done(text: &str) {
    line("✓", "32", text);
}

/// The command can't go on.
pub(crate) fn error(text: &str) {
    let mark = if std::io::stderr().is_terminal() {
        "\x1b[31merror:\x1b[0m"
    } else {
        "error:"
    };
    eprintln!("{mark} {text}");
}

/// A line without decoration.
pub(crate) fn plain(text: &str) {
    let mut out = std::io::stdout().lock();
    // a closed pipe (`| head`) is the reader's choice, not our failure
    let _ = writeln!(out, "{text}");
}

fn line(mark: &str, colour: &str, text: &str) {
    if std::io::stdout().is_terminal() {
        plain(&format!("\x1b[{colour}m{mark}\x1b[0m {text}"));
    } else {
        plain(&format!("{mark} {text}"));
    }
}
