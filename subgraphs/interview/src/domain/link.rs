//! The link that opens an interview for its candidate.

use chrono::{DateTime, Duration, Utc};
use platform_sdk::{Ctx, Holder, Result, TokenGrant, UserError};

use super::{
    interview::{InterviewId, Link, Status},
    progress::{Kind, note},
    session::{Checked, ended, lock},
};
use crate::{jobs::expire_interview::ExpireInterview, store};

/// The permission that a candidate's token carries, and no other.
pub const CANDIDATE_SCOPE: &str = "interview:session.answer";

/// Longest validity of a candidate's link: four weeks, within what tokens of its kind may have.
const MAX_LINK: Duration = Duration::days(28);

/// Validity when none is asked for.
const DEFAULT_LINK: Duration = Duration::days(7);

/// A link for a candidate. The token is given out once and not kept.
#[derive(Debug, Clone)]
pub struct IssuedLink {
    /// Opens the interview, as a bearer token.
    pub token: String,
    /// The candidate's page; the token is in the fragment, which no server sees or logs.
    pub url: String,
    /// From then on it opens nothing.
    pub expires_at: DateTime<Utc>,
}

/// Gives out a link to `page`. The link before it, if there was one, opens nothing any more.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn issue(
    ctx: &Ctx,
    id: InterviewId,
    minutes: Option<i32>,
    page: &str,
) -> Checked<IssuedLink> {
    let lifetime = minutes.map_or(DEFAULT_LINK, |minutes| {
        Duration::minutes(i64::from(minutes))
    });
    if lifetime < Duration::minutes(1) || lifetime > MAX_LINK {
        let most = MAX_LINK.num_minutes();
        let error = UserError::on(
            "expiresInMinutes",
            "OUT_OF_RANGE",
            format!("1 to {most} minutes"),
        );
        return Ok(Err(vec![error]));
    }
    let mut tx = ctx.begin().await?;
    let mut interview = lock(&mut tx, id).await?;
    if matches!(interview.status, Status::Completed | Status::Expired) {
        return Ok(Err(vec![ended()]));
    }
    let link = Link {
        id: ctx.new_uuid(),
        expires_at: tx.now() + lifetime,
    };
    interview.link = Some(link);
    if interview.status == Status::Created {
        interview.status = Status::Invited;
    }
    let token = ctx.runtime().tokens.issue(&TokenGrant {
        holder: Holder::Candidate(id.uuid()),
        tenant: Some(tx.tenant()),
        scopes: vec![CANDIDATE_SCOPE.to_owned()],
        session: Some(link.id),
        issued_at: tx.now(),
        expires_at: link.expires_at,
    })?;
    store::interview::update(tx.conn(), &interview).await?;
    note(&mut tx, id, Kind::LinkIssued, None).await?;
    tx.enqueue_at(
        &ExpireInterview {
            interview_id: id,
            link_id: link.id,
        },
        link.expires_at,
    )
    .await?;
    tx.commit().await?;
    Ok(Ok(IssuedLink {
        url: format!("{page}#{token}"),
        token,
        expires_at: link.expires_at,
    }))
}

/// Takes the link back. An interview without a link stays without one.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn revoke(ctx: &Ctx, id: InterviewId) -> Result<()> {
    let mut tx = ctx.begin().await?;
    let mut interview = lock(&mut tx, id).await?;
    if interview.link.take().is_some() {
        if interview.status == Status::Invited {
            interview.status = Status::Created;
        }
        store::interview::update(tx.conn(), &interview).await?;
        note(&mut tx, id, Kind::LinkRevoked, None).await?;
    }
    tx.commit().await
}
