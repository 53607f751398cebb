//! What a ranking would be with other weights, before anybody decides to use them. Nothing is kept and no score changes.

use std::collections::{BTreeMap, BTreeSet};

use platform_sdk::{Ctx, Error, Result, UserError};

use super::analysis::{Analysis, AnalysisId, with_correction};
use super::job_description::JobDescriptionId;
use super::score::{Candidate, Weights, score};
use super::taxonomy::{self, InForce};
use super::text::Text;
use crate::store;

/// Most analyses that are scored anew.
const MOST: i64 = 500;

/// One analysis before and after.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) analysis: Analysis,
    pub(crate) before: u32,
    pub(crate) after: u32,
    /// Places in the ranking, counted from one.
    pub(crate) place_before: u32,
    pub(crate) place_after: u32,
}

/// A job's ranking by other weights, the best first.
pub(crate) async fn shadow(
    ctx: &Ctx,
    description: (JobDescriptionId, i32),
    weights: &Weights,
) -> Result<std::result::Result<Vec<Move>, UserError>> {
    if !weights.is_sound() {
        return Ok(Err(UserError::on(
            "weights",
            "INVALID",
            "the four weights add up to 10000 hundredths",
        )));
    }
    let mut snapshot = ctx.read().await?;
    let ranked =
        store::analysis::ranked(snapshot.conn()?, ctx.tenant()?, description, None, MOST).await?;
    drop(snapshot);
    // each by the taxonomy that it was scored with: only the weights differ
    let versions: BTreeSet<String> = ranked
        .iter()
        .filter_map(|analysis| Some(analysis.report.as_ref()?.profile.taxonomy_version.clone()))
        .collect();
    let mut taxonomies = BTreeMap::new();
    for version in versions {
        let taxonomy = taxonomy::of_version(ctx, &version).await?;
        taxonomies.insert(version, taxonomy);
    }
    let weights = weights.clone();
    let moves = tokio::task::spawn_blocking(move || moves(ranked, &weights, &taxonomies))
        .await
        .map_err(Error::internal)?;
    Ok(Ok(moves))
}

/// Scores what was found of each CV by other weights; the text plays no part in the points.
fn moves(
    ranked: Vec<Analysis>,
    weights: &Weights,
    taxonomies: &BTreeMap<String, InForce>,
) -> Vec<Move> {
    let nothing = Text::default();
    let mut moves: Vec<Move> = ranked
        .into_iter()
        .zip(1_u32..)
        .filter_map(|(analysis, place)| {
            let report = analysis.report.clone()?;
            let taxonomy = taxonomies.get(&report.profile.taxonomy_version)?;
            let mut candidate = Candidate::of(&report.profile);
            // evidence would be cut from a text that is not here; points do not depend on it
            candidate.experience.clear();
            candidate.education_span = None;
            for (_, spans) in &mut candidate.skills {
                *spans = &[];
            }
            let after = score(
                &candidate,
                &report.requirements,
                &nothing,
                taxonomy,
                weights,
            )
            .total;
            Some(Move {
                before: analysis.points()?,
                after: with_correction(after, analysis.correction),
                place_before: place,
                place_after: 0,
                analysis,
            })
        })
        .collect();
    let key = |one: &Move| (std::cmp::Reverse(one.after), id(&one.analysis));
    moves.sort_by_key(key);
    for (one, place) in moves.iter_mut().zip(1..) {
        one.place_after = place;
    }
    moves
}

fn id(analysis: &Analysis) -> AnalysisId {
    analysis.id
}
