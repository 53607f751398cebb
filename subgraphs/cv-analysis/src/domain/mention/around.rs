//! What the words around a name say: a verb, a list, a company, a denial.

use std::sync::LazyLock;

use regex::Regex;

use super::super::section::{Section, SectionKind};
use super::super::skill::SkillKind;

/// Whether a spelling that is an ordinary word stays one with a capital: what people do and are, not the names of products and not
/// letters that stand for words ("GST").
pub(super) fn ordinary(kind: SkillKind, said: &str) -> bool {
    let capitals = said.chars().filter(|letter| letter.is_uppercase()).count();
    capitals < 2
        && said.chars().count() > 1
        && matches!(
            kind,
            SkillKind::Soft
                | SkillKind::Management
                | SkillKind::Business
                | SkillKind::Design
                | SkillKind::Practice
                | SkillKind::Network
                | SkillKind::Data
                | SkillKind::Security
        )
}

/// Whether a place is in the heading of a section, which says what follows and claims nothing: "Clinical Skills", "Teaching
/// Experience". A line right below another may be an item that only looks like a heading ("Training").
pub(super) fn in_heading(text: &str, sections: &[Section], at: usize) -> bool {
    let after = sections.partition_point(|section| section.range.start <= at);
    sections
        .get(after.saturating_sub(1))
        .is_some_and(|section| {
            let heading = text[section.range.start..section.body_start].trim();
            let plain = heading.contains(' ')
                && !heading.contains(',')
                && matches!(
                    section.kind,
                    SectionKind::Experience | SectionKind::Education | SectionKind::Skills
                );
            at < section.body_start
                && (text[..section.range.start].ends_with("\n\n")
                    || plain
                    || !heading.chars().any(char::is_lowercase))
        })
}

/// Whether a name only says what the masked passage behind it is: "GitHub: github.com/jane" claims no GitHub.
pub(super) fn labels_mask(
    text: &str,
    range: &std::ops::Range<usize>,
    masked: &[std::ops::Range<usize>],
) -> bool {
    opens_item(&text[..range.start])
        && masked.iter().any(|mask| {
            text.get(range.end..mask.start).is_some_and(|between| {
                between.chars().count() <= 3
                    && between
                        .chars()
                        .all(|character| matches!(character, ':' | ' '))
            })
        })
}

/// Whether what stands in front is the start of a list's item.
pub(super) fn opens_item(before: &str) -> bool {
    let bare = before.trim_end_matches(' ');
    let dashed = bare
        .strip_suffix(['-', '*', '–'])
        .is_some_and(|rest| rest.is_empty() || rest.trim_end_matches(' ').ends_with('\n'));
    dashed || list_bound(before.chars().rev())
}

pub(super) static VERB: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:[\s-]to\b|\s+(?:at\b|than\b|the extra|above|beyond|further|in (?:an?|your|this|all|any)\b|out\b|yourself)|\s+(?:de|du|des)\b|\s+d['’])").ok()
});
/// Forms of companies behind a name: "Oracle India Pvt Ltd", "Max Life Insurance Company" claim nothing.
pub(super) static COMPANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^,?\s(?:(?:India|Germany|Deutschland|France|UK|USA|International|Global|Technologies|Solutions|Services|Systems|Software|Consulting)\s(?:\(?(?:India|I)\)?\s)?)?\(?(?:Company|Companies|Corporation|Corp|Limited|Ltd|Pvt|Private Limited|Inc|LLC|LLP|GmbH|AG|S\.?A\.?S?|B\.?V|PLC|Plc|plc)\b",
    )
    .ok()
});
pub(super) static CUE_BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:experience|expertise|knowledge|proficien\w+|skilled|fluent|background|skills?|written|developed|programming|coding|built|tested|implemented|worked|rewritten|running|operated|operating|maintain(?:ed|ing)?|shipp(?:ed|ing)|writing|wrote|command|familiar(?:ity)?|hands-on|mastery|fluency|strong|solid|deep|using|used|migrated|deployed|automated|designed|years|erfahrung|kenntnisse|expérience|experiencia)\s+(?:(?:with|in|of|for|using|mit|en|avec|con)\s+)?$").ok()
});
pub(super) static CUE_AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s-]+(?:developers?|engineers?|programmers?|programming|development|engineering|backend|frontend|microservices?|services?|framework|applications?|apps?|code(?:base)?|scripts?|skills?|experience|knowledge|expertise|projects?|stack|in production|at scale|in depth|entwickler\w*|certified|language)\b").ok()
});

