//! Many CVs in one ZIP archive. Unpacked in the worker process only: what it holds was made by strangers.

use std::io::{Cursor, Read as _};

use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use super::extract::{ExtractError, MAX_FILE_BYTES, sniff};

/// Largest archive, in bytes.
pub const MAX_ARCHIVE_BYTES: u64 = 32 * 1024 * 1024;
/// Most files of an archive.
pub const MAX_FILES: usize = 100;
/// Most bytes of all files together; what grows to more is no pile of CVs.
pub const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// Most bytes that one byte of the archive may unpack to, in files over a megabyte: text packs to a tenth, a bomb to a thousandth.
const MAX_RATIO: u64 = 200;
/// Longest name of a file that is kept, in characters.
const MAX_NAME: usize = 200;

/// Why an archive or a file of it is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ArchiveError {
    /// No archive, or a broken one.
    #[error("the file is no ZIP archive or a damaged one")]
    Corrupt,
    /// Too many files.
    #[error("the archive holds more than 100 files")]
    TooMany,
    /// The files are too large together.
    #[error("the files of the archive are larger than 64 MB together")]
    TooLarge,
    /// Nothing in it.
    #[error("the archive holds no files")]
    Empty,
    /// One file is too large.
    #[error("the file is larger than 10 MB")]
    FileTooLarge,
    /// One file is empty.
    #[error("the file is empty")]
    FileEmpty,
    /// One file cannot be unpacked.
    #[error("the file is damaged")]
    FileCorrupt,
    /// One file needs a password, in the archive or on its own.
    #[error("the file is protected by a password")]
    FileProtected,
    /// One file unpacks to far more than a document does.
    #[error("the file unpacks to more than two hundred times its size")]
    FileBomb,
    /// An archive in the archive.
    #[error("the file is an archive itself: upload it on its own")]
    FileArchive,
    /// One file is no document.
    #[error("the file is not a PDF, DOCX, ODT, RTF, HTML or text file")]
    FileUnsupported,
}

/// A file of an archive: its name without folders, and its bytes or why it is not taken.
pub type Unpacked = (String, Result<Vec<u8>, ArchiveError>);

/// Unpacks an archive within all limits. Sizes are counted while unpacking; what the archive says of itself is not believed.
///
/// # Errors
/// [`ArchiveError`] for the archive as a whole.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Unpacked>, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ArchiveError::Corrupt)?;
    if archive.len() > MAX_FILES * 4 {
        return Err(ArchiveError::TooMany);
    }
    let mut files: Vec<Unpacked> = Vec::new();
    let mut total = 0;
    for number in 0..archive.len() {
        let Ok(raw) = archive.by_index_raw(number) else {
            return Err(ArchiveError::Corrupt);
        };
        // a name in no known coding is shown as well as can be
        let path = match raw.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(raw.name_raw()).into_owned(),
        };
        let folder = raw.is_dir();
        let protected = raw.encrypted();
        let packed = raw.compressed_size();
        drop(raw);
        let name = path.rsplit(['/', '\\']).next().unwrap_or("");
        // what systems add on their own is no CV
        if folder || name.is_empty() || name.starts_with('.') || path.starts_with("__MACOSX/") {
            continue;
        }
        if files.len() >= MAX_FILES {
            return Err(ArchiveError::TooMany);
        }
        let name: String = name
            .chars()
            .filter(|character| !character.is_control() && !turns_text(*character))
            .take(MAX_NAME)
            .collect();
        let mut content = Vec::new();
        let read = archive.by_index(number).map_err(|_| ()).and_then(|file| {
            file.take(MAX_FILE_BYTES + 1)
                .read_to_end(&mut content)
                .map_err(|_| ())
        });
        total += u64::try_from(content.len()).unwrap_or(u64::MAX);
        if total > MAX_UNPACKED_BYTES {
            return Err(ArchiveError::TooLarge);
        }
        let taken = match read {
            _ if protected => Err(ArchiveError::FileProtected),
            Err(()) => Err(ArchiveError::FileCorrupt),
            Ok(_) => judge(&content, packed).map(|()| content),
        };
        files.push((name, taken));
    }
    if files.is_empty() {
        return Err(ArchiveError::Empty);
    }
    Ok(files)
}

/// Whether a file of an archive can be a CV.
fn judge(content: &[u8], packed: u64) -> Result<(), ArchiveError> {
    let size = content.len() as u64;
    if content.is_empty() {
        return Err(ArchiveError::FileEmpty);
    }
    if size > 1024 * 1024 && size > packed.saturating_mul(MAX_RATIO) {
        return Err(ArchiveError::FileBomb);
    }
    if size > MAX_FILE_BYTES {
        return Err(ArchiveError::FileTooLarge);
    }
    match sniff(content) {
        Err(ExtractError::Encrypted) => Err(ArchiveError::FileProtected),
        Err(_)
            if ["PK\x03\x04", "Rar!", "7z\u{bc}", "\x1f\u{8b}"]
                .iter()
                .any(|magic| is_magic(content, magic)) =>
        {
            Err(ArchiveError::FileArchive)
        }
        Err(_) => Err(ArchiveError::FileUnsupported),
        Ok(_) => Ok(()),
    }
}

/// Whether the content starts with these bytes, written as the characters of the same numbers.
fn is_magic(content: &[u8], magic: &str) -> bool {
    let bytes: Vec<u8> = magic
        .chars()
        .filter_map(|character| u8::try_from(u32::from(character)).ok())
        .collect();
    content.starts_with(&bytes)
}

