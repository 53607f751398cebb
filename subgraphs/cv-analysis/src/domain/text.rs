//! Extracted text: what a document says, where each line stands, and how it was normalised.
//!
//! Every span in this module's results counts Unicode code points of [`Text::content`], so that a client in any language
//! can cut the quote out of the text that it was given.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A range of code points of [`Text::content`], end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First code point.
    pub start: u32,
    /// One past the last code point.
    pub end: u32,
}

impl Span {
    /// Whether the two ranges share a code point.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies inside this range.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// One page of the source and the part of the text that stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Page number, counted from one.
    pub number: u32,
    /// The page's part of the text.
    pub span: Span,
    /// Width in tenths of a point; 0 where the format has no pages.
    pub width_decipoints: i32,
    /// Height in tenths of a point; 0 where the format has no pages.
    pub height_decipoints: i32,
}

/// A rectangle on a page in tenths of a point, origin at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Box2 {
    /// Distance from the left edge.
    pub left: i32,
    /// Distance from the top edge.
    pub top: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// A run of text that stands in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The run's part of the text.
    pub span: Span,
    /// Page number, counted from one.
    pub page: u32,
    /// Where it stands.
    pub area: Box2,
}

/// The text of a document after normalisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Lines separated by `\n`; blocks by an empty line.
    pub content: String,
    /// Pages in order; empty for formats without pages.
    pub pages: Vec<Page>,
    /// Places of the lines, in text order.
    pub runs: Vec<Run>,
}

impl Text {
    /// A text without pages, from a plain string; lines that were glued together are broken again.
    pub fn plain(raw: &str) -> Self {
        let mut builder = TextBuilder::default();
        for line in raw.lines().flat_map(super::reflow::lines) {
            builder.line(line, None);
        }
        builder.finish()
    }

    /// The page on which a span starts, or `None` where there are no pages.
    pub fn page_of(&self, span: Span) -> Option<u32> {
        self.pages
            .iter()
            .find(|page| page.span.start <= span.start && span.start < page.span.end)
            .map(|page| page.number)
    }

    /// The boxes that a span touches.
    pub fn areas_of(&self, span: Span) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.span.overlaps(span))
    }
}

/// A text with the table that turns byte offsets into code points.
#[derive(Debug)]
pub struct Source<'a> {
    /// The text itself.
    pub text: &'a str,
    /// Code point number at each byte offset, one entry more than there are bytes.
    code_points: Vec<u32>,
}

impl<'a> Source<'a> {
    /// Indexes a text; linear in its length.
    pub fn new(text: &'a str) -> Self {
        let mut code_points = Vec::with_capacity(text.len() + 1);
        let mut count = 0u32;
        for character in text.chars() {
            for _ in 0..character.len_utf8() {
                code_points.push(count);
            }
            count += 1;
        }
        code_points.push(count);
        Self { text, code_points }
    }

    /// The span of a byte range; offsets past the end mean the end.
    pub fn span(&self, range: std::ops::Range<usize>) -> Span {
        let last = self.code_points.len() - 1;
        Span {
            start: self.code_points[range.start.min(last)],
            end: self.code_points[range.end.min(last)],
        }
    }

    /// The words of a span, cut from the text.
    pub fn quote(&self, span: Span) -> &'a str {
        let start = self
            .code_points
            .partition_point(|&point| point < span.start);
        let end = self.code_points.partition_point(|&point| point < span.end);
        &self.text[start..end.min(self.text.len())]
    }

    /// The byte range of a span.
    pub fn bytes(&self, span: Span) -> std::ops::Range<usize> {
        let start = self
            .code_points
            .partition_point(|&point| point < span.start);
        let end = self.code_points.partition_point(|&point| point < span.end);
        start..end.min(self.text.len())
    }

    /// The lines with their byte offset.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let mut offset = 0;
        self.text.split('\n').map(move |line| {
            let start = offset;
            offset += line.len() + 1;
            (start, line)
        })
    }
}

/// Where a line stands on its page.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Page number, counted from one.
    pub page: u32,
    /// The line's box.
    pub area: Box2,
}

