//! Jobs with their periods.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::education;
use super::period::{self, Month, Period};
use super::role::is_role;
use super::section::{Section, SectionKind, kind_at};
use super::text::{Source, Span};

/// One dated job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experience {
    /// Role, as far as it could be told from the organisation.
    pub title: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// The period as written.
    pub period: Period,
    /// Months of this job alone.
    pub months: u32,
    /// Where the period stands.
    pub span: Span,
    /// The lines of the job up to the next one.
    pub block: Span,
}

/// Reads the dated jobs of a CV in order of appearance.
///
/// Periods count in sections of experience. Where a CV has no such section, or none with a period in it, they count wherever
/// no heading of schools, projects or unpaid work claims them, and the line does not speak of a school or a degree. A summary that
/// lists dated roles is such a section. Time without work (a career break, leave, a sabbatical) is no job.
pub fn jobs(source: &Source<'_>, sections: &[Section], as_of: Month) -> Vec<Experience> {
    let found = collect(source, sections, as_of, false);
    if found.is_empty() {
        collect(source, sections, as_of, true)
    } else {
        found
    }
}

fn collect(
    source: &Source<'_>,
    sections: &[Section],
    as_of: Month,
    anywhere: bool,
) -> Vec<Experience> {
    let lines: Vec<(usize, &str)> = source.lines().collect();
    let chronicles = chronicles(&lines, sections);
    let counted = |offset: usize| {
        let kind = kind_at(sections, offset);
        match kind {
            SectionKind::Experience => true,
            SectionKind::Summary if chronicles.iter().any(|range| range.contains(&offset)) => true,
            SectionKind::Head | SectionKind::Summary => anywhere,
            // a heading that is not known ends no list of skills: there a period needs a role beside it
            SectionKind::Skills | SectionKind::Other => anywhere,
            _ => false,
        }
    };
    let mut found: Vec<(usize, Experience)> = Vec::new();
    // whether periods stand over their jobs, as the first one shows
    let mut period_first = None;
    for (number, &(offset, line)) in lines.iter().enumerate() {
        if !counted(offset) {
            continue;
        }
        let loose = matches!(
            kind_at(sections, offset),
            SectionKind::Skills | SectionKind::Other
        );
        if (anywhere && schooling(&lines, number)) || (loose && !beside_role(&lines, number)) {
            continue;
        }
        if (education::study(line).is_some() && !is_role(line)) || is_break(&lines, number) {
            continue;
        }
        let mut periods = period::find_periods(line);
        if periods.is_empty() {
            periods = broken_period(&lines, number, line);
        }
        if periods.is_empty() {
            periods.extend(period::open_ended(line));
        }
        for period in periods {
            let months = period.period.months(as_of);
            if months.is_empty() || prose(line, &period.range) {
                continue;
            }
            let first = *period_first.get_or_insert_with(|| {
                opens_section(&lines, number, &counted)
                    && !line[..period.range.start].contains(char::is_alphanumeric)
                    && !line[period.range.end.min(line.len())..].contains(char::is_alphanumeric)
            });
            let (title, organisation) = names(&lines, number, &period.range, &counted, first);
            let end = period
                .range
                .end
                .min(source.text.len().saturating_sub(offset));
            let span = source.span(offset + period.range.start..offset + end);
            found.push((
                offset,
                Experience {
                    title,
                    organisation,
                    period: period.period,
                    months: months.end - months.start,
                    span,
                    block: span,
                },
            ));
        }
    }
    let covers: Vec<bool> = (0..found.len()).map(|at| is_frame(&found, at)).collect();
    let mut covers = covers.into_iter();
    found.retain(|_| !covers.next().unwrap_or(false));
    for number in 0..found.len() {
        let start = found[number].0;
        let section_end = sections
            .iter()
            .find(|section| section.range.contains(&start))
            .map_or(source.text.len(), |section| section.range.end);
        let end = found
            .get(number + 1)
            .map_or(section_end, |next| next.0.min(section_end));
        found[number].1.block = source.span(start..end.max(start));
    }
    found.into_iter().map(|(_, job)| job).collect()
}

