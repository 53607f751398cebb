//! Finding CVs: what a CV is found by, and what a searcher gets.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, PageArgs, Result, TenantId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::asked::{self, Asked};
use super::candidate;
use super::correction::{self, Correction};
use super::document::{Document, DocumentId};
use super::education::EducationLevel;
use super::extract::EXTRACTOR_VERSION;
use super::job::{JobLevel, level_of_title};
use super::passage::{Passage, passages};
use super::period::Month;
use super::profile::{Profile, READER_VERSION};
use super::skill::Taxonomy;
use super::taxonomy;
use super::term::{self, MAX_WEIGHT, Query};
use super::text::{Source, Text};
use crate::jobs::reindex::Reindex;
use crate::store;

/// Version of the rules of this file; together with those it rests on it tells whether a CV has to be indexed anew.
const INDEX_RULES: &str = "2";
/// Percent of credit below which a related skill does not make a CV found.
const LEAST_CREDIT: u32 = 60;
/// Longest query, in characters.
const MAX_QUERY: usize = 400;
/// Most skills of a filter.
const MAX_SKILLS: usize = 20;
/// How often a CV is indexed anew because the taxonomy changed meanwhile, before its job waits.
const MAX_TRIES: usize = 3;

/// What a CV is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) document_id: DocumentId,
    pub(crate) months: u32,
    pub(crate) level: JobLevel,
    pub(crate) education: Option<EducationLevel>,
    /// Terms with their weight, 1 to 7.
    pub(crate) terms: Vec<(String, u8)>,
    /// What tells that another CV is the same person's.
    pub(crate) candidate: BTreeSet<Uuid>,
    pub(crate) version: String,
    pub(crate) indexed_at: DateTime<Utc>,
}

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    pub(crate) text: Option<String>,
    /// Names or ids of skills, all of which are wanted.
    pub(crate) skills: Vec<String>,
    pub(crate) min_years: Option<u32>,
    pub(crate) max_years: Option<u32>,
    /// Any of these; empty means all.
    pub(crate) levels: Vec<JobLevel>,
    pub(crate) min_education: Option<EducationLevel>,
}

/// A term that a search looks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) term: String,
    /// Least weight that meets it: the greatest for a skill that the words of a query name, which a CV has to have itself; what
    /// only comes with its skills weighs less.
    pub(crate) least: u8,
}

impl Wanted {
    fn any(term: String) -> Self {
        Self { term, least: 0 }
    }
}

/// A search as the store runs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Groups of terms, numbered from zero; each must be met.
    pub(crate) groups: Vec<Vec<Wanted>>,
    pub(crate) excluded: Vec<String>,
    pub(crate) min_months: Option<i32>,
    pub(crate) max_months: Option<i32>,
    pub(crate) levels: Vec<i16>,
    pub(crate) min_education: Option<i16>,
}

/// Where a page continues: rank, then number, both falling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place(pub(crate) i64, pub(crate) i32);

/// A CV that was found.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) document_id: DocumentId,
    pub(crate) place: Place,
    pub(crate) months: i32,
    pub(crate) level: i16,
    pub(crate) education: Option<i16>,
    pub(crate) passages: Vec<Passage>,
}

/// The number of a level in the index.
pub(crate) fn level_number(level: JobLevel) -> i16 {
    match level {
        JobLevel::Entry => 1,
        JobLevel::Mid => 2,
        JobLevel::Senior => 3,
        JobLevel::Lead => 4,
    }
}

/// The level of a number in the index.
pub(crate) fn level_of(number: i16) -> JobLevel {
    match number {
        1 => JobLevel::Entry,
        2 => JobLevel::Mid,
        3 => JobLevel::Senior,
        _ => JobLevel::Lead,
    }
}

const EDUCATION: [EducationLevel; 6] = [
    EducationLevel::Secondary,
    EducationLevel::Vocational,
    EducationLevel::Associate,
    EducationLevel::Bachelor,
    EducationLevel::Master,
    EducationLevel::Doctorate,
];