/// Builds a [`Text`] line by line, normalising on the way.
#[derive(Debug, Default)]
pub struct TextBuilder {
    content: String,
    length: u32,
    pages: Vec<Page>,
    runs: Vec<Run>,
    /// The last line ended with a hyphen after a letter: its continuation may follow.
    open_hyphen: bool,
    invisible: u32,
}

impl TextBuilder {
    /// Starts a page; the text that follows belongs to it. Width and height are in tenths of a point.
    pub fn page(&mut self, number: u32, width_decipoints: i32, height_decipoints: i32) {
        self.close_page();
        self.pages.push(Page {
            number,
            span: Span {
                start: self.length,
                end: self.length,
            },
            width_decipoints,
            height_decipoints,
        });
    }

    /// Adds one line of raw text. A word that was hyphenated at the end of the line before is put together again.
    pub fn line(&mut self, raw: &str, place: Option<Place>) {
        let (clean, invisible) = normalise(raw);
        self.invisible += invisible;
        let line = clean.trim();
        if line.is_empty() {
            self.gap();
            return;
        }
        // an address is no second half: "e-mail id-" above "jane@example.com"
        let address = line
            .split_whitespace()
            .next()
            .is_some_and(|word| word.contains('@') || word.contains("://"));
        if self.open_hyphen && line.starts_with(char::is_lowercase) && !address {
            while self.content.ends_with(['\n', '-', '\u{ad}']) {
                self.content.pop();
                self.length -= 1;
            }
            if let Some(run) = self.runs.last_mut() {
                run.span.end = run.span.end.min(self.length);
            }
        }
        let start = self.length;
        self.push(line);
        self.open_hyphen = hyphenated(line);
        if let Some(place) = place {
            self.runs.push(Run {
                span: Span {
                    start,
                    end: self.length,
                },
                page: place.page,
                area: place.area,
            });
        }
        self.push("\n");
    }

    /// Ends a block: one empty line, never two.
    pub fn gap(&mut self) {
        if !self.content.is_empty() && !self.content.ends_with("\n\n") && !self.open_hyphen {
            self.push("\n");
        }
    }

    /// Invisible characters (zero width, tags, bidirectional controls inside words) that were taken out so far.
    pub fn invisible(&self) -> u32 {
        self.invisible
    }

    /// Code points so far.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The finished text.
    pub fn finish(mut self) -> Text {
        while self.content.ends_with('\n') {
            self.content.pop();
            self.length -= 1;
        }
        self.close_page();
        for page in &mut self.pages {
            page.span.start = page.span.start.min(self.length);
            page.span.end = page.span.end.min(self.length);
        }
        Text {
            content: self.content,
            pages: self.pages,
            runs: self.runs,
        }
    }

    fn push(&mut self, text: &str) {
        self.content.push_str(text);
        self.length += u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    }

    fn close_page(&mut self) {
        if let Some(page) = self.pages.last_mut() {
            page.span.end = self.length;
        }
    }
}

/// A letter and then a hyphen or soft hyphen at the end.
fn hyphenated(line: &str) -> bool {
    let mut backwards = line.chars().rev();
    matches!(backwards.next(), Some('-' | '\u{ad}'))
        && backwards.next().is_some_and(char::is_alphabetic)
}

