//! What dated lines are no job: time without work, sentences, schools; and summaries that are lists of jobs.

use std::sync::LazyLock;

use regex::Regex;

use super::super::role::is_role;
use super::super::section::{Section, SectionKind};
use super::super::{education, period};
use super::broken_period;
use super::names::is_named;

/// Byte ranges of summaries that are lists of jobs ("Career summary" over dated roles): two periods beside roles at least.
pub(super) fn chronicles(
    lines: &[(usize, &str)],
    sections: &[Section],
) -> Vec<std::ops::Range<usize>> {
    sections
        .iter()
        .filter(|section| section.kind == SectionKind::Summary)
        .filter(|section| {
            let dated = |number: usize, line: &str| {
                let mut periods = period::find_periods(line);
                if periods.is_empty() {
                    periods = broken_period(lines, number, line);
                }
                periods.iter().any(|period| !prose(line, &period.range))
                    && (number.saturating_sub(2)..=number + 1)
                        .filter_map(|at| lines.get(at))
                        .any(|(_, text)| is_role(text))
            };
            lines
                .iter()
                .enumerate()
                .filter(|(_, (offset, _))| section.range.contains(offset))
                .filter(|&(number, &(_, line))| dated(number, line))
                .take(2)
                .count()
                == 2
        })
        .map(|section| section.range.clone())
        .collect()
}

/// Whether a dated line tells of time without paid work: unpaid work, a career break, a sabbatical, leave, the search for a job. The words stand on
/// the line itself, or alone on the line above it; in brackets behind a job ("incl. parental leave 2023") they say that it went on.
pub(super) fn is_break(lines: &[(usize, &str)], number: usize) -> bool {
    static BREAK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:career (?:break|gap|pause)|(?:employment|planned) (?:break|gap)|sabbatical|gap year|(?:parental|maternity|paternity|family|caring|medical) leave|full[- ]time (?:parent|carer|caregiver|mother|father)|unemployed|between jobs|job ?seeking|relocation break|elternzeit|mutterschutz|erziehungsurlaub|sabbatjahr|auszeit|arbeits(?:los|suchend)\w*|arbeitssuche|stellensuche|weltreise|congé (?:parental|maternité|sabbatique|sans solde)|année sabbatique|pause professionnelle|recherche d'emploi|excedencia|año sabático|pausa (?:profesional|laboral)|desemplead[oa]|búsqueda de empleo)\b",
        )
        .ok()
    });
    static UNPAID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:unpaid|voluntary|volunteer|pro bono|honorary|ehrenamt\w*|unbezahlt|bénévole|bénévolat|voluntari[oa])\b").ok()
    });
    let says = |text: &str| Some(BREAK.as_ref()?.find(text)?.start());
    let Some(&(_, line)) = lines.get(number) else {
        return false;
    };
    if UNPAID.as_ref().is_some_and(|words| words.is_match(line)) {
        return true;
    }
    if let Some(at) = says(line) {
        let bracketed = line[..at].contains('(') && !line[..at].contains(')');
        return !bracketed && !is_role(line);
    }
    number
        .checked_sub(1)
        .and_then(|above| lines.get(above))
        .is_some_and(|(_, text)| {
            text.split_whitespace().count() <= 6
                && says(text).is_some()
                && !is_role(text)
                && period::find_periods(text).is_empty()
        })
}

/// Whether a dated line is about a school: it names a degree, or it names no role and stands beside a degree without a
/// period of its own.
pub(super) fn schooling(lines: &[(usize, &str)], number: usize) -> bool {
    let degree = |text: &str| education::level_of(text, true).is_some();
    let Some(&(_, line)) = lines.get(number) else {
        return false;
    };
    if degree(line) {
        return true;
    }
    !is_role(line)
        && [number.checked_sub(1), Some(number + 1)]
            .into_iter()
            .flatten()
            .filter_map(|at| lines.get(at))
            .any(|(_, text)| degree(text) && period::find_periods(text).is_empty())
}

/// Whether a period is the last cell of a row: dates in a column of their own stand beside whatever line is set next to them.
pub(super) fn own_cell(line: &str, range: &std::ops::Range<usize>) -> bool {
    line[..range.start].trim_end().ends_with('|')
        && line[range.end.min(line.len())..].trim().is_empty()
}

/// Whether a sentence says where somebody worked: "Presently working with Acme as …", "Worked in Foo Ltd. from …".
fn tells_of_a_job(line: &str) -> bool {
    static TELLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^\W*(?:i\s+)?(?:(?:have|had|am|was|has|been|presently|currently|previously|now|also)\s+){0,3}(?:work(?:ed|ing)|employed|serv(?:ed|ing))\s+(?:as|in|at|with|for|under|by)\b",
        )
        .ok()
    });
    TELLS.as_ref().is_some_and(|tells| tells.is_match(line))
}

/// A period inside a sentence ("grew revenue from 2015 to 2018 by 40 %") dates no job.
pub(super) fn prose(line: &str, range: &std::ops::Range<usize>) -> bool {
    let end = range.end.min(line.len());
    if own_cell(line, range) || tells_of_a_job(line) {
        return false;
    }
    let around =
        line[..range.start].split_whitespace().count() + line[end..].split_whitespace().count();
    let bullet = line.starts_with(['•', '-', '*']);
    let small = |text: &str| {
        text.split_whitespace()
            .filter(|word| word.starts_with(char::is_lowercase) && word.chars().count() > 3)
            .count()
    };
    // a point of a job's description: "* Led 38 soldiers, deployed to Kuwait 2019-2020"
    let point =
        bullet && !is_role(line) && !(is_named(&line[..range.start]) && is_named(&line[end..]));
    point || (bullet && around > 8 && small(line) > 3) || (around > 14 && small(line) > 6)
}
