//! Single dates as CVs write them: with a month, a season or a quarter, or a year alone.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// A date as written: with a month or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Year, 1900 to 2099.
    pub year: u16,
    /// Month, 1 to 12, where one is written.
    pub month: Option<u8>,
}

const MONTHS: &[(&str, u8)] = &[
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("maa", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("mai", 5),
    ("may", 5),
    ("mei", 5),
    ("mag", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
];

pub(super) const MONTH: &str = r"(?:jan(?:uary|uar|vier|v|eiro|uari)?|jänner|jän|ene(?:ro)?|gennaio|feb(?:ruary|ruar|rero|braio|ruari)?|févr?(?:ier)?|fevereiro|fev|mar(?:ch|s|zo|ço)?|märz|mär|mrz|maart|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|mai|may(?:o)?|maio|mei|maggio|june?|juni|junio|junho|juin|giugno|july?|juli|julio|julho|juil(?:let)?|luglio|aug(?:ust|ustus)?|août|aout|ago(?:sto)?|sept?(?:ember|embre|iembre)?|setiembre|setembro|settembre|oct(?:ober|obre|ubre)?|okt(?:ober)?|ottobre|outubro|out|nov(?:ember|embre|iembre|embro)?|dec(?:ember)?|dez(?:ember|embro)?|déc(?:embre)?|dic(?:iembre|embre)?)";

pub(super) const YEAR: &str = r"(?:19[4-9]\d|20\d{2})";

pub(super) fn date_pattern() -> String {
    format!(
        r"(?:{YEAR}\s?年\s?\d{{1,2}}\s?月|{YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12]\d|3[01]|0?[1-9])\b|\d{{1,2}}[./-]\d{{1,2}}[./-]{YEAR}\b|(?:0?[1-9]|1[0-2])\s?[./-]\s?{YEAR}\b|{YEAR}[-/.](?:0[1-9]|1[0-2])\b|(?:\d{{1,2}}(?:st|nd|rd|th|\.)?(?:\s+|\s*[,-]\s*)(?:of\s+)?)?{MONTH}\b\.?\s*[,;:/-]?\s*(?:\d{{1,2}}(?:st|nd|rd|th)?,\s*)?(?:(?:de|del|of)\s+)?(?:'?\s?{YEAR}|'\s?\d{{2}}|\d{{2}})\b|{MONTH}\.?{YEAR}\b|(?:early|mid|late|end(?: of)?|beginning of|anfang|mitte|ende|début|mi|fin|principios de|finales de|spring|summer|autumn|fall|winter|frühjahr|frühling|sommer|herbst|printemps|été|automne|hiver|primavera|verano|otoño|invierno)[\s-]+{YEAR}\b|q[1-4]\s*[/-]?\s*{YEAR}\b|{YEAR}\b)"
    )
}

pub(super) fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static DATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| compile(&format!(r"(?i)(?:\b|^){}", date_pattern())));

static NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| compile(r"\d+"));

static MONTH_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| compile(&format!(r"(?i)\b(?P<name>{MONTH})(?:\b|\d)")));

/// Whether a date has its month first for certain, as in the United States: "12/31/2019".
pub(super) fn month_first(text: &str) -> bool {
    let numbers: Vec<u32> = NUMBERS
        .iter()
        .flat_map(|pattern| pattern.find_iter(text))
        .filter_map(|found| found.as_str().parse().ok())
        .collect();
    text.contains('/') && matches!(numbers.as_slice(), [1..=12, 13..=31, 1900..=2099])
}

/// Reads a date whose month stands first: "12/01/2019" beside "12/31/2019".
pub(super) fn read_month_first(text: &str) -> Option<Written> {
    let mut date = read_date(text)?;
    let numbers: Vec<u8> = NUMBERS
        .as_ref()?
        .find_iter(text)
        .filter_map(|found| found.as_str().parse().ok())
        .collect();
    if let [month @ 1..=12, 1..=31] = numbers.as_slice() {
        date.month = Some(*month);
    }
    Some(date)
}

