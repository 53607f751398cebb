//! How often tenants, callers and addresses may ask.

mod local;
mod shared;

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::config::RateConfig;
use crate::quota::{Holder, network};
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
            let Some(left) = self.take_one(holder, operations).await else {
                continue;
            };
            if left.exceeded {
                return Err(left.refuse("operations", left.reset));
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

    /// Refuses addresses that showed too many keys which were not valid.
    pub(crate) async fn may_show_key(&self, address: IpAddr) -> Result<(), Refused> {
        let holder = Holder::RefusedKeys(network(address));
        match self.take_one(&holder, 0).await {
            Some(left) if left.remaining == 0 => {
                let next = Duration::from_secs(60) / left.per_minute.max(1);
                Err(left.refuse("refused keys", next))
            }
            _ => Ok(()),
        }
    }

    /// Counts a key that was not valid.
    pub(crate) async fn key_refused(&self, address: IpAddr) {
        self.take_one(&Holder::RefusedKeys(network(address)), 1)
            .await;
    }

    /// Counts for one holder; nothing where there is no limit.
    async fn take_one(&self, holder: &Holder, operations: u32) -> Option<Left> {
        let per_minute = match holder {
            Holder::Tenant(_) => self.config.tenant_per_minute,
            Holder::Caller(_) => self.config.caller_per_minute,
            Holder::Address(_) => self.config.address_per_minute,
            Holder::RefusedKeys(_) => self.config.refused_keys_per_minute,
        };
        if per_minute == 0 {
            return None;
        }
        if let Some(shared) = &self.shared
            && let Some(left) = shared.take(holder, per_minute, operations).await
        {
            return Some(left);
        }
        // While Redis is away every edge counts on its own: limits get looser by the number of edges, not void.
        Some(self.local.take(holder, per_minute, operations))
    }
}

impl Left {
    /// `what` there was too much of, and when to come back.
    fn refuse(&self, what: &str, retry_after: Duration) -> Refused {
        metrics::counter!("tessera_edge_rate_limited_total", "holder" => self.holder).increment(1);
        let message = format!(
            "limit of {} {what} per minute and {} exceeded",
            self.per_minute, self.holder
        );
        let mut refused = Refused::too_many(StatusCode::TOO_MANY_REQUESTS, &message, retry_after);
        let seconds = refused.retry_after_s().into();
        let extensions = &mut refused.error.extensions;
        extensions.insert("retryAfter".into(), seconds);
        refused
    }

    fn share(&self) -> u64 {
        u64::from(self.remaining) * 1000 / u64::from(self.per_minute.max(1))
    }

    /// The headers of draft-ietf-httpapi-ratelimit-headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let mut text = Vec::with_capacity(48);
        let mut value = |first: (&[u8], u64), second: (&[u8], u64)| {
            text.clear();
            text.push(b'"');
            text.extend_from_slice(self.holder.as_bytes());
            text.push(b'"');
            for (name, number) in [first, second] {
                text.extend_from_slice(name);
                digits(number, &mut text);
            }
            HeaderValue::from_bytes(&text)
        };
        let policy = value((b";q=", self.per_minute.into()), (b";w=", 60));
        let limit = value(
            (b";r=", self.remaining.into()),
            (b";t=", self.reset.as_secs()),
        );
        for (name, value) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = value {
                headers.insert(name, value);
            }
        }
    }
}

/// Every answer has such numbers: written without the machinery of formatting.
fn digits(mut number: u64, text: &mut Vec<u8>) {
    // as many as the largest number has
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_two_headers() {
        let mut headers = HeaderMap::new();
        let left = Left {
            holder: "caller",
            per_minute: u32::MAX,
            remaining: 0,
            reset: Duration::from_millis(12_900),
            exceeded: false,
        };
        left.write(&mut headers);
        assert_eq!(headers[POLICY], "\"caller\";q=4294967295;w=60");
        assert_eq!(headers[LIMIT], "\"caller\";r=0;t=12");
    }
}
