//! The taxonomy that is in force for a tenant: the built-in one and the tenant's own additions.
//!
//! Additions are kept in revisions that never change. The version of what is in force names both ("2026.11.3+4": the fourth
//! revision over the built-in 2026.11.3) and is part of every analysis, so that a change is seen and none is silent.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, Error, PageArgs, Result, TenantId, UserError, UserId};
use sqlx::PgConnection;

use super::skill::{Skill, Taxonomy};
use crate::jobs::reindex::Reindex;
use crate::store;

/// Most skills that a tenant adds to.
const MAX_SKILLS: usize = 500;
/// Most aliases, implied and broader skills of one addition, each.
const MAX_LIST: usize = 20;
/// Longest id, name, alias and note, in characters.
const MAX_ID: usize = 60;
const MAX_NAME: usize = 80;
const MAX_NOTE: usize = 500;
/// Tenants' taxonomies that a process keeps ready.
const MAX_READY: usize = 64;

/// A tenant's additions at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    /// 1 for the first.
    pub(crate) number: i32,
    /// Own skills, and built-in ones with more names or relations.
    pub(crate) additions: Vec<Skill>,
    pub(crate) note: String,
    pub(crate) made_by: UserId,
    pub(crate) made_at: DateTime<Utc>,
}

/// The taxonomy that is in force.
#[derive(Debug, Clone)]
pub(crate) enum InForce {
    /// The tenant has no additions.
    BuiltIn(&'static Taxonomy),
    /// With the tenant's additions.
    Extended(Arc<Taxonomy>),
}

impl Deref for InForce {
    type Target = Taxonomy;

    fn deref(&self) -> &Taxonomy {
        match self {
            Self::BuiltIn(taxonomy) => taxonomy,
            Self::Extended(taxonomy) => taxonomy,
        }
    }
}

type Ready = Vec<((TenantId, i32), Arc<Taxonomy>)>;

/// Built taxonomies, the latest last. A revision never changes, so nothing here grows stale.
static READY: Mutex<Ready> = Mutex::new(Vec::new());

/// The taxonomy in force for the tenant that asks.
pub(crate) async fn of(ctx: &Ctx) -> Result<InForce> {
    // not in the request's snapshot: a mutation would show what was before it
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let found = latest(tx.conn(), tenant).await?;
    tx.rollback().await?;
    Ok(found)
}

/// The taxonomy in force for a tenant.
pub(crate) async fn latest(conn: &mut PgConnection, tenant: TenantId) -> Result<InForce> {
    let latest = store::taxonomy::latest(conn, tenant).await?;
    at(conn, tenant, latest).await
}

/// What the taxonomy in force for a tenant is called.
pub(crate) async fn version_in_force(conn: &mut PgConnection, tenant: TenantId) -> Result<String> {
    version(store::taxonomy::latest(conn, tenant).await?)
}

/// The taxonomy of a version that an analysis names, over the built-in one of today.
pub(crate) async fn of_version(ctx: &Ctx, version: &str) -> Result<InForce> {
    let revision = version
        .split_once('+')
        .and_then(|(_, revision)| revision.parse().ok())
        .unwrap_or(0);
    let mut snapshot = ctx.read().await?;
    at(snapshot.conn()?, ctx.tenant()?, revision).await
}

/// The taxonomy that ships with the module.
pub(crate) fn built_in() -> Result<&'static Taxonomy> {
    Taxonomy::shared().map_err(|error| Error::internal(error.to_string()))
}

async fn at(conn: &mut PgConnection, tenant: TenantId, revision: i32) -> Result<InForce> {
    let base = built_in()?;
    if revision == 0 {
        return Ok(InForce::BuiltIn(base));
    }
    let key = (tenant, revision);
    let ready = |list: &Ready| {
        let found = list.iter().find(|(known, _)| *known == key);
        found.map(|(_, taxonomy)| Arc::clone(taxonomy))
    };
    if let Some(taxonomy) = ready(&READY.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(InForce::Extended(taxonomy));
    }
    let Some(kept) = store::taxonomy::get(conn, tenant, revision).await? else {
        return Err(Error::not_found("taxonomy"));
    };
    let built = tokio::task::spawn_blocking(move || {
        let version = format!("{}+{revision}", base.version);
        match base.extended(&kept.additions, version.clone()) {
            Ok(taxonomy) => Ok(taxonomy),
            // the built-in taxonomy has gone on since
            Err(_) => base.extended_as_kept(&kept.additions, version),
        }
    });
    let taxonomy = built
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    let taxonomy = Arc::new(taxonomy);
    let mut list = READY.lock().unwrap_or_else(PoisonError::into_inner);
    if ready(&list).is_none() {
        if list.len() >= MAX_READY {
            list.remove(0);
        }
        list.push((key, Arc::clone(&taxonomy)));
    }
    Ok(InForce::Extended(taxonomy))
}

