//! The name of a person, apart from the titles and degrees around it.

mod unusual;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::contact::{Contact, Located};
use super::section::{Section, SectionKind, kind_at};
use super::skill::Taxonomy;
use super::text::{Source, Text};
use unusual::{initialled, opening, single, small, spaced_out, stacked};

static NAME_LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:(?:full names?|names?|nom et prénom|nom|nombre(?: y apellidos)?|vor- und nachname|candidate(?: name)?|name of (?:the )?candidate)\s*[:\-–|][:\-–|\s]*|(?:curriculum vitae|curriculam vitae|resume|résumé|cv|bio[- ]?data|lebenslauf|profile)\s*(?:[:\-–—|][:\-–—|\s]*|(?:of|for|von|de)\s+)|(?-i:NAME)\s+)(.{3,60})$",
    )
    .ok()
});

/// Words that stand at the top of CVs and are no name.
static NOT_A_NAME: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "curriculum vitae resume résumé lebenslauf cv profile engineer developer manager consultant designer analyst \
     architect director scientist student page contact email phone address software senior junior lead data product \
     marketing sales administrator assistant specialist entwickler ingenieur ingénieur développeur desarrollador \
     ingeniero teacher nurse accountant officer executive professional intern project programmer technician \
     coordinator street straße road avenue university objective summary full stack backend frontend web cloud devops \
     qa tester recruiter writer editor the and for with of in at application bewerbung candidature confidential \
     personal information details kontakt email: linkedin github mobile tel berlin london paris germany france spain \
     india usa biodata curriculam vita post applied position vill village nagar salai marg colony vihar puram chowk \
     bazar mohalla taluk tehsil distt district dist sector floor apartment apartments layout opp opposite nationality indian religion gender male female married single status father \
     fathers mother passport visa objective ojective name title dob birth age company client designation duration \
     school college institute international residential hospital bank limited pvt company industries technologies \
     references declaration date summary career education skills strengths hobbies qualification"
        .split_whitespace()
        .collect()
});

/// Small words inside of names.
const PARTICLES: &[&str] = &[
    "von", "van", "de", "der", "den", "la", "las", "los", "del", "della", "da", "das", "do", "dos",
    "di", "du", "zu", "zur", "el", "al", "bin", "bint", "ibn", "y", "e", "le", "ten", "ter", "af",
    "av", "of", "ap", "ab", "mac", "vom", "zum", "und", "san", "dal", "degli", "op", "'t", "aus",
    "i",
];

/// Titles in front of a name, without dots.
const TITLES: &[&str] = &[
    "dr",
    "dring",
    "prof",
    "professor",
    "rer",
    "nat",
    "med",
    "phil",
    "habil",
    "mr",
    "mrs",
    "ms",
    "mx",
    "herr",
    "frau",
    "mag",
    "dipling",
    "dipling",
    "dipl",
    "ing",
    "ir",
    "mme",
    "mlle",
    "sr",
    "sra",
    "dña",
    "eng",
    "er",
    "pol",
    "oec",
    "iur",
    "rev",
    "capt",
    "col",
    "maj",
    "lt",
    "sgt",
];

/// Titles in front of a name that have no dot.
const PLAIN_TITLES: &[&str] = &[
    "dr",
    "prof",
    "professor",
    "mr",
    "mrs",
    "ms",
    "herr",
    "frau",
    "sir",
    "dame",
    "lord",
    "lady",
    "reverend",
];

/// Degrees and memberships behind a name, without dots.
const POST_NOMINALS: &[&str] = &[
    "ba", "bsc", "bs", "beng", "bcom", "bed", "bfa", "bba", "bsn", "btech", "llb", "llm", "ma",
    "msc", "ms", "meng", "mba", "mpa", "mph", "mphil", "msw", "lmsw", "lcsw", "msn", "med", "mfa",
    "mres", "mtech", "mca", "phd", "dphil", "md", "jd", "edd", "pharmd", "rn", "np", "cpa", "cfa",
    "acca", "aca", "cma", "pmp", "pe", "esq", "cissp", "shrmcp", "phr", "pgce", "hons", "frcs",
    "mrcp", "ceng", "dds", "dvm", "obe", "mbe", "cbe", "kbe", "qc", "kc", "fca", "fcca", "acma",
    "cgma", "frics", "mrics", "mice", "fice", "miet", "fiet", "mcipd", "fcipd", "frsa", "mbcs",
    "fbcs", "cssbb", "bds", "mbbs", "mbchb", "mrcs", "frcp", "rgn", "cnp",
];

/// The commonest family names of China, with which a name of two or three characters begins.
const FAMILIES: &str = "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鐘谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫閆段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万钱錢严嚴覃武戴莫孔向汤湯";

