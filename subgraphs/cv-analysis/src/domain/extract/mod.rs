//! From bytes to text. Runs in the worker process only: what it reads was made by strangers.

mod bidi;
mod gutter;
mod html;
mod layout;
mod office;
mod paint;
mod pdf;
mod rtf;
mod sniff;
mod warm;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind, Severity};
use super::text::{Text, TextBuilder};

pub use sniff::{Format, sniff};
pub(crate) use warm::warm;

/// Version of the extraction rules; part of every decision passport.
pub const EXTRACTOR_VERSION: &str = "2026.11.5";

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;
/// Most pages that are read; the rest is left out with a finding.
pub const MAX_PAGES: usize = 60;
/// Longest text that is kept, in code points; the rest is left out with a finding.
pub const MAX_TEXT: u32 = 400_000;

/// A document's text and what was noticed on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extraction {
    /// Rules that read it.
    pub extractor_version: String,
    /// Format by content.
    pub format: Format,
    /// Pages of the document; 0 where the format has none.
    pub page_count: u32,
    /// The text.
    pub text: Text,
    /// What a reader should know.
    pub findings: Vec<Finding>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExtractError {
    /// No bytes, or nothing but blank space.
    #[error("the file is empty")]
    Empty,
    /// More bytes than are read.
    #[error("the file is larger than 10 MB")]
    TooLarge,
    /// None of the formats that are read.
    #[error("the file is not a PDF, DOCX, ODT, RTF, HTML or text file")]
    Unsupported,
    /// Known format, broken content.
    #[error("the file is damaged and cannot be read")]
    Corrupt,
    /// Needs a password.
    #[error("the file is protected by a password")]
    Encrypted,
    /// Pictures only.
    #[error("the file holds no text, only pictures: upload a version whose text can be selected")]
    NoText,
    /// Took more time or memory than a CV may.
    #[error("the file takes too much time or memory to read")]
    TooComplex,
}

/// What the worker writes to its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was read.
    Read(Box<Extraction>),
    /// It could not be read.
    Refused(ExtractError),
}

/// Reads a document.
///
/// # Errors
/// [`ExtractError`], one for each way in which a file can be unreadable.
pub fn extract(bytes: &[u8]) -> Result<Extraction, ExtractError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ExtractError::TooLarge);
    }
    if bytes
        .iter()
        .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
    {
        return Err(ExtractError::Empty);
    }
    let format = sniff(bytes)?;
    let mut reading = Reading::default();
    match format {
        Format::Pdf => pdf::read(bytes, &mut reading)?,
        Format::Docx => office::read_docx(bytes, &mut reading)?,
        Format::Odt => office::read_odt(bytes, &mut reading)?,
        Format::Rtf => rtf::read(bytes, &mut reading)?,
        Format::Html => html::read(
            &sniff::decode(bytes).ok_or(ExtractError::Corrupt)?,
            &mut reading,
        ),
        Format::Text => {
            let text = sniff::decode(bytes).ok_or(ExtractError::Corrupt)?;
            for line in text.lines().flat_map(super::reflow::lines) {
                reading.line(line);
            }
        }
    }
    reading.finish(format)
}

/// A document while it is read.
#[derive(Default)]
struct Reading {
    builder: TextBuilder,
    findings: Vec<Finding>,
    page_count: u32,
    unreadable_pages: u32,
    truncated: bool,
}

impl Reading {
    /// Adds a line without a place, unless the text is long enough already.
    fn line(&mut self, line: &str) {
        if self.full() {
            return;
        }
        self.builder.line(line, None);
    }

    fn full(&mut self) -> bool {
        self.truncated |= self.builder.length() >= MAX_TEXT;
        self.truncated
    }

    /// Notes text that was left out since nobody can see it.
    fn hidden(&mut self, why: &str, page: Option<u32>, words: &str) {
        let quote = super::finding::shorten(words.trim(), 160);
        if quote.is_empty() || self.findings.len() >= 50 {
            return;
        }
        let mut finding = Finding::new(
            FindingKind::HiddenText,
            Severity::Alert,
            format!("text that a reader cannot see was left out: {why}"),
        );
        finding.page = page;
        finding.quote = Some(quote);
        self.findings.push(finding);
    }

    fn finish(mut self, format: Format) -> Result<Extraction, ExtractError> {
        let invisible = self.builder.invisible();
        if invisible > 3 {
            self.findings.push(Finding::new(
                FindingKind::InvisibleCharacters,
                Severity::Warning,
                format!("{invisible} characters without a shape were left out"),
            ));
        }
        if self.truncated {
            self.findings.push(Finding::new(
                FindingKind::Truncated,
                Severity::Warning,
                format!("the document is longer than the limit of {MAX_PAGES} pages or {MAX_TEXT} characters; the rest was not read"),
            ));
        }
        let text = self.builder.finish();
        let letters = text
            .content
            .chars()
            .filter(|character| character.is_alphanumeric())
            .count();
        if letters == 0 {
            return Err(ExtractError::NoText);
        }
        if self.unreadable_pages > 0 {
            self.findings.push(Finding::new(
                FindingKind::UnreadablePages,
                Severity::Warning,
                format!(
                    "{} of {} pages hold no text, only pictures",
                    self.unreadable_pages, self.page_count
                ),
            ));
        }
        Ok(Extraction {
            extractor_version: EXTRACTOR_VERSION.to_owned(),
            format,
            page_count: self.page_count,
            text,
            findings: self.findings,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    #[test]
    fn files_that_hold_nothing_are_told_apart() {
        assert_eq!(extract(b""), Err(ExtractError::Empty));
        assert_eq!(extract(b" \n\0\0"), Err(ExtractError::Empty));
        assert_eq!(
            extract(&vec![b'a'; 10 * 1024 * 1024 + 1]),
            Err(ExtractError::TooLarge)
        );
        assert_eq!(
            extract(b"\x89PNG\r\n\x1a\n rest"),
            Err(ExtractError::Unsupported)
        );
        assert_eq!(extract(b"%PDF-1.7\ngarbage"), Err(ExtractError::Corrupt));
        assert_eq!(extract("... --- ...".as_bytes()), Err(ExtractError::NoText));
    }

    #[test]
    fn plain_text_is_read_in_its_encoding() {
        let read = |bytes: &[u8]| extract(bytes).unwrap().text.content;
        assert_eq!(read("Zoë\nGo".as_bytes()), "Zoë\nGo");
        assert_eq!(read(b"\xff\xfeZ\0o\0\xeb\0"), "Zoë");
        assert_eq!(read(b"Zo\xeb, M\xfcnchen"), "Zoë, München");
    }

    #[test]
    fn a_very_long_text_is_cut_with_a_finding() {
        let long = "Rust developer with many years\n".repeat(20_000);
        let extraction = extract(long.as_bytes()).unwrap();
        assert!(extraction.text.content.chars().count() < MAX_TEXT as usize + 100);
        assert!(
            extraction
                .findings
                .iter()
                .any(|finding| finding.kind == FindingKind::Truncated)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_text_or_a_typed_failure(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            if let Ok(extraction) = extract(&bytes) {
                proptest::prop_assert!(!extraction.text.content.is_empty());
            }
        }
    }
}
