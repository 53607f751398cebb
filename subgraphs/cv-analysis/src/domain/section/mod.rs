//! The sections of a CV: which heading a line stands under, in English, German, French and Spanish.

mod misspelled;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use misspelled::misspelled;

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SectionKind {
    /// Before the first heading: name and contact.
    Head,
    /// Summary or objective.
    Summary,
    /// Paid work.
    Experience,
    /// Schools and degrees.
    Education,
    /// Skills.
    Skills,
    /// Languages spoken.
    Languages,
    /// Certificates and courses.
    Certificates,
    /// Projects.
    Projects,
    /// Unpaid work.
    Volunteering,
    /// Anything else: publications, awards, interests, references.
    Other,
}

/// The words of headings.
#[derive(Default)]
struct Headings {
    whole: HashMap<&'static str, SectionKind>,
    /// Whole headings of several words, written as one.
    closed: HashMap<String, SectionKind>,
    roots: HashMap<&'static str, SectionKind>,
    modifiers: HashSet<&'static str>,
}

static HEADINGS: LazyLock<Headings> =
    LazyLock::new(|| read_headings(include_str!("../../../data/headings.txt")));

/// Reads the file of headings; a test sees that every line of it is understood.
fn read_headings(file: &'static str) -> Headings {
    let mut headings = Headings::default();
    for block in file.split("\n[").skip(1) {
        let Some((head, words)) = block.split_once(']') else {
            continue;
        };
        let (table, kind) = head.split_once(' ').unwrap_or((head, ""));
        let kind: Option<SectionKind> = serde_json::from_value(kind.into()).ok();
        let words = words
            .split([';', '\n'])
            .map(str::trim)
            .filter(|word| !word.is_empty());
        for word in words {
            match (table, kind) {
                ("heading", Some(kind)) => {
                    // what stands in two lists belongs to the first
                    headings.whole.entry(word).or_insert(kind);
                    if word.contains(' ') {
                        headings.closed.entry(word.replace(' ', "")).or_insert(kind);
                    }
                }
                ("root", Some(kind)) => {
                    headings.roots.entry(word).or_insert(kind);
                }
                _ => {
                    headings.modifiers.insert(word);
                }
            }
        }
    }
    headings
}

/// A section and the lines under its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub kind: SectionKind,
    /// Byte range in the text, heading included.
    pub range: std::ops::Range<usize>,
    /// Byte offset behind the heading.
    pub body_start: usize,
}