/// Brings a line into the form in which everything else reads it, and counts the invisible characters taken out.
///
/// Ligatures, presentation forms, full-width and mathematical letters become ordinary ones (NFKC for those ranges only);
/// the rest is composed (NFC). Kinds of space become one space, bullets become `•`, characters without a shape go.
pub fn normalise(raw: &str) -> (String, u32) {
    let mut invisible = 0;
    let mut staged = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{ad}' => {
                // a soft hyphen matters only at the end of the line, where it marks a broken word
                if characters.peek().is_none() {
                    staged.push(character);
                }
            }
            '\u{200b}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}'
            | '\u{180e}'
            | '\u{e0000}'..='\u{e007f}' => {
                invisible += 1;
            }
            '\u{200c}' | '\u{200d}' => {
                // joiners carry meaning in Arabic and Indic scripts, none between Latin letters
                if staged.ends_with(|last: char| !last.is_ascii()) {
                    staged.push(character);
                } else {
                    invisible += 1;
                }
            }
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\u{fe00}'..='\u{fe0f}' => {}
            '\t'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}' => {
                staged.push(' ');
            }
            '\u{7f}' | '\u{2022}' | '\u{2023}' | '\u{2043}' | '\u{25aa}' | '\u{25ab}'
            | '\u{25cf}' | '\u{25e6}' | '\u{25a0}' | '\u{25a1}' | '\u{25b8}' | '\u{25ba}'
            | '\u{27a2}' | '\u{2713}' | '\u{2714}' | '\u{2756}' | '\u{f0b7}' | '\u{f0a7}'
            | '\u{f0d8}' | '\u{f0fc}' | '\u{b7}' => staged.push('•'),
            '\u{2010}' | '\u{2011}' => staged.push('-'),
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' => staged.push('\''),
            '\u{e000}'..='\u{f8ff}' | '\u{fffd}' => staged.push(' '),
            _ if character.is_control() => {}
            '\u{fb00}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{ff01}'..='\u{ff9f}'
            | '\u{1d400}'..='\u{1d7ff}'
            | '\u{2100}'..='\u{214f}'
                if character != '\u{2116}' && character != '\u{2122}' =>
            {
                staged.extend(std::iter::once(character).nfkc());
            }
            _ => staged.push(character),
        }
    }
    let mut clean = String::with_capacity(staged.len());
    for character in staged.nfc() {
        if character == ' ' && clean.ends_with(' ') {
            continue;
        }
        clean.push(character);
    }
    (clean, invisible)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    #[test]
    fn ligatures_and_wide_letters_become_ordinary_letters() {
        assert_eq!(
            normalise("e\u{fb03}cient work\u{fb02}ow").0,
            "efficient workflow"
        );
        assert_eq!(normalise("Ｐｙｔｈｏｎ").0, "Python");
        assert_eq!(normalise("𝗞𝘂𝗯𝗲𝗿𝗻𝗲𝘁𝗲𝘀").0, "Kubernetes");
        assert_eq!(normalise("Mu\u{308}ller").0, "Müller");
    }

    #[test]
    fn invisible_characters_go_and_are_counted() {
        let (clean, count) = normalise("Kuber\u{200b}netes\u{e0041}");
        assert_eq!((clean.as_str(), count), ("Kubernetes", 2));
        assert_eq!(
            normalise("می\u{200c}خواهم"),
            ("می\u{200c}خواهم".to_owned(), 0)
        );
    }

    #[test]
    fn a_word_broken_over_two_lines_is_one_word() {
        let text = Text::plain("soft\u{ad}ware develop-\nment of tools\n2019-\n2020 and C-\nLevel");
        assert_eq!(
            text.content,
            "software development of tools\n2019-\n2020 and C-\nLevel"
        );
    }

    #[test]
    fn blocks_are_one_empty_line_apart() {
        assert_eq!(Text::plain("\n\na\n\n\n b \n\n").content, "a\n\nb");
    }

    #[test]
    fn spans_count_code_points_and_cut_the_same_words() {
        let source = Source::new("Zoë – Go\nRust");
        let at = source.text.find("Rust").unwrap();
        let span = source.span(at..at + 4);
        assert_eq!(span, Span { start: 9, end: 13 });
        assert_eq!(source.quote(span), "Rust");
        assert_eq!(source.bytes(span), at..at + 4);
    }

    proptest::proptest! {
        #[test]
        fn any_text_normalises_once_and_keeps_its_pages_in_bounds(lines in proptest::collection::vec(".{0,40}", 0..12)) {
            let mut builder = TextBuilder::default();
            for (number, line) in lines.iter().enumerate() {
                builder.page(number as u32 + 1, 0, 0);
                builder.line(line, Some(Place { page: number as u32 + 1, area: Box2 { left: 0, top: 0, width: 1, height: 1 } }));
            }
            let text = builder.finish();
            let length = text.content.chars().count() as u32;
            for page in &text.pages {
                proptest::prop_assert!(page.span.start <= page.span.end && page.span.end <= length);
            }
            for run in &text.runs {
                proptest::prop_assert!(run.span.start <= run.span.end && run.span.end <= length);
            }
        }
    }
}
