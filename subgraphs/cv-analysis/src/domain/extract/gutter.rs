//! Gutters: where a page is two texts side by side, and where only the cells of a table.

use super::layout::{Fragment, Piece};

/// Space in points that may lie between a text and the column beside it, where the column has an edge.
pub(super) const LEAST_GUTTER: f32 = 3.5;
/// Rows whose text begins at the same place after a gap, so that the place is the edge of a column.
const EDGE_ROWS: usize = 4;

/// Places where the text of many rows begins, at their start or after a gap, and which hardly any row crosses, sorted.
pub(super) fn edges(rows: &[Vec<Piece>]) -> Vec<f32> {
    let mut starts: Vec<f32> = rows
        .iter()
        .flat_map(|row| {
            let first = row.first().map(|piece| piece.left);
            let later = row
                .windows(2)
                .filter(|pair| pair[1].left - pair[0].right > pair[1].size)
                .map(|pair| pair[1].left);
            first.into_iter().chain(later)
        })
        .collect();
    starts.sort_by(f32::total_cmp);
    starts
        .chunk_by(|one, other| other - one <= 0.5)
        .filter(|starts| starts.len() >= EDGE_ROWS)
        .map(|starts| (starts[starts.len() / 2], starts.len()))
        .filter(|&(edge, count)| {
            let crossing = rows
                .iter()
                .filter(|row| {
                    row.iter()
                        .any(|piece| piece.left < edge - 1.0 && piece.right > edge + 1.0)
                })
                .count();
            crossing * 2 < count
        })
        .map(|(edge, _)| edge)
        .collect()
}

pub(super) fn at_edge(edges: &[f32], left: f32) -> bool {
    edges.iter().any(|edge| (edge - left).abs() <= 1.0)
}

/// The longest run of rows through which one gutter runs: first row, last row, place of the gutter.
pub(super) fn widest_band(rows: &[Vec<Fragment>]) -> Option<(usize, usize, f32)> {
    let mut best: Option<(usize, usize, f32)> = None;
    let mut candidates: Vec<f32> = rows
        .iter()
        .flat_map(|row| {
            row.windows(2)
                .map(|pair| (pair[0].right + pair[1].left) / 2.0)
        })
        .chain(rows.iter().flatten().map(|fragment| fragment.left - 3.0))
        .collect();
    candidates.sort_by(f32::total_cmp);
    candidates.dedup_by(|one, other| (*one - *other).abs() < 4.0);
    for gutter in candidates.into_iter().take(200) {
        let mut start = 0;
        for end in 0..=rows.len() {
            let crossed = rows.get(end).is_none_or(|row| {
                row.iter()
                    .any(|fragment| fragment.left < gutter && fragment.right > gutter)
            });
            if !crossed {
                continue;
            }
            // a heading at the end belongs to the line across the page below it
            let mut stop = end;
            while end < rows.len()
                && stop > start
                && matches!(rows[stop - 1].as_slice(), [only] if only.heading)
            {
                stop -= 1;
            }
            let longer =
                best.is_none_or(|(first, last, _)| stop.saturating_sub(start) > last + 1 - first);
            if longer && stop > start && columns(&rows[start..stop], gutter) {
                // rows above the first and below the last that stand on one side only stay with their side
                best = Some((start, stop - 1, gutter));
            }
            start = end + 1;
        }
    }
    best
}

/// Whether the two sides are labels and values: of most rows with both, the one ends with a colon or a dash, or the other begins
/// with one ("Date of birth | : 1 May 1990").
fn is_form(rows: &[Vec<Fragment>], gutter: f32) -> bool {
    let mut paired = 0;
    let mut marked = 0;
    for row in rows {
        let label = row.iter().rfind(|fragment| fragment.right <= gutter);
        let value = row.iter().find(|fragment| fragment.left >= gutter);
        let (Some(label), Some(value)) = (label, value) else {
            continue;
        };
        paired += 1;
        let label = label.text.trim_end();
        let value = value.text.trim_start();
        let dash = |text: &str| {
            text.chars().count() > 1 && text.starts_with(['-', '–']) || matches!(text, "-" | "–")
        };
        marked += usize::from(
            label.ends_with([':', '：'])
                || value.starts_with([':', '：'])
                || dash(value)
                || label.ends_with(" -")
                || matches!(label, "-" | "–"),
        );
    }
    marked >= 3 && marked * 2 >= paired
}

/// Whether a gutter separates two texts, and not the cells of a table or the dates of a list of jobs.
fn columns(rows: &[Vec<Fragment>], gutter: f32) -> bool {
    let left: Vec<&Fragment> = rows
        .iter()
        .flatten()
        .filter(|fragment| fragment.right <= gutter)
        .collect();
    let right: Vec<&Fragment> = rows
        .iter()
        .flatten()
        .filter(|fragment| fragment.left >= gutter)
        .collect();
    if left.len() < 3 || right.len() < 3 || rows.len() < 4 {
        return false;
    }
    let edge = left
        .iter()
        .map(|fragment| fragment.right)
        .fold(f32::MIN, f32::max);
    let start = right
        .iter()
        .map(|fragment| fragment.left)
        .fold(f32::MAX, f32::min);
    let flush = right
        .iter()
        .filter(|fragment| fragment.left - start <= 1.0)
        .count();
    // texts that all begin at one place need less room between them and the column beside
    let room = if flush * 2 > right.len() { 3.0 } else { 6.0 };
    if start - edge < room {
        return false;
    }
    let heading = |side: &[&Fragment]| side.iter().filter(|fragment| fragment.heading).count();
    let dated = |side: &[&Fragment]| side.iter().filter(|fragment| fragment.dated).count();
    let short = |side: &[&Fragment]| {
        side.iter()
            .filter(|fragment| fragment.text.chars().count() <= 26)
            .count()
    };
    let paired = rows
        .iter()
        .filter(|row| {
            row.iter().any(|fragment| fragment.right <= gutter)
                && row.iter().any(|fragment| fragment.left >= gutter)
        })
        .count();
    let (left_heads, right_heads) = (heading(&left), heading(&right));
    // a table with the dates in its first column: headings stand there as well, and each date has its line beside it
    let beside = rows
        .iter()
        .filter(|row| {
            row.iter()
                .any(|fragment| fragment.right <= gutter && fragment.dated)
                && row.iter().any(|fragment| fragment.left >= gutter)
        })
        .count();
    let alone = left.len() - paired.min(left.len());
    if beside >= 2 && alone <= left_heads + 1 {
        return false;
    }
    if is_form(rows, gutter) {
        return false;
    }
    if left_heads > 0 && right_heads > 0 {
        return true;
    }
    // rows of three cells and more are those of a table
    let cells = rows.iter().filter(|row| row.len() >= 3).count();
    if cells >= 3 && cells * 3 >= paired * 2 {
        return false;
    }
    // dates or short notes at either edge, each beside a line of its own
    if dated(&left) * 5 >= left.len() * 2 || dated(&right) * 5 >= right.len() * 2 {
        return false;
    }
    if short(&right) * 10 >= right.len() * 7 && right_heads == 0 && paired * 10 >= right.len() * 6 {
        return false;
    }
    if short(&left) * 10 >= left.len() * 7 && left_heads == 0 && paired * 10 >= left.len() * 6 {
        return false;
    }
    // headings in the margin with their text beside them ("EXPERIENCE | Engineer, Acme …")
    if left_heads * 2 >= left.len() {
        return false;
    }
    true
}