/// Brings a heading into the form of the table: lower case, words only, `&` and `+` as "and"; `S K I L L S` closed up.
fn plain_heading(line: &str) -> String {
    let mut words = String::new();
    for character in line.chars() {
        match character {
            '&' | '+' => words.push_str(" and "),
            '\'' => words.push('\''),
            _ if character.is_alphanumeric() => words.extend(character.to_lowercase()),
            _ => words.push(' '),
        }
    }
    let parts: Vec<&str> = words.split_whitespace().collect();
    let single = parts
        .iter()
        .filter(|part| part.chars().count() == 1 && !part.starts_with(|c: char| c.is_ascii_digit()))
        .count();
    if parts.len() >= 4 && single == parts.len() {
        return parts.concat();
    }
    parts
        .iter()
        .skip_while(|part| {
            part.chars().all(|character| character.is_ascii_digit())
                || matches!(**part, "i" | "ii" | "iii" | "iv" | "v")
        })
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A heading put together of a known noun and words that narrow it: "Relevant Industry Experience", "Berufliche Laufbahn".
fn composed(plain: &str) -> Option<SectionKind> {
    let words: Vec<&str> = plain.split(' ').collect();
    if words.len() > 5 {
        return None;
    }
    let root = |word: &str| HEADINGS.roots.get(word).copied();
    // of several nouns the first decides: "Experience and Projects"
    let kind = words.iter().find_map(|word| root(word))?;
    words
        .iter()
        .all(|word| HEADINGS.modifiers.contains(word) || root(word).is_some())
        .then_some(kind)
}

fn lookup(plain: &str) -> Option<SectionKind> {
    let whole = |text: &str| HEADINGS.whole.get(text).copied();
    whole(plain)
        .or_else(|| {
            let (first, rest) = plain.split_once(' ')?;
            matches!(
                first,
                "my" | "mes" | "mon" | "ma" | "mis" | "mi" | "meine" | "mein" | "our"
            )
            .then(|| whole(rest))?
        })
        .or_else(|| HEADINGS.closed.get(plain).copied())
        .or_else(|| composed(plain))
        .or_else(|| spoken(plain))
        .or_else(|| paired(plain))
}

/// A heading that speaks in the first person: "Where I've worked", "What I can do".
fn spoken(plain: &str) -> Option<SectionKind> {
    const KINDS: &[(SectionKind, &[&str])] = &[
        (
            SectionKind::Education,
            &[
                "learned",
                "learnt",
                "learn",
                "studied",
                "study",
                "graduated",
                "trained",
                "schooled",
            ],
        ),
        (
            SectionKind::Experience,
            &[
                "worked", "work", "working", "employed", "done", "did", "doing", "been", "earned",
            ],
        ),
        (SectionKind::Languages, &["speak"]),
        (
            SectionKind::Skills,
            &[
                "know", "bring", "use", "offer", "can", "good", "best", "excel",
            ],
        ),
        (SectionKind::Projects, &["built", "made", "shipped"]),
        (
            SectionKind::Summary,
            &["am", "m", "want", "about", "looking", "are"],
        ),
    ];
    let mut words = plain.split([' ', '\'']);
    let opens = matches!(words.next(), Some("where" | "what" | "who" | "how"));
    let words: Vec<&str> = words.collect();
    let personal = words
        .iter()
        .any(|word| matches!(*word, "i" | "i've" | "i'm" | "me"));
    if !opens || !personal || words.len() > 7 {
        return None;
    }
    KINDS
        .iter()
        .find(|(_, verbs)| words.iter().any(|word| verbs.contains(word)))
        .map(|&(kind, _)| kind)
}

/// Two things under one heading of which one is known: "Schule und Ausbildung", "Education & Outreach".
fn paired(plain: &str) -> Option<SectionKind> {
    const AND: [&str; 8] = [
        " and ", " und ", " et ", " y ", " e ", " en ", " og ", " och ",
    ];
    let (one, other) = AND.iter().find_map(|and| plain.split_once(and))?;
    let single = |part: &str| !part.is_empty() && part.split(' ').count() <= 2;
    if !single(one) || !single(other) || super::role::is_role(plain) {
        return None;
    }
    let known = |part: &str| HEADINGS.whole.get(part).copied().or_else(|| composed(part));
    known(one).or_else(|| known(other))
}

/// Whether a line is a heading, and of what. `rest` is the byte offset in the line at which content after the heading
/// starts (`Skills: Rust, Go`).
fn heading(line: &str) -> Option<(SectionKind, usize)> {
    let trimmed = line.trim_start_matches(|character: char| !character.is_alphanumeric());
    // a point of a list, unless it says that something follows: "• Education:"
    let point = line.trim_start().starts_with('•');
    if point {
        let ends = line.trim_end_matches(['-', '–', ' ']).ends_with(':');
        let kind = HEADINGS.whole.get(plain_heading(line).as_str());
        return kind.filter(|_| ends).map(|kind| (*kind, line.len()));
    }
    // "Qualification | : | B.Sc." is a label in front of what it labels
    let labels = line
        .split_once(':')
        .is_some_and(|(_, rest)| rest.contains(char::is_alphanumeric));
    if line.chars().count() <= 60 {
        let plain = plain_heading(line);
        // "Duties, Accomplishments and Related Skills:" below a job
        if ["duties", "responsibilities"]
            .iter()
            .any(|word| plain.starts_with(word))
        {
            return None;
        }
        if let Some(kind) = lookup(&plain) {
            // a lower-case word in running text is no heading
            let shouted = trimmed.starts_with(|character: char| !character.is_lowercase());
            return shouted.then_some((kind, line.len()));
        }
        let alone = line.chars().all(|character| {
            character.is_alphabetic() || matches!(character, ' ' | ':' | '-' | '&' | '_')
        });
        let capitals = || {
            trimmed
                .split_whitespace()
                .filter(|word| word.chars().count() > 3)
                .all(|word| word.starts_with(char::is_uppercase))
        };
        if alone
            && line.chars().count() <= 40
            && capitals()
            && let Some(kind) = misspelled(&plain)
        {
            return Some((kind, line.len()));
        }
        // "EXPERIENCE (5 years)", "Work Experience 2015 - 2020": a heading in front of a note
        if let Some(cut) = line.find(['(', '|', '–', '—'])
            && !labels
        {
            let plain = plain_heading(&line[..cut]);
            if let Some(kind) = lookup(&plain)
                && trimmed.starts_with(char::is_uppercase)
            {
                return Some((kind, line.len()));
            }
        }
        // "PROFESSIONAL EXPERIENCE / CAREER", "EDUCATION, TRAINING": every word in capitals and a known one first
        let letters = line
            .chars()
            .filter(|character| character.is_alphabetic())
            .count();
        if letters >= 6 && !labels && line.chars().all(|character| !character.is_lowercase()) {
            let words: Vec<&str> = plain.split(' ').collect();
            if words.len() <= 5 {
                for take in (1..words.len()).rev() {
                    if let Some(kind) = lookup(&words[..take].join(" ")) {
                        return Some((kind, line.len()));
                    }
                    if let Some(kind) = lookup(&words[words.len() - take..].join(" ")) {
                        return Some((kind, line.len()));
                    }
                }
            }
        }
    }
    let colon = line.find(':')?;
    if colon > 40 || !trimmed.starts_with(char::is_uppercase) {
        return None;
    }
    let kind = lookup(&plain_heading(&line[..colon]))?;
    // "Profile: …" inside the head or "Project: …" inside experience are labels, not sections
    matches!(
        kind,
        SectionKind::Skills
            | SectionKind::Languages
            | SectionKind::Certificates
            | SectionKind::Education
            | SectionKind::Experience
    )
    .then_some((kind, colon + 1))
}

/// Cuts a text into sections; the first is the head, possibly empty.
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section {
        kind: SectionKind::Head,
        range: 0..text.len(),
        body_start: 0,
    }];
    let mut offset = 0;
    for line in text.split('\n') {
        if let Some((kind, rest)) = heading(line) {
            let inline = rest < line.len();
            // a label inside a block ("Languages: Java, Go" under skills) keeps the section it stands in
            let inside = inline
                && sections.last().is_some_and(|section| {
                    matches!(
                        section.kind,
                        SectionKind::Experience | SectionKind::Projects
                    ) || (section.kind == SectionKind::Education
                        // "Courses: …" below a degree
                        && matches!(kind, SectionKind::Certificates | SectionKind::Other))
                        || (section.kind == SectionKind::Skills
                            && kind == SectionKind::Languages
                            && !speaks(&line[rest..]))
                });
            if !inside {
                if let Some(last) = sections.last_mut() {
                    last.range.end = offset;
                }
                sections.push(Section {
                    kind,
                    range: offset..text.len(),
                    body_start: offset + rest,
                });
            }
        }
        offset += line.len() + 1;
    }
    sections
}