/// The number of an education level in the index.
pub(crate) fn education_number(level: EducationLevel) -> i16 {
    EDUCATION
        .iter()
        .position(|known| *known == level)
        .and_then(|at| i16::try_from(at + 1).ok())
        .unwrap_or(1)
}

/// The education level of a number in the index.
pub(crate) fn education_of(number: i16) -> Option<EducationLevel> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    EDUCATION.get(at).copied()
}

/// The term that stands for a skill; words of texts hold no colon.
fn skill_term(id: &str) -> String {
    format!("skill:{id}")
}

/// How versions of entries begin that are made by the rules of now under this version of the taxonomy.
pub(super) fn rules(taxonomy: &str) -> String {
    format!("{INDEX_RULES}/{EXTRACTOR_VERSION}/{READER_VERSION}/{taxonomy}/")
}

/// The version of an entry: by which rules, and how many corrections it heeds, of which none is ever taken back.
fn version(rules: &str, corrections: usize) -> String {
    format!("{rules}{corrections}")
}

/// The level of a person: what the title of the latest job says, else what the years mean.
pub(crate) fn career_level(profile: &Profile) -> JobLevel {
    let latest = profile
        .experience
        .iter()
        .filter(|job| job.title.is_some())
        .max_by_key(|job| job.period.months(profile.as_of).end);
    latest
        .and_then(|job| job.title.as_deref())
        .and_then(level_of_title)
        .unwrap_or(match profile.experience_months / 12 {
            0..2 => JobLevel::Entry,
            2..5 => JobLevel::Mid,
            _ => JobLevel::Senior,
        })
}

/// What a CV is found by: its words, its skills with those that come with them, years, level and education, all of them as
/// people corrected them.
pub(crate) fn entry(
    (tenant, document_id): (TenantId, DocumentId),
    text: &Text,
    as_of: Month,
    corrections: &[Correction],
    taxonomy: &Taxonomy,
    now: DateTime<Utc>,
) -> Entry {
    let (mut profile, _) = Profile::read(text, as_of, taxonomy, &[]);
    correction::lay_over(&mut profile, corrections, taxonomy);
    let source = Source::new(&text.content);
    let mut strong: Vec<Range<usize>> = profile
        .skills
        .iter()
        .flat_map(|claim| claim.spans.iter().take(4))
        .map(|span| source.bytes(*span))
        .collect();
    strong.extend(profile.experience.iter().filter_map(|job| {
        let title = job.title.as_deref()?;
        let at = text.content.find(title)?;
        Some(at..at + title.len())
    }));
    let mut terms = term::of_document(&text.content, &strong);
    for claim in &profile.skills {
        terms.insert(skill_term(&claim.id), MAX_WEIGHT);
    }
    for claim in &profile.skills {
        for (id, percent) in taxonomy.above(&claim.id) {
            if percent >= LEAST_CREDIT {
                let weight = u8::try_from(percent / 15).unwrap_or(1).clamp(1, MAX_WEIGHT);
                let known = terms.entry(skill_term(id)).or_insert(weight);
                *known = (*known).max(weight);
            }
        }
    }
    Entry {
        document_id,
        months: profile.experience_months,
        level: career_level(&profile),
        education: profile.education_level,
        terms: terms.into_iter().collect(),
        candidate: candidate::keys(tenant, &profile.contact, text),
        version: version(&rules(&taxonomy.version), corrections.len()),
        indexed_at: now,
    }
}

