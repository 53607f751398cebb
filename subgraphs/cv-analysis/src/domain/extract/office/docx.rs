//! DOCX: the text of the document and of its first page's head, without what its looks hide.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{ExtractError, MAX_DEPTH, Reading, attribute, flush, part, put, reference};

/// Most named styles that are kept.
const MAX_STYLES: usize = 4_000;
/// Longest chain of styles that are based on others.
const MAX_BASES: usize = 12;

/// Red, green and blue.
type Colour = [u8; 3];

const PAPER: Colour = [255; 3];

/// What a run's properties say of being seen; `None` where they say nothing and a style decides.
#[derive(Clone, Copy, Default)]
struct Look {
    vanishes: Option<bool>,
    ink: Option<Colour>,
    tiny: Option<bool>,
}

fn colour(hex: &str) -> Option<Colour> {
    let code = u32::from_str_radix(hex, 16)
        .ok()
        .filter(|_| hex.len() == 6)?;
    let [_, red, green, blue] = code.to_be_bytes();
    Some([red, green, blue])
}

/// Whether two colours cannot be told apart on paper.
fn alike(one: Colour, other: Colour) -> bool {
    one.iter()
        .zip(other)
        .all(|(&one, other)| one.abs_diff(other) <= 10)
}

/// The ground that an element of shading or highlighting paints; `None` where it paints none.
fn ground(element: &BytesStart<'_>) -> Option<Colour> {
    if element.local_name().as_ref() == "shd" {
        return colour(&attribute(element, "fill")?);
    }
    match attribute(element, "val")?.as_str() {
        "none" => None,
        "white" => Some(PAPER),
        "black" => Some([0; 3]),
        "yellow" => Some([255, 255, 0]),
        "lightGray" => Some([192; 3]),
        // the others are strong colours, none of them near white or black
        _ => Some([128, 0, 128]),
    }
}

impl Look {
    /// Takes in an element of run properties.
    fn property(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "vanish" | "webHidden" => {
                let on = !matches!(attribute(element, "val").as_deref(), Some("0" | "false"));
                self.vanishes = Some(on || self.vanishes == Some(true));
            }
            "color" => {
                let theme = attribute(element, "themeColor");
                self.ink = attribute(element, "val")
                    .and_then(|hex| colour(&hex))
                    .or_else(|| {
                        matches!(theme.as_deref(), Some("background1" | "light1")).then_some(PAPER)
                    });
            }
            "sz" => {
                self.tiny = attribute(element, "val")
                    .and_then(|size| size.parse::<i32>().ok())
                    .map(|half_points| half_points < 6);
            }
            _ => {}
        }
    }

    /// This look over another one that decides where this says nothing.
    fn over(self, below: Self) -> Self {
        Self {
            vanishes: self.vanishes.or(below.vanishes),
            ink: self.ink.or(below.ink),
            tiny: self.tiny.or(below.tiny),
        }
    }

    fn hides(self, ground: Option<Colour>) -> bool {
        self.vanishes == Some(true)
            || self.tiny == Some(true)
            || self
                .ink
                .is_some_and(|ink| alike(ink, ground.unwrap_or(PAPER)))
    }
}

/// The grounds under a run, from the nearest to the farthest.
#[derive(Clone, Copy, Default)]
struct Grounds {
    run: Option<Colour>,
    paragraph: Option<Colour>,
    cell: Option<Colour>,
    table: Option<Colour>,
}

impl Grounds {
    fn nearest(self) -> Option<Colour> {
        self.run.or(self.paragraph).or(self.cell).or(self.table)
    }
}

/// The looks of named styles, with the styles that they are based on.
#[derive(Default)]
struct Styles {
    looks: HashMap<String, (Look, Option<String>)>,
}

impl Styles {
    fn read(xml: &str) -> Self {
        let mut styles = Self::default();
        let mut reader = Reader::from_str(xml);
        let mut current: Option<String> = None;
        let mut in_properties = false;
        // styles that cannot be read hide nothing: the document is read as if it had none
        while let Ok(event) = reader.read_event() {
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Eof => break,
                Event::Start(element) | Event::Empty(element) => {
                    match element.local_name().as_ref() {
                        "style" if !empty && styles.looks.len() < MAX_STYLES => {
                            current = attribute(&element, "styleId");
                            if let Some(id) = &current {
                                styles.looks.entry(id.clone()).or_default();
                            }
                        }
                        "rPr" => in_properties = !empty,
                        name => {
                            let Some((look, base)) =
                                current.as_ref().and_then(|id| styles.looks.get_mut(id))
                            else {
                                continue;
                            };
                            if in_properties {
                                look.property(&element);
                            } else if name == "basedOn" {
                                *base = attribute(&element, "val");
                            }
                        }
                    }
                }
                Event::End(element) => match element.local_name().as_ref() {
                    "style" => current = None,
                    "rPr" => in_properties = false,
                    _ => {}
                },
                _ => {}
            }
        }
        styles
    }

    fn look(&self, id: &str) -> Look {
        let mut look = Look::default();
        let mut next = Some(id);
        for _ in 0..MAX_BASES {
            let Some((own, base)) = next.and_then(|id| self.looks.get(id)) else {
                break;
            };
            look = look.over(*own);
            next = base.as_deref();
        }
        look
    }
}

