//! Brings a tenant's search index to the taxonomy in force, CV by CV.
//!
//! The index says of each CV by which rules it was made, so what is left to do is a question to the database and nothing has to be
//! remembered but where the walk is. Both who writes an entry and who changes the taxonomy hold the index's lock: once a walk for a
//! version has found nothing behind its place, every entry is by that version, whatever went on meanwhile. Analyses are not touched:
//! they name the taxonomy that they were made with. People's corrections stay, and are heeded as in every entry.

use platform_sdk::{Ctx, Error, JobRun, Result};
use serde::{Deserialize, Serialize};

use super::correction::Correction;
use super::document::{DocumentId, Outcome};
use super::extract::EXTRACTOR_VERSION;
use super::{search, taxonomy};
use crate::jobs::index::Index;
use crate::store;

/// CVs that are indexed in one transaction, with the tenant's index locked.
const PAGE: i64 = 20;

/// Where a walk is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The taxonomy that the walk is for; none before the first page.
    version: Option<String>,
    /// The CV that was looked at last.
    after: Option<DocumentId>,
}

/// Goes a page further; `None` when all is done, and the job with it. After another change of the taxonomy the walk begins anew, and
/// so it does when a correction came between reading and writing a page: what is done already isn't done again.
pub(crate) async fn step(ctx: &Ctx, place: Place, run: &JobRun) -> Result<Option<Place>> {
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let taxonomy = taxonomy::latest(tx.conn(), tenant).await?;
    let rules = search::rules(&taxonomy.version);
    let after = match place.version {
        Some(version) if version == taxonomy.version => place.after,
        _ => None,
    };
    let at = |after| Place {
        version: Some(taxonomy.version.clone()),
        after,
    };
    let ids = store::search::outdated(tx.conn(), tenant, &rules, after, PAGE).await?;
    let Some(last) = ids.last().copied() else {
        store::search::lock(tx.conn(), tenant).await?;
        if taxonomy::version_in_force(tx.conn(), tenant).await? != taxonomy.version {
            tx.rollback().await?;
            return Ok(Some(Place::default()));
        }
        run.complete(&mut tx).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let documents = store::document::by_ids(tx.conn(), tenant, &ids).await?;
    let mut outcomes =
        store::extraction::of_documents(tx.conn(), tenant, &ids, EXTRACTOR_VERSION).await?;
    let mut corrections = store::correction::of_documents(tx.conn(), tenant, &ids).await?;
    tx.rollback().await?;
    let next = at(Some(last));
    let mut texts = Vec::new();
    let mut unread = Vec::new();
    for id in ids {
        match (documents.get(&id), outcomes.remove(&id)) {
            (Some(document), Some(Outcome::Read(extraction))) => {
                let corrections = corrections.remove(&id).unwrap_or_default();
                texts.push((id, document.month(), extraction.text, corrections));
            }
            // read by rules of before: its file is read again, in a job of its own
            (Some(_), None) => unread.push(id),
            // nothing to index
            (Some(_), Some(Outcome::Refused(_))) | (None, _) => {}
        }
    }
    let now = ctx.now();
    let entries = tokio::task::spawn_blocking(move || {
        let entry = |(id, month, text, corrections): (_, _, _, Vec<Correction>)| {
            search::entry((tenant, id), &text, month, &corrections, &taxonomy, now)
        };
        texts.into_iter().map(entry).collect::<Vec<_>>()
    });
    let entries = entries.await.map_err(Error::internal)?;
    let mut tx = ctx.begin().await?;
    if !search::put(tx.conn(), tenant, &entries).await? {
        tx.rollback().await?;
        return Ok(Some(Place::default()));
    }
    for document_id in unread {
        let index = Index {
            document_id,
            correction_id: None,
        };
        tx.enqueue(&index).await?;
    }
    tx.commit().await?;
    Ok(Some(next))
}

/// Ends the job and queues another one that goes on from here, behind the work of others.
pub(crate) async fn hand_over(ctx: &Ctx, next: Place, run: &JobRun) -> Result<()> {
    let mut tx = ctx.begin().await?;
    run.complete(&mut tx).await?;
    tx.enqueue(&crate::jobs::reindex::Reindex { place: next })
        .await?;
    tx.commit().await
}