/// Makes a CV findable; nothing happens when it is by the rules of today, or was erased meanwhile.
pub(crate) async fn index(ctx: &Ctx, document: &Document, text: &Text) -> Result<()> {
    for _ in 0..MAX_TRIES {
        let taxonomy = taxonomy::of(ctx).await?;
        let mut tx = ctx.begin().await?;
        let tenant = tx.tenant();
        let known = store::search::version(tx.conn(), tenant, document.id).await?;
        let corrections = store::correction::of_document(tx.conn(), tenant, document.id).await?;
        tx.rollback().await?;
        let rules = rules(&taxonomy.version);
        if known.as_ref() == Some(&version(&rules, corrections.len())) {
            return Ok(());
        }
        let outdated = known.is_some_and(|known| !known.starts_with(&rules));
        let (id, month, now, text) = (document.id, document.month(), ctx.now(), text.clone());
        let entry = tokio::task::spawn_blocking(move || {
            entry((tenant, id), &text, month, &corrections, &taxonomy, now)
        })
        .await
        .map_err(Error::internal)?;
        let mut tx = ctx.begin().await?;
        if put(tx.conn(), tenant, std::slice::from_ref(&entry)).await? {
            if outdated {
                // and so are others, after an update of the rules or a walk that was given up
                tx.enqueue(&Reindex::default()).await?;
            }
            return tx.commit().await;
        }
        tx.rollback().await?;
    }
    Err(Error::conflict(
        "what a CV is indexed by changed whenever it was",
    ))
}