/// Reads one date as written.
pub(super) fn read_date(text: &str) -> Option<Written> {
    let lower = text.to_lowercase();
    let numbers: Vec<u32> = NUMBERS
        .as_ref()?
        .find_iter(&lower)
        .filter_map(|found| found.as_str().parse().ok())
        .collect();
    let position = numbers.iter().position(|&number| number >= 1900);
    let year = match position {
        Some(position) => numbers[position],
        None => {
            let short = *numbers.last()?;
            if short < 50 {
                2000 + short
            } else {
                1900 + short
            }
        }
    };
    let named = MONTH_NAME
        .as_ref()
        .and_then(|pattern| pattern.captures(&lower)?.name("name"))
        .and_then(|name| month_number(name.as_str()));
    let month = named.or_else(|| season(&lower)).or_else(|| {
        let others: Vec<u32> = numbers
            .iter()
            .copied()
            .filter(|&number| number < 1900)
            .collect();
        match (position, others.as_slice()) {
            (Some(0), [month, ..]) => Some(*month),
            (Some(_), [month]) => Some(*month),
            // day and month in either order; where both are possible the day comes first, as outside the United States
            (Some(_), [first, second]) => Some(if *second <= 12 { *second } else { *first }),
            _ => None,
        }
        .filter(|month| (1..=12).contains(month))
        .and_then(|month| u8::try_from(month).ok())
    });
    let year = u16::try_from(year)
        .ok()
        .filter(|year| (1940..=2099).contains(year))?;
    Some(Written { year, month })
}

pub(super) fn month_number(name: &str) -> Option<u8> {
    let lower = name.to_lowercase();
    MONTHS
        .iter()
        .filter(|(prefix, _)| lower.starts_with(prefix))
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|&(_, month)| month)
}

fn season(lower: &str) -> Option<u8> {
    const SEASONS: &[(&str, u8)] = &[
        ("spring", 3),
        ("früh", 3),
        ("printemps", 3),
        ("primavera", 3),
        ("early", 1),
        ("beginning", 1),
        ("anfang", 1),
        ("début", 1),
        ("principios", 1),
        ("mid", 6),
        ("mitte", 6),
        ("mi-", 6),
        ("mi ", 6),
        ("late", 11),
        ("end", 12),
        ("fin", 12),
        ("summer", 6),
        ("sommer", 6),
        ("été", 6),
        ("verano", 6),
        ("autumn", 9),
        ("fall", 9),
        ("herbst", 9),
        ("automne", 9),
        ("otoño", 9),
        ("winter", 12),
        ("hiver", 12),
        ("invierno", 12),
        ("q1", 1),
        ("q2", 4),
        ("q3", 7),
        ("q4", 10),
    ];
    SEASONS
        .iter()
        .find(|(name, _)| lower.starts_with(name))
        .map(|&(_, month)| month)
}

/// Words for the seasons of a year, as a pattern.
pub(super) const SEASONS: &str = "spring|summer|autumn|fall|winter|frühjahr|frühling|sommer|herbst|printemps|été|automne|hiver|primavera|verano|otoño|invierno";

/// The first and the last of the three months of a season: "Summer 2025", "Winter 2025", which ends in the year after.
pub(super) fn whole_season(text: &str) -> Option<(Written, Written)> {
    let start = read_date(text)?;
    let first = start.month?;
    let end = Written {
        year: start.year + u16::from(first > 10),
        month: Some((first + 1) % 12 + 1),
    };
    Some((start, end))
}

/// The month in which a date ends: "Q3 2019" ends in September; a season is not that exact and stands for its middle.
pub(super) fn read_end(text: &str) -> Option<Written> {
    let mut date = read_date(text)?;
    let lower = text.trim().to_lowercase();
    let exact = MONTH_NAME
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(&lower));
    let seasons = [
        "spring", "früh", "print", "primav", "summer", "sommer", "été", "verano", "autumn", "fall",
        "herbst", "automne", "otoño", "winter", "hiver", "invierno",
    ];
    if let Some(first) = season(&lower).filter(|_| !exact) {
        let months = if lower.starts_with('q') {
            2
        } else {
            u8::from(seasons.iter().any(|word| lower.starts_with(word)))
        };
        date.month = Some((first + months).min(12));
    }
    Some(date)
}

pub(super) fn short_year(text: &str) -> Option<u16> {
    let short: u16 = text.parse().ok()?;
    Some(if short < 50 {
        2000 + short
    } else {
        1900 + short
    })
}

/// The last single date of a line, as a year of graduation is written.
pub fn last_date(line: &str) -> Option<Written> {
    DATE.as_ref()?
        .find_iter(line)
        .filter_map(|found| read_date(found.as_str()))
        .last()
}
