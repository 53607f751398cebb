use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use platform_sdk::graphql::connection;
use platform_sdk::{Ctx, PageArgs, Result, UserError};

use super::int;
use crate::domain::skill::{Skill, SkillKind};
use crate::domain::taxonomy::{self, Change, Revision};

/// Kind of a skill.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "SkillKind")]
enum CvSkillKind {
    /// Programming, query and markup languages.
    Language,
    /// Libraries and frameworks.
    Framework,
    /// Databases.
    Database,
    /// Cloud services.
    Cloud,
    /// Tools and products.
    Tool,
    /// Operating systems and target platforms.
    Platform,
    /// Ways of working and engineering practices.
    Practice,
    /// Data and artificial intelligence.
    Data,
    /// Security and privacy.
    Security,
    /// Networks.
    Network,
    /// Design.
    Design,
    /// Management.
    Management,
    /// Business and professions.
    Business,
    /// Personal skills.
    Soft,
}

/// A skill that a tenant added, or what it added to a built-in one.
#[derive(SimpleObject)]
struct CvTaxonomySkill {
    /// Its id; that of a built-in skill adds to it.
    id: ID,
    /// Name.
    name: String,
    /// Kind.
    kind: CvSkillKind,
    /// Other names, in small letters.
    aliases: Vec<String>,
    /// Ids of skills that come with it.
    implies: Vec<ID>,
    /// Ids of the families that it belongs to.
    broader: Vec<ID>,
}

impl From<Skill> for CvTaxonomySkill {
    fn from(skill: Skill) -> Self {
        Self {
            id: skill.id.into(),
            name: skill.name,
            kind: skill.kind.into(),
            aliases: skill.aliases,
            implies: skill.implies.into_iter().map(ID::from).collect(),
            broader: skill.broader.into_iter().map(ID::from).collect(),
        }
    }
}

/// A tenant's additions to the taxonomy at one time. No revision ever changes.
struct CvTaxonomyRevision(Revision);

#[Object]
impl CvTaxonomyRevision {
    /// 1 for the first.
    async fn revision(&self) -> i32 {
        self.0.number
    }

    /// The additions, in order of their ids.
    async fn skills(&self) -> Vec<CvTaxonomySkill> {
        self.0
            .additions
            .iter()
            .cloned()
            .map(CvTaxonomySkill::from)
            .collect()
    }

    /// Why it was made.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// Id of the person who made it.
    async fn made_by(&self) -> ID {
        self.0.made_by.uuid().into()
    }

    /// When.
    async fn made_at(&self) -> DateTime<Utc> {
        self.0.made_at
    }
}

/// The taxonomy of skills that is in force.
#[derive(SimpleObject)]
struct CvTaxonomy {
    /// Version of the built-in taxonomy, with `+` and the tenant's revision behind it where there is one. Every analysis names it.
    version: String,
    /// Skills that the module knows of itself.
    built_in_skills: i32,
    /// The tenant's additions; null where there are none.
    latest: Option<CvTaxonomyRevision>,
}

/// A skill to add, or more names and relations for one that is there.
#[derive(InputObject)]
struct CvTaxonomySkillInput {
    /// Small letters, digits and hyphens. The id of a built-in skill adds to that skill.
    id: ID,
    /// Name, as it is shown.
    name: String,
    /// Kind.
    #[graphql(default_with = "CvSkillKind::Tool")]
    kind: CvSkillKind,
    /// Other names, 20 at most.
    #[graphql(default)]
    aliases: Vec<String>,
    /// Ids of skills that come with it (75 % credit), 20 at most.
    #[graphql(default)]
    implies: Vec<ID>,
    /// Ids of the families that it belongs to (90 % credit), 20 at most.
    #[graphql(default)]
    broader: Vec<ID>,
}

/// A change of the tenant's additions.
#[derive(InputObject)]
struct UpdateCvTaxonomyInput {
    /// The revision that was looked at; 0 before the first.
    expected_revision: i32,
    /// Additions, each in the place of the one of the same id.
    #[graphql(default)]
    put: Vec<CvTaxonomySkillInput>,
    /// Ids of additions that go.
    #[graphql(default)]
    remove: Vec<ID>,
    /// Why.
    #[graphql(default)]
    note: String,
}

/// The revision that was made.
#[derive(SimpleObject)]
struct UpdateCvTaxonomyPayload {
    /// What is in force now; null when nothing changed.
    revision: Option<CvTaxonomyRevision>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Reading the taxonomy.
#[derive(Default)]
pub(crate) struct Taxonomies;

#[Object]
impl Taxonomies {
    /// The taxonomy of skills that is in force.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_taxonomy(&self, ctx: &Context<'_>) -> Result<CvTaxonomy> {
        let (version, latest) = taxonomy::current(Ctx::of(ctx)?).await?;
        let built_in = taxonomy::built_in()?.skills().len();
        Ok(CvTaxonomy {
            version,
            built_in_skills: int(u32::try_from(built_in).unwrap_or(u32::MAX)),
            latest: latest.map(CvTaxonomyRevision),
        })
    }

    /// The tenant's revisions of the taxonomy, the latest first.
    #[graphql(requires_scopes = "cv-analysis:analysis.read")]
    async fn cv_taxonomy_revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the page: 0 to 100, 20 when absent")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins")] after: Option<String>,
    ) -> Result<Connection<String, CvTaxonomyRevision, EmptyFields, EmptyFields>> {
        let page = PageArgs::new(first, after)?;
        let rows = taxonomy::history(Ctx::of(ctx)?, &page).await?;
        connection(&page, rows, |revision| revision.number, CvTaxonomyRevision)
    }
}

/// Changing the taxonomy.
#[derive(Default)]
pub(crate) struct TaxonomyChanges;

#[Object]
impl TaxonomyChanges {
    /// Adds skills of the tenant's own to the taxonomy, or takes them out. Analyses from now on use it; those before keep their
    /// score and name the version that they were made with.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn update_cv_taxonomy(
        &self,
        ctx: &Context<'_>,
        input: UpdateCvTaxonomyInput,
    ) -> Result<UpdateCvTaxonomyPayload> {
        let ids = |ids: Vec<ID>| ids.into_iter().map(|id| id.0).collect();
        let put = input.put.into_iter().map(|skill| Skill {
            id: skill.id.0,
            name: skill.name,
            kind: skill.kind.into(),
            aliases: skill.aliases,
            implies: ids(skill.implies),
            broader: ids(skill.broader),
            ambiguous: Vec::new(),
        });
        let change = Change {
            expected: input.expected_revision,
            put: put.collect(),
            remove: ids(input.remove),
            note: input.note,
        };
        let (revision, user_errors) = match taxonomy::change(Ctx::of(ctx)?, change).await? {
            Ok(revision) => (Some(CvTaxonomyRevision(revision)), Vec::new()),
            Err(error) => (None, vec![error]),
        };
        Ok(UpdateCvTaxonomyPayload {
            revision,
            user_errors,
        })
    }
}
