//! Periods as CVs write them, in months.
//!
//! A period is half open in months. A month named as the end counts as worked (January to March is three months); two bare
//! years are the years between them (2015 – 2018 is 36 months), and twelve months where both are the same year.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::date::{
    MONTH, YEAR, compile, date_pattern, month_first, month_number, read_date, read_end,
    read_month_first, short_year,
};
pub use super::date::{Written, last_date};

/// A month of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    /// Year, 1900 to 2099.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
}

impl Month {
    /// Months since year 0.
    pub fn index(self) -> u32 {
        u32::from(self.year) * 12 + u32::from(self.month) - 1
    }

    /// The month with this number.
    pub fn from_index(index: u32) -> Self {
        Self {
            year: u16::try_from(index / 12).unwrap_or(u16::MAX),
            month: u8::try_from(index % 12 + 1).unwrap_or(1),
        }
    }
}

/// A period as written in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First date.
    pub start: Written,
    /// Last date; `None` means "present".
    pub end: Option<Written>,
}

impl Period {
    /// The half-open range of month numbers, where "present" ends with `as_of`. Empty where the end lies before the start.
    pub fn months(&self, as_of: Month) -> std::ops::Range<u32> {
        let first = u32::from(self.start.year) * 12;
        let start = first + self.start.month.map_or(0, |month| u32::from(month) - 1);
        let end = match self.end {
            None => as_of.index() + 1,
            Some(end) => {
                let year = u32::from(end.year) * 12;
                match end.month {
                    Some(month) => year + u32::from(month),
                    None if end.year == self.start.year => year + 12,
                    None => year,
                }
            }
        };
        // nobody has worked in the future yet
        start..end.min(as_of.index() + 1).max(start)
    }
}

/// Months covered by any of the ranges: what overlaps counts once.
pub fn merged_months(ranges: impl IntoIterator<Item = std::ops::Range<u32>>) -> u32 {
    let mut ranges: Vec<_> = ranges
        .into_iter()
        .filter(|range| !range.is_empty())
        .collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut total = 0;
    let mut covered_to = 0;
    for range in ranges {
        let start = range.start.max(covered_to);
        if range.end > start {
            total += range.end - start;
            covered_to = range.end;
        }
    }
    total
}

/// A period found in a line, with its byte range there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The period.
    pub period: Period,
    /// Byte range in the line that was searched.
    pub range: std::ops::Range<usize>,
}

const PRESENT: &str = r"(?:(?:(?:the|la|le|el|o)\s+)?(?:present(?:\s+day)?|date|fecha|momento)|presently|maintenant|current(?:ly)?|now|today|to date|to-date|ongoing|onwards?|(?:un)?till? (?:the )?(?:date|now|today|present)|continu(?:ing|ed?)|heute|aktuell|jetzt|laufend|gegenwart|présent|présente|aujourd'?hui|actuel(?:lement)?|ce jour|en cours|(?:la )?actualidad|actual(?:mente)?|presente|hoy|oggi|heden|atual(?:mente)?|attuale|至今|现在|現在|今|حتى الآن|الآن|היום|כיום|הווה)";

static RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(
        r"(?i)(?:\b|^|from|since)(?P<start>{date})[.,]?\s*\)?\s*(?:(?:-|–|—|−|‒|~|→|->|>|\s/\s|bis(?: zum)?|to|until|till?|til|upto|through|thru|up to|à|a|au|al|jusqu'à|jusqu'en|hasta|até|tot|-\s*(?:bis|to))\s*)+\(?(?:(?P<present>{PRESENT})|(?P<end>{date})|(?P<short>\d{{2}})\b)"
    ))
});

/// Two cells of a table: "Apr 2020 | Present".
static CELLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(
        r"(?i)(?:\b|^)(?P<start>{date})\s*\|\s*(?:(?P<present>{PRESENT})\b|(?P<end>{date}))"
    ))
});

static SHORT_RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)\b(?P<m1>0[1-9]|1[0-2])[/.](?P<y1>\d{{2}})\s*(?:-|–|—|to|bis|until)\s*(?:(?P<m2>0[1-9]|1[0-2])[/.](?P<y2>\d{{2}})\b|(?P<present>{PRESENT}))"
    ))
});