fn bare(word: &str) -> String {
    word.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The byte range of a person's name at the start of a line: two to five words of letters, each with a capital, without titles
/// and degrees. `None` where the line is something else.
fn person(line: &str) -> Option<Range<usize>> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\s+(?:(?:present|permanent|current|postal|home|mailing)\s+)?(?:address|adresse|e-?mail|mail|mob(?:ile)?|contact|phone|tel(?:ephone)?|cell|date of birth|d\.?o\.?b)\b\s?(?:id|no|number)?\.?\s*[:–-]",
        )
        .ok()
    });
    let lead = line.len() - line.trim_start_matches(['•', ' ']).len();
    let rest = &line[lead..];
    let part = rest
        .split([',', '|', '•', '–', '—', '(', '·'])
        .next()
        .unwrap_or(rest);
    // "Jane Doe Email: …", "JANE DOE ADDRESS: …"
    let label = LABEL.as_ref().and_then(|label| label.find(rest));
    let end = label.map_or(part.len(), |label| label.start().min(part.len()));
    let part = &line[..lead + end];
    let mut start = lead + (part[lead..].len() - part[lead..].trim_start().len());
    let mut end = part.trim_end().len();
    if start >= end {
        return None;
    }
    let whole = &part[start..end];
    let count = whole.chars().count();
    if (2..=5).contains(&count) && whole.chars().all(super::mention::ideograph) {
        let other = super::section::sections(whole).len() > 1
            || super::language::find(whole).next().is_some()
            || whole.ends_with(['都', '府', '県', '市', '区', '省']);
        return (!other).then_some(start..end);
    }
    // titles have a dot, or are never anything else
    while let Some(word) = part[start..end].split_whitespace().next() {
        let plain = bare(word);
        let titled = PLAIN_TITLES.contains(&plain.as_str())
            || (word.contains('.') && TITLES.contains(&plain.as_str()));
        if !titled {
            break;
        }
        start += word.len();
        start += part[start..end].len() - part[start..end].trim_start().len();
    }
    while part[start..end].split_whitespace().count() > 2
        && let Some(word) = part[start..end].split_whitespace().next_back()
    {
        let capitals = word.chars().filter(|letter| letter.is_uppercase()).count();
        if capitals < 2 || !POST_NOMINALS.contains(&bare(word).as_str()) {
            break;
        }
        end -= word.len();
        end = part[..end].trim_end().len();
    }
    let name = &part[start..end];
    if !(4..=50).contains(&name.chars().count()) || super::section::sections(name).len() > 1 {
        return None;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_name = (2..=6).contains(&words.len())
        && words.iter().all(|word| {
            let letters = word.trim_end_matches('.');
            PARTICLES.contains(word)
                || (letters.chars().all(|character| {
                    character.is_alphabetic() || matches!(character, '\'' | '’' | '-' | '.')
                }) && letters.starts_with(|character: char| {
                    character.is_alphabetic() && !character.is_lowercase()
                }))
        })
        && words
            .iter()
            .any(|word| !POST_NOMINALS.contains(&bare(word).as_str()))
        && !words
            .iter()
            .flat_map(|word| word.split('-'))
            .any(|word| NOT_A_NAME.contains(word.to_lowercase().trim_matches('.')));
    is_name.then_some(start..end)
}

