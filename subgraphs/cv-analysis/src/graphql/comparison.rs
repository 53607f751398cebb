use async_graphql::{Context, Enum, ID, SimpleObject};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::analysis::CvAnalysis;
use super::loader::AnalysisById;
use super::score::{Evidence, Part, evidence, part};
use super::{int, parse_id};
use crate::domain::analysis::AnalysisId;
use crate::domain::comparison::{self, CANDIDATES, Cell, PartKind, PartRow, SkillRow, SkillValue};
use crate::domain::job_description::JobDescriptionId;

/// One of the compared.
#[derive(SimpleObject)]
struct CvComparedCandidate {
    /// The analysis.
    analysis: CvAnalysis,
    /// Place among the compared by points that count, from one; equal points share a place.
    place: i32,
}

/// A part of the score.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "PartKind")]
enum CvScorePartKind {
    /// Required skills.
    RequiredSkills,
    /// Preferred skills.
    PreferredSkills,
    /// Experience.
    Experience,
    /// Education.
    Education,
}

/// What one candidate has of a part of the score.
#[derive(SimpleObject)]
struct CvComparedPartCell {
    /// The candidate's analysis.
    analysis_id: ID,
    /// Points, and why.
    part: Part,
    /// Whether nobody has more and somebody has less.
    best: bool,
}

/// A part of the score of all candidates.
#[derive(SimpleObject)]
struct CvComparedPart {
    /// Which.
    kind: CvScorePartKind,
    /// One per candidate, in their order.
    cells: Vec<CvComparedPartCell>,
}

/// What one candidate has of a skill.
#[derive(SimpleObject)]
struct CvComparedSkillCell {
    /// The candidate's analysis.
    analysis_id: ID,
    /// Percent of full credit; 0 where it is missing.
    credit: i32,
    /// The skill that earns the credit, where it is another one.
    via: Option<String>,
    /// The words that show it.
    evidence: Vec<Evidence>,
    /// Whether nobody has more and somebody has less.
    best: bool,
}

/// A skill that is asked for, of all candidates.
#[derive(SimpleObject)]
struct CvComparedSkill {
    /// What is asked for.
    name: String,
    /// Whether it is required.
    required: bool,
    /// One per candidate, in their order.
    cells: Vec<CvComparedSkillCell>,
}

/// Candidates side by side.
#[derive(SimpleObject)]
pub(super) struct CvComparison {
    /// The columns, in the order that was asked for.
    candidates: Vec<CvComparedCandidate>,
    /// The four parts of the score.
    parts: Vec<CvComparedPart>,
    /// Every skill that is asked for, required ones first.
    skills: Vec<CvComparedSkill>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

impl From<UserError> for CvComparison {
    fn from(error: UserError) -> Self {
        Self {
            candidates: Vec::new(),
            parts: Vec::new(),
            skills: Vec::new(),
            user_errors: vec![error],
        }
    }
}

fn part_row(row: PartRow) -> CvComparedPart {
    let cell = |cell: Cell<_>| CvComparedPartCell {
        analysis_id: cell.analysis_id.uuid().into(),
        part: part(&cell.value),
        best: cell.best,
    };
    CvComparedPart {
        kind: row.kind.into(),
        cells: row.cells.into_iter().map(cell).collect(),
    }
}

fn skill_row(row: SkillRow) -> CvComparedSkill {
    let cell = |cell: Cell<SkillValue>| CvComparedSkillCell {
        analysis_id: cell.analysis_id.uuid().into(),
        credit: int(cell.value.credit),
        via: cell.value.via,
        evidence: evidence(&cell.value.evidence),
        best: cell.best,
    };
    CvComparedSkill {
        name: row.name,
        required: row.required,
        cells: row.cells.into_iter().map(cell).collect(),
    }
}

/// Analyses for one job side by side.
pub(super) async fn compare(
    ctx: &Context<'_>,
    job: JobDescriptionId,
    analysis_ids: &[ID],
) -> Result<CvComparison> {
    let ctx = Ctx::of(ctx)?;
    let refused =
        |code: &'static str, message: &str| UserError::on("analysisIds", code, message).into();
    let mut ids: Vec<AnalysisId> = Vec::with_capacity(analysis_ids.len());
    for id in analysis_ids {
        let id = parse_id(id, "analysis")?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if !CANDIDATES.contains(&ids.len()) {
        return Ok(refused("INVALID", "name two to ten analyses"));
    }
    let loaded = ids.into_iter().map(|id| ctx.load_own::<AnalysisById>(id));
    let mut analyses = Vec::new();
    for loaded in futures::future::join_all(loaded).await {
        let analysis = loaded?.filter(|analysis| analysis.job_description_id == job);
        analyses.push(analysis.ok_or_else(|| Error::not_found("analysis"))?);
    }
    if analyses.iter().any(|analysis| analysis.report.is_none()) {
        return Ok(refused("NOT_DONE", "an analysis has no score yet"));
    }
    let version = analyses.first().map(|first| first.job_description_version);
    if analyses
        .iter()
        .any(|analysis| Some(analysis.job_description_version) != version)
    {
        return Ok(refused(
            "VERSIONS_DIFFER",
            "the analyses are of different versions of the job; score them anew first",
        ));
    }
    let compared = comparison::compare(&analyses);
    Ok(CvComparison {
        candidates: analyses
            .into_iter()
            .zip(compared.places)
            .map(|(analysis, place)| CvComparedCandidate {
                analysis: CvAnalysis(analysis),
                place: int(place),
            })
            .collect(),
        parts: compared.parts.into_iter().map(part_row).collect(),
        skills: compared.skills.into_iter().map(skill_row).collect(),
        user_errors: Vec::new(),
    })
}
