//! Name and ways to reach a candidate. Personal data: it never reaches the score.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::person;
use super::section::{Section, SectionKind, kind_at};
use super::skill::Taxonomy;
use super::text::{Source, Span, Text};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    /// The value, trimmed.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// Who the candidate is and how to reach them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Full name.
    pub name: Option<Located>,
    /// E-mail addresses, most prominent first.
    pub emails: Vec<Located>,
    /// Telephone numbers as written.
    pub phones: Vec<Located>,
    /// Profiles and pages.
    pub links: Vec<Located>,
    /// Place of residence, where one stands beside the contact data.
    pub location: Option<Located>,
}

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)[[\p{L}--\p{Han}]\p{N}._%+'-]+\s?@\s?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.[\p{L}--\p{Han}]{2,24}",
    )
});
/// "jane [at] example (dot) com": bracketed, or with both words spelled out.
static VEILED_EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?P<local>[\p{L}\p{N}._%+'-]+)\s*(?:[\[({<]\s*(?:at|ät|arroba|@)\s*[\])}>]\s*(?P<domain>[\p{L}\p{N}-]+(?:\s*(?:\.|[\[({<]\s*(?:dot|punkt|point|punto|\.)\s*[\])}>])\s*[\p{L}\p{N}-]+)*\s*(?:\.|[\[({<]\s*(?:dot|punkt|point|punto|\.)\s*[\])}>])\s*\p{L}{2,24})|\s+at\s+(?P<spelled>[\p{L}\p{N}-]+(?:\s+dot\s+[\p{L}\p{N}-]+)*\s+dot\s+\p{L}{2,24}))\b",
    )
});
static VEIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)\s*[\[({<]\s*(?:dot|punkt|point|punto|\.)\s*[\])}>]\s*|\s+dot\s+|\s*\.\s*")
});
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:https?://[^\s|,;<>()]+|www\.[^\s|,;<>()]+|(?:[a-z]{2,3}\.)?(?:linkedin\.com|github\.com|gitlab\.com|xing\.com|stackoverflow\.com|behance\.net|dribbble\.com|medium\.com|kaggle\.com|twitter\.com|x\.com|bitbucket\.org|github\.io)/[^\s|,;<>()]*|[a-z0-9-]+\.github\.io\b|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|dev|io|me|de|fr|es|ch|at|co|uk|eu)/[^\s|,;<>()]*)",
    )
});
static PHONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:\(?\+|00)?\(?\d[\d\s().\u{2013}/-]{6,34}\d"));
static LOCATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:address|location|city|residence|adresse|wohnort|anschrift|lieu|ciudad|dirección|domicilio|lives in|based in)\s*:?\s+(.{2,80})$",
    )
});
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^(?:[^,]{3,40},\s*)?(?:\d{4,5}\s+)?\p{Lu}[\p{L}.'\- ]{1,30},\s*\p{Lu}[\p{L}.'\- ]{1,30}(?:\s+\d{5})?$",
    )
});
/// Words that show that two parts with a comma are a person's or a role's titles.
const NOT_A_PLACE: &[&str] = &[
    "engineer",
    "developer",
    "manager",
    "cpa",
    "mba",
    "phd",
    "pmp",
    "msc",
    "bsc",
    "pe",
    "rn",
    "md",
    "esq",
    "cfa",
    "architect",
    "consultant",
    "analyst",
    "designer",
    "specialist",
    "director",
    "and",
];

/// Byte ranges of addresses and links: names of products inside them are no claims of skill.
pub fn addresses(text: &str) -> Vec<std::ops::Range<usize>> {
    EMAIL
        .iter()
        .chain(LINK.iter())
        .flat_map(|regex| regex.find_iter(text).map(|found| found.range()))
        .collect()
}