/// The tenant's latest additions, and the version in force; `None` before the first.
pub(crate) async fn current(ctx: &Ctx) -> Result<(String, Option<Revision>)> {
    let mut snapshot = ctx.read().await?;
    let (conn, tenant) = (snapshot.conn()?, ctx.tenant()?);
    let latest = store::taxonomy::latest(conn, tenant).await?;
    let revision = store::taxonomy::get(conn, tenant, latest).await?;
    Ok((version(latest)?, revision))
}

/// What the taxonomy with a revision's additions is called.
pub(crate) fn version(revision: i32) -> Result<String> {
    let base = &built_in()?.version;
    Ok(match revision {
        0 => base.clone(),
        revision => format!("{base}+{revision}"),
    })
}

/// Revisions, the latest first.
pub(crate) async fn history(ctx: &Ctx, page: &PageArgs) -> Result<Vec<Revision>> {
    let after = page.after::<i32>()?;
    let mut snapshot = ctx.read().await?;
    store::taxonomy::list(snapshot.conn()?, ctx.tenant()?, after, page.limit()).await
}

/// What a tenant wants changed.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The revision that was looked at; 0 before the first.
    pub(crate) expected: i32,
    /// Additions, each in the place of the one of the same id.
    pub(crate) put: Vec<Skill>,
    /// Ids of additions that go.
    pub(crate) remove: Vec<String>,
    pub(crate) note: String,
}

/// Makes a new revision. What was analysed before keeps its score and names the revision that it was made with; the search index
/// follows in a job.
pub(crate) async fn change(
    ctx: &Ctx,
    change: Change,
) -> Result<std::result::Result<Revision, UserError>> {
    let made_by = ctx.user()?;
    let note = change.note.trim().to_owned();
    if note.chars().count() > MAX_NOTE {
        let message = format!("a note has at most {MAX_NOTE} characters");
        return Ok(Err(UserError::on("note", "INVALID", message)));
    }
    let mut put = change.put;
    for skill in &mut put {
        if let Err(problem) = settle(skill) {
            let message = format!("{}: {problem}", shown(&skill.id));
            return Ok(Err(UserError::on("put", "INVALID", message)));
        }
    }
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let latest = store::taxonomy::latest(tx.conn(), tenant).await?;
    let outdated = || {
        let message = "the taxonomy was changed meanwhile: look at it again";
        UserError::on("expectedRevision", "OUTDATED", message)
    };
    if latest != change.expected {
        return Ok(Err(outdated()));
    }
    let before = store::taxonomy::get(tx.conn(), tenant, latest).await?;
    let before = before.map(|kept| kept.additions).unwrap_or_default();
    let mut additions = before.clone();
    additions.retain(|skill| !change.remove.contains(&skill.id));
    for skill in put {
        additions.retain(|known| known.id != skill.id);
        additions.push(skill);
    }
    additions.sort_by(|one, other| one.id.cmp(&other.id));
    if additions.len() > MAX_SKILLS {
        let message = format!("a tenant adds at most {MAX_SKILLS} skills");
        return Ok(Err(UserError::on("put", "TOO_MANY", message)));
    }
    let base = built_in()?;
    let trial = additions.clone();
    let built = tokio::task::spawn_blocking(move || {
        let built = base.extended(&trial, String::new());
        if built.is_err() && base.extended(&before, String::new()).is_err() {
            // what was right once must not stand in the way of what is changed now
            return base.extended_as_kept(&trial, String::new());
        }
        built
    });
    let built = built.await.map_err(Error::internal)?;
    if let Err(error) = built {
        return Ok(Err(UserError::on("put", "INCONSISTENT", error.to_string())));
    }
    let revision = Revision {
        number: latest + 1,
        additions,
        note,
        made_by,
        made_at: ctx.now(),
    };
    if !store::taxonomy::insert(tx.conn(), tenant, &revision).await? {
        return Ok(Err(outdated()));
    }
    // behind the lock: a job that ends now is over for the queue, and one that goes on will see this revision
    store::search::lock(tx.conn(), tenant).await?;
    tx.enqueue(&Reindex::default()).await?;
    tx.commit().await?;
    Ok(Ok(revision))
}

/// An id for a message: cut, whatever was sent.
fn shown(id: &str) -> String {
    super::finding::shorten(id, MAX_ID)
}

