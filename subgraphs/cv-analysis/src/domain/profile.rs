//! The structured CV: what was understood of the text.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::contact::{self, Contact, Located};
use super::education::{self, Education, EducationLevel};
use super::experience::{self, Experience};
use super::finding::{Finding, FindingKind, Severity};
use super::instruction;
use super::language::{self, Language};
use super::listed;
use super::mention::Mention;
use super::model::Claim;
use super::period::Month;
use super::section::{Section, SectionKind, sections};
use super::skill::Taxonomy;
use super::text::{Source, Span, Text};

/// Version of the rules of this module's reading; part of every decision passport.
pub const READER_VERSION: &str = "2026.11.7";

/// A skill and every place that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillClaim {
    /// Id in the taxonomy.
    pub id: String,
    /// Name in the taxonomy.
    pub name: String,
    /// Where it is named, in text order.
    pub spans: Vec<Span>,
    /// Months of the jobs whose description names it, overlaps counted once.
    pub months: u32,
}

/// How far the reading can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Confidence {
    /// Little was understood.
    Low,
    /// Some parts are missing.
    Medium,
    /// The usual parts of a CV were found.
    High,
}

/// What was understood of a CV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Rules that read it.
    pub reader_version: String,
    /// Version of the taxonomy.
    pub taxonomy_version: String,
    /// The month that "present" means.
    pub as_of: Month,
    /// Name and ways to reach the candidate; never part of a score.
    pub contact: Contact,
    /// Dated jobs in text order.
    pub experience: Vec<Experience>,
    /// Months in any job, overlaps counted once.
    pub experience_months: u32,
    /// Degrees in text order.
    pub education: Vec<Education>,
    /// The level that they show; see [`education::highest`].
    pub education_level: Option<EducationLevel>,
    /// Spoken languages.
    pub languages: Vec<Language>,
    /// Certificates, a line each.
    pub certificates: Vec<Located>,
    /// Skills in order of their ids.
    pub skills: Vec<SkillClaim>,
    /// What lists of skills name besides, in text order: it is shown, and earns no points.
    #[serde(default)]
    pub other_skills: Vec<Located>,
    /// How far this can be relied on.
    pub confidence: Confidence,
}

/// A skill named this often is no longer described but repeated.
const STUFFED: usize = 25;

impl Profile {
    /// Reads a CV. `as_of` is the month that "present" means; it is fixed per document, so that a document always reads the
    /// same. Passages in `ignored` (byte ranges) make no claim of skill.
    pub fn read(
        document: &Text,
        as_of: Month,
        taxonomy: &Taxonomy,
        ignored: &[Range<usize>],
    ) -> (Self, Vec<Finding>) {
        let source = Source::new(&document.content);
        let sections = sections(&document.content);
        let (mut masked, mut findings) = instruction::orders(document, &source);
        masked.extend_from_slice(ignored);
        let orders = masked.clone();
        masked.extend(contact::addresses(&document.content));

        let contact = contact::read(document, &source, &sections, taxonomy);
        let experience: Vec<Experience> = experience::jobs(&source, &sections, as_of)
            .into_iter()
            .filter(|job| !inside(&orders, &source.bytes(job.span)))
            .collect();
        let education: Vec<Education> = education::degrees(&source, &sections)
            .into_iter()
            .filter(|degree| !inside(&orders, &source.bytes(degree.span)))
            .collect();
        let languages = language::spoken(&source, &sections);
        let certificates = certificates(&source, &sections);
        masked.extend(identity(&source, &contact));
        masked.extend(organisations(&source, &experience, taxonomy));
        masked.extend(experience::employers(&source));
        masked.extend(education::schools(&source, &sections));
        let mentions = taxonomy.mentions(&source, &sections, &masked);
        let named: Vec<Range<usize>> = mentions.iter().map(|one| one.range.clone()).collect();
        let other_skills = listed::unknown(&source, &sections, &named, &masked);
        let skills = claims(mentions, taxonomy, &experience, as_of);
        let experience_months = experience::total_months(&experience, as_of);
        let education_level = education::highest(&education);

        if contact.emails.is_empty() && contact.phones.is_empty() {
            findings.push(Finding::new(
                FindingKind::NoContact,
                Severity::Info,
                "no e-mail address or telephone number was found",
            ));
        }
        if experience.is_empty() {
            findings.push(Finding::new(
                FindingKind::NoDates,
                Severity::Warning,
                "no job with a period was found, so no experience counts",
            ));
        }
        for claim in skills.iter().filter(|claim| claim.spans.len() >= STUFFED) {
            let mut finding = Finding::new(
                FindingKind::KeywordStuffing,
                Severity::Warning,
                format!(
                    "{} is named {} times; naming it once earns as much",
                    claim.name,
                    claim.spans.len()
                ),
            );
            finding.span = claim.spans.first().copied();
            findings.push(finding);
        }
        let parts = [
            contact.name.is_some() && !contact.emails.is_empty(),
            !experience.is_empty(),
            !education.is_empty(),
            skills.len() >= 3,
        ];
        let confidence = match parts.into_iter().filter(|found| *found).count() {
            4 => Confidence::High,
            2 | 3 => Confidence::Medium,
            _ => Confidence::Low,
        };
        let profile = Self {
            reader_version: READER_VERSION.to_owned(),
            taxonomy_version: taxonomy.version.clone(),
            as_of,
            contact,
            experience,
            experience_months,
            education,
            education_level,
            languages,
            certificates,
            skills,
            other_skills,
            confidence,
        };
        (profile, findings)
    }
}

