//! What a recruiter does with an interview: make one, accommodate its candidate. And its end, whoever
//! brings it about: the report.

use platform_sdk::{Ctx, Error, Idempotent, Result, TenantTx, UserError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use interview_events::{SessionCompleted, SessionCreated};

use super::{
    analysis,
    course::{Session, Step},
    follow_up::MAX_FOLLOW_UPS,
    interview::{Asked, Interview, InterviewId, Status},
    progress::{Kind, keep, note},
    question::Bank,
    report::{Answered, Override, Report, report},
    skill::Catalogue,
    text::Text,
};
use crate::store;

const MAX_TITLE_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 200_000;
const MIN_JOB_CHARS: usize = 20;
const MAX_EXTRA_TIME_PERCENT: i32 = 300;

/// What an interview is made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewInterview {
    /// Combined mode: a finished analysis of cv-analysis.
    pub analysis_id: Option<Uuid>,
    /// Standalone mode: the CV's text.
    pub cv_text: Option<String>,
    /// Standalone mode: the job description's text.
    pub job_text: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// Accommodation in percent of each limit.
    pub extra_time_percent: Option<i32>,
    /// How many follow-up questions the engine may ask.
    pub follow_ups: Option<i32>,
}

/// A failure of the input, or the result.
pub type Checked<T> = Result<std::result::Result<T, Vec<UserError>>>;

/// The skills that an interview is tailored by.
struct Basis {
    title: String,
    job_skills: Vec<String>,
    missing_skills: Vec<String>,
}

/// Makes an interview. The same key gives the same interview again.
///
/// # Errors
/// `NOT_FOUND` for an analysis that is not there, `CONFLICT` for a key that was used otherwise.
pub async fn create(ctx: &Ctx, new: NewInterview, key: &str) -> Checked<InterviewId> {
    const OPERATION: &str = "createInterview";
    let errors = check(&new);
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let basis = basis(ctx, &new).await?;
    let plan = Bank::shipped().plan(&basis.job_skills, &basis.missing_skills);

    let mut tx = ctx.begin().await?;
    if let Idempotent::Replay(id) = tx.idempotent(OPERATION, key, &new).await? {
        return Ok(Ok(id));
    }
    let interview = Interview {
        id: ctx.new_id(),
        status: Status::Created,
        title: basis.title,
        analysis_id: new.analysis_id,
        bank_version: plan.bank_version,
        extra_time_percent: checked(new.extra_time_percent.unwrap_or(0)),
        follow_ups: checked(new.follow_ups.unwrap_or(0)),
        link: None,
        consented_at: None,
        started_at: None,
        ended_at: None,
        created_at: tx.now(),
    };
    let created_by = ctx.user().ok().map(|user| user.uuid());
    store::interview::insert(tx.conn(), &interview, created_by).await?;
    let mut questions = 0;
    for (question, position) in plan.questions.into_iter().zip(0_u32..) {
        let asked = Asked {
            id: ctx.new_id(),
            position,
            question,
            follows: None,
            reason: None,
            opened_at: None,
            deadline_at: None,
            closed_at: None,
            outcome: None,
        };
        store::question::insert(tx.conn(), interview.id, &asked).await?;
        questions = position + 1;
    }
    note(&mut tx, interview.id, Kind::Created, None).await?;
    tx.publish(&SessionCreated {
        interview_id: interview.id.uuid(),
        analysis_id: interview.analysis_id,
        questions,
    })
    .await?;
    tx.remember(OPERATION, key, &interview.id).await?;
    tx.commit().await?;
    Ok(Ok(interview.id))
}

