//! Where a text names skills.
//!
//! A mention is found by whole words on this module's own notion of a word (`C++`, `C#`, `.NET`, `CI/CD`); spellings that are
//! also ordinary words count only in their exact spelling and in company.

mod shadow;

use std::sync::LazyLock;

use regex::Regex;

use super::section::{Section, SectionKind, kind_at};
use super::skill::{Relation, SkillKind, Taxonomy};
use super::text::{Source, Span};
use shadow::Shadow;
pub use shadow::ideograph;

/// A place where a skill is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Id of the skill.
    pub skill: String,
    /// Byte range in the text.
    pub range: std::ops::Range<usize>,
    /// Where it stands.
    pub span: Span,
}

impl Taxonomy {
    /// Finds the skills of a text in order of appearance, longest name first, without overlaps. What stands inside a
    /// `masked` byte range, and what the text denies ("no experience with …"), is not found.
    pub fn mentions(
        &self,
        source: &Source<'_>,
        sections: &[Section],
        masked: &[std::ops::Range<usize>],
    ) -> Vec<Mention> {
        let shadow = Shadow::new(source.text);
        let mut candidates: Vec<(usize, usize, usize)> = self
            .automaton
            .find_overlapping_iter(&shadow.text)
            .filter_map(|found| {
                let end = shadow.word_end(found.start(), found.end())?;
                Some((found.start(), end, found.pattern().as_usize()))
            })
            .collect();
        // longest first at each place; a certain spelling before one that needs company
        candidates.sort_by_key(|&(start, end, pattern)| {
            (
                start,
                std::cmp::Reverse((end, self.lengths[pattern])),
                !self.patterns[pattern].ambiguous.is_empty(),
                self.patterns[pattern].skill,
            )
        });
        let mut taken: Vec<(usize, usize, usize)> = Vec::new();
        let mut covered = 0;
        for candidate in candidates {
            if candidate.0 >= covered {
                covered = candidate.1;
                taken.push(candidate);
            }
        }
        // ordinary words in their exact spelling, side by side in an enumeration, keep each other company ("Rust or Go")
        let exact = |&(start, end, pattern): &(usize, usize, usize)| {
            source
                .text
                .get(shadow.origin(start)..shadow.origin_end(end))
                .is_some_and(|said| {
                    self.patterns[pattern]
                        .ambiguous
                        .iter()
                        .any(|spelling| spelling == said)
                })
        };
        let paired = |number: usize| {
            let enumerated = |one: &(usize, usize, usize), other: &(usize, usize, usize)| {
                exact(one)
                    && exact(other)
                    && one.1 - one.0 > 1
                    && other.1 - other.0 > 1
                    && matches!(
                        shadow.text[one.1..other.0].trim(),
                        "," | "/"
                            | "|"
                            | "•"
                            | "and"
                            | "or"
                            | "&"
                            | "und"
                            | "oder"
                            | "et"
                            | "ou"
                            | "y"
                            | "o"
                            | ", and"
                            | ", or"
                    )
            };
            taken
                .get(number + 1)
                .is_some_and(|next| enumerated(&taken[number], next))
                || number
                    .checked_sub(1)
                    .is_some_and(|before| enumerated(&taken[before], &taken[number]))
        };
        // which skill starts where, to tell a label from what it labels
        let named: Vec<(usize, usize)> = taken
            .iter()
            .map(|&(start, _, pattern)| (shadow.origin(start), self.patterns[pattern].skill))
            .collect();
        let certain: Vec<usize> = (0..taken.len())
            .filter(|&number| self.patterns[taken[number].2].ambiguous.is_empty() || paired(number))
            .map(|number| taken[number].0)
            .collect();
        taken
            .into_iter()
            .filter_map(|(start, end, pattern)| {
                let range = shadow.origin(start)..shadow.origin_end(end);
                if masked
                    .iter()
                    .any(|mask| mask.start < range.end && range.start < mask.end)
                {
                    return None;
                }
                let pattern = &self.patterns[pattern];
                if !pattern.ambiguous.is_empty()
                    && !self.in_company(
                        source.text,
                        &shadow,
                        (start, end),
                        &range,
                        &pattern.ambiguous,
                        sections,
                        &certain,
                    )
                {
                    return None;
                }
                if denied(source.text, range.start) || labels_mask(source.text, &range, masked) {
                    return None;
                }
                if self.is_label(source.text, sections, &range, pattern.skill, &named) {
                    return None;
                }
                Some(Mention {
                    skill: self.skills[pattern.skill].id.clone(),
                    span: source.span(range.clone()),
                    range,
                })
            })
            .collect()
    }

