use std::io::{Read, Write};
use std::process::ExitCode;

/// Set for a worker that is to be a template.
#[cfg(target_os = "linux")]
pub(super) const TEMPLATE: &str = "TESSERA_WORKER_TEMPLATE";

/// The main function of a worker: confines itself, reads all input (at most `max_input` bytes), and
/// writes what `work` makes of it.
///
/// A worker that is asked to be a template calls `warm` once, which makes what every run needs, and does the rest in a child
/// per input. It must not have a second thread then: there is no copy of one in a child.
pub fn worker_main(
    max_input: u64,
    warm: impl FnOnce(),
    work: impl Fn(Vec<u8>) -> Vec<u8>,
) -> ExitCode {
    #[cfg(target_os = "linux")]
    if std::env::var_os(TEMPLATE).is_some() {
        warm();
        return super::fork::serve(|connection| answer(connection, connection, max_input, &work));
    }
    let _without_a_template = warm;
    let run = || {
        super::confine()?;
        answer(std::io::stdin(), std::io::stdout(), max_input, &work)
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reads the input to its end and writes what `work` makes of it.
fn answer(
    from: impl Read,
    mut to: impl Write,
    max_input: u64,
    work: impl Fn(Vec<u8>) -> Vec<u8>,
) -> std::io::Result<()> {
    let mut input = Vec::new();
    from.take(max_input + 1).read_to_end(&mut input)?;
    if input.len() as u64 > max_input {
        return Err(std::io::Error::other("input too long"));
    }
    to.write_all(&work(input))?;
    to.flush()
}
