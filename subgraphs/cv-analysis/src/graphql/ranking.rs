use async_graphql::{Context, ID, InputObject, SimpleObject};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::analysis::CvAnalysis;
use super::loader::AnalysisById;
use super::shortlist::shortlisted;
use super::{int, parse_id};
use crate::domain::analysis::AnalysisId;
use crate::domain::job_description::JobDescriptionId;
use crate::domain::rescoring;
use crate::domain::score::Weights;
use crate::domain::selection::{self, Group, Rate};

/// Most groups of a report, and most analyses of one group.
const MAX_GROUPS: usize = 20;
const MAX_MEMBERS: usize = 500;

/// How many hundredths of a point each part is worth; together 10000.
#[derive(InputObject)]
pub(super) struct CvWeightsInput {
    /// Required skills.
    required: i32,
    /// Preferred skills.
    preferred: i32,
    /// Experience.
    experience: i32,
    /// Education.
    education: i32,
}

/// One CV's place by other weights.
#[derive(SimpleObject)]
struct CvShadowPlace {
    /// The analysis, as it stands.
    analysis: CvAnalysis,
    /// Its points that count.
    total_before: i32,
    /// Its points by the other weights, with the same correction.
    total_after: i32,
    /// Its place, counted from one.
    place_before: i32,
    /// Its place by the other weights.
    place_after: i32,
}

/// A ranking by other weights; nothing of it is kept.
#[derive(SimpleObject)]
pub(super) struct CvShadowRanking {
    /// The best first, 500 at most.
    places: Vec<CvShadowPlace>,
    /// How many change their place.
    moved: i32,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A group of candidates, from what they said of themselves. No group is ever inferred.
#[derive(InputObject)]
pub(super) struct CvGroupInput {
    /// Name of the group.
    name: String,
    /// The analyses of its candidates for this job, 500 at most.
    analysis_ids: Vec<ID>,
}

/// How often a group is selected, beside the group that is selected most often.
#[derive(SimpleObject)]
pub(super) struct CvSelectionRate {
    /// Name of the group.
    group: String,
    /// Finished analyses of the group.
    candidates: i32,
    /// Those with at least as many points as asked for, corrections counted in, or those on the shortlist.
    selected: i32,
    /// Selected of all, in hundredths of a percent.
    rate_basis_points: i32,
    /// This rate over the highest one, in hundredths of a percent; null where nobody is selected.
    impact_ratio_basis_points: Option<i32>,
    /// Whether the ratio is below four fifths.
    below_four_fifths: bool,
    /// Whether the group has fewer than 30 candidates, so that its rate says little.
    few: bool,
}

impl From<Rate> for CvSelectionRate {
    fn from(rate: Rate) -> Self {
        let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let points = |points: u64| i32::try_from(points).unwrap_or(i32::MAX);
        Self {
            group: rate.name,
            candidates: number(rate.candidates),
            selected: number(rate.selected),
            rate_basis_points: points(rate.rate),
            impact_ratio_basis_points: rate.impact_ratio.map(points),
            below_four_fifths: rate.below_four_fifths,
            few: rate.few,
        }
    }
}

/// A job's ranking by other weights.
pub(super) async fn shadow(
    ctx: &Context<'_>,
    description: (JobDescriptionId, i32),
    weights: &CvWeightsInput,
) -> Result<CvShadowRanking> {
    let part = |part: i32| u32::try_from(part).unwrap_or(u32::MAX);
    let weights = Weights {
        version: "shadow".to_owned(),
        required: part(weights.required),
        preferred: part(weights.preferred),
        experience: part(weights.experience),
        education: part(weights.education),
    };
    Ok(
        match rescoring::shadow(Ctx::of(ctx)?, description, &weights).await? {
            Ok(moves) => CvShadowRanking {
                moved: i32::try_from(
                    moves
                        .iter()
                        .filter(|one| one.place_before != one.place_after)
                        .count(),
                )
                .unwrap_or(i32::MAX),
                places: moves
                    .into_iter()
                    .map(|one| CvShadowPlace {
                        total_before: int(one.before),
                        total_after: int(one.after),
                        place_before: int(one.place_before),
                        place_after: int(one.place_after),
                        analysis: CvAnalysis(one.analysis),
                    })
                    .collect(),
                user_errors: Vec::new(),
            },
            Err(error) => CvShadowRanking {
                places: Vec::new(),
                moved: 0,
                user_errors: vec![error],
            },
        },
    )
}

/// Selection rates of the groups for a job.
pub(super) async fn selection(
    ctx: &Context<'_>,
    description: JobDescriptionId,
    groups: Vec<CvGroupInput>,
    least_points: Option<i32>,
) -> Result<Vec<CvSelectionRate>> {
    let request = ctx;
    let ctx = Ctx::of(request)?;
    if groups.len() > MAX_GROUPS
        || groups
            .iter()
            .any(|group| group.analysis_ids.len() > MAX_MEMBERS)
    {
        return Err(Error::bad_input(format!(
            "a report has at most {MAX_GROUPS} groups of {MAX_MEMBERS} analyses"
        )));
    }
    let mut counted = Vec::with_capacity(groups.len());
    for group in groups {
        let ids = group
            .analysis_ids
            .iter()
            .map(|id| parse_id(id, "analysis"))
            .collect::<Result<Vec<AnalysisId>>>()?;
        let chosen = ids.into_iter().map(|id| async move {
            let analysis = ctx.load_own::<AnalysisById>(id).await?;
            let analysis = analysis
                .filter(|analysis| analysis.job_description_id == description)
                .ok_or_else(|| Error::not_found("analysis"))?;
            let Some(points) = analysis.points() else {
                return Ok(None);
            };
            Ok::<_, Error>(Some(match least_points {
                Some(least) => int(points) >= least,
                None => shortlisted(request, &analysis).await?,
            }))
        });
        let mut selected = Vec::new();
        for chosen in futures::future::join_all(chosen).await {
            selected.extend(chosen?);
        }
        counted.push(Group {
            name: group.name,
            selected,
        });
    }
    Ok(selection::report(&counted)
        .into_iter()
        .map(CvSelectionRate::from)
        .collect())
}
