//! How many things that last a caller, a tenant and an address have open at once: streams, and requests with files.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use parking_lot::{Mutex, RwLock};
use platform_identity::Identity;
use platform_types::TenantId;

use crate::config::{StreamConfig, UploadConfig};
use crate::refused::Refused;

/// Whom something is counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Tenant(TenantId),
    Caller(String),
    Address(IpAddr),
    /// Keys from an address that were refused.
    RefusedKeys(IpAddr),
}

impl Holder {
    /// Everybody that a request of this identity from this address is counted for.
    pub(crate) fn of(identity: &Identity, address: IpAddr) -> Vec<Self> {
        let mut holders = vec![Self::Address(network(address))];
        if identity.is_authenticated() {
            holders.push(Self::Caller(identity.subject().to_string()));
        }
        holders.extend(identity.tenant().map(Self::Tenant));
        holders
    }

    /// What clients read.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Caller(_) => "caller",
            Self::Address(_) | Self::RefusedKeys(_) => "address",
        }
    }
}

/// One IPv6 customer holds 2^64 addresses: they count as one.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The most that may be open at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    caller: usize,
    tenant: usize,
    address: usize,
}

impl From<&StreamConfig> for Most {
    fn from(config: &StreamConfig) -> Self {
        Self {
            caller: config.per_caller,
            tenant: config.per_tenant,
            address: config.per_address,
        }
    }
}

impl From<&UploadConfig> for Most {
    fn from(config: &UploadConfig) -> Self {
        Self {
            caller: config.per_caller,
            tenant: config.per_tenant,
            address: config.per_address,
        }
    }
}

/// Counts of what is open; entries go away with the last thing they count.
#[derive(Debug)]
pub(crate) struct Quotas {
    limits: RwLock<Most>,
    open: Mutex<HashMap<Holder, usize>>,
}

/// Something that is open; gives its place back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    quotas: Arc<Quotas>,
    holders: Vec<Holder>,
}

impl Quotas {
    pub(crate) fn new(limits: Most) -> Arc<Self> {
        Arc::new(Self {
            limits: RwLock::new(limits),
            open: Mutex::new(HashMap::new()),
        })
    }

    /// From now on these limits count; what is open stays open.
    pub(crate) fn change(&self, limits: Most) {
        *self.limits.write() = limits;
    }

    /// Takes a place for all holders, or for none of them and says whose quota is full and how large it is.
    pub(crate) fn take(self: &Arc<Self>, holders: Vec<Holder>) -> Result<Place, (Holder, usize)> {
        let limits = self.limits.read();
        let mut open = self.open.lock();
        for holder in &holders {
            let limit = match holder {
                Holder::Tenant(_) => limits.tenant,
                Holder::Caller(_) => limits.caller,
                Holder::Address(_) | Holder::RefusedKeys(_) => limits.address,
            };
            if open.get(holder).copied().unwrap_or_default() >= limit {
                return Err((holder.clone(), limit));
            }
        }
        for holder in &holders {
            *open.entry(holder.clone()).or_default() += 1;
        }
        drop(open);
        Ok(Place {
            quotas: Arc::clone(self),
            holders,
        })
    }

    /// A place for one more, or what its client is told: how many `things` whoever is full may have at once.
    pub(crate) fn admit(
        self: &Arc<Self>,
        identity: &Identity,
        address: IpAddr,
        things: &str,
        retry_after: Duration,
    ) -> Result<Place, Refused> {
        self.take(Holder::of(identity, address))
            .map_err(|(holder, limit)| {
                let message = format!("limit of {limit} {things} per {} exceeded", holder.name());
                Refused::too_many(StatusCode::TOO_MANY_REQUESTS, &message, retry_after)
            })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.quotas.open.lock();
        for holder in self.holders.drain(..) {
            release(&mut open, holder);
        }
    }
}

fn release<K: Hash + Eq>(open: &mut HashMap<K, usize>, holder: K) {
    if let std::collections::hash_map::Entry::Occupied(mut entry) = open.entry(holder) {
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn places_are_given_back_and_nothing_stays_behind() {
        let limits = StreamConfig {
            per_caller: 1,
            per_address: 2,
            ..StreamConfig::default()
        };
        let quotas = Quotas::new(Most::from(&limits));
        let address = Holder::Address("1.2.3.4".parse().unwrap());
        let one = quotas
            .take(vec![address.clone(), Holder::Caller("a".into())])
            .unwrap();
        let (full, limit) = quotas
            .take(vec![address.clone(), Holder::Caller("a".into())])
            .unwrap_err();
        assert_eq!((full.name(), limit), ("caller", 1));
        let two = quotas
            .take(vec![address.clone(), Holder::Caller("b".into())])
            .unwrap();
        assert_eq!(quotas.take(vec![address.clone()]).unwrap_err().0, address);
        drop((one, two));
        assert!(quotas.open.lock().is_empty());
    }

    #[test]
    fn an_ipv6_customer_is_one_holder() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:1.2.3.4"), of("1.2.3.4"));
    }
}
