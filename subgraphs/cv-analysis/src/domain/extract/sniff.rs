//! What a file is, by its content and never by its name.

use serde::{Deserialize, Serialize};

use super::ExtractError;

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML text.
    Docx,
    /// OpenDocument text.
    Odt,
    /// Rich Text Format.
    Rtf,
    /// Hypertext.
    Html,
    /// Plain text.
    Text,
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Tells the format by content.
///
/// # Errors
/// [`ExtractError::Encrypted`] for office files in an encrypted container, [`ExtractError::Unsupported`] for all else.
pub fn sniff(bytes: &[u8]) -> Result<Format, ExtractError> {
    // a PDF may start with up to a kilobyte of anything
    let head = &bytes[..bytes.len().min(1024)];
    if holds(head, b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        // the names stand in the local headers and again in the directory at the end
        return if holds(bytes, b"word/document.xml") {
            Ok(Format::Docx)
        } else if holds(head, b"opendocument.text")
            || (holds(bytes, b"content.xml") && holds(bytes, b"META-INF/manifest.xml"))
        {
            Ok(Format::Odt)
        } else {
            Err(ExtractError::Unsupported)
        };
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        let utf16: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return Err(if holds(bytes, &utf16) {
            ExtractError::Encrypted
        } else {
            ExtractError::Unsupported
        });
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    let Some(text) = decode(head) else {
        return Err(ExtractError::Unsupported);
    };
    let lower = text
        .trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t'])
        .to_lowercase();
    if lower.starts_with("<!doctype html")
        || lower.starts_with("<html")
        || (lower.starts_with('<')
            && ["<body", "<html", "<div", "<p>", "<h1"]
                .iter()
                .any(|tag| lower.contains(tag)))
    {
        return Ok(Format::Html);
    }
    Ok(Format::Text)
}

/// Text from bytes: by byte order mark, as UTF-8, or as Windows-1252; `None` for what is no text.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        Some(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let controls = bytes
        .iter()
        .filter(|byte| **byte < 32 && !matches!(byte, b'\n' | b'\r' | b'\t' | 12 | 11))
        .count();
    if controls * 50 > bytes.len() {
        return None;
    }
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // cut in the middle of a character, as a head is
        Err(error) if error.error_len().is_none() && error.valid_up_to() + 4 > bytes.len() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
        }
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    })
}

/// One byte of Windows-1252.
pub(super) fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        for (bytes, format) in [
            (b"%PDF-1.4\n".as_slice(), Ok(Format::Pdf)),
            (b"\n\n junk %PDF-1.4\n", Ok(Format::Pdf)),
            (b"PK\x03\x04....word/document.xml", Ok(Format::Docx)),
            (
                b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.text",
                Ok(Format::Odt),
            ),
            (
                b"PK\x03\x04....something else",
                Err(ExtractError::Unsupported),
            ),
            (b"{\\rtf1\\ansi hello}", Ok(Format::Rtf)),
            (b"<!DOCTYPE html><html><body>x", Ok(Format::Html)),
            (b"Jane Doe\nEngineer", Ok(Format::Text)),
            (
                b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0",
                Err(ExtractError::Unsupported),
            ),
        ] {
            assert_eq!(sniff(bytes), format, "{bytes:?}");
        }
    }
}