/// Byte ranges of summaries that are lists of jobs ("Career summary" over dated roles): two periods beside roles at least.
fn chronicles(lines: &[(usize, &str)], sections: &[Section]) -> Vec<std::ops::Range<usize>> {
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

/// Whether a dated line tells of time without work: a career break, a sabbatical, leave, the search for a job. The words stand on
/// the line itself, or alone on the line above it; in brackets behind a job ("incl. parental leave 2023") they say that it went on.
fn is_break(lines: &[(usize, &str)], number: usize) -> bool {
    static BREAK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\b(?:career (?:break|gap|pause)|(?:employment|planned) (?:break|gap)|sabbatical|gap year|(?:parental|maternity|paternity|family|caring|medical) leave|full[- ]time (?:parent|carer|caregiver|mother|father)|unemployed|between jobs|job ?seeking|relocation break|elternzeit|mutterschutz|erziehungsurlaub|sabbatjahr|auszeit|arbeits(?:los|suchend)\w*|arbeitssuche|stellensuche|weltreise|congé (?:parental|maternité|sabbatique|sans solde)|année sabbatique|pause professionnelle|recherche d'emploi|excedencia|año sabático|pausa (?:profesional|laboral)|desemplead[oa]|búsqueda de empleo)\b",
        )
        .ok()
    });
    let says = |text: &str| Some(BREAK.as_ref()?.find(text)?.start());
    let Some(&(_, line)) = lines.get(number) else {
        return false;
    };
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

/// Byte ranges of employers over several roles, told by the length of the whole stay below them ("4 years 10 months"), as
/// exports of professional networks write them.
pub fn employers(source: &Source<'_>) -> Vec<std::ops::Range<usize>> {
    let lines: Vec<(usize, &str)> = source.lines().collect();
    lines
        .windows(2)
        .filter(|pair| !pair[0].1.is_empty() && is_length(pair[1].1.trim()))
        .map(|pair| pair[0].0..pair[0].0 + pair[0].1.len())
        .collect()
}

/// Whether a period in years only frames the periods behind it, which say the same with months: an employer over its roles
/// ("Polder Bank, 2015 – present" over "Manager, March 2020 – present" and "Analyst, March 2015 – February 2020").
fn is_frame(found: &[(usize, Experience)], at: usize) -> bool {
    let outer = &found[at].1.period;
    let years_only = outer.start.month.is_none() && outer.end.is_none_or(|end| end.month.is_none());
    let last_year = |period: &Period| period.end.map_or(u16::MAX, |end| end.year);
    let inner: Vec<&Period> = found[at + 1..]
        .iter()
        .map(|(_, job)| &job.period)
        .take_while(|inner| {
            inner.start.month.is_some()
                && inner.start.year >= outer.start.year
                && last_year(inner) <= last_year(outer)
        })
        .collect();
    years_only
        && inner
            .iter()
            .any(|inner| inner.start.year == outer.start.year)
        && inner
            .iter()
            .any(|inner| last_year(inner) == last_year(outer))
}

/// Whether nothing but a heading or blank lines stand above a line.
fn opens_section(lines: &[(usize, &str)], number: usize, counted: &impl Fn(usize) -> bool) -> bool {
    lines[..number]
        .iter()
        .rev()
        .find(|(_, text)| !text.is_empty())
        .is_none_or(|(offset, text)| !counted(*offset) || super::section::sections(text).len() > 1)
}

/// Whether a line or one beside it names a role.
fn beside_role(lines: &[(usize, &str)], number: usize) -> bool {
    [number.checked_sub(1), Some(number), Some(number + 1)]
        .into_iter()
        .flatten()
        .filter_map(|at| lines.get(at))
        .any(|(_, text)| is_role(text))
}

/// Months in any of the jobs, overlaps counted once.
pub fn total_months(jobs: &[Experience], as_of: Month) -> u32 {
    period::merged_months(jobs.iter().map(|job| job.period.months(as_of)))
}