/// Writes entries of CVs that are still there; `false` when one was made by a taxonomy that is no longer in force, or a correction came
/// meanwhile. The index stays locked until the transaction ends, and a change of the taxonomy with it.
pub(super) async fn put(
    conn: &mut PgConnection,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<bool> {
    store::search::lock(conn, tenant).await?;
    let in_force = rules(&taxonomy::version_in_force(conn, tenant).await?);
    let ids: Vec<DocumentId> = entries.iter().map(|entry| entry.document_id).collect();
    let corrections = store::correction::of_documents(conn, tenant, &ids).await?;
    let is_of_now = |entry: &Entry| {
        let count = corrections.get(&entry.document_id).map_or(0, Vec::len);
        entry.version == version(&in_force, count)
    };
    if !entries.iter().all(is_of_now) {
        return Ok(false);
    }
    let there = store::document::by_ids(conn, tenant, &ids).await?;
    for entry in entries {
        if there.contains_key(&entry.document_id) {
            store::search::replace(conn, tenant, entry).await?;
            store::candidate::replace(conn, tenant, entry.document_id, &entry.candidate).await?;
        }
    }
    Ok(true)
}

/// Makes of a search what the store runs, with the skills that its words name.
///
/// # Errors
/// `BAD_USER_INPUT` for a query that is too long and a skill that nobody knows.
pub(crate) fn plan(search: &Search, taxonomy: &Taxonomy) -> Result<(Plan, Query, Vec<Asked>)> {
    let text = search.text.as_deref().unwrap_or("");
    if text.chars().count() > MAX_QUERY {
        return Err(Error::bad_input(format!(
            "a query has at most {MAX_QUERY} characters"
        )));
    }
    if search.skills.len() > MAX_SKILLS {
        return Err(Error::bad_input(format!(
            "a filter names at most {MAX_SKILLS} skills"
        )));
    }
    let query = Query::parse(text);
    let asked = asked::skills(text, &query, taxonomy);
    let words = query.groups.iter();
    let mut groups: Vec<Vec<Wanted>> = words
        .map(|terms| terms.iter().cloned().map(Wanted::any).collect())
        .collect();
    for Asked { skill, groups: of } in &asked {
        let named = Wanted {
            term: skill_term(skill),
            least: MAX_WEIGHT,
        };
        for &number in of {
            if !groups[number].contains(&named) {
                groups[number].push(named.clone());
            }
        }
    }
    for name in &search.skills {
        let id = taxonomy
            .find(name)
            .ok_or_else(|| Error::bad_input("a skill of the filter is not in the taxonomy"))?;
        let group = vec![Wanted::any(skill_term(id))];
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let months = |years: u32| i32::try_from(years.saturating_mul(12)).unwrap_or(i32::MAX);
    let plan = Plan {
        groups,
        excluded: query.excluded.clone(),
        min_months: search.min_years.map(months),
        // up to the day on which one more year is full
        max_months: search
            .max_years
            .map(|years| months(years).saturating_add(11)),
        levels: search
            .levels
            .iter()
            .map(|level| level_number(*level))
            .collect(),
        min_education: search.min_education.map(education_number),
    };
    Ok((plan, query, asked))
}

/// A page of the CVs that are found, the best first.
pub(crate) async fn find(ctx: &Ctx, search: &Search, page: &PageArgs) -> Result<Vec<Hit>> {
    let taxonomy = taxonomy::of(ctx).await?;
    let (plan, query, asked) = plan(search, &taxonomy)?;
    let after = page.after::<Place>()?;
    let mut snapshot = ctx.read().await?;
    let tenant = ctx.tenant()?;
    let mut hits =
        store::search::find(snapshot.conn()?, tenant, &plan, after, page.limit()).await?;
    if query.groups.is_empty() {
        return Ok(hits);
    }
    let ids: Vec<DocumentId> = hits.iter().map(|hit| hit.document_id).collect();
    let texts = store::search::texts(snapshot.conn()?, tenant, &ids, EXTRACTOR_VERSION).await?;
    let shown = tokio::task::spawn_blocking(move || {
        for hit in &mut hits {
            if let Some(text) = texts.get(&hit.document_id) {
                let places = asked::places(text, &asked, &taxonomy);
                hit.passages = passages(text, &query, &places);
            }
        }
        hits
    });
    shown.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;

    const CV: &str = "Jane Doe\nSkills\nPostgreSQL, Rust\nExperience\nSenior Backend Engineer, Acme\nJan 2020 – Dec 2022\n• Built payment services in Rust\nEducation\nMSc Computer Science, 2019";

    fn indexed() -> Entry {
        entry(
            (TenantId(Uuid::nil()), DocumentId(Uuid::nil())),
            &Text::plain(CV),
            Month {
                year: 2026,
                month: 11,
            },
            &[],
            Taxonomy::shared().unwrap(),
            DateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn a_cv_is_found_by_its_words_skills_and_what_they_belong_to() {
        let entry = indexed();
        let weight = |term: &str| {
            entry
                .terms
                .iter()
                .find(|(known, _)| known == term)
                .map(|(_, weight)| *weight)
        };
        assert_eq!(weight("skill:postgresql"), Some(7));
        assert_eq!(weight("skill:relational-databases"), Some(6));
        assert!(weight("engin") > weight("payment"));
        assert_eq!(weight("java"), None);
        assert_eq!(
            (entry.months, entry.level, entry.education),
            (36, JobLevel::Senior, Some(EducationLevel::Master))
        );
    }

    #[test]
    fn a_filter_names_skills_as_people_do_and_unknown_ones_are_refused() {
        let taxonomy = Taxonomy::shared().unwrap();
        let search = |name: &str| Search {
            skills: vec![name.to_owned()],
            max_years: Some(3),
            ..Search::default()
        };
        let (found, ..) = plan(&search("K8s"), taxonomy).unwrap();
        assert_eq!(found.groups, [[Wanted::any("skill:kubernetes".to_owned())]]);
        assert_eq!(found.max_months, Some(47));
        assert!(plan(&search("basket weaving 3000"), taxonomy).is_err());
    }

    #[test]
    fn levels_and_degrees_read_back() {
        for level in EDUCATION {
            assert_eq!(education_of(education_number(level)), Some(level));
        }
        assert_eq!(education_of(0), None);
        for level in [
            JobLevel::Entry,
            JobLevel::Mid,
            JobLevel::Senior,
            JobLevel::Lead,
        ] {
            assert_eq!(level_of(level_number(level)), level);
        }
    }
}