/// Reads the contact data of a CV.
pub fn read(
    document: &Text,
    source: &Source<'_>,
    sections: &[Section],
    taxonomy: &Taxonomy,
) -> Contact {
    let mut contact = Contact::default();
    let mut add = |list: fn(&mut Contact) -> &mut Vec<Located>, value: String, span: Span| {
        let list = list(&mut contact);
        if list.len() < 8 && !list.iter().any(|known| known.value == value) {
            list.push(Located { value, span });
        }
    };
    for found in EMAIL.iter().flat_map(|regex| regex.find_iter(source.text)) {
        if found.as_str().contains('\n') {
            continue;
        }
        // "Email:-jane@example.com"
        let start = found.start() + found.as_str().len()
            - found
                .as_str()
                .trim_start_matches(|first: char| !first.is_alphanumeric() && first != '_')
                .len();
        let value = source.text[start..found.end()]
            .replace(' ', "")
            .to_lowercase();
        add(
            |contact| &mut contact.emails,
            value,
            source.span(start..found.end()),
        );
    }
    for found in VEILED_EMAIL
        .iter()
        .flat_map(|regex| regex.captures_iter(source.text))
    {
        let (Some(whole), Some(local)) = (found.get(0), found.name("local")) else {
            continue;
        };
        let Some(domain) = found.name("domain").or_else(|| found.name("spelled")) else {
            continue;
        };
        let domain = VEIL.as_ref().map_or_else(
            || domain.as_str().into(),
            |veil| veil.replace_all(domain.as_str(), "."),
        );
        if !whole.as_str().contains('\n') {
            add(
                |contact| &mut contact.emails,
                format!("{}@{domain}", local.as_str()).to_lowercase(),
                source.span(whole.range()),
            );
        }
    }
    for found in LINK.iter().flat_map(|regex| regex.find_iter(source.text)) {
        let value = found.as_str().trim_end_matches(['.', '/']).to_owned();
        add(
            |contact| &mut contact.links,
            value,
            source.span(found.range()),
        );
    }
    let lines: Vec<(usize, &str)> = source.lines().collect();
    for (number, &(offset, line)) in lines.iter().enumerate() {
        let kind = kind_at(sections, offset);
        // in a box beside the text the number stands with the e-mail address, whatever section the box interrupts
        let beside = lines[number.saturating_sub(2)..lines.len().min(number + 3)]
            .iter()
            .any(|(_, line)| line.contains('@'));
        if !matches!(
            kind,
            SectionKind::Head | SectionKind::Other | SectionKind::Summary
        ) && !labelled_phone(line)
            && !beside
        {
            continue;
        }
        for found in PHONE.iter().flat_map(|regex| regex.find_iter(line)) {
            for part in numbers(found.as_str()) {
                let range = found.start() + part.start + postal_code(&found.as_str()[part.clone()])
                    ..found.start() + part.end;
                if telephone(line, range.clone()) {
                    let value = line[range.clone()]
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ");
                    add(
                        |contact| &mut contact.phones,
                        value,
                        source.span(offset + range.start..offset + range.end),
                    );
                }
            }
        }
    }
    contact.name = person::name(document, source, sections, taxonomy, &contact);
    contact.location = location(source, sections).filter(|place| {
        contact
            .name
            .as_ref()
            .is_none_or(|name| !place.span.overlaps(name.span))
    });
    contact
}

fn labelled_phone(line: &str) -> bool {
    let lower = line.to_lowercase();
    [
        "phone",
        "tel",
        "mobile",
        "mobil",
        "cell",
        "handy",
        "móvil",
        "portable",
        "téléphone",
        "telefon",
    ]
    .iter()
    .any(|label| lower.contains(label))
}

/// The numbers of a run of digits: more than one where it has too many digits for a telephone number and slashes or spaces part it
/// into whole ones ("7880975397 / 7004325071").
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    const MOST: usize = 15;
    const WHOLE: usize = 8;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let whole = std::iter::once(0..text.len()).collect();
    if digits(text) <= MOST {
        return whole;
    }
    for separator in ['/', ' '] {
        let mut start = 0;
        let mut parts = Vec::new();
        for part in text.split(separator) {
            let end = start + part.len();
            let lead = part.len() - part.trim_start().len();
            if !part.trim().is_empty() {
                parts.push(start + lead..start + part.trim_end().len());
            }
            start = end + separator.len_utf8();
        }
        let fits =
            |part: &std::ops::Range<usize>| (WHOLE..=MOST).contains(&digits(&text[part.clone()]));
        if parts.len() > 1 && parts.iter().all(fits) {
            return parts;
        }
    }
    whole
}