fn check(new: &NewInterview) -> Vec<UserError> {
    let mut errors = Vec::new();
    let chars = |text: &Option<String>| {
        text.as_deref()
            .map_or(0, |text| text.trim().chars().count())
    };
    if new.analysis_id.is_some() {
        for (text, field) in [(&new.cv_text, "cvText"), (&new.job_text, "jobText")] {
            if text.is_some() {
                errors.push(UserError::on(
                    field,
                    "NOT_WITH_ANALYSIS",
                    "an interview is made from an analysis or from texts, not both",
                ));
            }
        }
    } else {
        if chars(&new.job_text) < MIN_JOB_CHARS {
            errors.push(UserError::on(
                "jobText",
                "TOO_SHORT",
                format!(
                    "give an analysis, or a job description of at least {MIN_JOB_CHARS} characters"
                ),
            ));
        }
        for (text, field) in [(&new.cv_text, "cvText"), (&new.job_text, "jobText")] {
            if chars(text) > MAX_TEXT_CHARS {
                errors.push(UserError::on(
                    field,
                    "TOO_LONG",
                    format!("at most {MAX_TEXT_CHARS} characters"),
                ));
            }
        }
    }
    if chars(&new.title) > MAX_TITLE_CHARS {
        errors.push(UserError::on(
            "title",
            "TOO_LONG",
            format!("at most {MAX_TITLE_CHARS} characters"),
        ));
    }
    if new
        .extra_time_percent
        .is_some_and(|percent| !(0..=MAX_EXTRA_TIME_PERCENT).contains(&percent))
    {
        errors.push(extra_time_error());
    }
    if new
        .follow_ups
        .is_some_and(|count| !(0..=MAX_FOLLOW_UPS).contains(&count))
    {
        errors.push(UserError::on(
            "followUps",
            "OUT_OF_RANGE",
            format!("0 to {MAX_FOLLOW_UPS}"),
        ));
    }
    errors
}

fn extra_time_error() -> UserError {
    UserError::on(
        "extraTimePercent",
        "OUT_OF_RANGE",
        format!("0 to {MAX_EXTRA_TIME_PERCENT} percent"),
    )
}

/// A number that was found not to be negative before.
fn checked(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

async fn basis(ctx: &Ctx, new: &NewInterview) -> Result<Basis> {
    let given = new
        .title
        .as_deref()
        .map(str::trim)
        .filter(|title| !title.is_empty());
    let titled = |job: Option<&str>| {
        let title = given.or(job).unwrap_or("Interview");
        title.chars().take(MAX_TITLE_CHARS).collect::<String>()
    };
    if let Some(id) = new.analysis_id {
        let analysis = analysis::wait_for(ctx, id).await?;
        return Ok(Basis {
            title: titled(analysis.job_title.as_deref()),
            job_skills: analysis.job_skills(),
            missing_skills: analysis.missing_skills,
        });
    }
    let skills = |text: &Option<String>| -> Vec<String> {
        let text = Text::new(text.as_deref().unwrap_or_default());
        let mentions = Catalogue::shipped().mentions(&text);
        mentions
            .into_iter()
            .map(|mention| mention.skill.to_owned())
            .collect()
    };
    let (job_skills, cv_skills) = (skills(&new.job_text), skills(&new.cv_text));
    // without a CV nothing can be said to be missing
    let missing_skills = match &new.cv_text {
        Some(_) => job_skills
            .iter()
            .filter(|skill| !cv_skills.contains(skill))
            .cloned()
            .collect(),
        None => Vec::new(),
    };
    Ok(Basis {
        title: titled(None),
        job_skills,
        missing_skills,
    })
}

/// Sets the accommodation. It holds for questions that are opened from now on, and moves the deadline
/// of the open one.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn set_extra_time(ctx: &Ctx, id: InterviewId, extra_time_percent: i32) -> Checked<()> {
    if !(0..=MAX_EXTRA_TIME_PERCENT).contains(&extra_time_percent) {
        return Ok(Err(vec![extra_time_error()]));
    }
    let mut tx = ctx.begin().await?;
    let mut session = lock_session(&mut tx, id).await?;
    if matches!(
        session.interview.status,
        Status::Completed | Status::Expired
    ) {
        return Ok(Err(vec![ended()]));
    }
    session.settle(tx.now());
    if let Some(open) = session.accommodate(checked(extra_time_percent)) {
        store::question::update(tx.conn(), id, &session.asked[open]).await?;
    }
    store::interview::update(tx.conn(), &session.interview).await?;
    tx.signal(id.uuid()).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// What is said of an interview that is over.
pub(super) fn ended() -> UserError {
    UserError::whole("ENDED", "the interview has ended")
}

/// The interview, locked.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn lock(tx: &mut TenantTx, id: InterviewId) -> Result<Interview> {
    let interview = store::interview::lock(tx.conn(), id).await?;
    interview.ok_or_else(|| Error::not_found("interview"))
}