/// Months without a leading zero, with slashes only: with dots they are versions ("3.11 to 3.12").
static SLASHED_RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)(?:^|[^\d/])(?P<m1>0?[1-9]|1[0-2])/(?P<y1>\d{{2}})\s*(?:-|–|—|to|bis|until)\s*(?:(?P<m2>0?[1-9]|1[0-2])/(?P<y2>\d{{2}})\b|(?P<present>{PRESENT}))"
    ))
});

/// Days with two digits for the year, on both sides: "01.04.15 - 30.09.17".
static DAY_RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)(?:^|[^\d./-])(?P<d1>0[1-9]|[12]\d|3[01])[./-]{{1,2}}(?P<m1>0[1-9]|1[0-2])[./-](?P<y1>\d{{2}})\s*(?:(?:-|–|—|to|bis|until|till?)\s*)+(?:(?:0[1-9]|[12]\d|3[01])[./-]{{1,2}}(?P<m2>0[1-9]|1[0-2])[./-](?P<y2>\d{{2}})\b|(?P<present>{PRESENT}))"
    ))
});

/// "Apr 2018 –" with nothing behind: still there.
static OPEN_END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(r"(?i)(?:\b|^)(?P<start>{date})\s*(?:-|–|—)\s*$"))
});

/// "March 2026 onwards".
static ONWARDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(
        r"(?i)(?:\b|^)(?P<start>{date})\s*(?:onwards?|and onwards?|and ongoing|en adelante|fortlaufend)\b"
    ))
});

/// Two dates side by side, whose dash was lost on the way: "06/2015 01/2016".
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(
        r"(?i)(?:\b|^)(?P<start>{date})\s{{1,3}}(?:(?P<present>{PRESENT})\b|(?P<end>{date}))"
    ))
});

static SHARED_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)\b(?P<m1>{MONTH})\b\.?\s*(?:-|–|—|to|until|bis|à|a|hasta)\s*(?P<end>{MONTH}\b\.?,?\s*(?:de\s+)?{YEAR})\b"
    ))
});

static SINCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = date_pattern();
    compile(&format!(
        r"(?i)\b(?:since|seit(?: dem)?|ab|depuis(?: le)?|desde(?: el)?|from|dal|sinds|à partir de)\s+(?P<start>{date})"
    ))
});

static SEASON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&format!(
        r"(?i)(?:^|[\s|,(–-])(?P<season>(?:{})\s+{YEAR})\)?$",
        super::date::SEASONS
    ))
});

/// The periods of a line in order of appearance, without overlaps.
pub fn find_periods(line: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut add = |period: Option<Period>, range: std::ops::Range<usize>| {
        if let Some(period) = period
            && !found
                .iter()
                .any(|other: &Found| other.range.start < range.end && range.start < other.range.end)
        {
            found.push(Found { period, range });
        }
    };
    for captures in SHARED_YEAR
        .iter()
        .flat_map(|pattern| pattern.captures_iter(line))
    {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let period = captures
            .name("end")
            .and_then(|end| read_date(end.as_str()))
            .and_then(|end| {
                let month = month_number(captures.name("m1")?.as_str())?;
                let year = if Some(month) > end.month {
                    end.year - 1
                } else {
                    end.year
                };
                Some(Period {
                    start: Written {
                        year,
                        month: Some(month),
                    },
                    end: Some(end),
                })
            });
        add(period, whole.range());
    }
    for captures in RANGE
        .iter()
        .chain(CELLS.iter())
        .flat_map(|pattern| pattern.captures_iter(line))
    {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let american = ["start", "end"]
            .iter()
            .filter_map(|name| captures.name(name))
            .any(|date| month_first(date.as_str()));
        let period = captures
            .name("start")
            .and_then(|start| match american {
                true => read_month_first(start.as_str()),
                false => read_date(start.as_str()),
            })
            .and_then(|start| {
                let end = if let Some(end) = captures.name("end") {
                    match american {
                        true => Some(read_month_first(end.as_str())?),
                        false => Some(read_end(end.as_str())?),
                    }
                } else if let Some(short) = captures.name("short") {
                    Some(Written {
                        year: short_year(short.as_str())?,
                        month: None,
                    })
                } else {
                    None
                };
                let ordered = end.is_none_or(|end| {
                    (end.year, end.month.unwrap_or(12)) >= (start.year, start.month.unwrap_or(1))
                });
                ordered.then_some(Period { start, end })
            });
        add(period, whole.range());
    }
    for pair in paired(line) {
        add(Some(pair.period), pair.range);
    }
    for captures in SHORT_RANGE
        .iter()
        .chain(SLASHED_RANGE.iter())
        .chain(DAY_RANGE.iter())
        .flat_map(|pattern| pattern.captures_iter(line))
    {
        let first = captures.name("d1").or_else(|| captures.name("m1"));
        let (Some(first), Some(whole)) = (first, captures.get(0)) else {
            continue;
        };
        let date = |month: &str, year: &str| {
            Some(Written {
                year: short_year(captures.name(year)?.as_str())?,
                month: captures.name(month)?.as_str().parse().ok(),
            })
        };
        let period = date("m1", "y1").map(|start| Period {
            start,
            end: date("m2", "y2"),
        });
        add(
            period.filter(|period| period.end.is_some() || captures.name("present").is_some()),
            first.start()..whole.end(),
        );
    }
    for captures in SINCE
        .iter()
        .chain(ONWARDS.iter())
        .flat_map(|pattern| pattern.captures_iter(line))
    {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let period = captures
            .name("start")
            .and_then(|start| read_date(start.as_str()))
            .map(|start| Period { start, end: None });
        add(period, whole.range());
    }
    // "Design Intern | Summer 2025": a season that nothing else is said of is a period itself
    if found.is_empty()
        && let Some(captures) = SEASON
            .as_ref()
            .and_then(|pattern| pattern.captures(line.trim_end()))
        && let Some(season) = captures.name("season")
        && let Some(period) = super::date::whole_season(season.as_str())
    {
        found.push(Found {
            period: Period {
                start: period.0,
                end: Some(period.1),
            },
            range: season.range(),
        });
    }
    found.sort_by_key(|found| found.range.start);
    found
}

