//! How often tenants, callers and addresses may ask.

mod local;
mod shared;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::config::RateConfig;
use crate::quota::Holder;
use crate::refused::Refused;
use local::Local;
use shared::Shared;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What is left of a quota after a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) holder: &'static str,
    pub(crate) per_minute: u32,
    pub(crate) remaining: u32,
    /// How long until the quota is whole again, or if it is used up until the next request is let through.
    pub(crate) reset: Duration,
    pub(crate) exceeded: bool,
}

/// Counts requests, in this process or in a Redis that several edges share.
#[derive(Debug)]
pub(crate) struct Rates {
    config: RateConfig,
    local: Local,
    shared: Option<Shared>,
}

impl Rates {
    pub(crate) fn new(config: RateConfig) -> Result<Self, redis::RedisError> {
        let shared = config.redis_url.as_deref().map(Shared::new).transpose()?;
        Ok(Self {
            config,
            local: Local::new(),
            shared,
        })
    }

    /// Counts `operations` for every holder; gives the quota that is closest to its end, for the answer's headers.
    pub(crate) async fn take(
        &self,
        holders: &[Holder],
        operations: u32,
    ) -> Result<Option<Left>, Refused> {
        let mut tightest: Option<Left> = None;
        for holder in holders {
            let per_minute = match holder {
                Holder::Tenant(_) => self.config.tenant_per_minute,
                Holder::Caller(_) => self.config.caller_per_minute,
                Holder::Address(_) => self.config.address_per_minute,
            };
            if per_minute == 0 {
                continue;
            }
            let left = match &self.shared {
                // While Redis is away every edge counts on its own: limits get looser by the number of edges, not void.
                Some(shared) => match shared.take(holder, per_minute, operations).await {
                    Some(left) => left,
                    None => self.local.take(holder, per_minute, operations),
                },
                None => self.local.take(holder, per_minute, operations),
            };
            if left.exceeded {
                metrics::counter!("tessera_edge_rate_limited_total", "holder" => left.holder)
                    .increment(1);
                let message = format!(
                    "limit of {per_minute} operations per minute and {} exceeded",
                    left.holder
                );
                let mut refused =
                    Refused::too_many(StatusCode::TOO_MANY_REQUESTS, &message, left.reset);
                refused
                    .error
                    .extensions
                    .insert("retryAfter".into(), refused.retry_after_s().into());
                return Err(refused);
            }
            if tightest
                .as_ref()
                .is_none_or(|than| left.share() < than.share())
            {
                tightest = Some(left);
            }
        }
        Ok(tightest)
    }
}

impl Left {
    fn share(&self) -> u64 {
        u64::from(self.remaining) * 1000 / u64::from(self.per_minute.max(1))
    }

    /// The headers of draft-ietf-httpapi-ratelimit-headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let policy = format!("\"{}\";q={};w=60", self.holder, self.per_minute);
        let limit = format!(
            "\"{}\";r={};t={}",
            self.holder,
            self.remaining,
            self.reset.as_secs()
        );
        for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}
