//! Rich Text Format: groups, control words and the text between them.

use super::sniff::windows_1252;
use super::{ExtractError, Reading};

/// Destinations whose content is no text of the document.
const DESTINATIONS: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "footer",
    "headerl",
    "headerr",
    "footerl",
    "footerr",
    "generator",
    "themedata",
    "colorschememapping",
    "latentstyles",
    "datastore",
    "rsidtbl",
    "listtable",
    "listoverridetable",
    "xmlnstbl",
    "mmathPr",
    "fldinst",
    "bkmkstart",
    "bkmkend",
    "operator",
    "author",
    "title",
    "nonshppict",
    "shppict",
    "pgptbl",
    "filetbl",
    "revtbl",
];
/// Deepest nesting of groups.
const MAX_DEPTH: usize = 500;

#[derive(Clone, Copy)]
struct State {
    silent: bool,
    hidden: bool,
    /// Size in half points.
    half_points: i32,
    white: bool,
    /// Bytes that replace one Unicode character for old readers.
    skip: i32,
}

/// Reads a document.
pub(super) fn read(bytes: &[u8], reading: &mut Reading) -> Result<(), ExtractError> {
    let mut stack = Vec::new();
    let mut state = State {
        silent: false,
        hidden: false,
        half_points: 24,
        white: false,
        skip: 1,
    };
    let mut line = String::new();
    let mut unseen = String::new();
    let mut skip_left = 0;
    let mut at = 0;
    let mut colors = Colors::new(bytes);
    let mut high: Option<u16> = None;
    while at < bytes.len() && !reading.full() {
        match bytes[at] {
            b'{' => {
                if stack.len() >= MAX_DEPTH {
                    return Err(ExtractError::TooComplex);
                }
                stack.push(state);
                at += 1;
                if bytes[at..].starts_with(b"\\*") {
                    state.silent = true;
                }
            }
            b'}' => {
                state = stack.pop().unwrap_or(state);
                at += 1;
            }
            b'\\' => {
                let (word, parameter, next) = control(bytes, at + 1);
                at = next;
                let mut text = |character: char| put(&state, &mut line, &mut unseen, character);
                match word {
                    b"par" | b"line" | b"row" | b"sect" | b"page" | b"\n" | b"\r"
                        if !state.silent =>
                    {
                        let full = std::mem::take(&mut line);
                        reading.line(&full);
                    }
                    b"tab" | b"~" => text(' '),
                    b"cell" => line.push_str(" | "),
                    b"emdash" => text('—'),
                    b"endash" => text('–'),
                    b"bullet" => text('•'),
                    b"lquote" | b"rquote" => text('\''),
                    b"ldblquote" | b"rdblquote" => text('"'),
                    b"_" => text('-'),
                    b"-" => text('\u{ad}'),
                    b"\\" => text('\\'),
                    b"{" => text('{'),
                    b"}" => text('}'),
                    b"'" => {
                        let byte = bytes
                            .get(at..at + 2)
                            .and_then(|hex| std::str::from_utf8(hex).ok())
                            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                        at = (at + 2).min(bytes.len());
                        if skip_left > 0 {
                            skip_left -= 1;
                        } else if let Some(byte) = byte {
                            text(windows_1252(byte));
                        }
                    }
                    b"u" => {
                        let unit =
                            u16::try_from(parameter.unwrap_or(63).rem_euclid(65_536)).unwrap_or(63);
                        let units = [high.take(), Some(unit)].into_iter().flatten();
                        if (0xd800..0xdc00).contains(&unit) {
                            high = Some(unit);
                        } else {
                            for character in char::decode_utf16(units).flatten() {
                                text(character);
                            }
                        }
                        skip_left = state.skip;
                    }
                    b"uc" => state.skip = parameter.unwrap_or(1).clamp(0, 8),
                    b"v" => state.hidden = parameter != Some(0),
                    b"fs" => state.half_points = parameter.unwrap_or(24),
                    b"cf" => state.white = colors.is_white(parameter.unwrap_or(0)),
                    b"plain" => {
                        state.hidden = false;
                        state.half_points = 24;
                        state.white = false;
                    }
                    b"bin" => {
                        at = (at + usize::try_from(parameter.unwrap_or(0)).unwrap_or(0))
                            .min(bytes.len())
                    }
                    _ if DESTINATIONS.iter().any(|name| name.as_bytes() == word) => {
                        state.silent = true
                    }
                    _ => {}
                }
            }
            b'\r' | b'\n' => at += 1,
            byte => {
                at += 1;
                if skip_left > 0 {
                    skip_left -= 1;
                } else {
                    put(&state, &mut line, &mut unseen, windows_1252(byte));
                }
            }
        }
    }
    reading.line(&line);
    reading.hidden(
        "it is marked as hidden, white or too small to read",
        None,
        &unseen,
    );
    Ok(())
}

