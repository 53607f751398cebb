//! Reading order: words with places become lines, columns are read one after the other.
//!
//! A gutter makes two columns only where both sides are texts of their own. Dates at the edge of a line, labels in front of
//! values and other tables are read row by row, or a job would lose its period.

use super::bidi::{Direction, right_to_left};
use super::gutter::{LEAST_GUTTER, at_edge, edges, widest_band};
use crate::domain::period;
use crate::domain::section;

/// A word or more with its place, origin at the top left of the page, in points.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) right: f32,
    /// Distance of the baseline from the top.
    pub(super) baseline: f32,
    /// Height of the letters.
    pub(super) size: f32,
    /// Whether the text runs from left to right, not turned.
    pub(super) upright: bool,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) baseline: f32,
    pub(super) size: f32,
    /// Whether it starts a block.
    pub(super) gap_before: bool,
}

/// Pieces of one row that stand close together.
#[derive(Debug, Clone)]
pub(super) struct Fragment {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) right: f32,
    baseline: f32,
    size: f32,
    /// Whether it is a section's heading.
    pub(super) heading: bool,
    /// Whether it is a period or a short date.
    pub(super) dated: bool,
}

/// Most fragments of a page that are laid out; a CV has a few hundred.
const MAX_FRAGMENTS: usize = 4_000;

/// Puts the pieces of a page in reading order.
pub(super) fn lines(pieces: Vec<Piece>) -> Vec<Line> {
    let (upright, turned): (Vec<Piece>, Vec<Piece>) =
        pieces.into_iter().partition(|piece| piece.upright);
    let mut fragments = fragments(upright);
    for fragment in &mut fragments {
        fragment.heading = section::sections(&fragment.text).len() > 1;
        fragment.dated = !period::find_periods(&fragment.text).is_empty()
            || (fragment.text.chars().count() <= 24 && period::last_date(&fragment.text).is_some());
    }
    let mut ordered: Vec<Vec<Fragment>> = Vec::new();
    if fragments.len() > MAX_FRAGMENTS {
        ordered.extend(rows(fragments));
    } else {
        order(fragments, 0, &mut ordered);
    }
    let mut lines: Vec<Line> = Vec::new();
    for row in ordered {
        let Some(line) = join(row) else { continue };
        let gap_before = lines.last().is_some_and(|above: &Line| {
            let distance = line.baseline - above.baseline;
            distance < 0.0
                || distance > 1.75 * line.size.max(above.size)
                || line.left > above.right + 1.0
        });
        lines.push(Line { gap_before, ..line });
    }
    for piece in turned {
        lines.push(Line {
            text: piece.text,
            left: piece.left,
            right: piece.right,
            baseline: piece.baseline,
            size: piece.size,
            gap_before: true,
        });
    }
    lines
}

/// Joins pieces of one baseline that stand closer than a wide space.
fn fragments(mut pieces: Vec<Piece>) -> Vec<Fragment> {
    let direction = Direction::of(&pieces);
    // total order even for NaN, so that the result never depends on the input's order
    pieces.sort_by(|one, other| {
        one.baseline
            .total_cmp(&other.baseline)
            .then(one.left.total_cmp(&other.left))
    });
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        match rows.last_mut() {
            Some(row)
                if row.first().is_some_and(|first| {
                    (piece.baseline - first.baseline).abs() <= 0.35 * piece.size.max(first.size)
                }) =>
            {
                row.push(piece)
            }
            _ => rows.push(vec![piece]),
        }
    }
    for row in &mut rows {
        row.sort_by(|one, other| one.left.total_cmp(&other.left));
    }
    let edges = edges(&rows);
    let mut fragments: Vec<Fragment> = Vec::new();
    for row in rows {
        let mut open: Option<Fragment> = None;
        let mut parts: Vec<String> = Vec::new();
        let close = |open: Option<Fragment>, parts: &mut Vec<String>| {
            let text = direction.read(&std::mem::take(parts));
            open.map(|fragment| Fragment { text, ..fragment })
        };
        for piece in row {
            let gap = open
                .as_ref()
                .map(|fragment: &Fragment| piece.left - fragment.right);
            match (&mut open, gap) {
                // beside something larger the space is that of the smaller letters
                (Some(fragment), Some(gap))
                    if gap <= 1.1 * piece.size.min(fragment.size)
                        && !(gap >= LEAST_GUTTER && at_edge(&edges, piece.left)) =>
                {
                    let glued = gap < 0.13 * piece.size
                        || parts.last().is_some_and(|part| part.ends_with(' '))
                        || piece.text.starts_with(' ');
                    if !glued {
                        parts.push(" ".to_owned());
                    }
                    parts.push(piece.text);
                    fragment.right = fragment.right.max(piece.right);
                    fragment.size = fragment.size.max(piece.size);
                }
                _ => {
                    fragments.extend(close(open.take(), &mut parts));
                    parts.push(piece.text);
                    open = Some(Fragment {
                        text: String::new(),
                        left: piece.left,
                        right: piece.right,
                        baseline: piece.baseline,
                        size: piece.size,
                        heading: false,
                        dated: false,
                    });
                }
            }
        }
        fragments.extend(close(open, &mut parts));
    }
    fragments
}