/// Length of a postal code of five digits, with what parts it from the number behind: "79902 / (915) 555-0109". An area code
/// begins with a zero, and what follows one has fewer digits than a whole number.
fn postal_code(text: &str) -> usize {
    static CODE: LazyLock<Option<Regex>> =
        LazyLock::new(|| pattern(r"^[1-9]\d{4}(?:-\d{4})?(?:\s*[/\u{2013}-]\s*|\s+)"));
    CODE.as_ref()
        .and_then(|code| code.find(text))
        .map(|found| found.end())
        .filter(|&end| text[end..].chars().filter(char::is_ascii_digit).count() >= 9)
        .unwrap_or(0)
}

/// Seven to fifteen digits that are not a period, a date or part of a longer word.
fn telephone(line: &str, range: std::ops::Range<usize>) -> bool {
    let text = &line[range.clone()];
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && super::period::find_periods(text).is_empty()
        && !line[..range.start].ends_with(|character: char| {
            character.is_alphanumeric() || character == '/' || character == '@'
        })
        && !line[range.end..].starts_with(char::is_alphanumeric)
        && (digits >= 9
            || text.starts_with(['+', '(', '0'])
            || labelled_phone(line)
            || text.contains(['-', ' ']))
        && !super::period::last_date(text).is_some_and(|_| digits <= 8 && !text.starts_with('+'))
}

