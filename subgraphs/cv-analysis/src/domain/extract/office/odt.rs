//! ODT: the text of the document and of its page's head, without what its styles hide.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{ExtractError, MAX_DEPTH, Reading, attribute, flush, part, put, reference, white};

/// Most styles that are kept.
const MAX_STYLES: usize = 4_000;

/// Elements whose text no reader of the page sees: fields that hide it, what was deleted, remarks at the edge.
const UNSEEN: [&str; 4] = [
    "hidden-text",
    "hidden-paragraph",
    "tracked-changes",
    "annotation",
];

/// Reads an ODT file. Text of styles that hide it, paint it white or make it too small to read is left out.
pub(in super::super) fn read_odt(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    if part(bytes, "META-INF/manifest.xml")
        .is_ok_and(|manifest| manifest.contains("encryption-data"))
    {
        return Err(ExtractError::Encrypted);
    }
    let mut hiding_styles: Vec<String> = Vec::new();
    // styles that the document names, and the head of its pages, where many put their name and address
    if let Ok(styles) = part(bytes, "styles.xml") {
        read_part(&styles, "header", &mut hiding_styles, reading)?;
        reading.builder.gap();
    }
    read_part(
        &part(bytes, "content.xml")?,
        "text",
        &mut hiding_styles,
        reading,
    )
}

/// Reads what stands inside of the elements called `body`.
fn read_part(
    xml: &str,
    body: &str,
    hiding_styles: &mut Vec<String>,
    reading: &mut Reading,
) -> Result<(), ExtractError> {
    let mut reader = Reader::from_str(xml);
    let mut line = String::new();
    let mut unseen = String::new();
    let mut in_body = false;
    // of several heads only the first page's is certain to be seen
    let mut body_read = false;
    let mut style: Option<String> = None;
    // a list's item begins: its first paragraph gets the bullet
    let mut item = false;
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
                    name if name == body && !empty && !body_read => {
                        in_body = attribute(&element, "display").as_deref() != Some("false");
                    }
                    "style" => {
                        style = attribute(&element, "name");
                        let parent = attribute(&element, "parent-style-name");
                        if parent.is_some_and(|parent| hiding_styles.contains(&parent))
                            && hiding_styles.len() < MAX_STYLES
                        {
                            hiding_styles.extend(style.clone());
                        }
                    }
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
                        let style = style
                            .take()
                            .filter(|_| hides && hiding_styles.len() < MAX_STYLES);
                        hiding_styles.extend(style);
                    }
                    "p" | "h" | "line-break" if in_body => {
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
                        .is_some_and(|name| hiding_styles.contains(&name))
                        || UNSEEN.contains(&name.as_ref())
                        || (name.as_ref() == "section"
                            && attribute(&element, "display").as_deref() == Some("none"));
                    let above = open.last().copied().unwrap_or(false);
                    open.push(above || hides);
                    if open.len() > MAX_DEPTH {
                        return Err(ExtractError::TooComplex);
                    }
                }
            }
            Event::End(element) => {
                open.pop();
                let name = element.local_name();
                if matches!(name.as_ref(), "p" | "h") {
                    flush(&mut line, reading);
                }
                if in_body && name.as_ref() == body {
                    in_body = false;
                    body_read = true;
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
