//! Ends an interview when its link runs out.

use async_trait::async_trait;
use platform_sdk::{Ctx, ErrorCode, Job, JobHandler, JobRun, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    interview::InterviewId,
    session::{lock_session, proceed},
};

/// Due when a link runs out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ExpireInterview {
    /// Whose link.
    pub(crate) interview_id: InterviewId,
    /// Which link; another one may have taken its place meanwhile.
    pub(crate) link_id: Uuid,
}

impl Job for ExpireInterview {
    const KIND: &'static str = "expire-interview";

    fn dedup_key(&self) -> Option<String> {
        Some(self.link_id.to_string())
    }
}

/// Runs [`ExpireInterview`].
pub(crate) struct ExpireInterviews;

#[async_trait]
impl JobHandler<ExpireInterview> for ExpireInterviews {
    async fn run(&self, ctx: &Ctx, job: ExpireInterview, run: &JobRun) -> Result<()> {
        let mut tx = ctx.begin().await?;
        match lock_session(&mut tx, job.interview_id).await {
            // a link that is not in force any more ends nothing: its successor has a job of its own
            Ok(mut session)
                if session
                    .interview
                    .link
                    .is_some_and(|link| link.id == job.link_id) =>
            {
                let steps = session.expire(tx.now());
                proceed(&mut tx, &session, &steps).await?;
            }
            Ok(_) => {}
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(error),
        }
        run.complete(&mut tx).await?;
        tx.commit().await
    }
}
