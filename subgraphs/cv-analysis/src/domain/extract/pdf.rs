//! PDF: words with their places from the file, put in reading order by [`super::layout`].

use pdf_oxide::PdfDocument;
use pdf_oxide::layout::TextSpan;

use super::layout::{self, Piece};
use super::paint::{Painting, Spot};
use super::{ExtractError, MAX_PAGES, Reading};
use crate::domain::text::{Box2, Place};

/// Letters below this size, in points, are too small to read.
const LEAST_SIZE: f32 = 3.0;

/// Reads a document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(|_| damaged(bytes))?;
    if document.is_encrypted() && !document.authenticate(b"").unwrap_or(false) {
        return Err(ExtractError::Encrypted);
    }
    if !is_tree(&document) {
        return Err(ExtractError::Corrupt);
    }
    let pages = document.page_count().map_err(|_| damaged(bytes))?;
    if pages == 0 {
        return Err(ExtractError::Corrupt);
    }
    reading.page_count = u32::try_from(pages).unwrap_or(u32::MAX);
    reading.truncated |= pages > MAX_PAGES;
    let hidden_layers = pdf_oxide::optional_content::compute_default_off_ocgs(&document);
    let mut broken = 0;
    for page in 0..pages.min(MAX_PAGES) {
        if reading.full() {
            break;
        }
        let number = u32::try_from(page + 1).unwrap_or(u32::MAX);
        let spans = document.extract_spans_filtered_with_reading_order(
            page,
            pdf_oxide::document::ReadingOrder::TopToBottom,
            hidden_layers.clone(),
            Default::default(),
        );
        let (Ok(spans), Ok((left, bottom, right, top))) =
            (spans, document.get_page_visible_box(page))
        else {
            broken += 1;
            continue;
        };
        let area = Area {
            left: left.min(right),
            bottom: bottom.min(top),
            right: left.max(right),
            top: bottom.max(top),
        };
        let painting = Painting::of(&document, page);
        let mut pieces = Vec::with_capacity(spans.len());
        let mut unseen: Vec<(&'static str, String)> = Vec::new();
        for span in &spans {
            if span.text.trim().is_empty() {
                continue;
            }
            match concealed(span, &area, &painting) {
                None => pieces.push(Piece {
                    text: span.text.clone(),
                    left: span.bbox.x - area.left,
                    right: span.bbox.x + span.bbox.width - area.left,
                    baseline: area.top - span.bbox.y,
                    size: span
                        .bbox
                        .height
                        .max(span.font_size.abs().min(72.0))
                        .max(1.0),
                    upright: span.rotation_degrees.abs() < 1.0,
                }),
                Some(why) => match unseen.last_mut() {
                    Some((known, words)) if *known == why => {
                        if words.len() < 400 {
                            words.push(' ');
                            words.push_str(&span.text);
                        }
                    }
                    _ => unseen.push((why, span.text.clone())),
                },
            }
        }
        for (why, words) in unseen {
            reading.hidden(why, Some(number), &words);
        }
        if pieces.is_empty() {
            reading.unreadable_pages += 1;
        }
        reading.builder.page(
            number,
            deci(area.right - area.left),
            deci(area.top - area.bottom),
        );
        for line in layout::lines(pieces) {
            if reading.full() {
                break;
            }
            if line.gap_before {
                reading.builder.gap();
            }
            let place = Place {
                page: number,
                area: Box2 {
                    left: deci(line.left),
                    top: deci(line.baseline - line.size * 0.8),
                    width: deci(line.right - line.left),
                    height: deci(line.size),
                },
            };
            reading.builder.line(&line.text, Some(place));
        }
        reading.builder.gap();
    }
    let whole = bytes[bytes.len().saturating_sub(2048)..]
        .windows(5)
        .any(|window| window == b"%%EOF");
    let nothing = reading.builder.length() == 0 && reading.findings.is_empty();
    if broken == pages.min(MAX_PAGES) || (nothing && !whole) {
        return Err(ExtractError::Corrupt);
    }
    Ok(())
}

/// Most nodes of a page tree that are looked at; a longer one is cut by [`MAX_PAGES`] anyway.
const MAX_NODES: usize = 20_000;
/// Deepest page tree that is read.
const MAX_DEPTH: usize = 64;

/// Whether the page tree ends: no node lies below itself. Readers walk a circle again for every page that they ask for. A tree
/// that can't be looked at is left to the reader, which mends some.
fn is_tree(document: &PdfDocument) -> bool {
    let Some(root) = document
        .catalog()
        .ok()
        .and_then(|catalog| catalog.as_dict()?.get("Pages")?.as_reference())
    else {
        return true;
    };
    let mut seen = 0;
    // each entry is a node and how deep it lies; `path` holds the nodes above the one at hand
    let mut open = vec![(root, 0)];
    let mut path = Vec::new();
    while let Some((node, depth)) = open.pop() {
        path.truncate(depth);
        seen += 1;
        if depth > MAX_DEPTH || path.contains(&node) {
            return false;
        }
        if seen > MAX_NODES {
            return true;
        }
        path.push(node);
        let kids = document.load_object(node).ok().and_then(|object| {
            let kids = object.as_dict()?.get("Kids")?.clone();
            document.resolve_object(&kids).ok()
        });
        if let Some(kids) = kids.as_ref().and_then(|kids| kids.as_array()) {
            open.extend(
                kids.iter()
                    .rev()
                    .filter_map(|kid| kid.as_reference())
                    .map(|kid| (kid, depth + 1)),
            );
        }
    }
    true
}

/// A broken file that says it is encrypted is reported as what the user can mend.
fn damaged(bytes: &[u8]) -> ExtractError {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if tail.windows(9).any(|window| window == b"/Encrypt ") {
        ExtractError::Encrypted
    } else {
        ExtractError::Corrupt
    }
}

fn deci(points: f32) -> i32 {
    // saturating by definition of the cast; NaN becomes 0
    (points * 10.0).round() as i32
}

struct Area {
    left: f32,
    bottom: f32,
    right: f32,
    top: f32,
}

fn brightness(red: f32, green: f32, blue: f32) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Why a reader of the page can't see a span, or `None` when they can.
fn concealed(span: &TextSpan, area: &Area, painting: &Painting) -> Option<&'static str> {
    let (left, right) = (span.bbox.x, span.bbox.x + span.bbox.width);
    let middle = ((left + right) / 2.0, span.bbox.y + span.bbox.height * 0.3);
    if middle.0 < area.left
        || middle.0 > area.right
        || middle.1 < area.bottom
        || middle.1 > area.top
    {
        return Some("it lies off the page");
    }
    if span.bbox.height < LEAST_SIZE {
        return Some("it is too small to read");
    }
    let spot = Spot {
        left,
        right,
        baseline: span.bbox.y,
        height: span.bbox.height,
        ink: brightness(span.color.r, span.color.g, span.color.b),
    };
    let page = (area.right - area.left, area.top - area.bottom);
    painting
        .look(&spot, page)
        .map(|concealment| concealment.reason())
}
