//! Candidates side by side: for every skill that was asked for and every part of the score what each of them has.

use super::analysis::{Analysis, AnalysisId};
use super::report::Report;
use super::score::{Evidence, Part};

/// Fewest and most candidates that are compared.
pub(crate) const CANDIDATES: std::ops::RangeInclusive<usize> = 2..=10;

/// A part of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    RequiredSkills,
    PreferredSkills,
    Experience,
    Education,
}

/// What one candidate has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell<T> {
    pub(crate) analysis_id: AnalysisId,
    pub(crate) value: T,
    /// Whether nobody has more and somebody has less.
    pub(crate) best: bool,
}

/// How far a candidate has a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkillValue {
    /// Percent of full credit; 0 where it is missing.
    pub(crate) credit: u32,
    /// Name of the skill that earns the credit, where it is another one.
    pub(crate) via: Option<String>,
    pub(crate) evidence: Vec<Evidence>,
}

/// A part of the score of all candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRow {
    pub(crate) kind: PartKind,
    pub(crate) cells: Vec<Cell<Part>>,
}

/// A skill that was asked for, of all candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkillRow {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) cells: Vec<Cell<SkillValue>>,
}

/// Candidates side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Places among the compared, counted from one, in the order of the candidates; equal points share a place.
    pub(crate) places: Vec<u32>,
    pub(crate) parts: Vec<PartRow>,
    /// Required ones first, in the order of the job description.
    pub(crate) skills: Vec<SkillRow>,
}

/// Puts finished analyses of one version of a job side by side; one that is not finished has no column.
pub(crate) fn compare(analyses: &[Analysis]) -> Comparison {
    let reports: Vec<(&Analysis, &Report)> = analyses
        .iter()
        .filter_map(|analysis| Some((analysis, analysis.report.as_deref()?)))
        .collect();
    let points: Vec<u32> = reports
        .iter()
        .filter_map(|(analysis, _)| analysis.points())
        .collect();
    let places = points
        .iter()
        .map(|own| {
            let before = points.iter().filter(|other| *other > own).count();
            u32::try_from(before + 1).unwrap_or(u32::MAX)
        })
        .collect();
    let part = |kind: PartKind, of: fn(&Report) -> &Part| PartRow {
        kind,
        cells: cells(&reports, |report| of(report).clone(), |part| part.earned),
    };
    let parts = vec![
        part(PartKind::RequiredSkills, |report| &report.score.required),
        part(PartKind::PreferredSkills, |report| &report.score.preferred),
        part(PartKind::Experience, |report| &report.score.experience),
        part(PartKind::Education, |report| &report.score.education),
    ];
    let asked = reports.first().map(|(_, report)| &report.requirements);
    let skills = asked
        .into_iter()
        .flat_map(|asked| {
            let required = asked.required.iter().map(|skill| (skill, true));
            required.chain(asked.preferred.iter().map(|skill| (skill, false)))
        })
        .map(|(skill, required)| SkillRow {
            name: skill.name.clone(),
            required,
            cells: cells(
                &reports,
                |report| value(report, &skill.name, required),
                |value| value.credit,
            ),
        })
        .collect();
    Comparison {
        places,
        parts,
        skills,
    }
}

fn value(report: &Report, name: &str, required: bool) -> SkillValue {
    let matched = report
        .score
        .matched
        .iter()
        .find(|matched| matched.required == required && matched.name == name);
    SkillValue {
        credit: matched.map_or(0, |matched| matched.credit),
        via: matched.and_then(|matched| matched.via.clone()),
        evidence: matched.map_or_else(Vec::new, |matched| matched.evidence.clone()),
    }
}

fn cells<T>(
    reports: &[(&Analysis, &Report)],
    value: impl Fn(&Report) -> T,
    amount: impl Fn(&T) -> u32,
) -> Vec<Cell<T>> {
    let values: Vec<(AnalysisId, T)> = reports
        .iter()
        .map(|(analysis, report)| (analysis.id, value(report)))
        .collect();
    let amounts = || values.iter().map(|(_, value)| amount(value));
    let (least, most) = (amounts().min(), amounts().max());
    values
        .into_iter()
        .map(|(analysis_id, value)| Cell {
            best: least != most && Some(amount(&value)) == most,
            analysis_id,
            value,
        })
        .collect()
}