    /// Whether a skill's name only labels what stands behind its colon: "Databases: MySQL" claims the member of the family,
    /// "Organisation: Acme" is a form. "AWS: EC2" claims both.
    fn is_label(
        &self,
        text: &str,
        sections: &[Section],
        range: &std::ops::Range<usize>,
        skill: usize,
        named: &[(usize, usize)],
    ) -> bool {
        if !text[range.end..].trim_start_matches(' ').starts_with(':')
            || !opens_item(&text[..range.start])
        {
            return false;
        }
        let line_end = text[range.end..]
            .find('\n')
            .map_or(text.len(), |at| range.end + at);
        let rest = &text[range.end..line_end];
        if rest.trim_matches([':', ' ']).is_empty() {
            return false;
        }
        let first = named.partition_point(|&(start, _)| start < range.end);
        let member = named[first..]
            .iter()
            .take_while(|&&(start, _)| start < line_end)
            .any(|&(_, other)| {
                self.upward[other]
                    .get(&skill)
                    .is_some_and(|&(_, relation)| relation == Relation::Member)
            });
        let form = self.skills[skill].kind == SkillKind::Soft
            && kind_at(sections, range.start) != SectionKind::Skills;
        member || form
    }

    /// Whether a spelling that is also an ordinary word means the skill here.
    #[expect(
        clippy::too_many_arguments,
        reason = "one rule over what is known about one place"
    )]
    fn in_company(
        &self,
        text: &str,
        shadow: &Shadow,
        place: (usize, usize),
        range: &std::ops::Range<usize>,
        spellings: &[String],
        sections: &[Section],
        certain: &[usize],
    ) -> bool {
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        let said = &text[range.clone()];
        let single = said.chars().count() == 1;
        if single
            && (matches!(before, Some('&' | '-' | '\'' | '.'))
                || matches!(after, Some('&' | '-' | '\'' | '.'))
                    && !at_sentence_end(&text[range.end..]))
        {
            return false;
        }
        // "Go to market", "Excel at communication": a verb
        if VERB
            .as_ref()
            .is_some_and(|verb| verb.is_match(&text[range.end..]))
        {
            return false;
        }
        let line_start = shadow.text[..place.0].rfind('\n').map_or(0, |at| at + 1);
        let line_end = shadow.text[place.1..]
            .find('\n')
            .map_or(shadow.text.len(), |at| place.1 + at);
        let first = certain.partition_point(|&start| start < line_start);
        let company =
            certain.get(first).is_some_and(|&start| start < line_end) || cued(text, range);
        let listed = opens_item(&text[..range.start]) && list_bound(text[range.end..].chars());
        let kind = kind_at(sections, range.start);
        let in_skills = kind == SectionKind::Skills;
        // fields of study have capitals too: "Laurea in Informatica"
        let in_education = kind == SectionKind::Education;
        if spellings.iter().any(|spelling| spelling == said) {
            company
                || in_skills
                || (listed && !single)
                || (!single && !in_education && proper(text, range))
        } else {
            listed && (in_skills || company)
        }
    }
}

/// Whether a name only says what the masked passage behind it is: "GitHub: github.com/jane" claims no GitHub.
fn labels_mask(
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
fn opens_item(before: &str) -> bool {
    let bare = before.trim_end_matches(' ');
    let dashed = bare
        .strip_suffix(['-', '*', '–'])
        .is_some_and(|rest| rest.is_empty() || rest.trim_end_matches(' ').ends_with('\n'));
    dashed || list_bound(before.chars().rev())
}

static VERB: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:[\s-]to\b|\s+(?:at\b|the extra|above|beyond|further|in (?:an?|your|this|all|any)\b|out\b|yourself))").ok()
});
static CUE_BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:experience|expertise|knowledge|proficien\w+|skilled|fluent|background|skills?|written|developed|programming|coding|built|tested|implemented|worked|rewritten|running|operated|operating|maintain(?:ed|ing)?|shipp(?:ed|ing)|writing|wrote|command|familiar(?:ity)?|hands-on|mastery|fluency|strong|solid|deep|using|used|migrated|deployed|automated|designed|years|erfahrung|kenntnisse|expérience|experiencia)\s+(?:(?:with|in|of|for|using|mit|en|avec|con)\s+)?$").ok()
});
static CUE_AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s-]+(?:developers?|engineers?|programmers?|programming|development|engineering|backend|frontend|microservices?|services?|framework|applications?|apps?|code(?:base)?|scripts?|skills?|experience|knowledge|expertise|projects?|stack|in production|at scale|in depth|entwickler\w*|certified|language)\b").ok()
});

/// Whether a word is written as a name in the middle of a sentence: "reports in Excel", "Bestellungen in SAP".
fn proper(text: &str, range: &std::ops::Range<usize>) -> bool {
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
fn cued(text: &str, range: &std::ops::Range<usize>) -> bool {
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

fn at_sentence_end(rest: &str) -> bool {
    rest.starts_with(". ") || rest == "." || rest.starts_with(".\n")
}

/// Whether the nearest character that is not a space bounds an item of a list.
fn list_bound(characters: impl Iterator<Item = char>) -> bool {
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

static DENIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\bno(?:t any)?\s+(?:prior\s+|previous\s+|practical\s+|professional\s+|real\s+|hands-on\s+|commercial\s+|formal\s+)*(?:experience|knowledge|exposure|skills?|background)|\bnot\s+(?:yet\s+)?(?:familiar|experienced|worked|used|proficient|comfortable)|\bnever\s+(?:used|worked|touched|learned)|\b(?:without|lack(?:s|ing)?(?:\s+of)?)\s+(?:any\s+)?(?:experience|knowledge)|\b(?:haven't|have not|has not|hasn't)\s+(?:yet\s+)?(?:used|worked|touched)|\b(?:want|wants|wanting|eager|willing|like|planning|plan|hope|hoping|keen)\s+to\s+(?:learn|study|explore|get into)|\bkeine(?:rlei)?\s+(?:erfahrung|kenntnisse)\w*|\bohne\s+(?:erfahrung|kenntnisse)\w*|\bsans\s+(?:expérience|connaissances?)|\baucune\s+(?:expérience|connaissance)|\bsin\s+(?:experiencia|conocimientos?))[^.;:!?\n•]{0,60}$",
    )
    .ok()
});