/// Fragments of one baseline, top to bottom.
fn rows(mut fragments: Vec<Fragment>) -> Vec<Vec<Fragment>> {
    fragments.sort_by(|one, other| {
        one.baseline
            .total_cmp(&other.baseline)
            .then(one.left.total_cmp(&other.left))
    });
    let mut rows: Vec<Vec<Fragment>> = Vec::new();
    for fragment in fragments {
        match rows.last_mut() {
            Some(row)
                if row.first().is_some_and(|first| {
                    (fragment.baseline - first.baseline).abs()
                        <= 0.45 * fragment.size.max(first.size)
                }) =>
            {
                row.push(fragment)
            }
            _ => rows.push(vec![fragment]),
        }
    }
    for row in &mut rows {
        row.sort_by(|one, other| one.left.total_cmp(&other.left));
    }
    rows
}

/// Whether the text of the wide left column goes on below a box that stands beside it: neither a heading nor another margin begins
/// there.
fn goes_on(left: &[Fragment], right: &[Fragment], below: &[Fragment]) -> bool {
    let margin = |part: &[Fragment]| {
        part.iter()
            .map(|fragment| fragment.left)
            .reduce(f32::min)
            .unwrap_or(0.0)
    };
    let width = |part: &[Fragment]| {
        part.iter()
            .map(|fragment| fragment.right)
            .reduce(f32::max)
            .unwrap_or(0.0)
            - margin(part)
    };
    below.first().is_some_and(|first| {
        !first.heading && (first.left - margin(left)).abs() <= 2.0 * first.size
    }) && width(left) > width(right)
}

/// Reads a region: the tallest band with two columns first splits it, the rest is read row by row.
fn order(fragments: Vec<Fragment>, depth: usize, ordered: &mut Vec<Vec<Fragment>>) {
    if depth < 6 && fragments.len() >= 6 {
        let rows = rows(fragments);
        if let Some((first, last, gutter)) = widest_band(&rows) {
            let mut above = Vec::new();
            let mut left = Vec::new();
            let mut right = Vec::new();
            let mut below = Vec::new();
            for (number, row) in rows.into_iter().enumerate() {
                for fragment in row {
                    if number < first {
                        above.push(fragment);
                    } else if number > last {
                        below.push(fragment);
                    } else if fragment.right <= gutter {
                        left.push(fragment);
                    } else {
                        right.push(fragment);
                    }
                }
            }
            let parts = if goes_on(&left, &right, &below) {
                [above, left, below, right]
            } else {
                [above, left, right, below]
            };
            for part in parts {
                order(part, depth + 1, ordered);
            }
            return;
        }
        ordered.extend(rows);
        return;
    }
    ordered.extend(self::rows(fragments));
}

