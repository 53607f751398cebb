//! The killable process in which strangers' files are read.

use std::process::ExitCode;

use platform_sdk::sandbox;

use crate::domain::archive::{self, ArchiveError, MAX_ARCHIVE_BYTES};
use crate::domain::extract::{self, Answer, ExtractError, MAX_FILE_BYTES, extract};

/// Entry of the worker process that unpacks an archive of CVs: the archive on standard input, its files on standard output.
pub fn unpack_worker_main() -> ExitCode {
    let nothing_to_warm = || {};
    sandbox::worker_main(MAX_ARCHIVE_BYTES, nothing_to_warm, |bytes| {
        std::panic::set_hook(Box::new(|_| {}));
        archive::answer(
            std::panic::catch_unwind(|| archive::unpack(&bytes))
                .unwrap_or(Err(ArchiveError::Corrupt)),
        )
    })
}

/// Entry of the worker process: the file on standard input, an [`Answer`] as JSON on standard output.
pub fn extract_worker_main() -> ExitCode {
    sandbox::worker_main(MAX_FILE_BYTES, extract::warm, |bytes| {
        // a reader that panics has met a broken file; the process ends either way
        std::panic::set_hook(Box::new(|_| {}));
        let read =
            std::panic::catch_unwind(|| extract(&bytes)).unwrap_or(Err(ExtractError::Corrupt));
        let answer = match read {
            Ok(extraction) => Answer::Read(Box::new(extraction)),
            Err(error) => Answer::Refused(error),
        };
        // an answer without a JSON form does not exist: every part of it is plain data
        serde_json::to_vec(&answer).unwrap_or_default()
    })
}