/// The name of the candidate: a labelled one, else the line at the top that can be a person's name, the largest letters first.
pub(super) fn name(
    document: &Text,
    source: &Source<'_>,
    sections: &[Section],
    taxonomy: &Taxonomy,
    contact: &Contact,
) -> Option<Located> {
    let lines: Vec<(usize, &str)> = source
        .lines()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    for &(offset, line) in lines.iter().take(40) {
        if let Some(found) = NAME_LABEL
            .as_ref()
            .and_then(|label| label.captures(line))
            .and_then(|captures| captures.get(1))
            && let Some(range) = person(found.as_str()).or_else(|| initialled(found.as_str()))
        {
            let start = offset + found.start();
            return Some(Located {
                value: tidy(&found.as_str()[range.clone()]),
                span: source.span(start + range.start..start + range.end),
            });
        }
    }
    let first_page = document
        .pages
        .first()
        .map_or(u32::MAX, |page| page.span.end);
    // the name is often part of the e-mail address or of the address of a profile
    let local: Option<String> = contact
        .emails
        .first()
        .and_then(|email| email.value.split('@').next())
        .or_else(|| {
            let link = contact.links.first()?;
            link.value.split_once('/').map(|(_, path)| path)
        })
        .map(str::to_lowercase);
    if let Some(name) = spaced_out(source, &lines, local.as_deref()) {
        return Some(name);
    }
    let mut best: Option<(i64, usize, &str, std::ops::Range<usize>)> = None;
    for (number, &(offset, line)) in lines.iter().enumerate().take(120) {
        let span = source.span(offset..offset + line.len());
        if span.start >= first_page {
            break;
        }
        let Some(range) = person(line).filter(|_| !taxonomy.is_name(line)) else {
            continue;
        };
        let height = document
            .areas_of(span)
            .map(|run| i64::from(run.area.height))
            .max()
            .unwrap_or(0);
        let matches_mail = local.as_deref().is_some_and(|local| {
            line.split_whitespace()
                .flat_map(|word| [fold(word), fold(&spelled_out(word))])
                // nothing is left of words in other letters, and nothing is part of every address
                .any(|word| word.len() >= 3 && local.contains(&word))
        });
        let in_head = kind_at(sections, offset) == SectionKind::Head;
        let late = i64::try_from(number).unwrap_or(i64::MAX);
        // large letters and an e-mail address made of the name say most; without either, being first does
        let family = line.trim().chars().count() <= 3
            && line
                .trim()
                .starts_with(|first: char| FAMILIES.contains(first));
        let weight = i64::from(family) * 120
            + height * 2
            + i64::from(matches_mail) * 120
            + i64::from(in_head) * 60
            - late * 6;
        if (number < 12 || matches_mail || height >= 160)
            && best.as_ref().is_none_or(|&(known, ..)| weight > known)
        {
            best = Some((weight, offset, line, range));
        }
    }
    let Some((_, offset, line, range)) = best else {
        return stacked(document, source, &lines, taxonomy, local.as_deref())
            .or_else(|| opening(source, &lines, local.as_deref()))
            .or_else(|| small(source, &lines, taxonomy, local.as_deref()))
            .or_else(|| single(source, &lines, taxonomy, local.as_deref()));
    };
    Some(Located {
        value: tidy(&line[range.clone()]),
        span: source.span(offset + range.start..offset + range.end),
    })
}

fn fold(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    word.nfd()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

/// Umlauts as e-mail addresses write them.
fn spelled_out(word: &str) -> String {
    word.to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
        .replace('ß', "ss")
}

/// One space between words; a name in capitals gets ordinary letters.
fn tidy(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let capitals = |word: &str| word.chars().all(|character| !character.is_lowercase());
    let numeral = |word: &str| {
        word.chars()
            .all(|character| matches!(character, 'I' | 'V' | 'X'))
    };
    let words = words.iter().map(|&word| {
        let particle = PARTICLES.contains(&word.to_lowercase().as_str());
        let short = word.chars().count() <= 2 && !particle;
        if short || !capitals(word) || (numeral(word) && word.chars().count() <= 3) {
            return word.to_owned();
        }
        let mut lowered = String::new();
        let mut start = true;
        for character in word.chars() {
            if start {
                lowered.push(character)
            } else {
                lowered.extend(character.to_lowercase())
            }
            start = matches!(character, '-' | '\'' | '’' | '.');
        }
        lowered
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<String> {
        person(line).map(|range| tidy(&line[range]))
    }

    #[test]
    fn places_and_languages_of_east_asia_are_no_names() {
        assert_eq!(read("陈思远").as_deref(), Some("陈思远"));
        for line in ["東京都", "中文", "日本語", "上海市"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn titles_and_degrees_are_no_part_of_a_name() {
        for (line, name) in [
            (
                "Dr. rer. nat. Helena Kowalczyk-Brandt",
                "Helena Kowalczyk-Brandt",
            ),
            ("Prof. Dr.-Ing. Max Müller", "Max Müller"),
            ("SIOBHAN O'ROURKE BA (Hons), PGCE", "Siobhan O'Rourke"),
            ("Jane Doe, PhD", "Jane Doe"),
            ("Declan Murphy BEng", "Declan Murphy"),
            ("Jean-Baptiste LE GOFF", "Jean-Baptiste Le Goff"),
            ("ROBERT J. HERNANDEZ III", "Robert J. Hernandez III"),
            ("Mr. John Smith", "John Smith"),
            ("• AMIT KUMAR", "Amit Kumar"),
            ("MOUMITA ROY PRESENT ADDRESS: C-2", "Moumita Roy"),
            ("Anil Saini Email - anil@example.com Mob: 123", "Anil Saini"),
            ("YO-YO MA", "Yo-Yo MA"),
            ("Ludwig van Beethoven | Composer", "Ludwig van Beethoven"),
        ] {
            assert_eq!(read(line).as_deref(), Some(name), "{line}");
        }
        for line in [
            "Software Engineer",
            "PhD MBA",
            "jane doe",
            "Dr. House",
            "Work Experience",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
