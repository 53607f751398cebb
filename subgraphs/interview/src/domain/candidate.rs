//! What a candidate does, by the token of the link.

use platform_sdk::{Ctx, Error, ErrorCode, Identity, Result, Subject, TenantTx, UserError};

use super::{
    answer::Answer,
    course::{Session, Step},
    follow_up,
    interview::{Interview, InterviewId, QuestionId, Refusal},
    session::{Checked, lock_session, proceed},
};
use crate::store;

/// The interview that the token opens.
///
/// # Errors
/// `FORBIDDEN` for anybody but a candidate.
pub fn own_interview(identity: &Identity) -> Result<InterviewId> {
    match identity.subject() {
        Subject::Candidate(id) => Ok(InterviewId(*id)),
        _ => Err(Error::forbidden()),
    }
}

/// Refuses a token whose link is not in force: revoked, replaced or run out. All look alike.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn check_link(ctx: &Ctx, interview: &Interview) -> Result<()> {
    let in_force = interview.link.is_some_and(|link| {
        ctx.identity().session() == Some(link.id) && link.expires_at > ctx.now()
    });
    if in_force {
        Ok(())
    } else {
        Err(link_is_over())
    }
}

fn link_is_over() -> Error {
    Error::new(
        ErrorCode::Unauthenticated,
        "this link is not valid any more; ask for a new one",
    )
}

/// Opens the candidate's own interview for a change.
async fn open(ctx: &Ctx) -> Result<(TenantTx, Session)> {
    let id = own_interview(ctx.identity())?;
    let mut tx = ctx.begin().await?;
    let session = match lock_session(&mut tx, id).await {
        Err(error) if error.code() == ErrorCode::NotFound => return Err(link_is_over()),
        other => other?,
    };
    check_link(ctx, &session.interview)?;
    Ok((tx, session))
}

/// What the candidate sees: the interview as it stands now, and what was saved.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over.
pub async fn view(ctx: &Ctx) -> Result<(Session, Vec<Answer>)> {
    let id = own_interview(ctx.identity())?.uuid();
    let mut snapshot = ctx.read().await?;
    let conn = snapshot.conn()?;
    let interview = store::interview::by_ids(conn, &[id]).await?.remove(&id);
    let interview = interview.ok_or_else(link_is_over)?;
    check_link(ctx, &interview)?;
    let asked = store::question::by_interviews(conn, &[id])
        .await?
        .remove(&id);
    let answers = store::answer::by_interviews(conn, &[id]).await?.remove(&id);
    let mut session = Session {
        interview,
        asked: asked.unwrap_or_default(),
    };
    // shown as it is, kept by whatever changes the interview next
    session.settle(ctx.now());
    Ok((session, answers.unwrap_or_default()))
}

fn refused<T>(refusal: Refusal) -> Checked<T> {
    let error = match refusal.field() {
        Some(field) => UserError::on(field, refusal.code(), refusal.to_string()),
        None => UserError::whole(refusal.code(), refusal.to_string()),
    };
    Ok(Err(vec![error]))
}

