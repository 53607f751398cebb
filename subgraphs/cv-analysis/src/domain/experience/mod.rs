//! Jobs with their periods.

mod counting;
mod names;

use serde::{Deserialize, Serialize};

use super::education;
use super::period::{self, Month, Period};
use super::role::is_role;
use super::section::{Section, SectionKind, kind_at};
use super::text::{Source, Span};
use counting::{chronicles, is_break, prose, schooling};
use names::{is_length, names};

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
    let mut read_to = 0;
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
        // what the line above had begun
        periods.retain(|period| offset + period.range.start >= read_to);
        if let Some((period, end)) = carried_over(&lines, number, line) {
            periods.retain(|known| known.range.end <= period.range.start);
            periods.push(period);
            read_to = end;
        }
        if periods.is_empty() {
            periods = broken_period(&lines, number, line);
            periods.retain(|period| offset + period.range.start >= read_to);
        }
        if periods.is_empty() && offset >= read_to {
            periods.extend(period::open_ended(line));
        }
        for period in periods {
            let months = period.period.months(as_of);
            let inner = found.last().is_some_and(|(_, job)| {
                within(&job.period, &period.period, &line[..period.range.start])
            });
            if months.is_empty() || inner || prose(line, &period.range) {
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

/// Whether an open period in brackets began during the job above, which has an end: "(since 1998)" below a job from 1997 to 2002 tells of
/// that job.
fn within(job: &Period, inner: &Period, before: &str) -> bool {
    let month = |date: super::period::Written| (date.year, date.month.unwrap_or(1));
    inner.end.is_none()
        && before.trim_end().ends_with('(')
        && job.end.is_some_and(|end| {
            month(job.start) < month(inner.start) && month(inner.start) < month(end)
        })
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

/// A period that a line of running text begins and the line below ends: "… Technician from Aug" above "2011 to Feb 2012". With the
/// byte offset in the text at which it ends.
fn carried_over(
    lines: &[(usize, &str)],
    number: usize,
    line: &str,
) -> Option<(period::Found, usize)> {
    const MOST: usize = 32;
    let &(below_start, below) = lines.get(number + 1)?;
    if below.is_empty() || line.contains(" | ") || below.contains(" | ") {
        return None;
    }
    let mut start = line.len().saturating_sub(MOST);
    while !line.is_char_boundary(start) || line[..start].ends_with(char::is_alphanumeric) {
        start = start.checked_sub(1)?;
    }
    let tail = line[start..].trim_end();
    let mut end = below.len().min(MOST);
    while !below.is_char_boundary(end) {
        end -= 1;
    }
    let joined = format!("{tail} {}", &below[..end]);
    // most lines have no number near their ends, and no period is without one
    if !joined.contains(char::is_numeric) {
        return None;
    }
    let period = period::find_periods(&joined)
        .into_iter()
        .find(|found| found.range.start < tail.len() && found.range.end > tail.len() + 1)
        // two dates on two lines are no period
        .filter(|found| !period::paired(&joined).contains(found))?;
    let ends = below_start + (period.range.end - tail.len() - 1).min(below.len());
    Some((
        period::Found {
            range: start + period.range.start..line.len(),
            ..period
        },
        ends,
    ))
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
    fn dates_in_a_column_of_their_own_and_organisations_over_roles_are_read() {
        let jobs = read(
            "Experience\nAcme Ltd, Engineer | Leeds\n• Built engines for ships with many people in three countries | June 2019 – May 2020\n• Sold them\n\nFoo Ltd | Leeds\nWelder | Jan 2018 – Dec 2018\n• Fitted",
        );
        let read: Vec<_> = jobs
            .iter()
            .map(|job| {
                (
                    job.title.as_deref(),
                    job.organisation.as_deref(),
                    job.months,
                )
            })
            .collect();
        assert_eq!(
            read,
            [
                (Some("Engineer"), Some("Acme Ltd"), 12),
                (Some("Welder"), Some("Foo Ltd"), 12)
            ]
        );
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
            "Board appointments\nEngineer, Acme\nJan 2019 – Dec 2020\nTrustee (unpaid), River Trust, Jan 2021 – Dec 2021",
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
    fn periods_in_sentences_that_name_an_employer_are_jobs() {
        let jobs = read(
            "Experience\n• Presently working in Jupiter Power Ltd Leeds as Senior\nTechnician from 05 Aug 2026 to till date.\n• Worked in Foo Fabric Ltd. Leeds (UK) from Aug\n2011 to Feb2012\n• Worked in Bar Ltd, York from Jan 2013\nto Mar 2013",
        );
        assert_eq!(
            jobs.iter().map(|job| job.months).collect::<Vec<_>>(),
            [4, 7, 3]
        );
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
