//! Asking a language model, within limits: a cost cap per tenant, a time limit, an answer of bounded size that its JSON Schema
//! is held against, and a circuit breaker. Whatever goes wrong, the offline engine's result stands and says so.

mod breaker;
mod client;

use chrono::{Datelike as _, NaiveDate};
use platform_sdk::{Ctx, Error, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::domain::document::Document;
use crate::domain::extract::EXTRACTOR_VERSION;
use crate::domain::finding::{Finding, FindingKind, Severity};
use crate::domain::model::{Claim, Question, ask_for_skills, ask_for_wording, claims, reword};
use crate::domain::profile::Profile;
use crate::domain::recommendation::Recommendation;
use crate::domain::taxonomy;
use crate::domain::text::Text;
use crate::store;

/// Why the model had no say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unused {
    /// The tenant's limit for the month is reached.
    #[error("this month's limit for the language model is reached")]
    Capped,
    /// It failed too often just now.
    #[error("the language model failed several times and is left alone for a moment")]
    Resting,
    /// It took too long.
    #[error("the language model did not answer in time")]
    TimedOut,
    /// It could not be reached or refused.
    #[error("the language model could not be reached")]
    Unavailable,
    /// Its answer was too long.
    #[error("the language model's answer was too long")]
    TooLong,
    /// Its answer was not of the form that was asked for.
    #[error("the language model's answer was not of the form that was asked for")]
    Malformed,
}

impl Unused {
    /// How it is kept.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Capped => "CAPPED",
            Self::Resting => "RESTING",
            Self::TimedOut => "TIMED_OUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::TooLong => "TOO_LONG",
            Self::Malformed => "MALFORMED",
        }
    }

    /// What was kept; a reason that this version does not know is as good as none.
    pub(crate) fn parse(code: &str) -> Self {
        match code {
            "CAPPED" => Self::Capped,
            "RESTING" => Self::Resting,
            "TIMED_OUT" => Self::TimedOut,
            "TOO_LONG" => Self::TooLong,
            "MALFORMED" => Self::Malformed,
            _ => Self::Unavailable,
        }
    }

    /// What to tell the recruiter.
    pub(crate) fn finding(self) -> Finding {
        Finding::new(
            FindingKind::ModelUnavailable,
            Severity::Info,
            format!("{self}; the offline engine read this CV alone"),
        )
    }
}

/// What a model made of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Name of the model.
    pub(crate) model: String,
    /// What it claims, or why it had no say.
    pub(crate) claims: Result<Vec<Claim>, Unused>,
}

/// Has the model read a document; `None` where no model is set up. A text is read once in a tenant: what the model said the first
/// time stays, also that it had no say, so that the same CV scores the same whenever and as whichever file it comes.
pub(crate) async fn read(ctx: &Ctx, document: &Document, text: &Text) -> Result<Option<Reading>> {
    let config = Config::read(&ctx.runtime().config).map_err(Error::internal)?;
    if config.model_api_key.is_none() {
        return Ok(None);
    }
    let model = config.model_name().to_owned();
    let version = (EXTRACTOR_VERSION, model.as_str());
    let digest = Sha256::digest(text.content.as_bytes());
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    store::model::share(tx.conn(), tenant, document.id, version, &digest).await?;
    let known = store::model::reading(tx.conn(), tenant, document.id, version).await?;
    tx.commit().await?;
    if let Some(claims) = known {
        return Ok(Some(Reading { model, claims }));
    }
    let taxonomy = &*taxonomy::of(ctx).await?;
    let (profile, _) = Profile::read(text, document.month(), taxonomy, &[]);
    let masked = profile.masks(text, taxonomy, &[]);
    let question = ask_for_skills(text, &profile, &masked);
    let said = ask(ctx, &config, &question).await?;
    let said = said.map(|answer| claims(answer, &text.content, &masked, taxonomy));
    let mut tx = ctx.begin().await?;
    // of several readings at once the first one stays, for all
    store::model::lock_text(tx.conn(), tenant, &digest).await?;
    store::model::share(tx.conn(), tenant, document.id, version, &digest).await?;
    let now = ctx.now();
    store::model::keep_reading(tx.conn(), tenant, document.id, version, &digest, &said, now)
        .await?;
    let kept = store::model::reading(tx.conn(), tenant, document.id, version).await?;
    tx.commit().await?;
    Ok(Some(Reading {
        model,
        claims: kept.unwrap_or(said),
    }))
}

/// Has the model word recommendations better. Gives how many it did, or why none; nothing where no model is set up.
pub(crate) async fn word(
    ctx: &Ctx,
    recommendations: &mut [Recommendation],
) -> Result<Option<Result<usize, Unused>>> {
    let config = Config::read(&ctx.runtime().config).map_err(Error::internal)?;
    if config.model_api_key.is_none() {
        return Ok(None);
    }
    let Some(question) = ask_for_wording(recommendations) else {
        return Ok(None);
    };
    let taxonomy = &*taxonomy::of(ctx).await?;
    Ok(Some(
        ask(ctx, &config, &question)
            .await?
            .map(|answer| reword(recommendations, answer, taxonomy)),
    ))
}

/// What tokens cost, in millionths of a dollar, rounded up.
fn cost(config: &Config, asked: u64, answered: u64) -> i64 {
    let micros = u128::from(asked) * u128::from(config.model_input_price_micros)
        + u128::from(answered) * u128::from(config.model_output_price_micros);
    i64::try_from(micros.div_ceil(1_000_000)).unwrap_or(i64::MAX)
}

/// Asks one question within all limits.
async fn ask(ctx: &Ctx, config: &Config, question: &Question) -> Result<Result<Value, Unused>> {
    let breaker = breaker::of(config.model_base_url());
    if !breaker.lets_through() {
        return Ok(Err(Unused::Resting));
    }
    // a token has three bytes or more, but for rare scripts, of which each byte may be one
    let bytes = question.task.len() + question.material.len() + question.schema.to_string().len();
    let asked = u64::try_from(bytes).unwrap_or(u64::MAX) / 2 + 200;
    let reserved = cost(config, asked, u64::from(question.max_tokens));
    let cap = i64::try_from(config.model_monthly_cap_micros).unwrap_or(i64::MAX);
    let today = ctx.now().date_naive();
    let month = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).unwrap_or(today);
    let mut tx = ctx.begin().await?;
    let tenant = tx.tenant();
    let within = store::model::reserve(tx.conn(), tenant, month, reserved, cap).await?;
    tx.commit().await?;
    if !within {
        breaker.untried();
        return Ok(Err(Unused::Capped));
    }
    let answer = client::ask(config, question).await;
    breaker.tell(answer.is_ok());
    let actual = match &answer {
        Ok(answer) => answer
            .usage
            .map_or(reserved, |(asked, answered)| cost(config, asked, answered)),
        // what was not answered was not charged; of everything else nobody knows
        Err(Unused::Unavailable) => 0,
        Err(_) => reserved,
    };
    let mut tx = ctx.begin().await?;
    store::model::settle(tx.conn(), tenant, month, reserved, actual).await?;
    tx.commit().await?;
    if let Err(unused) = &answer {
        tracing::warn!(reason = %unused, "a question to the language model came to nothing");
    }
    Ok(answer.map(|answer| answer.content))
}
