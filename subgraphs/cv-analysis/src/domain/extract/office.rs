//! DOCX and ODT: zip archives of XML.

use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{ExtractError, Reading};

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

/// Reads a DOCX file. Runs that are marked hidden, white on white or too small to read are left out.
pub(super) fn read_docx(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    let xml = part(bytes, "word/document.xml")?;
    let mut reader = Reader::from_str(&xml);
    let mut line = String::new();
    let mut unseen = String::new();
    let mut depth = 0usize;
    let mut in_text = false;
    let mut in_properties = false;
    let mut hidden = false;
    let mut shaded = false;
    let mut cell_shaded = false;
    // text boxes are written twice, for new readers and for old ones: the fallback is left out
    let mut fallback = 0usize;
    loop {
        if reading.full() {
            break;
        }
        let event = reader.read_event().map_err(|_| ExtractError::Corrupt)?;
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => {
                depth += usize::from(!empty);
                if depth > MAX_DEPTH {
                    return Err(ExtractError::TooComplex);
                }
                match element.local_name().as_ref() {
                    "Fallback" if !empty => fallback += 1,
                    "t" => in_text = !empty,
                    "r" => {
                        hidden = false;
                        shaded = false;
                    }
                    "rPr" => in_properties = !empty,
                    "vanish" | "webHidden" if in_properties => {
                        hidden |=
                            !matches!(attribute(&element, "val").as_deref(), Some("0" | "false"));
                    }
                    "color" if in_properties => {
                        hidden |= attribute(&element, "val").is_some_and(|color| white(&color))
                    }
                    "sz" if in_properties => {
                        hidden |= attribute(&element, "val")
                            .and_then(|size| size.parse::<i32>().ok())
                            .is_some_and(|size| size < 6);
                    }
                    "shd" => {
                        let dark = attribute(&element, "fill")
                            .is_some_and(|fill| fill != "auto" && !white(&fill));
                        if in_properties {
                            shaded |= dark
                        } else {
                            cell_shaded |= dark
                        }
                    }
                    "highlight" if in_properties => shaded = true,
                    "tab" if !in_properties => line.push(' '),
                    "br" | "cr" => flush(&mut line, reading),
                    "noBreakHyphen" => line.push('-'),
                    "tc" => cell_shaded = false,
                    "numPr" if line.is_empty() => line.push_str("• "),
                    _ => {}
                }
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                match element.local_name().as_ref() {
                    "Fallback" => fallback = fallback.saturating_sub(1),
                    "t" => in_text = false,
                    "rPr" => in_properties = false,
                    "p" => flush(&mut line, reading),
                    "tbl" | "sectPr" => reading.builder.gap(),
                    _ => {}
                }
            }
            Event::Text(text) if in_text && fallback == 0 => {
                let text = text.into_inner();
                let unseen_run = hidden && !shaded && !cell_shaded;
                put(
                    if unseen_run { &mut unseen } else { &mut line },
                    unseen_run,
                    &text,
                );
            }
            Event::GeneralRef(name) if in_text && fallback == 0 => {
                let name = name.into_inner();
                if let Some(character) = reference(&name) {
                    let unseen_run = hidden && !shaded && !cell_shaded;
                    put(
                        if unseen_run { &mut unseen } else { &mut line },
                        unseen_run,
                        character.encode_utf8(&mut [0; 4]),
                    );
                }
            }
            _ => {}
        }
    }
    flush(&mut line, reading);
    reading.hidden(
        "it is marked as hidden, white or too small to read",
        None,
        &unseen,
    );
    Ok(())
}

/// Reads an ODT file. Text of styles that hide it, paint it white or make it too small to read is left out.
pub(super) fn read_odt(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    if part(bytes, "META-INF/manifest.xml")
        .is_ok_and(|manifest| manifest.contains("encryption-data"))
    {
        return Err(ExtractError::Encrypted);
    }
    let xml = part(bytes, "content.xml")?;
    let mut reader = Reader::from_str(&xml);
    let mut line = String::new();
    let mut unseen = String::new();
    let mut in_body = false;
    let mut style: Option<String> = None;
    // a list's item begins: its first paragraph gets the bullet
    let mut item = false;
    let mut hiding_styles: Vec<String> = Vec::new();
    // for every open element whether it hides its text
    let mut open: Vec<bool> = Vec::new();
    loop {
        if reading.full() {
            break;
        }
        let event = reader.read_event().map_err(|_| ExtractError::Corrupt)?;
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element) => {
                let name = element.local_name();
                match name.as_ref() {
                    "text" if !empty => in_body = true,
                    "style" => style = attribute(&element, "name"),
                    "text-properties" => {
                        let small = attribute(&element, "font-size")
                            .and_then(|size| {
                                size.strip_suffix("pt")
                                    .and_then(|points| points.parse::<f32>().ok())
                            })
                            .is_some_and(|points| points < 3.0);
                        let hides = attribute(&element, "display").as_deref() == Some("none")
                            || (attribute(&element, "color").is_some_and(|color| white(&color))
                                && attribute(&element, "background-color")
                                    .is_none_or(|color| color == "transparent" || white(&color)))
                            || small;
                        if let Some(style) = style.take().filter(|_| hides) {
                            hiding_styles.push(style);
                        }
                    }
                    "p" | "h" | "line-break" => {
                        flush(&mut line, reading);
                        if std::mem::take(&mut item) {
                            line.push_str("• ");
                        }
                    }
                    "tab" | "s" => line.push(' '),
                    "list-item" => item = true,
                    "table-cell" if !line.trim().is_empty() => line.push_str(" | "),
                    _ => {}
                }
                if name.as_ref() == "h" {
                    reading.builder.gap();
                }
                if !empty {
                    let hides = attribute(&element, "style-name")
                        .is_some_and(|name| hiding_styles.contains(&name));
                    let above = open.last().copied().unwrap_or(false);
                    open.push(above || hides);
                    if open.len() > MAX_DEPTH {
                        return Err(ExtractError::TooComplex);
                    }
                }
            }
            Event::End(element) => {
                open.pop();
                if matches!(element.local_name().as_ref(), "p" | "h") {
                    flush(&mut line, reading);
                }
            }
            Event::Text(text) if in_body => {
                let text = text.into_inner();
                let hides = open.last().copied().unwrap_or(false);
                put(if hides { &mut unseen } else { &mut line }, hides, &text);
            }
            Event::GeneralRef(name) if in_body => {
                let name = name.into_inner();
                if let Some(character) = reference(&name) {
                    let hides = open.last().copied().unwrap_or(false);
                    put(
                        if hides { &mut unseen } else { &mut line },
                        hides,
                        character.encode_utf8(&mut [0; 4]),
                    );
                }
            }
            _ => {}
        }
    }
    flush(&mut line, reading);
    reading.hidden(
        "it is marked as hidden, white or too small to read",
        None,
        &unseen,
    );
    Ok(())
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