/// Whether the label in front of a colon opens a list of skills: "Tools: …", "Environment: …".
pub(super) fn labels_skills(label: &str) -> bool {
    let plain = plain_heading(label);
    matches!(
        plain.as_str(),
        "environment" | "technical environment" | "umgebung" | "environnement technique"
    ) || lookup(&plain) == Some(SectionKind::Skills)
        || plain
            .strip_suffix(" used")
            .is_some_and(|used| lookup(used) == Some(SectionKind::Skills))
}

/// The kind of section that a phrase is a whole heading of.
pub(super) fn whole_heading(phrase: &str) -> Option<SectionKind> {
    HEADINGS.whole.get(plain_heading(phrase).as_str()).copied()
}

fn speaks(text: &str) -> bool {
    super::language::find(text).next().is_some()
}

/// The kind of section at a byte offset.
pub fn kind_at(sections: &[Section], offset: usize) -> SectionKind {
    let after = sections.partition_point(|section| section.range.start <= offset);
    sections
        .get(after.saturating_sub(1))
        .map_or(SectionKind::Head, |section| section.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_headings_is_read_whole() {
        let kinds: HashSet<SectionKind> = HEADINGS.whole.values().copied().collect();
        assert_eq!(kinds.len(), 9);
        assert!(HEADINGS.roots.len() > 80 && HEADINGS.modifiers.len() > 100);
        for word in HEADINGS.whole.keys() {
            assert_eq!(plain_heading(word), *word);
            let joins = ["and", "und", "et", "y", "e", "of"];
            let last = word.rsplit(' ').next().unwrap_or_default();
            assert!(!joins.contains(&last), "`{word}` was broken over two lines");
        }
    }

    #[test]
    fn headings_are_known_in_any_dress() {
        for (line, kind) in [
            ("EXPERIENCE", SectionKind::Experience),
            ("Work Experience:", SectionKind::Experience),
            ("W O R K  E X P E R I E N C E", SectionKind::Experience),
            ("2. Berufserfahrung", SectionKind::Experience),
            ("Expériences professionnelles", SectionKind::Experience),
            ("Skills & Tools", SectionKind::Skills),
            ("— Education —", SectionKind::Education),
            ("Formación académica", SectionKind::Education),
            ("PROFESSIONAL EXPERIENCE / HISTORY", SectionKind::Experience),
            ("Sprachkenntnisse", SectionKind::Languages),
            ("Berufliche Laufbahn", SectionKind::Experience),
            ("Relevant Industry Experience", SectionKind::Experience),
            ("PRAXISERFAHRUNG", SectionKind::Experience),
            ("Academic Appointments", SectionKind::Experience),
            ("Compétences techniques et outils", SectionKind::Skills),
            ("IT-Kenntnisse", SectionKind::Skills),
            ("Where I've worked", SectionKind::Experience),
            ("What I studied", SectionKind::Education),
            ("WHAT I CAN DO", SectionKind::Skills),
            ("Schule und Ausbildung", SectionKind::Education),
            ("Licensure & Certification", SectionKind::Certificates),
            ("Mes diplômes", SectionKind::Education),
            ("EXPERIANCE", SectionKind::Experience),
            ("ACADAMIC QUALIFICATION", SectionKind::Education),
            ("PROFESSIONAL QUALIFICAITON:-", SectionKind::Education),
            ("Educatonal Background", SectionKind::Education),
            ("Core Qualifications", SectionKind::Skills),
        ] {
            assert_eq!(heading(line).map(|found| found.0), Some(kind), "{line}");
        }
    }

    #[test]
    fn sentences_are_no_headings() {
        for line in [
            "experience",
            "Experience with Rust and Go in production",
            "• Education",
            "Jane Doe",
            "Pearson Education",
            "User Experience",
            "Customer Experience Manager",
            "Profile: x",
            "Education and Outreach Manager",
            "What we did for customers",
            "Where the ships are",
            "Educator",
            "Assignment",
            "Experimental Physics",
            "Languedoc",
        ] {
            assert_eq!(heading(line), None, "{line}");
        }
    }

    #[test]
    fn a_label_inside_skills_keeps_the_section() {
        let text = "Jane\nSkills\nLanguages: Java, Go\nTools: git\nEDUCATION\nBSc";
        let kinds: Vec<_> = sections(text).iter().map(|section| section.kind).collect();
        assert_eq!(
            kinds,
            [
                SectionKind::Head,
                SectionKind::Skills,
                SectionKind::Skills,
                SectionKind::Education
            ]
        );
        assert_eq!(
            kind_at(&sections(text), text.len() - 1),
            SectionKind::Education
        );
    }
}