/// Whether a dated line is about a school: it names a degree, or it names no role and stands beside a degree without a
/// period of its own.
fn schooling(lines: &[(usize, &str)], number: usize) -> bool {
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

/// A period that a narrow column broke over two or three lines: "Jan 2019 –" above "Present", alone or as the first or last
/// cell of a row.
fn broken_period(lines: &[(usize, &str)], number: usize, line: &str) -> Vec<period::Found> {
    for last in [false, true] {
        let cell = |text: &'_ str| -> std::ops::Range<usize> {
            match (last, text.find(" | "), text.rfind(" | ")) {
                (false, Some(at), _) => 0..at,
                (true, _, Some(at)) => at + 3..text.len(),
                _ => 0..text.len(),
            }
        };
        let here = cell(line);
        let start = here.start;
        let mut joined = line[here].trim_end().to_owned();
        let length = joined.len();
        for (_, below) in lines.iter().skip(number + 1).take(2) {
            let part = &below[cell(below)];
            if part.is_empty() || joined.chars().count() + part.chars().count() > 48 {
                break;
            }
            joined.push(' ');
            joined.push_str(part);
            let mut periods = period::find_periods(&joined);
            periods.retain(|period| period.range.start < length && period.range.end > length);
            if !periods.is_empty() {
                for period in &mut periods {
                    // the part of it that stands on this line
                    period.range = start + period.range.start..start + length;
                }
                return periods;
            }
        }
    }
    Vec::new()
}

/// A period inside a sentence ("grew revenue from 2015 to 2018 by 40 %") dates no job.
fn prose(line: &str, range: &std::ops::Range<usize>) -> bool {
    let end = range.end.min(line.len());
    let around =
        line[..range.start].split_whitespace().count() + line[end..].split_whitespace().count();
    let bullet = line.starts_with(['•', '-', '*']);
    let small = |text: &str| {
        text.split_whitespace()
            .filter(|word| word.starts_with(char::is_lowercase) && word.chars().count() > 3)
            .count()
    };
    (bullet && around > 8 && small(line) > 3) || (around > 14 && small(line) > 6)
}

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
    "since",
    "seit",
    "depuis",
    "desde",
];

