use std::time::Duration;

use async_graphql::{Context, ID, Subscription};
use futures::Stream;
use platform_sdk::graphql::{requires_scopes, scope};
use platform_sdk::{Ctx, Error, PageArgs, Result};

use super::loader::InterviewById;
use super::parse_id;
use super::progress::Progress;
use crate::domain::{
    interview::{InterviewId, Status},
    progress::Entry,
};
use crate::store;

/// Entries that are read at once.
const BATCH: i64 = 100;

/// Time for one look at the database.
const LOOK: Duration = Duration::from_secs(10);

/// The longest time between two looks: a lost signal is a delay, never a hang.
const AT_MOST: Duration = Duration::from_secs(15);

/// What can be watched.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// What happens in an interview, from the beginning or after a cursor, until it has ended.
    #[graphql(directive = requires_scopes::apply(scope("interview:session.read")))]
    async fn interview_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The interview's id")] interview_id: ID,
        #[graphql(desc = "Cursor of the last event that was seen")] after: Option<String>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Progress>> + use<>> {
        let ctx = Ctx::of(ctx)?.clone();
        let id: InterviewId = parse_id(&interview_id, "interview")?;
        let mut last: i64 = PageArgs::new(None, after)?.after()?.unwrap_or(0);
        let mut news = ctx.runtime().signals.listen(ctx.tenant()?, id.uuid());
        // known to be there before the stream begins
        look(&ctx, id, i64::MAX).await?;
        Ok(async_stream::stream! {
            loop {
                let (entries, ended) = match look(&ctx, id, last).await {
                    Ok(seen) => seen,
                    Err(error) => {
                        yield Err(error.into());
                        return;
                    }
                };
                let more = i64::try_from(entries.len()).is_ok_and(|count| count >= BATCH);
                for entry in entries {
                    last = entry.number;
                    yield Ok(Progress { interview: id, entry });
                }
                if more {
                    continue;
                }
                if ended {
                    return;
                }
                news.wait(AT_MOST).await;
            }
        })
    }
}

/// What happened after entry `last`, and whether the interview has ended.
async fn look(ctx: &Ctx, id: InterviewId, last: i64) -> Result<(Vec<Entry>, bool)> {
    let ctx = ctx.refreshed(LOOK);
    let interview = ctx.load_one::<InterviewById>(id.uuid()).await?;
    let interview = interview.ok_or_else(|| Error::not_found("interview"))?;
    let ended = matches!(interview.status, Status::Completed | Status::Expired);
    let mut snapshot = ctx.read().await?;
    let entries = store::progress::after(snapshot.conn()?, id, last, BATCH).await?;
    Ok((entries, ended))
}