/// Begins the interview with the candidate's consent; the first question opens.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over.
pub async fn start(ctx: &Ctx, consent: bool) -> Checked<()> {
    let (mut tx, mut session) = open(ctx).await?;
    let steps = match session.start(consent, tx.now()) {
        Ok(steps) => steps,
        Err(refusal) => return refused(refusal),
    };
    proceed(&mut tx, &session, &steps).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Shows the next question, after the open one's time ran out. With a question open it changes nothing.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over.
pub async fn open_next(ctx: &Ctx) -> Checked<()> {
    let (mut tx, mut session) = open(ctx).await?;
    if !session.was_begun() {
        return refused(Refusal::NotStarted);
    }
    let mut steps = session.settle(tx.now());
    steps.extend(session.open_next(tx.now()));
    proceed(&mut tx, &session, &steps).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Saves what was typed so far. It counts if the time runs out before the answer is handed in.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over, `NOT_FOUND` for a question of another interview.
pub async fn save(ctx: &Ctx, question: QuestionId, text: &str) -> Checked<()> {
    let text = &storable(text);
    let (mut tx, mut session) = open(ctx).await?;
    let settled = session.settle(tx.now());
    proceed(&mut tx, &session, &settled).await?;
    let outcome = match session.writable(question, text) {
        Err(None) => return Err(Error::not_found("question")),
        Err(Some(refusal)) => refused(refusal),
        Ok(_) => {
            write(&mut tx, &session, question, text, None).await?;
            Ok(Ok(()))
        }
    };
    tx.commit().await?;
    outcome
}

/// Hands an answer in; the next question opens. The same key and text again change nothing.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over, `NOT_FOUND` for a question of another interview, `CONFLICT`
/// for a key that came with another text before.
pub async fn submit(ctx: &Ctx, question: QuestionId, text: &str, key: &str) -> Checked<()> {
    if key.is_empty() || key.len() > 255 {
        return Err(Error::bad_input("an idempotency key has 1 to 255 bytes"));
    }
    let text = &storable(text);
    let (mut tx, mut session) = open(ctx).await?;
    if let Some(before) = store::answer::find(tx.conn(), session.interview.id, question).await?
        && before.submit_key.as_deref() == Some(key)
    {
        return if before.text == *text {
            Ok(Ok(()))
        } else {
            Err(Error::conflict(
                "the idempotency key was used for another answer",
            ))
        };
    }
    let mut steps = session.settle(tx.now());
    let outcome = match session.writable(question, text) {
        Err(None) => return Err(Error::not_found("question")),
        Err(Some(refusal)) => refused(refusal),
        Ok(at) => {
            write(&mut tx, &session, question, text, Some(key)).await?;
            steps.extend(session.submit(at, tx.now()));
            follow_up(&mut tx, &mut session, at, text).await?;
            Ok(Ok(()))
        }
    };
    // also after a late answer: whoever sent it is here to see the next question
    if outcome.as_ref().is_ok_and(Result::is_ok)
        || steps.iter().any(|step| matches!(step, Step::TimedOut(_)))
    {
        steps.extend(session.open_next(tx.now()));
    }
    proceed(&mut tx, &session, &steps).await?;
    tx.commit().await?;
    outcome
}

/// Puts a follow-up behind the question at `at`, where the recruiter wants them and there is one to ask.
async fn follow_up(tx: &mut TenantTx, session: &mut Session, at: usize, text: &str) -> Result<()> {
    if !session.takes_follow_up(at) {
        return Ok(());
    }
    let Some(follow_up) = follow_up::suggest(&session.asked[at].question, text) else {
        return Ok(());
    };
    let id = tx.ctx().new_id();
    let asked = session.follow_up(at, id, follow_up);
    let interview = session.interview.id;
    store::question::make_room(tx.conn(), interview, session.asked[asked].position).await?;
    store::question::insert(tx.conn(), interview, &session.asked[asked]).await
}

/// Ends the interview on the candidate's word and writes the report.
///
/// # Errors
/// `UNAUTHENTICATED` when the link is over.
pub async fn complete(ctx: &Ctx) -> Checked<()> {
    let (mut tx, mut session) = open(ctx).await?;
    let mut steps = session.settle(tx.now());
    match session.complete(tx.now()) {
        Ok(ended) => steps.extend(ended),
        Err(refusal) => return refused(refusal),
    }
    proceed(&mut tx, &session, &steps).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// PostgreSQL keeps no zero characters.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}

async fn write(
    tx: &mut TenantTx,
    session: &Session,
    question: QuestionId,
    text: &str,
    submit_key: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let answer = Answer {
        interview_id: session.interview.id,
        question_id: question,
        text: text.to_owned(),
        saved_at: now,
        submitted_at: submit_key.map(|_| now),
        submit_key: submit_key.map(str::to_owned),
    };
    store::answer::put(tx.conn(), &answer).await
}