fn put(state: &State, line: &mut String, unseen: &mut String, character: char) {
    if state.silent {
        return;
    }
    if state.hidden || state.half_points < 6 || state.white {
        if unseen.len() < 400 {
            unseen.push(character);
        }
    } else {
        line.push(character);
    }
}

/// A control word or symbol, its parameter and the offset behind it.
fn control(bytes: &[u8], start: usize) -> (&[u8], Option<i32>, usize) {
    let rest = &bytes[start.min(bytes.len())..];
    let letters = rest
        .iter()
        .take(40)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    if letters == 0 {
        return (
            rest.get(..1).unwrap_or_default(),
            None,
            (start + 1).min(bytes.len()),
        );
    }
    let sign = usize::from(rest.get(letters) == Some(&b'-'));
    let digits = rest[letters + sign..]
        .iter()
        .take(10)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let mut end = letters;
    let mut parameter = None;
    if digits > 0 {
        end = letters + sign + digits;
        parameter = std::str::from_utf8(&rest[letters..end])
            .ok()
            .and_then(|number| number.parse().ok());
    }
    let space = usize::from(rest.get(end) == Some(&b' '));
    (&rest[..letters], parameter, start + end + space)
}

/// Which entries of the colour table are (nearly) white.
struct Colors(Vec<bool>);

impl Colors {
    fn new(bytes: &[u8]) -> Self {
        let marker = b"{\\colortbl";
        let Some(at) = bytes
            .windows(marker.len())
            .take(200_000)
            .position(|window| window == marker)
        else {
            return Self(Vec::new());
        };
        let table = &bytes[at + marker.len()..];
        let table = &table[..table.iter().position(|byte| *byte == b'}').unwrap_or(0)];
        let entries = String::from_utf8_lossy(table);
        let white = |entry: &str| {
            let channel = |name: &str| {
                entry
                    .split('\\')
                    .find_map(|word| word.trim().strip_prefix(name))
                    .and_then(|value| value.trim().parse::<u16>().ok())
            };
            [channel("red"), channel("green"), channel("blue")]
                .into_iter()
                .all(|value| value.is_some_and(|value| value >= 245))
        };
        Self(entries.split(';').take(1000).map(white).collect())
    }

    fn is_white(&mut self, index: i32) -> bool {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(index).copied())
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::super::extract;
    use crate::domain::finding::FindingKind;

    #[test]
    fn text_is_read_with_its_characters_and_hidden_text_left_out() {
        let file = br"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}{\*\generator x}Zo\'eb \u8211? Go\par Rust {\v Docker}{\cf2 AWS}{\fs2 tiny}\tab C++\par \u-10179?\u-8704? end}";
        let extraction = extract(file).unwrap();
        assert_eq!(extraction.text.content, "Zoë – Go\nRust C++\n😀 end");
        assert_eq!(extraction.findings[0].kind, FindingKind::HiddenText);
        assert_eq!(
            extraction.findings[0].quote.as_deref(),
            Some("DockerAWStiny")
        );
    }
}