fn location(source: &Source<'_>, sections: &[Section]) -> Option<Located> {
    for (offset, line) in source.lines().filter(|(offset, _)| {
        matches!(
            kind_at(sections, *offset),
            SectionKind::Head | SectionKind::Other
        )
    }) {
        if let Some(found) = LOCATION
            .as_ref()
            .and_then(|label| label.captures(line))
            .and_then(|captures| captures.get(1))
        {
            return Some(Located {
                value: found.as_str().trim().to_owned(),
                span: source.span(offset + found.start()..offset + found.end()),
            });
        }
        if kind_at(sections, offset) != SectionKind::Head {
            continue;
        }
        let mut start = 0;
        for part in line.split(['|', '•', '·']) {
            let trimmed = part.trim();
            if PLACE.as_ref().is_some_and(|place| place.is_match(trimmed))
                && !trimmed
                    .split(|character: char| !character.is_alphanumeric())
                    .any(|word| NOT_A_PLACE.contains(&word.to_lowercase().as_str()))
            {
                let at = offset + start + part.find(trimmed).unwrap_or(0);
                return Some(Located {
                    value: trimmed.to_owned(),
                    span: source.span(at..at + trimmed.len()),
                });
            }
            start += part.len()
                + line[start + part.len()..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::section::sections;

    fn contact(text: &str) -> Contact {
        let document = Text::plain(text);
        let source = Source::new(&document.content);
        read(
            &document,
            &source,
            &sections(&document.content),
            Taxonomy::shared().unwrap(),
        )
    }

    #[test]
    fn contact_is_read_from_the_head() {
        let read = contact(
            "CURRICULUM VITAE\nJANE VAN DOE-SMITH\nSenior Engineer\nBerlin, Germany | +49 (0)170 123 45 67 | jane.doe@example.com\nhttps://github.com/janedoe\nExperience\n2015 - 2018 Acme 12345678",
        );
        assert_eq!(read.name.unwrap().value, "Jane Van Doe-Smith");
        assert_eq!(read.emails[0].value, "jane.doe@example.com");
        assert_eq!(
            read.phones
                .iter()
                .map(|phone| phone.value.as_str())
                .collect::<Vec<_>>(),
            ["+49 (0)170 123 45 67"]
        );
        assert_eq!(read.links[0].value, "https://github.com/janedoe");
        assert_eq!(read.location.unwrap().value, "Berlin, Germany");
    }

    #[test]
    fn what_labels_and_neighbours_are_glued_to_is_read() {
        let read = contact(
            "RESUME\nSREERAM.M\nContact: +91-7880975397 / 7004325071 | Email:-sree@example.com\nObjective\nto work",
        );
        assert_eq!(read.name.unwrap().value, "Sreeram.M");
        assert_eq!(read.emails[0].value, "sree@example.com");
        let phones: Vec<&str> = read
            .phones
            .iter()
            .map(|phone| phone.value.as_str())
            .collect();
        assert_eq!(phones, ["+91-7880975397", "7004325071"]);
    }

    #[test]
    fn names_with_initials_labels_and_titles_of_documents_are_read() {
        for (text, name) in [
            (
                "CURRICULUM VITAE\nS.MURUGAN | 35, Guru Street\nmurugan@example.com",
                "S.Murugan",
            ),
            (
                "NAME:- RISHA SINGH RANA\nVill-Sunkhari Kalan",
                "Risha Singh Rana",
            ),
            (
                "CURRICULUM VITAE - DAN KIBET KISO\ndan4@example.com",
                "Dan Kibet Kiso",
            ),
            ("Resume of Jane Doe\njd@example.com", "Jane Doe"),
            ("RESUME\nPRAGYA\nrawal@example.com\nObjective", "Pragya"),
            (
                "RESUME\nName | : | S.Malarvizhi\nDOB | : | 1984",
                "S.Malarvizhi",
            ),
            (
                "Curriculam Vitae:\nSudhir Singh Contact no-+91-8948885959\nPost Applied For- Site Incharge\nsudhirsingh10@example.com",
                "Sudhir Singh",
            ),
        ] {
            assert_eq!(contact(text).name.unwrap().value, name, "{text}");
        }
        for text in [
            "RESUME\nB.Tech\nfoo@example.com",
            "Node.JS\nfoo@example.com",
            "Kamarajar Salai\nVill-Sunkhari Kalan",
        ] {
            assert_eq!(contact(text).name, None, "{text}");
        }
    }

    #[test]
    fn the_name_may_stand_below_a_title_or_in_a_label() {
        assert_eq!(
            contact("Software Engineer\nMaría José García\nmaria@example.es")
                .name
                .unwrap()
                .value,
            "María José García"
        );
        assert_eq!(
            contact("Lebenslauf\nName: Max Mustermann\n")
                .name
                .unwrap()
                .value,
            "Max Mustermann"
        );
        assert_eq!(
            contact("个人简历\n王小明\n邮箱 wang@example.cn")
                .emails
                .len(),
            1
        );
        assert_eq!(contact("Software Engineer\nSkills\nRust").name, None);
    }

    #[test]
    fn veiled_addresses_and_names_on_two_lines_are_read() {
        for text in [
            "Jane Doe\njane.doe [at] example.com",
            "Jane Doe\njane.doe(at)example(dot)com",
            "Jane Doe\njane.doe at example dot com",
        ] {
            assert_eq!(
                contact(text).emails[0].value,
                "jane.doe@example.com",
                "{text}"
            );
        }
        assert!(
            contact("Met clients at example sites. Worked at home")
                .emails
                .is_empty()
        );
        let read = contact("DANIEL\nOKOYE\niOS Engineer\nd@o.example");
        assert_eq!(read.name.unwrap().value, "Daniel Okoye");
    }

    #[test]
    fn a_postal_code_in_front_is_no_part_of_the_telephone_number() {
        for (line, number) in [
            ("El Paso, TX 79902 / (915) 555-0109", "(915) 555-0109"),
            ("Findlay, Ohio 45840 – (419) 555-0123", "(419) 555-0123"),
            ("0221 / 555 0139", "0221 / 555 0139"),
            ("98765 43210", "98765 43210"),
        ] {
            let read = contact(&format!("Jane Doe\n{line}"));
            assert_eq!(read.phones[0].value, number, "{line}");
        }
    }

    #[test]
    fn names_of_products_in_links_are_masked() {
        let text = "see https://github.com/x/kubernetes and mail a@docker.com";
        assert_eq!(addresses(text).len(), 2);
    }
}