/// Reads a DOCX file. Runs that are marked hidden, white on white or too small to read, by themselves or by a style, are left out.
pub(in super::super) fn read_docx(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    let document = part(bytes, "word/document.xml")?;
    let styles =
        part(bytes, "word/styles.xml").map_or_else(|_| Styles::default(), |xml| Styles::read(&xml));
    if let Some(head) = page_head(bytes, &document) {
        read_part(&head, &styles, reading)?;
        reading.builder.gap();
    }
    read_part(&document, &styles, reading)
}

/// The head of the first page, where many put their name and address. A head that only later pages would show is not read:
/// nobody may ever see it.
fn page_head(bytes: &[u8], document: &str) -> Option<String> {
    let tag = |name: &str, after: usize| -> Option<(usize, &str)> {
        let at = after + document.get(after..)?.find(name)?;
        let end = at + document[at..].find('>')?;
        Some((at, &document[at..end]))
    };
    let value = |tag: &str, name: &str| -> Option<String> {
        let rest = tag.split_once(&format!("{name}="))?.1;
        let quote = rest
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))?;
        Some(rest[1..].split_once(quote)?.0.to_owned())
    };
    let titled = tag(":titlePg", 0)
        .is_some_and(|(_, tag)| !matches!(value(tag, "val").as_deref(), Some("0" | "false")));
    let wanted = if titled { "first" } else { "default" };
    let mut after = 0;
    let mut id = None;
    while let Some((at, reference)) = tag(":headerReference ", after) {
        if value(reference, "type").as_deref() == Some(wanted) {
            id = value(reference, "id");
            break;
        }
        after = at + 1;
    }
    let id = id?;
    let relations = part(bytes, "word/_rels/document.xml.rels").ok()?;
    let mut reader = Reader::from_str(&relations);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(element) | Event::Empty(element)
                if attribute(&element, "Id").as_deref() == Some(id.as_str())
                    && attribute(&element, "Type")
                        .is_some_and(|kind| kind.ends_with("/header")) =>
            {
                let target = attribute(&element, "Target")?;
                let target = target.trim_start_matches("/word/");
                return part(bytes, &format!("word/{target}")).ok();
            }
            _ => {}
        }
    }
    None
}

fn read_part(xml: &str, styles: &Styles, reading: &mut Reading) -> Result<(), ExtractError> {
    let mut reader = Reader::from_str(xml);
    let mut line = String::new();
    let mut unseen = String::new();
    let mut depth = 0usize;
    let mut in_text = false;
    let mut in_properties = false;
    // of the run, of its style, of its paragraph
    let mut look = Look::default();
    let mut run_style = Look::default();
    let mut paragraph_style = Look::default();
    let mut in_run = false;
    let mut grounds = Grounds::default();
    // whose properties are being read: a table's, a cell's or a paragraph's
    let mut owner = "p";
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
                    "p" => {
                        paragraph_style = Look::default();
                        grounds.paragraph = None;
                        owner = "p";
                    }
                    "r" => {
                        in_run = !empty;
                        look = Look::default();
                        run_style = Look::default();
                        grounds.run = None;
                    }
                    "rPr" => in_properties = !empty,
                    "pStyle" => {
                        paragraph_style = attribute(&element, "val")
                            .map_or_else(Look::default, |id| styles.look(&id));
                    }
                    "rStyle" if in_properties && in_run => {
                        run_style = attribute(&element, "val")
                            .map_or_else(Look::default, |id| styles.look(&id));
                    }
                    "vanish" | "webHidden" | "color" | "sz" if in_properties => {
                        look.property(&element);
                    }
                    "shd" | "highlight" => {
                        let ground = ground(&element);
                        match owner {
                            _ if in_properties && in_run => grounds.run = ground.or(grounds.run),
                            "tbl" => grounds.table = ground,
                            "tc" => grounds.cell = ground,
                            _ if !in_properties => grounds.paragraph = ground,
                            _ => {}
                        }
                    }
                    "tblPr" => owner = "tbl",
                    "tcPr" => owner = "tc",
                    "tab" if !in_properties => line.push(' '),
                    "br" | "cr" => flush(&mut line, reading),
                    "noBreakHyphen" => line.push('-'),
                    "tc" => grounds.cell = None,
                    "numPr" if line.is_empty() => line.push_str("• "),
                    // the list of this number is none: it takes away what the style says
                    "numId"
                        if line == "• " && attribute(&element, "val").as_deref() == Some("0") =>
                    {
                        line.clear();
                    }
                    _ => {}
                }
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                match element.local_name().as_ref() {
                    "Fallback" => fallback = fallback.saturating_sub(1),
                    "t" => in_text = false,
                    "rPr" => in_properties = false,
                    "r" => in_run = false,
                    "p" => flush(&mut line, reading),
                    "tc" => grounds.cell = None,
                    "tbl" => {
                        grounds.table = None;
                        reading.builder.gap();
                    }
                    "sectPr" => reading.builder.gap(),
                    _ => {}
                }
            }
            Event::Text(text) if in_text && fallback == 0 => {
                let text = text.into_inner();
                let unseen_run = look
                    .over(run_style)
                    .over(paragraph_style)
                    .hides(grounds.nearest());
                put(
                    if unseen_run { &mut unseen } else { &mut line },
                    unseen_run,
                    &text,
                );
            }
            Event::GeneralRef(name) if in_text && fallback == 0 => {
                let name = name.into_inner();
                if let Some(character) = reference(&name) {
                    let unseen_run = look
                        .over(run_style)
                        .over(paragraph_style)
                        .hides(grounds.nearest());
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