/// Whether a word is written as a name in the middle of a sentence: "reports in Excel", "Bestellungen in SAP".
pub(super) fn proper(text: &str, range: &std::ops::Range<usize>) -> bool {
    let said = &text[range.clone()];
    let before = &text[..range.start];
    let word = before
        .strip_suffix(' ')
        .and_then(|before| before.rsplit([' ', '\n']).next());
    said.starts_with(char::is_uppercase)
        && word.is_some_and(|word| !word.is_empty() && word.chars().all(char::is_lowercase))
        && !text[range.end..].starts_with(['-', '\''])
}

/// Whether the words around say that this is something that one knows.
pub(super) fn cued(text: &str, range: &std::ops::Range<usize>) -> bool {
    let mut start = range.start.saturating_sub(60);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    CUE_BEFORE
        .as_ref()
        .is_some_and(|cue| cue.is_match(&text[start..range.start]))
        || CUE_AFTER
            .as_ref()
            .is_some_and(|cue| cue.is_match(&text[range.end..]))
}

pub(super) fn at_sentence_end(rest: &str) -> bool {
    rest.starts_with(". ") || rest == "." || rest.starts_with(".\n")
}

/// Whether the nearest character that is not a space bounds an item of a list.
pub(super) fn list_bound(characters: impl Iterator<Item = char>) -> bool {
    for character in characters {
        match character {
            ' ' => {}
            ',' | ';' | '|' | '•' | '/' | '(' | ')' | '\n' | ':' | '、' | '，' | '·' => {
                return true;
            }
            _ => return false,
        }
    }
    true
}

pub(super) static DENIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\bno(?:t any)?\s+(?:prior\s+|previous\s+|practical\s+|professional\s+|real\s+|hands-on\s+|commercial\s+|formal\s+)*(?:experience|knowledge|exposure|skills?|background)|\bnot\s+(?:yet\s+)?(?:familiar|experienced|worked|used|proficient|comfortable)|\bnever\s+(?:used|worked|touched|learned)|\b(?:without|lack(?:s|ing)?(?:\s+of)?)\s+(?:any\s+)?(?:experience|knowledge)|\b(?:haven't|have not|has not|hasn't)\s+(?:yet\s+)?(?:used|worked|touched)|\b(?:want|wants|wanting|eager|willing|like|planning|plan|hope|hoping|keen)\s+to\s+(?:learn|study|explore|get into)|\bkeine(?:rlei)?\s+(?:erfahrung|kenntnisse)\w*|\bohne\s+(?:erfahrung|kenntnisse)\w*|\bsans\s+(?:expérience|connaissances?)|\baucune\s+(?:expérience|connaissance)|\bsin\s+(?:experiencia|conocimientos?))[^.;:!?\n•]{0,60}$",
    )
    .ok()
});

/// Whether the sentence in front of `at` denies what follows.
pub(in super::super) fn denied(text: &str, at: usize) -> bool {
    let mut start = at.saturating_sub(120);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let before = &text[start..at];
    DENIAL
        .as_ref()
        .and_then(|denial| denial.find(before))
        .is_some_and(|found| {
            !found.as_str().to_lowercase().contains(" but ")
                && !found.as_str().to_lowercase().contains("only")
        })
}
