//! Text from right to left: a page gives it from left to right, as it stands; reading begins at its right end.

use super::layout::Piece;

/// Whether a letter is of a script that is written from right to left.
fn strong(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && character.is_alphabetic()
}

/// Whether most letters are of scripts that are written from right to left.
pub(super) fn right_to_left(text: &str) -> bool {
    let letters = text
        .chars()
        .filter(|character| character.is_alphabetic())
        .count();
    letters > 0 && text.chars().filter(|character| strong(*character)).count() * 2 > letters
}

/// What is known about the direction of a page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Direction {
    /// Whether its lines begin at the right.
    backwards: bool,
    /// Whether the letters of a word come as they stand, and not as they are read.
    mirrored: bool,
}

impl Direction {
    /// Looks at the words of a page. Names of products are in Latin letters anywhere, so a third of the letters is enough.
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let letters = || {
            pieces
                .iter()
                .flat_map(|piece| piece.text.chars())
                .filter(|character| character.is_alphabetic())
        };
        let right = letters().filter(|character| strong(*character)).count();
        if right == 0 {
            return Self::default();
        }
        let (mut read, mut stands) = (0, 0);
        let words = pieces.iter().flat_map(|piece| {
            piece
                .text
                .split(|character: char| !strong(character))
                .filter(|word| word.chars().nth(1).is_some())
        });
        for word in words {
            // letters that only end a word, and the article that only begins one
            let last = |character: Option<char>| {
                character.is_some_and(|character| "םןץףךةى".contains(character))
            };
            read += usize::from(last(word.chars().next_back()) || word.starts_with("ال"));
            stands += usize::from(last(word.chars().next()) || word.ends_with("لا"));
        }
        Self {
            backwards: right * 3 >= letters().count(),
            mirrored: stands > read,
        }
    }

    /// The parts of a line, given from left to right, in the order in which they are read.
    pub(super) fn read(self, parts: &[String]) -> String {
        let letters = || {
            parts
                .iter()
                .flat_map(|part| part.chars())
                .filter(|character| character.is_alphabetic())
        };
        let begins_right = if self.backwards {
            letters().any(strong) || letters().next().is_none()
        } else {
            parts.iter().filter(|part| right_to_left(part)).count() * 2 > parts.len()
        };
        if !begins_right {
            return parts.concat();
        }
        let mut text = String::new();
        for run in parts.iter().flat_map(|part| runs(part)).rev() {
            let rightward = run.chars().any(strong) || !run.chars().any(char::is_alphanumeric);
            let run: String = if self.mirrored && rightward {
                run.chars().rev().collect()
            } else {
                run.to_owned()
            };
            if text.ends_with(char::is_alphanumeric) && run.starts_with(char::is_alphanumeric) {
                text.push(' ');
            }
            text.push_str(&run);
        }
        // lam and alef are one sign, whose letters many files name in the order of the sign's parts
        for (signs, letters) in [("األ", "الأ"), ("اإل", "الإ"), ("اآل", "الآ")] {
            text = text.replace(signs, letters);
        }
        text
    }
}

/// Cuts a text, as it stands, where the direction changes. Numbers with a space between them are read one after the other from the
/// right; words in Latin letters, and the numbers behind them, stay together.
fn runs(text: &str) -> Vec<&str> {
    #[derive(Clone, Copy, PartialEq)]
    enum Way {
        Right,
        Latin,
        Number,
    }
    let mut runs: Vec<(Way, &str)> = Vec::new();
    let mut start = 0;
    let mut way: Option<Way> = None;
    // where the text ends that is neither letter nor digit and may belong to either side
    let mut between: Option<usize> = None;
    for (at, character) in text.char_indices() {
        let here = if strong(character) {
            Way::Right
        } else if character.is_ascii_digit() {
            Way::Number
        } else if character.is_alphabetic() {
            Way::Latin
        } else {
            between.get_or_insert(at);
            continue;
        };
        let gap = between.take().map(|from| &text[from..at]);
        let joined = match (way, here) {
            (None, _) => true,
            (Some(Way::Right), Way::Right) | (Some(Way::Latin), Way::Latin | Way::Number) => true,
            // one mark holds the parts of a number together, a space does not
            (Some(Way::Number), Way::Number) => {
                gap.is_none_or(|gap| gap.len() == 1 && !gap.starts_with(' '))
            }
            (Some(Way::Number), Way::Latin) => gap.is_none(),
            _ => false,
        };
        if joined {
            if way.is_none_or(|way| way != Way::Latin) {
                way = Some(here);
            }
            continue;
        }
        // what stands between goes with the text that is written from the right, or is a run of its own
        let known = way.unwrap_or(here);
        let from = at - gap.map_or(0, str::len);
        match (known, here) {
            (Way::Right, _) => {
                runs.push((known, &text[start..at]));
                start = at;
            }
            (_, Way::Right) => {
                runs.push((known, &text[start..from]));
                start = from;
            }
            _ => {
                runs.push((known, &text[start..from]));
                runs.push((Way::Right, &text[from..at]));
                start = at;
            }
        }
        way = Some(here);
    }
    match (way, between) {
        (Some(known @ (Way::Latin | Way::Number)), Some(from)) => {
            runs.push((known, &text[start..from]));
            runs.push((Way::Right, &text[from..]));
        }
        (known, _) => runs.push((known.unwrap_or(Way::Right), &text[start..])),
    }
    runs.into_iter()
        .map(|(_, run)| run)
        .filter(|run| !run.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mirrored: bool) -> String {
        let direction = Direction {
            backwards: true,
            mirrored,
        };
        direction.read(&[text.to_owned()])
    }

    #[test]
    fn lines_are_read_from_their_right_end() {
        assert_eq!(
            read("AWS לע Python תפשב םיתוריש", true),
            "שירותים בשפת Python על AWS"
        );
        assert_eq!(
            read("TypeScript וב Node.jsפיתוח ב", false),
            "פיתוח ב Node.js וב TypeScript"
        );
        assert_eq!(read("12/2024 - 01/2020", false), "01/2020 - 12/2024");
        assert_eq!(read("972-54-1234567+", false), "+972-54-1234567");
        assert_eq!(read(")םא תפש( תירבע", true), "עברית (שפת אם)");
    }

    #[test]
    fn lines_in_latin_letters_stay_as_they_are() {
        assert_eq!(read("Python, CSS 3, React", false), "Python, CSS 3, React");
    }
}
