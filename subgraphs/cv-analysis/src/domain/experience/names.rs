//! Role and organisation of a dated line, from the words beside it.

use super::super::period;
use super::super::role::is_role;
use super::counting::own_cell;

/// Labels of forms in front of a role or an organisation.
const LABELS: &[&str] = &[
    "organisation",
    "organization",
    "company",
    "employer",
    "designation",
    "role",
    "position",
    "job title",
    "title",
    "duration",
    "period",
    "client",
    "location",
    "firma",
    "arbeitgeber",
    "tätigkeit",
    "zeitraum",
    "poste",
    "entreprise",
    "empresa",
    "puesto",
    "cargo",
    "date",
    "dates",
    "since",
    "seit",
    "depuis",
    "desde",
];

/// Whether a line is written like a name: its longer words have capitals, as those of a description have not.
pub(super) fn is_named(text: &str) -> bool {
    !text
        .split_whitespace()
        .any(|word| word.chars().count() >= 5 && word.chars().all(char::is_lowercase))
}

/// The sentences of a part: "Ship Canal Tickets. User research every week". What follows a short word is an abbreviation.
fn sentences(part: &str) -> impl Iterator<Item = &str> {
    let ends = part.match_indices(". ").map(|(at, _)| at).filter(|&at| {
        let word = part[..at].rsplit([' ', '.']).next().unwrap_or("");
        word.chars().count() >= 4
    });
    let mut start = 0;
    let mut pieces = Vec::new();
    for end in ends {
        pieces.push(&part[start..end]);
        start = end + 2;
    }
    pieces.push(&part[start..]);
    pieces.into_iter()
}

/// "4 years 9 months" in brackets behind a period.
pub(super) fn is_length(part: &str) -> bool {
    const UNITS: [&str; 12] = [
        "year", "years", "yr", "yrs", "month", "months", "mo", "mos", "jahre", "monate", "ans",
        "mois",
    ];
    part.split_whitespace()
        .any(|word| UNITS.contains(&word.to_lowercase().as_str()))
        && part.split_whitespace().all(|word| {
            word.chars().all(|c| c.is_ascii_digit())
                || UNITS.contains(&word.to_lowercase().as_str())
        })
}

/// Role and organisation from the period's line and the lines beside it.
pub(super) fn names(
    lines: &[(usize, &str)],
    number: usize,
    range: &std::ops::Range<usize>,
    counted: &impl Fn(usize) -> bool,
    period_first: bool,
) -> (Option<String>, Option<String>) {
    let (_, line) = lines[number];
    let end = range.end.min(line.len());
    let mut parts: Vec<String> = Vec::new();
    let take = |text: &str, parts: &mut Vec<String>| {
        for part in text
            .split([',', '|', '•', '–', '—', '\t', ';', ':', '(', ')', '[', ']'])
            .flat_map(|part| part.split(" - "))
            .flat_map(|part| part.split(" at "))
            .flat_map(|part| part.split(" @ "))
            .flat_map(sentences)
        {
            let part = part
                .trim_matches(|character: char| {
                    !character.is_alphanumeric() && !matches!(character, '+' | '#' | '.')
                })
                .trim();
            let count = part.chars().count();
            if (2..=70).contains(&count)
                && !part.chars().all(|character| character.is_ascii_digit())
                && !is_length(part)
                && !LABELS.contains(&part.to_lowercase().as_str())
            {
                parts.push(part.to_owned());
            }
        }
    };
    // what a column of dates stands beside may be a point of the description: the job is above it
    if !(line.starts_with('•') && own_cell(line, range)) {
        take(&line[..range.start], &mut parts);
        take(&line[end..], &mut parts);
    }
    let beside = |at: Option<usize>| {
        at.and_then(|at| lines.get(at)).filter(|(offset, text)| {
            counted(*offset)
                && !text.is_empty()
                && !text.starts_with(['•', '-', '*'])
                && text.chars().count() <= 90
                && !text.ends_with('.')
                && period::find_periods(text).is_empty()
                && super::super::section::sections(text).len() == 1
        })
    };
    let empty = |at: Option<usize>| {
        at.and_then(|at| lines.get(at))
            .is_none_or(|(_, text)| text.is_empty())
    };
    // where every paragraph stands alone, blank lines part nothing
    let alone = empty(number.checked_sub(1)) && empty(Some(number + 1));
    let kept = |at: &usize| !alone || !lines[*at].1.is_empty();
    let mut upward = (0..number).rev().filter(kept);
    let above = [beside(upward.next()), beside(upward.next())];
    let mut downward = (number + 1..lines.len()).filter(kept);
    let below = [beside(downward.next()), beside(downward.next())];
    // a line that cannot be looked at ends its side
    let side = |lines: [Option<&(usize, &str)>; 2]| -> Vec<String> {
        lines
            .into_iter()
            .map_while(|line| line)
            .map(|(_, text)| (*text).to_owned())
            .collect()
    };
    let (above, below) = (side(above), side(below));
    if parts.is_empty() {
        // the period stands alone: under its job, or over it
        let over = !period_first
            && (above.iter().any(|text| is_role(text)) || !below.iter().any(|text| is_role(text)));
        for text in if over { above } else { below } {
            if parts.len() < 2 {
                take(&text, &mut parts);
            }
        }
    } else if parts.len() == 1 {
        let wants_role = !is_role(&parts[0]);
        let fits = |text: &&String| {
            is_role(text) == wants_role
                && text.split_whitespace().count() <= 7
                && (wants_role || is_named(text))
        };
        // a role stands over or under its organisation; what is over a role belongs to the job before, unless it begins a block
        let begins = number.checked_sub(2).is_none_or(|before| {
            let (offset, text) = lines[before];
            text.is_empty() || !counted(offset) || super::super::section::sections(text).len() > 1
        });
        let found = below.first().filter(fits).or_else(|| {
            above
                .first()
                .filter(|_| wants_role || (begins && !alone))
                .filter(fits)
        });
        if let Some(text) = found {
            take(text, &mut parts);
        }
    }
    let title = parts
        .iter()
        .position(|part| is_role(part))
        .map(|at| parts.remove(at));
    let organisation = parts.into_iter().find(|part| {
        !is_role(part) && part.starts_with(|character: char| !character.is_lowercase())
    });
    (title, organisation)
}