/// Whether the sentence in front of `at` denies what follows.
pub(super) fn denied(text: &str, at: usize) -> bool {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::section::sections;

    fn found(text: &str) -> Vec<String> {
        let taxonomy = Taxonomy::shared().unwrap();
        taxonomy
            .mentions(&Source::new(text), &sections(text), &[])
            .into_iter()
            .map(|mention| mention.skill)
            .collect()
    }

    #[test]
    fn every_skill_is_found_by_each_of_its_names_in_a_list() {
        let taxonomy = Taxonomy::shared().unwrap();
        for skill in taxonomy.skills() {
            for name in std::iter::once(&skill.name).chain(&skill.aliases) {
                let text = format!("Skills\n{name}, Kubernetes");
                assert!(found(&text).contains(&skill.id), "{name} of {}", skill.id);
            }
        }
    }

    #[test]
    fn technical_names_are_whole_words_of_their_own_kind() {
        assert_eq!(
            found("Skills\nC++, C#, C, .NET, Node.js, CI/CD,Terraform"),
            [
                "cpp",
                "c-sharp",
                "c",
                "dotnet",
                "node-js",
                "ci-cd",
                "terraform"
            ]
        );
        assert_eq!(
            found("JavaScript and TypeScript"),
            ["javascript", "typescript"]
        );
        assert_eq!(
            found("k8s on AWS; Postgres"),
            ["kubernetes", "aws", "postgresql"]
        );
        assert_eq!(found("ASP.NET Core"), ["asp-net"]);
        assert_eq!(
            found("熟练使用Java和Kubernetes开发"),
            ["java", "kubernetes"]
        );
        assert_eq!(
            found("built REST APIs with Spring Boot"),
            ["rest-apis", "spring-boot"]
        );
    }

    #[test]
    fn ordinary_words_are_no_skills_without_company() {
        assert_eq!(found("Go in production at scale"), ["go"]);
        assert_eq!(found("Shipped Rust for embedded boards"), ["rust"]);
        assert_eq!(found("built with pandas every day"), ["pandas"]);
        for text in [
            "Go to market experience",
            "Excel in a fast-paced environment",
            "I like to go out in spring",
            "We go to market",
            "Vitamin C and R&D",
            "the react of the crowd",
            "a swift response",
            "express my thanks",
            "C-Level talks",
            "Organisation: Acme Ltd",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(
            found("services in Go and Rust with PostgreSQL"),
            ["go", "rust", "postgresql"]
        );
        assert_eq!(found("Skills\ngo, swift"), ["go", "swift"]);
        assert_eq!(found("weekly reports in Excel"), ["microsoft-excel"]);
        assert_eq!(found("controle em Excel e SAP"), ["microsoft-excel", "sap"]);
    }

    #[test]
    fn the_label_of_a_list_is_no_claim() {
        assert_eq!(found("Skills\nDatabases: MySQL"), ["mysql"]);
        assert_eq!(found("Skills\nAWS: EC2"), ["aws", "amazon-ec2"]);
        assert_eq!(
            found("Skills\nNegotiation: closed a large deal"),
            ["negotiation"]
        );
    }

    #[test]
    fn a_phrase_may_run_over_the_end_of_a_line() {
        assert_eq!(
            found("good at machine\nlearning today"),
            ["machine-learning"]
        );
    }

    #[test]
    fn what_the_text_denies_is_not_found() {
        assert_eq!(found("No experience with Kubernetes"), Vec::<String>::new());
        assert_eq!(
            found("I am eager to learn Kubernetes and Terraform"),
            Vec::<String>::new()
        );
        assert_eq!(
            found("No downtime. Kubernetes in production"),
            ["kubernetes"]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_searched_without_panic_and_spans_fit(text in "[ -~äßİ中\n•]{0,200}") {
            let source = Source::new(&text);
            let taxonomy = Taxonomy::shared().unwrap();
            let mut last = 0;
            for mention in taxonomy.mentions(&source, &sections(&text), &[]) {
                proptest::prop_assert!(mention.range.start >= last);
                last = mention.range.end;
                proptest::prop_assert_eq!(source.quote(mention.span), &text[mention.range.clone()]);
            }
        }
    }
}