/// Whether a line is written like a name: its longer words have capitals, as those of a description have not.
fn is_named(text: &str) -> bool {
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
fn is_length(part: &str) -> bool {
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
fn names(
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
    take(&line[..range.start], &mut parts);
    take(&line[end..], &mut parts);
    let beside = |at: Option<usize>| {
        at.and_then(|at| lines.get(at)).filter(|(offset, text)| {
            counted(*offset)
                && !text.is_empty()
                && !text.starts_with(['•', '-', '*'])
                && text.chars().count() <= 90
                && !text.ends_with('.')
                && period::find_periods(text).is_empty()
                && super::section::sections(text).len() == 1
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
        // a role stands over or under its organisation; what is over a role belongs to the job before
        let found = below
            .first()
            .filter(fits)
            .or_else(|| above.first().filter(|_| wants_role).filter(fits));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::section::sections;

    const AS_OF: Month = Month {
        year: 2026,
        month: 11,
    };

    fn read(text: &str) -> Vec<Experience> {
        jobs(&Source::new(text), &sections(text), AS_OF)
    }

    #[test]
    fn jobs_have_role_organisation_and_months() {
        let jobs = read(
            "Jane\nExperience\nSenior Engineer, Acme GmbH\nJan 2019 – Dec 2020\n• grew the team\nDeveloper | Foo Ltd | 03/2015 – 12/2018\nEducation\nMSc, 2010 - 2015",
        );
        assert_eq!(jobs.len(), 2);
        assert_eq!(jobs[0].title.as_deref(), Some("Senior Engineer"));
        assert_eq!(jobs[0].organisation.as_deref(), Some("Acme GmbH"));
        assert_eq!(
            (jobs[1].title.as_deref(), jobs[1].organisation.as_deref()),
            (Some("Developer"), Some("Foo Ltd"))
        );
        assert_eq!(total_months(&jobs, AS_OF), 24 + 46);
    }

    #[test]
    fn overlapping_jobs_count_once_and_present_ends_now() {
        let jobs = read("Experience\nA 01/2025 - present\nB 06/2025 - 08/2025");
        assert_eq!(total_months(&jobs, AS_OF), 23);
    }

    #[test]
    fn without_a_heading_schools_do_not_count() {
        let jobs = read("Jane Doe\nEngineer, Acme, 2018 - 2020\nBSc Physics, 2014 - 2018");
        assert_eq!(jobs.iter().map(|job| job.months).collect::<Vec<_>>(), [24]);
    }

    #[test]
    fn an_employers_years_over_the_months_of_its_roles_count_once() {
        let jobs = read(
            "Career\nPolder Bank (2024 – present)\nManager (March 2025 – present)\nAnalyst (March 2024 – February 2025)\nOther GmbH 2019 – 2020\nClerk, Acme, June 2010 – July 2010",
        );
        assert_eq!(total_months(&jobs, AS_OF), 33 + 12 + 2);
    }

    #[test]
    fn jobs_are_found_where_no_heading_is_known() {
        let jobs = read(
            "Jane\nSkills\nGo\nWhat happened\nGo Engineer | Pay | Nov 2020 - Oct 2021\nBSc, 2013 - 2019\nEducation\nMSc, 2019 - 2020",
        );
        assert_eq!(total_months(&jobs, AS_OF), 12);
    }

    #[test]
    fn blank_lines_between_all_paragraphs_part_nothing() {
        let jobs = read(
            "Experience\n\nIntern, Cedar Robotics\n\nJan 2020 – Mar 2020\n\n• firmware\n\nClerk, Blue Harbour\n\nMay 2019 – Jun 2019",
        );
        assert_eq!(jobs[0].organisation.as_deref(), Some("Cedar Robotics"));
        assert_eq!(jobs[1].title.as_deref(), Some("Clerk"));
    }

    #[test]
    fn periods_over_their_jobs_take_nothing_from_the_job_before() {
        let jobs = read(
            "Experience\n1 May 2020 – 30 June 2020\nManager, Rose Pharmacy\nStock in SAP\n1 May 2019 – 30 June 2019\nClerk, Oak Pharmacy",
        );
        assert_eq!(jobs[1].organisation.as_deref(), Some("Oak Pharmacy"));
    }

    #[test]
    fn a_degree_with_its_school_is_no_job_under_any_heading() {
        let jobs = read(
            "Experience\nTutor, Kings School, 2020 – 2021\nThen\nBA Tourism, University of Westminster, 2017–2020",
        );
        assert_eq!(total_months(&jobs, AS_OF), 12);
    }

    #[test]
    fn a_description_is_no_organisation() {
        let jobs = read(
            "Experience\nProject Manager, 2015 – 2018\nmoved four teams to new tools\nOwner (2010 – 2012)\nBlue Harbour Ltd",
        );
        assert_eq!(jobs[0].organisation, None);
        assert_eq!(jobs[1].organisation.as_deref(), Some("Blue Harbour Ltd"));
    }

    #[test]
    fn a_period_inside_a_sentence_dates_no_job() {
        assert_eq!(
            read(
                "Experience\n• increased the yearly revenue of the whole division from 2015 to 2018 by forty percent and more"
            ),
            []
        );
    }

    #[test]
    fn time_without_work_is_no_job() {
        for text in [
            "Experience\nEngineer, Acme\nJan 2019 – Dec 2020\nCAREER BREAK\nJan 2021 – Dec 2021",
            "Berufserfahrung\nEntwickler, Acme\n01/2019 – 12/2020\n01/2021 – 12/2021 Elternzeit",
            "Experience\nEngineer, Acme\nJan 2019 – Dec 2020\nSabbatical, Jan 2021 – Dec 2021",
        ] {
            assert_eq!(total_months(&read(text), AS_OF), 24, "{text}");
        }
        assert_eq!(
            total_months(
                &read(
                    "Experience\nController, Acme, 01/2019 – 12/2020\n(incl. parental leave 2020)"
                ),
                AS_OF
            ),
            24
        );
    }

    #[test]
    fn a_summary_that_lists_jobs_counts_and_one_that_tells_does_not() {
        let listed = "Career summary\nFinance Manager\nCoral Energy\nFeb 2021 – Jan 2022\nAccountant\nIronbark\nJan 2020 – Dec 2020\nCareer break\nFeb 2022 – Dec 2022";
        assert_eq!(total_months(&read(listed), AS_OF), 24);
        let told = "Summary\nEngineer, busy with ships from 2001 to 2019.\nExperience\nEngineer, Acme\nJan 2020 – Dec 2020";
        assert_eq!(total_months(&read(told), AS_OF), 12);
    }

    #[test]
    fn a_period_broken_over_two_lines_is_read() {
        assert_eq!(
            read("Experience\nEngineer, Acme\nJan 2026 –\nMarch 2026")
                .iter()
                .map(|job| job.months)
                .collect::<Vec<_>>(),
            [3]
        );
    }
}