/// One line out of the fragments of a row; wide gaps become a bar.
fn join(mut row: Vec<Fragment>) -> Option<Line> {
    let backwards = row
        .iter()
        .filter(|fragment| right_to_left(&fragment.text))
        .count()
        * 2
        > row.len();
    // a bullet at the right end is that of a line from the right
    let bullet = row.len() > 1
        && row
            .last()
            .is_some_and(|last| matches!(last.text.trim(), "•" | "▪" | "-" | "–"));
    if backwards {
        row.reverse();
    } else if bullet {
        row.rotate_right(1);
    }
    let left = row.iter().map(|fragment| fragment.left).reduce(f32::min)?;
    let right = row.iter().map(|fragment| fragment.right).reduce(f32::max)?;
    let baseline = row.first()?.baseline;
    let size = row.iter().map(|fragment| fragment.size).reduce(f32::max)?;
    let mut text = String::new();
    for (number, fragment) in row.iter().enumerate() {
        let bullet = text.chars().count() <= 2;
        if number > 0 {
            text.push_str(if bullet { " " } else { " | " });
        }
        text.push_str(fragment.text.trim());
    }
    Some(Line {
        text,
        left,
        right,
        baseline,
        size,
        gap_before: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, left: f32, baseline: f32) -> Piece {
        let right = left + 5.0 * text.chars().count() as f32;
        Piece {
            text: text.to_owned(),
            left,
            right,
            baseline,
            size: 10.0,
            upright: true,
        }
    }

    fn read(pieces: Vec<Piece>) -> Vec<String> {
        lines(pieces).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn two_columns_under_a_header_are_read_one_after_the_other() {
        let mut pieces = vec![piece(
            "Jane Doe, a software engineer who lives in Berlin and codes since long",
            30.0,
            20.0,
        )];
        for (number, (left, right)) in [
            ("Skills", "Experience"),
            ("Rust", "Engineer at Acme with a long line of text"),
            ("Go", "Jan 2019 - Present"),
            ("Languages", "Built a platform for payments in Rust"),
            ("German", "and operated it"),
            ("English", "Developer at Foo"),
        ]
        .iter()
        .enumerate()
        {
            let baseline = 40.0 + 12.0 * number as f32;
            pieces.push(piece(left, 30.0, baseline));
            pieces.push(piece(right, 150.0, baseline));
        }
        let lines = read(pieces);
        assert_eq!(
            &lines[..4],
            [
                "Jane Doe, a software engineer who lives in Berlin and codes since long",
                "Skills",
                "Rust",
                "Go"
            ]
        );
        assert_eq!(
            &lines[7..9],
            ["Experience", "Engineer at Acme with a long line of text"]
        );
    }

    #[test]
    fn dates_at_the_right_edge_stay_with_their_job() {
        let mut pieces = Vec::new();
        for number in 0..6 {
            let baseline = 40.0 + 30.0 * number as f32;
            pieces.push(piece("Engineer, Acme", 30.0, baseline));
            pieces.push(piece("2015 - 2018", 400.0, baseline));
            pieces.push(piece("built things", 30.0, baseline + 12.0));
        }
        assert_eq!(read(pieces)[0], "Engineer, Acme | 2015 - 2018");
    }

    #[test]
    fn dates_at_the_left_edge_stay_with_their_job() {
        let mut pieces = vec![piece("Berufserfahrung", 30.0, 20.0)];
        for number in 0..6 {
            let baseline = 40.0 + 30.0 * number as f32;
            pieces.push(piece("01/2015 - 03/2018", 30.0, baseline));
            pieces.push(piece(
                "Entwickler bei der Muster AG in München",
                180.0,
                baseline,
            ));
            pieces.push(piece(
                "Entwicklung von Software in Java und Kotlin",
                180.0,
                baseline + 12.0,
            ));
        }
        assert_eq!(
            read(pieces)[1],
            "01/2015 - 03/2018 | Entwickler bei der Muster AG in München"
        );
    }

    #[test]
    fn words_of_a_line_are_joined_with_spaces_where_there_are_any() {
        assert_eq!(
            read(vec![
                piece("Soft", 0.0, 10.0),
                piece("ware", 20.0, 10.0),
                piece("Go", 43.0, 10.2)
            ]),
            ["Software Go"]
        );
        assert_eq!(
            read(vec![piece("•", 0.0, 10.0), piece("Rust", 20.0, 10.0)]),
            ["• Rust"]
        );
    }
}
