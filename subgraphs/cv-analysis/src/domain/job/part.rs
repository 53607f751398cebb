//! The parts of a job description: what is required, what would be nice, what the work is, what is offered.

use std::sync::LazyLock;

use regex::Regex;

use super::super::section::{Section, SectionKind};
use super::super::text::Source;

/// What a passage of a job description is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Unmarked text.
    Open,
    /// What is asked for.
    Required,
    /// What would be nice.
    Preferred,
    /// What the work is.
    Duties,
    /// The company and what it offers.
    Offer,
}

pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static HEADINGS: LazyLock<Vec<(Part, Regex)>> = LazyLock::new(|| {
    [
        (Part::Preferred, r"(?i)^(?:nice[\s-]to[\s-]haves?|preferred|preferred (?:skills|qualifications|requirements|experience)|bonus(?: points| skills)?|desirable(?: skills)?|desired(?: skills)?|pluses|good to have|optional|would be (?:a plus|nice|great)|even better|it'?s a plus|additional (?:skills|qualifications)|what would be nice|extra points|wünschenswert|von vorteil|idealerweise|pluspunkte|souhaité(?:es|s)?|apprécié(?:es|s)?|les plus|atouts|un plus|se valora(?:rá)?|deseable|valorable|requisitos deseables)\b"),
        (Part::Required, r"(?i)^(?:(?:minimum |basic |key |job |essential |required |technical |mandatory |core |our |your |candidate )*(?:requirements?|qualifications?|skills?(?: required| needed)?|must[\s-]haves?|profile|competenc(?:ies|es)|experience required|experience|expertise)|what (?:you(?:'ll)? (?:need|bring|have)|we(?:'re| are) looking for|we (?:need|expect|require)|you should have|it takes)|you (?:have|bring|are|should have|must have)|who you are|about you|we expect|we(?:'re| are) looking for|essential|required|mandatory|must|skills (?:and|&) (?:qualifications|experience|requirements)|to succeed|(?:ihr|dein) profil|anforderungen|das bringst du mit|das bringen sie mit|was (?:du|sie) mitbring\w+|voraussetzungen|qualifikation(?:en)?|votre profil|profil(?: recherché)?|compétences(?: requises)?|exigences|requisitos?|perfil|lo que buscamos|qué buscamos|conocimientos requeridos|se requiere)\b"),
        (Part::Duties, r"(?i)^(?:(?:key |main |your |job |the )*(?:responsibilities|duties|tasks|role|mission|job|position|accountabilities|day[\s-]to[\s-]day)|what you(?:'ll| will) (?:do|be doing|work on)|you will|the role|in this role|job description|description|summary|(?:ihre|deine) aufgaben|aufgaben|das erwartet (?:dich|sie)|tätigkeiten|vos missions|missions|tâches|responsabilités|funciones|responsabilidades|tareas|tus funciones)\b"),
        (Part::Offer, r"(?i)^(?:about (?:us|the company|the team|our company)|who we are|what we offer|we offer|benefits?|perks|our (?:offer|benefits|company|values|culture|mission|stack offers)|why (?:us|join|work)|compensation|salary|how to apply|equal opportunit\w+|diversity|das bieten wir|wir bieten|über uns|unser angebot|benefits|nous offrons|à propos|avantages|qui sommes|ofrecemos|sobre nosotros|beneficios|qué ofrecemos)\b"),
    ]
    .into_iter()
    .filter_map(|(part, text)| pattern(text).map(|regex| (part, regex)))
    .collect()
});

pub(super) static PREFERRED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:nice[\s-]to[\s-]have|(?:is|are|be|as|considered|would be)\s+an?\s+(?:\w+\s+)?(?:plus|bonus|advantage|asset)|a (?:big |strong |definite )?plus\b|bonus|preferred|preferably|ideally|desirable|desired|advantageous|beneficial|good to have|helpful|optional|would be (?:nice|great|good)|von vorteil|wünschenswert|idealerweise|gerne auch|optional|souhait\w+|apprécié\w*|idéalement|serait un (?:plus|atout)|un plus|deseable|se valora\w*|valorable|idealmente|plus if)\b",
    )
});

pub(super) static REQUIRED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:must|required|require|requires|essential|mandatory|necessary|need(?:s|ed)?|at least|minimum|strong|solid|proven|proficien\w+|expert\w*|zwingend|erforderlich|vorausgesetzt|notwendig|exigé\w*|obligatoire|indispensable|requis\w*|imprescindible|obligatorio|necesario)\b",
    )
});

/// Words that make even a personal quality a condition.
pub(super) static INSISTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:must|required|requires?|essential|mandatory|necessary|zwingend|erforderlich|vorausgesetzt|exigé\w*|indispensable|requis\w*|imprescindible|necesari\w+)\b",
    )
});

/// Byte offsets at which a part starts.
pub(super) fn parts(source: &Source<'_>) -> Vec<(usize, Part)> {
    let mut parts = vec![(0, Part::Open)];
    for (offset, line) in source.lines() {
        let bare = line.trim_start_matches(|character: char| !character.is_alphanumeric());
        let head = bare.split(':').next().unwrap_or(bare);
        let colon = bare.contains(':');
        let words = head.split_whitespace().count();
        let bullet = line.trim_start().starts_with(['•', '-', '*']);
        // a heading is short and stands alone, or ends in a colon
        let candidate = !bullet
            && words <= 8
            && (colon || (bare.chars().count() <= 60 && !bare.ends_with(['.', ','])));
        if candidate
            && let Some((part, _)) = HEADINGS
                .iter()
                .find(|(_, heading)| heading.is_match(head.trim()))
        {
            let prose = !colon
                && words > 5
                && bare
                    .split_whitespace()
                    .skip(1)
                    .filter(|word| word.starts_with(char::is_lowercase))
                    .count()
                    > 4;
            if !prose {
                parts.push((offset, *part));
            }
        }
    }
    parts
}

/// The parts that ask for something, as sections of skills: what stands in them is meant as a skill.
pub(super) fn lists(source: &Source<'_>, parts: &[(usize, Part)]) -> Vec<Section> {
    parts
        .iter()
        .enumerate()
        .map(|(number, (start, part))| Section {
            kind: match part {
                Part::Required | Part::Preferred => SectionKind::Skills,
                Part::Open | Part::Duties | Part::Offer => SectionKind::Other,
            },
            range: *start
                ..parts
                    .get(number + 1)
                    .map_or(source.text.len(), |next| next.0),
            body_start: *start,
        })
        .collect()
}

pub(super) fn part_at(parts: &[(usize, Part)], offset: usize) -> Part {
    let after = parts.partition_point(|(start, _)| *start <= offset);
    parts
        .get(after.saturating_sub(1))
        .map_or(Part::Open, |(_, part)| *part)
}