/// Periods written as two dates with nothing but a space between: each with a month, or at the start of a line or its part.
pub(super) fn paired(line: &str) -> Vec<Found> {
    let pair = |captures: regex::Captures<'_>| {
        let range = captures.get(0)?.range();
        let start = read_date(captures.name("start")?.as_str())?;
        let end = match captures.name("end") {
            Some(end) => Some(read_end(end.as_str())?),
            None => None,
        };
        let exact = start.month.is_some() && end.is_none_or(|end| end.month.is_some());
        let opens = line[..range.start].trim_end();
        let opens = opens.is_empty() || opens.ends_with(['(', '[', '|', '•', ':']);
        let later = end.is_none_or(|end| {
            (end.year, end.month.unwrap_or(1)) > (start.year, start.month.unwrap_or(1))
        });
        (later && (exact || opens)).then_some(Found {
            period: Period { start, end },
            range,
        })
    };
    PAIR.iter()
        .flat_map(|pattern| pattern.captures_iter(line))
        .filter_map(pair)
        .collect()
}

/// A period whose end was left blank at the end of a line: "Apr 2018 –".
pub fn open_ended(line: &str) -> Option<Found> {
    let captures = OPEN_END.as_ref()?.captures(line)?;
    let start = read_date(captures.name("start")?.as_str())?;
    Some(Found {
        period: Period { start, end: None },
        range: captures.get(0)?.range(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    const AS_OF: Month = Month {
        year: 2026,
        month: 11,
    };

    #[track_caller]
    fn months(line: &str) -> u32 {
        let found = find_periods(line);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        let range = found[0].period.months(AS_OF);
        range.end - range.start
    }

    #[test]
    fn periods_are_read_in_the_formats_that_cvs_use() {
        for (line, expected) in [
            ("Jan 2019 - Mar 2019", 3),
            ("January 2019 – March 2020", 15),
            ("03/2015 – 12/2018", 46),
            ("12/01/2019 - 12/31/2019", 1),
            ("Jan2019-Dec2019", 12),
            ("JAN 2019 / DEC 2019", 12),
            ("2018-03-01 / 2019-06-30", 16),
            ("mid 2019 – end 2019", 7),
            ("Anfang 2019 – Ende 2019", 12),
            ("début 2019 à fin 2019", 12),
            ("March 2026 onwards", 9),
            ("03.2015 bis 12.2018", 46),
            ("2015 - 2018", 36),
            ("2018 – 2018", 12),
            ("2015–18", 36),
            ("2020-03 to 2021-02", 12),
            ("Mar 2026 - Present", 9),
            ("(since 06/2026)", 6),
            ("seit Juni 2026", 6),
            ("März 2019 – heute", 93),
            ("janvier 2020 à décembre 2020", 12),
            ("enero de 2020 - diciembre de 2021", 24),
            ("févr. 2021 – août 2021", 7),
            ("Jan – Jun 2020", 6),
            ("Nov - Feb 2020", 4),
            ("01.03.2015 - 31.08.2015", 6),
            ("06/18 - 05/20", 24),
            ("Sept. 2019 to date", 87),
            ("2019年3月 - 2020年2月", 12),
            ("Acme (May '15 – Apr '16)", 12),
            ("15 May 2015 - 20 June 2016", 14),
            ("May 1, 2015 – June 30, 2016", 14),
            ("Summer 2019 - Winter 2019", 7),
            ("2024.01 - 2024.12", 12),
            ("Picker (8/21 - 7/25)", 48),
            ("May 2026 to the present day", 7),
            ("Mayo 2026 hasta la fecha", 7),
            ("Acme | Engineer | Apr 2020 | Mar 2021", 12),
            ("Acme | Jun 2026 | Present", 6),
            ("9/24-10/24", 2),
            ("Q3 2021 – Q4 2021", 6),
            ("Spring 2023 – Autumn 2023", 8),
            ("Engineer, Acme 06/2015 01/2016", 8),
            ("2001 2006: Engineer, Acme", 60),
            ("Acme May 2026 Present", 7),
            ("Since May'2026-Till date Acme", 7),
            ("Duration : Sep'2003-Aug;2004", 12),
            ("May-2026 - Till Today", 7),
            ("from 01-05-26 Till the date", 7),
            ("01.04.15 - 30.09.17", 30),
            ("From14-01-2014 to 21-12-2014", 12),
            ("(08,May 2026 to till date)", 7),
            ("Jan 2015 upto Dec 2015", 12),
            ("19 Feb, 2014. To 11 May, 2015. Supervisor", 16),
            ("Acme | May 2026 | Till Date", 7),
        ] {
            assert_eq!(months(line), expected, "{line}");
        }
    }

    #[test]
    fn numbers_that_are_no_periods_are_left_alone() {
        for line in [
            "+49 170 1234567",
            "managed 2000 servers",
            "ISO 9001",
            "moved from SQL Server 2008 2012",
            "2015 2015",
            "192.168.10.12 - 192.168.10.99",
            "version 1.2.15 - present",
            "12-15 people",
            "Python 3.11 to 3.12",
            "rated 4/5 - 5/5 by guests",
            "Apr 2018 –",
            "B.E. | 2025 | 88 %",
            "2019",
        ] {
            assert_eq!(find_periods(line), Vec::new(), "{line}");
        }
    }

    #[test]
    fn an_end_left_blank_is_the_present() {
        assert_eq!(
            open_ended("Apr 2026 –").unwrap().period.months(AS_OF).len(),
            8
        );
        assert_eq!(open_ended("Acme, since 2018 – a year"), None);
    }

    #[test]
    fn what_overlaps_counts_once() {
        assert_eq!(merged_months([0..12, 6..18, 24..30, 25..26]), 24);
        assert_eq!(merged_months([]), 0);
    }

    #[test]
    fn nothing_counts_past_the_present() {
        let period = &find_periods("Jan 2026 - Dec 2030")[0].period;
        assert_eq!(period.months(AS_OF).len(), 11);
        assert_eq!(
            last_date("BSc, 2014, graduated June 2015").unwrap(),
            Written {
                year: 2015,
                month: Some(6)
            }
        );
    }

    proptest::proptest! {
        #[test]
        fn merging_never_exceeds_the_sum_nor_the_extent(ranges in proptest::collection::vec((0u32..500, 0u32..60), 0..20)) {
            let ranges: Vec<_> = ranges.into_iter().map(|(start, length)| start..start + length).collect();
            let merged = merged_months(ranges.clone());
            let sum: u32 = ranges.iter().map(|range| range.end - range.start).sum();
            proptest::prop_assert!(merged <= sum);
            proptest::prop_assert!(merged <= 560);
            let longest = ranges.iter().map(|range| range.end - range.start).max().unwrap_or(0);
            proptest::prop_assert!(merged >= longest);
        }

        #[test]
        fn any_line_is_read_without_panic(line in ".{0,80}") {
            find_periods(&line);
            last_date(&line);
        }
    }
}