/// Characters that turn the direction of what is shown: a name could pose as another one.
fn turns_text(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What the worker writes: a line of JSON with names, lengths and refusals, then the bytes one after the other.
#[derive(Serialize, Deserialize)]
struct Listing {
    files: Vec<(String, Result<usize, ArchiveError>)>,
}

/// The worker's answer.
pub fn answer(unpacked: Result<Vec<Unpacked>, ArchiveError>) -> Vec<u8> {
    let listing = unpacked.as_ref().map(|files| Listing {
        files: files
            .iter()
            .map(|(name, taken)| {
                (
                    name.clone(),
                    taken.as_ref().map(Vec::len).map_err(|error| *error),
                )
            })
            .collect(),
    });
    // plain data has a JSON form
    let mut answer = serde_json::to_vec(&listing).unwrap_or_default();
    answer.push(b'\n');
    for (_, taken) in unpacked.into_iter().flatten() {
        answer.extend(taken.unwrap_or_default());
    }
    answer
}

/// Reads the worker's answer.
///
/// # Errors
/// What the archive was refused for; `Corrupt` for an answer that is none.
pub fn read_answer(answer: &[u8]) -> Result<Vec<Unpacked>, ArchiveError> {
    let end = answer
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or(ArchiveError::Corrupt)?;
    let listing: Result<Listing, ArchiveError> =
        serde_json::from_slice(&answer[..end]).map_err(|_| ArchiveError::Corrupt)?;
    let mut rest = &answer[end + 1..];
    let mut files = Vec::new();
    for (name, taken) in listing?.files {
        let taken = match taken {
            Ok(length) => {
                let (content, more) = rest.split_at_checked(length).ok_or(ArchiveError::Corrupt)?;
                rest = more;
                Ok(content.to_vec())
            }
            Err(error) => Err(error),
        };
        files.push((name, taken));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn files_come_out_without_folders_and_read_back() {
        let packed = archive(&[
            ("cvs/jane.txt", b"Jane"),
            ("../../etc/ada.txt", b"Ada"),
            ("__MACOSX/x", b"x"),
            (".hidden", b"x"),
            ("empty.txt", b""),
        ]);
        let files = read_answer(&answer(unpack(&packed))).unwrap();
        assert_eq!(
            files,
            [
                ("jane.txt".to_owned(), Ok(b"Jane".to_vec())),
                ("ada.txt".to_owned(), Ok(b"Ada".to_vec())),
                ("empty.txt".to_owned(), Err(ArchiveError::FileEmpty)),
            ]
        );
    }

    /// Bytes that do not pack.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                b'a' + ((state >> 33) % 26) as u8
            })
            .collect()
    }

    #[test]
    fn each_file_has_its_own_verdict() {
        let large = noise(usize::try_from(MAX_FILE_BYTES).unwrap() + 1);
        let inner = archive(&[("a.txt", b"Jane")]);
        let files = unpack(&archive(&[
            ("good.txt", b"Jane Doe"),
            ("bomb.txt", &vec![b' '; 5 * 1024 * 1024]),
            ("large.txt", &large),
            ("inner.zip", &inner),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\0\0\0\0"),
            ("evil\u{202e}txt.exe", b"Ada"),
        ]))
        .unwrap();
        let verdicts: Vec<_> = files
            .iter()
            .map(|(name, taken)| (name.as_str(), taken.as_ref().err().copied()))
            .collect();
        assert_eq!(
            verdicts,
            [
                ("good.txt", None),
                ("bomb.txt", Some(ArchiveError::FileBomb)),
                ("large.txt", Some(ArchiveError::FileTooLarge)),
                ("inner.zip", Some(ArchiveError::FileArchive)),
                ("picture.png", Some(ArchiveError::FileUnsupported)),
                ("eviltxt.exe", None),
            ]
        );
    }

    #[test]
    fn a_file_with_a_password_is_refused_and_the_others_are_taken() {
        let mut packed = archive(&[("a.txt", b"Jane Doe"), ("b.txt", b"Ada Byron")]);
        // the flag of encryption in the local header of the first file and in its entry of the directory
        packed[6] |= 1;
        let entry = packed
            .windows(4)
            .position(|at| at == b"PK\x01\x02")
            .unwrap();
        packed[entry + 8] |= 1;
        let files = unpack(&packed).unwrap();
        assert_eq!(files[0].1, Err(ArchiveError::FileProtected));
        assert_eq!(files[1].1, Ok(b"Ada Byron".to_vec()));
    }

    #[test]
    fn archives_beyond_all_measure_are_refused() {
        let large = noise(usize::try_from(MAX_FILE_BYTES).unwrap());
        let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names[..7]
            .iter()
            .map(|name| (name.as_str(), large.as_slice()))
            .collect();
        assert_eq!(unpack(&archive(&many)), Err(ArchiveError::TooLarge));
        let crowd: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), b"x".as_slice()))
            .collect();
        assert_eq!(unpack(&archive(&crowd)), Err(ArchiveError::TooMany));
        assert_eq!(unpack(b"PK no archive"), Err(ArchiveError::Corrupt));
        assert_eq!(unpack(&archive(&[])), Err(ArchiveError::Empty));
        assert_eq!(read_answer(b"{}"), Err(ArchiveError::Corrupt));
        assert_eq!(
            read_answer(&answer(Err(ArchiveError::TooMany))),
            Err(ArchiveError::TooMany)
        );
    }

    proptest::proptest! {
        #[test]
        fn damaged_archives_end_typed(at in 0usize..200, byte in 0u8..=255) {
            let mut packed = archive(&[("a.txt", b"Jane Doe"), ("b.txt", b"Ada Byron")]);
            let at = at % packed.len();
            packed[at] = byte;
            if let Ok(files) = unpack(&packed) {
                proptest::prop_assert!(files.len() <= MAX_FILES);
            }
        }
    }
}