/// The interview with its questions, locked.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn lock_session(tx: &mut TenantTx, id: InterviewId) -> Result<Session> {
    let interview = lock(tx, id).await?;
    let mut questions = store::question::by_interviews(tx.conn(), &[id.uuid()]).await?;
    Ok(Session {
        interview,
        asked: questions.remove(&id.uuid()).unwrap_or_default(),
    })
}

/// Keeps the steps of a session's course; at its end writes the report and tells the fact.
pub(crate) async fn proceed(tx: &mut TenantTx, session: &Session, steps: &[Step]) -> Result<()> {
    let completed = steps.contains(&Step::Completed);
    if completed || (steps.contains(&Step::Expired) && session.was_begun()) {
        let report = write_report(tx, session).await?;
        if completed {
            tx.publish(&SessionCompleted {
                interview_id: session.interview.id.uuid(),
                analysis_id: session.interview.analysis_id,
                overall: u8::try_from(report.overall).unwrap_or(100),
                complete: report.complete,
                review_advised: report.review_advised,
            })
            .await?;
        }
    }
    keep(tx, session, steps).await
}

/// Rates everything anew and keeps the report.
pub(super) async fn write_report(tx: &mut TenantTx, session: &Session) -> Result<Report> {
    let id = session.interview.id;
    let answers = store::answer::by_interviews(tx.conn(), &[id.uuid()]).await?;
    let answers = answers.get(&id.uuid()).map_or(&[][..], Vec::as_slice);
    let ratings = store::rating::latest(tx.conn(), id).await?;
    let text = |asked: &Asked| {
        let answer = answers.iter().find(|answer| answer.question_id == asked.id);
        answer.map_or("", |answer| &answer.text)
    };
    let answered: Vec<Answered<'_>> = session
        .asked
        .iter()
        .filter(|asked| asked.follows.is_none())
        .map(|asked| {
            let rating = ratings.iter().find(|rating| rating.question_id == asked.id);
            let follow_ups = session
                .asked
                .iter()
                .filter(|other| other.follows == Some(asked.id));
            Answered {
                id: asked.id,
                position: asked.position,
                question: &asked.question,
                answer: text(asked),
                follow_ups: follow_ups.map(|other| (other.id, text(other))).collect(),
                overridden: rating.map(|rating| Override {
                    rating: rating.rating,
                    reason: rating.reason.clone(),
                }),
            }
        })
        .collect();
    let report = report(&session.interview.bank_version, &answered);
    let now = tx.now();
    store::report::put(tx.conn(), id, &report, now).await?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewInterview {
        NewInterview {
            analysis_id: None,
            cv_text: None,
            job_text: Some("We look for an engineer who knows Rust".to_owned()),
            title: None,
            extra_time_percent: None,
            follow_ups: None,
        }
    }

    #[test]
    fn an_interview_is_made_from_an_analysis_or_from_a_job_description() {
        let codes = |new: NewInterview| -> Vec<(String, String)> {
            check(&new)
                .into_iter()
                .map(|e| (e.field.join("."), e.code))
                .collect()
        };
        let error = |field: &str, code: &str| (format!("input.{field}"), code.to_owned());
        assert_eq!(codes(new()), []);
        assert_eq!(
            codes(NewInterview {
                analysis_id: Some(Uuid::nil()),
                ..new()
            }),
            [error("jobText", "NOT_WITH_ANALYSIS")]
        );
        assert_eq!(
            codes(NewInterview {
                job_text: Some("engineer".to_owned()),
                ..new()
            }),
            [error("jobText", "TOO_SHORT")]
        );
        assert_eq!(
            codes(NewInterview {
                cv_text: Some("x".repeat(MAX_TEXT_CHARS + 1)),
                title: Some("x".repeat(MAX_TITLE_CHARS + 1)),
                extra_time_percent: Some(-1),
                follow_ups: Some(6),
                ..new()
            }),
            [
                error("cvText", "TOO_LONG"),
                error("title", "TOO_LONG"),
                error("extraTimePercent", "OUT_OF_RANGE"),
                error("followUps", "OUT_OF_RANGE")
            ]
        );
    }
}