impl Profile {
    /// Byte ranges that claim no skill: orders to machines, addresses, the candidate's name and place, names of organisations, and
    /// `ignored`.
    pub fn masks(
        &self,
        document: &Text,
        taxonomy: &Taxonomy,
        ignored: &[Range<usize>],
    ) -> Vec<Range<usize>> {
        let source = Source::new(&document.content);
        let (mut masked, _) = instruction::orders(document, &source);
        masked.extend_from_slice(ignored);
        masked.extend(contact::addresses(&document.content));
        masked.extend(identity(&source, &self.contact));
        masked.extend(organisations(&source, &self.experience, taxonomy));
        masked.extend(experience::employers(&source));
        masked.extend(education::schools(&source, &sections(&document.content)));
        masked
    }

    /// Takes in verified claims of a model; a place that is known already changes nothing.
    pub fn take_in(&mut self, claims: &[Claim], taxonomy: &Taxonomy) -> usize {
        let mut taken = 0;
        for claim in claims {
            let known = self.skills.iter_mut().find(|known| known.id == claim.skill);
            match known {
                Some(known) if known.spans.iter().any(|span| span.overlaps(claim.span)) => continue,
                Some(known) => {
                    known.spans.push(claim.span);
                    known.spans.sort();
                }
                None => self.skills.push(SkillClaim {
                    id: claim.skill.clone(),
                    name: taxonomy.name(&claim.skill).to_owned(),
                    spans: vec![claim.span],
                    months: 0,
                }),
            }
            taken += 1;
        }
        for known in &mut self.skills {
            known.months = months_of(&known.spans, &self.experience, self.as_of);
        }
        self.skills.sort_by(|one, other| one.id.cmp(&other.id));
        taken
    }
}

/// Months of the jobs whose description holds one of the spans.
fn months_of(spans: &[Span], experience: &[Experience], as_of: Month) -> u32 {
    let jobs = experience
        .iter()
        .filter(|job| spans.iter().any(|span| job.block.contains(*span)));
    super::period::merged_months(jobs.map(|job| job.period.months(as_of)))
}

fn inside(masked: &[Range<usize>], range: &Range<usize>) -> bool {
    masked
        .iter()
        .any(|mask| mask.start <= range.start && range.start < mask.end)
}

/// Byte ranges of who the candidate is: the name wherever it stands, as in the head of every page, and the place. Ruby Jenkins
/// claims neither Ruby nor Jenkins.
fn identity(source: &Source<'_>, contact: &Contact) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = contact
        .name
        .iter()
        .chain(&contact.location)
        .map(|located| source.bytes(located.span))
        .collect();
    if let Some(name) = &contact.name {
        let written = &source.text[source.bytes(name.span)];
        for name in [written, name.value.as_str()] {
            ranges.extend(
                source
                    .text
                    .match_indices(name)
                    .map(|(at, _)| at..at + name.len()),
            );
        }
    }
    ranges
}

/// Byte ranges of the organisations' names where they head their job: "Cedar Robotics" claims no robotics, "Risk management" is
/// no organisation.
fn organisations(
    source: &Source<'_>,
    experience: &[Experience],
    taxonomy: &Taxonomy,
) -> Vec<Range<usize>> {
    experience
        .iter()
        .filter_map(|job| {
            let name = job
                .organisation
                .as_deref()
                .filter(|name| name.contains(' ') && !taxonomy.is_name(name))?;
            let period = source.bytes(job.span);
            // the name stands on the line of the period or one of its neighbours
            let mut start = source.text[..period.start]
                .rmatch_indices('\n')
                .nth(1)
                .map_or(0, |(at, _)| at);
            let end = source.text[period.end..]
                .match_indices('\n')
                .nth(1)
                .map_or(source.text.len(), |(at, _)| period.end + at);
            start = start.min(end);
            let at = start + source.text[start..end].find(name)?;
            Some(at..at + name.len())
        })
        .collect()
}

fn claims(
    mentions: Vec<Mention>,
    taxonomy: &Taxonomy,
    experience: &[Experience],
    as_of: Month,
) -> Vec<SkillClaim> {
    let mut claims: Vec<SkillClaim> = Vec::new();
    for mention in mentions {
        match claims.iter_mut().find(|claim| claim.id == mention.skill) {
            Some(claim) => claim.spans.push(mention.span),
            None => claims.push(SkillClaim {
                name: taxonomy.name(&mention.skill).to_owned(),
                id: mention.skill,
                spans: vec![mention.span],
                months: 0,
            }),
        }
    }
    for claim in &mut claims {
        claim.months = months_of(&claim.spans, experience, as_of);
    }
    claims.sort_by(|one, other| one.id.cmp(&other.id));
    claims
}

fn certificates(source: &Source<'_>, sections: &[Section]) -> Vec<Located> {
    let mut certificates = Vec::new();
    for section in sections
        .iter()
        .filter(|section| section.kind == SectionKind::Certificates)
    {
        let start = section.body_start.min(section.range.end);
        let mut offset = start;
        for line in source.text[start..section.range.end].split('\n') {
            let text = line
                .trim_matches(|character: char| matches!(character, '•' | '-' | '*' | ' ' | '–'));
            if (4..=140).contains(&text.chars().count()) && certificates.len() < 40 {
                let at = offset + line.find(text).unwrap_or(0);
                certificates.push(Located {
                    value: text.to_owned(),
                    span: source.span(at..at + text.len()),
                });
            }
            offset += line.len() + 1;
        }
    }
    certificates
}