/// Brings an addition into the form that is kept, or says what is wrong with it.
fn settle(skill: &mut Skill) -> std::result::Result<(), String> {
    let word = |text: &str, most: usize| {
        let count = text.chars().count();
        (2..=most).contains(&count)
            && !text.chars().any(char::is_control)
            && text.chars().any(char::is_alphanumeric)
    };
    let id = &skill.id;
    if !word(id, MAX_ID)
        || id.starts_with('-')
        || !id
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    {
        return Err("an id has small letters, digits and hyphens".to_owned());
    }
    skill.name = skill.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if !word(&skill.name, MAX_NAME) {
        return Err(format!("a name has 2 to {MAX_NAME} characters"));
    }
    for list in [&skill.aliases, &skill.implies, &skill.broader] {
        if list.len() > MAX_LIST {
            return Err(format!("a list has at most {MAX_LIST} entries"));
        }
    }
    let names: BTreeSet<String> = skill
        .aliases
        .iter()
        .map(|alias| {
            let alias = alias.split_whitespace().collect::<Vec<_>>().join(" ");
            alias.to_lowercase()
        })
        .collect();
    if let Some(alias) = names.iter().find(|alias| !word(alias, MAX_NAME)) {
        return Err(format!(
            "the alias `{}` has not 2 to {MAX_NAME} characters",
            shown(alias)
        ));
    }
    skill.aliases = names.into_iter().collect();
    if skill
        .implies
        .iter()
        .chain(&skill.broader)
        .any(|other| other == id)
    {
        return Err("a skill is not part of itself".to_owned());
    }
    // two or three letters are a word of some language: they count as written, and in company
    let names = std::iter::once(&skill.name).chain(&skill.aliases);
    skill.ambiguous = names
        .filter(|name| name.chars().count() <= 3)
        .flat_map(|name| [name.clone(), name.to_uppercase()])
        .collect();
    skill.ambiguous.sort();
    skill.ambiguous.dedup();
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]
    use super::*;
    use crate::domain::skill::SkillKind;

    fn skill(id: &str, name: &str, aliases: &[&str], broader: &[&str]) -> Skill {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Skill {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: SkillKind::Tool,
            aliases: list(aliases),
            implies: Vec::new(),
            broader: list(broader),
            ambiguous: Vec::new(),
        }
    }

    #[test]
    fn additions_are_found_related_and_named_in_the_version() {
        let base = built_in().unwrap();
        let own = [
            skill(
                "acme-flow",
                "Acme Flow",
                &["aflow"],
                &["workflow-orchestration"],
            ),
            skill("kubernetes", "Kubernetes", &["the helmsman"], &[]),
        ];
        let extended = base.extended(&own, "x+1".to_owned()).unwrap();
        assert_eq!(extended.version, "x+1");
        assert_eq!(extended.find("AFlow"), Some("acme-flow"));
        assert_eq!(extended.find("the helmsman"), Some("kubernetes"));
        assert_eq!(extended.find("k8s"), Some("kubernetes"));
        let credit = extended.credit("workflow-orchestration", ["acme-flow"].into_iter());
        assert_eq!(credit.unwrap().percent, 90);
        assert_eq!(
            base.find("aflow"),
            None,
            "the built-in taxonomy stays as it is"
        );
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let base = built_in().unwrap();
        for own in [
            skill("acme", "Acme", &["postgres"], &[]),
            skill("acme", "Python", &[], &[]),
            skill("acme", "Acme", &[], &["no-such-skill"]),
        ] {
            assert!(base.extended(&[own], String::new()).is_err());
        }
        for mut own in [
            skill("Acme Flow", "Acme", &[], &[]),
            skill("acme", "A", &[], &[]),
            skill("acme", "Acme", &["\u{7}x"], &[]),
            skill("acme", "Acme", &[], &["acme"]),
        ] {
            assert!(settle(&mut own).is_err(), "{own:?}");
        }
        let mut short = skill("xyz", "Xyz", &["XY"], &[]);
        settle(&mut short).unwrap();
        assert_eq!(short.aliases, ["xy"]);
        assert_eq!(short.ambiguous, ["XY", "XYZ", "Xyz", "xy"]);
    }

    #[test]
    fn additions_outlive_a_built_in_taxonomy_that_takes_their_names() {
        let base = built_in().unwrap();
        // as if these had been there before Amazon ECS, before an alias of PostgreSQL, and with a family that is gone
        let own = [
            skill("our-ecs", "Amazon ECS", &[], &["no-such-family", "sql"]),
            skill("our-postgres", "Our Postgres", &["postgres"], &["our-ecs"]),
        ];
        assert!(base.extended(&own, String::new()).is_err());
        let kept = base.extended_as_kept(&own, "x+1".to_owned()).unwrap();
        assert_eq!(kept.find("amazon ecs"), Some("our-ecs"));
        assert_eq!(kept.find("postgres"), Some("our-postgres"));
        assert_eq!(kept.find("postgresql"), Some("postgresql"));
        assert_eq!(kept.name("amazon-ecs"), "Amazon ECS (built in)");
        let credit = kept.credit("sql", ["our-ecs"].into_iter());
        assert_eq!(credit.unwrap().percent, 90);
        let twins = [
            skill("one", "Twin", &[], &[]),
            skill("two", "Two", &["twin"], &[]),
        ];
        assert!(base.extended_as_kept(&twins, String::new()).is_err());
    }
}
