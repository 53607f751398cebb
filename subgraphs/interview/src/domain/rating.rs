//! Ratings by hand.

use platform_sdk::{Ctx, Error, UserError};

use super::{
    answer::HumanRating,
    interview::{InterviewId, QuestionId},
    progress::{Kind, note},
    rubric::Rating,
    session::{Checked, lock_session, write_report},
};
use crate::store;

const MAX_REASON_CHARS: usize = 1_000;

/// Rates an answer by hand and makes the report anew. The engine's view stays in the report.
///
/// # Errors
/// `NOT_FOUND` for the interview or the question.
pub async fn override_rating(
    ctx: &Ctx,
    id: InterviewId,
    question: QuestionId,
    rating: i32,
    reason: &str,
) -> Checked<()> {
    let mut errors = Vec::new();
    let rating = u8::try_from(rating)
        .ok()
        .and_then(|value| Rating::new(value).ok());
    if rating.is_none() {
        errors.push(UserError::on(
            "rating",
            "OUT_OF_RANGE",
            "a rating is 1 to 5",
        ));
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS {
        errors.push(UserError::on(
            "reason",
            "REQUIRED",
            format!("give a reason of at most {MAX_REASON_CHARS} characters"),
        ));
    }
    let Some(rating) = rating.filter(|_| errors.is_empty()) else {
        return Ok(Err(errors));
    };
    let mut tx = ctx.begin().await?;
    let session = lock_session(&mut tx, id).await?;
    if !session.asked.iter().any(|asked| asked.id == question) {
        return Err(Error::not_found("question"));
    }
    if session.interview.ended_at.is_none() || !session.was_begun() {
        let error = UserError::whole(
            "NOT_ENDED",
            "answers are rated by hand once the interview has ended",
        );
        return Ok(Err(vec![error]));
    }
    let rating = HumanRating {
        interview_id: id,
        question_id: question,
        rating,
        reason: reason.to_owned(),
        rated_by: ctx.user().ok().map(|user| user.uuid()),
        rated_at: tx.now(),
    };
    store::rating::insert(tx.conn(), ctx.new_uuid(), &rating).await?;
    write_report(&mut tx, &session).await?;
    note(&mut tx, id, Kind::Rated, Some(question)).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
