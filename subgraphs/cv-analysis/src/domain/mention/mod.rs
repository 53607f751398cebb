//! Where a text names skills.
//!
//! A mention is found by whole words on this module's own notion of a word (`C++`, `C#`, `.NET`, `CI/CD`); spellings that are
//! also ordinary words count only in their exact spelling and in company.

mod around;
mod shadow;

use super::section::{Section, SectionKind, kind_at};
use super::skill::{Pattern, Relation, SkillKind, Taxonomy};
use super::text::{Source, Span};
pub(super) use around::denied;
use around::{
    COMPANY, VERB, at_sentence_end, cued, in_heading, labels_mask, list_bound, opens_item,
    ordinary, proper,
};
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
                if in_heading(source.text, sections, range.start) {
                    return None;
                }
                let pattern = &self.patterns[pattern];
                if !pattern.ambiguous.is_empty()
                    && !self.in_company(
                        source.text,
                        &shadow,
                        (start, end),
                        &range,
                        pattern,
                        sections,
                        &certain,
                    )
                {
                    return None;
                }
                if COMPANY
                    .as_ref()
                    .is_some_and(|form| form.is_match(&source.text[range.end..]))
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
        pattern: &Pattern,
        sections: &[Section],
        certain: &[usize],
    ) -> bool {
        let spellings = &pattern.ambiguous;
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
        // "PLC programming (basic)": how well, not what
        if said.eq_ignore_ascii_case("basic") && said != "BASIC" {
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
        let exact = spellings.iter().any(|spelling| spelling == said);
        // "Responsible for AWS", "Planning of the move": no capital makes the name of a product of these
        if ordinary(self.skills[pattern.skill].kind, said) {
            return listed && !in_education && (exact || in_skills);
        }
        if exact {
            company
                || in_skills
                || (listed && !single)
                || (!single && !in_education && proper(text, range))
        } else {
            listed && (in_skills || company)
        }
    }
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
            "Oracle India Pvt Ltd",
            "Life Insurance Company",
            "Responsible for the work and Planning of it",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(
            found("services in Go and Rust with PostgreSQL"),
            ["go", "rust", "postgresql"]
        );
        assert_eq!(found("Skills\ngo, swift"), ["go", "swift"]);
        assert_eq!(found("Skills\nJava (Less\nthan 1 year)"), ["java"]);
        assert_eq!(found("Skills\nOperating systems: Linux"), ["linux"]);
        assert_eq!(
            found("Skills\nPlanning, Reliable"),
            ["planning", "reliable"]
        );
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
