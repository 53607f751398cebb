//! DOCX and ODT: zip archives of XML.

mod docx;
mod odt;

use std::io::{Cursor, Read as _};

use quick_xml::events::BytesStart;

use super::{ExtractError, Reading};

pub(super) use docx::read_docx;
pub(super) use odt::read_odt;

/// Largest XML part that is unpacked, in bytes: a small archive can hold gigabytes of zeros.
const MAX_PART_BYTES: u64 = 24 * 1024 * 1024;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 400;

fn part(bytes: &[u8], name: &str) -> Result<String, ExtractError> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ExtractError::Corrupt)?;
    let file = archive.by_name(name).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(_) => ExtractError::Encrypted,
        _ => ExtractError::Corrupt,
    })?;
    let mut xml = Vec::new();
    file.take(MAX_PART_BYTES + 1)
        .read_to_end(&mut xml)
        .map_err(|_| ExtractError::Corrupt)?;
    if xml.len() as u64 > MAX_PART_BYTES {
        return Err(ExtractError::TooComplex);
    }
    String::from_utf8(xml).map_err(|_| ExtractError::Corrupt)
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.to_string())
}

/// A colour that can't be told from white paper.
fn white(color: &str) -> bool {
    let color = color.trim_start_matches('#');
    color.len() == 6
        && [0, 2, 4].iter().all(|at| {
            color
                .get(*at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .is_some_and(|value| value >= 245)
        })
}

/// An entity or character reference as text.
fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

fn put(target: &mut String, bounded: bool, text: &str) {
    if !bounded || target.len() < 400 {
        target.push_str(text);
    }
}

fn flush(line: &mut String, reading: &mut Reading) {
    let text = std::mem::take(line);
    match text.trim() {
        "" | "•" => {}
        text => reading.line(text),
    }
}
