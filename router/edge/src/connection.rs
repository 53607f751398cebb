//! What is known of a request before its body is read: address, id, trace, headers that may pass.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::settings::Settings;

/// The header by which a request is found in the logs.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// Names that never pass to a subgraph, whatever the list says: credentials, proofs, addresses, framing.
const NEVER: [&str; 24] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "cookie",
    "set-cookie",
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "content-type",
    "content-encoding",
    "accept",
    "accept-encoding",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    "traceparent",
    "expect",
];

/// What is known of a request before its body is read.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) request_id: HeaderValue,
    pub(crate) address: IpAddr,
    pub(crate) trace_parent: Option<String>,
    /// Headers for remote subgraphs.
    pub(crate) forwarded: HeaderMap,
    /// What was in force when a request came that is answered once; what goes on for longer goes by what is in force at each
    /// step.
    pub(crate) settings: Option<Arc<Settings>>,
}

impl Connection {
    pub(crate) fn of(headers: &HeaderMap, peer: Option<IpAddr>, settings: &Settings) -> Self {
        let request_id = headers
            .get(REQUEST_ID)
            .filter(|value| well_formed_id(value.as_bytes()))
            .cloned()
            .unwrap_or_else(fresh_id);
        let mut forwarded = HeaderMap::new();
        for name in &settings.forward {
            for value in headers.get_all(name) {
                forwarded.append(name.clone(), value.clone());
            }
        }
        forwarded.insert(REQUEST_ID, request_id.clone());
        Self {
            address: client_address(peer, headers, settings.config.trusted_proxies),
            trace_parent: trace_parent(headers),
            request_id,
            forwarded,
            settings: None,
        }
    }
}

/// The headers of the list that may pass at all.
pub(crate) fn forwardable(list: &[String]) -> Result<Vec<HeaderName>, String> {
    list.iter()
        .map(|name| {
            let header: HeaderName = name
                .parse()
                .map_err(|_| format!("{name:?} is no name of a header"))?;
            if NEVER.contains(&header.as_str()) || header.as_str().starts_with("tessera-") {
                return Err(format!("header {name:?} may not be passed on to subgraphs"));
            }
            Ok(header)
        })
        .collect()
}

/// The address that counts for limits: the peer's, or the one that the last trusted proxy saw.
///
/// Only entries that trusted proxies appended are believed; everything left of them is the client's own invention.
fn client_address(peer: Option<IpAddr>, headers: &HeaderMap, trusted_proxies: usize) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let Some(back) = trusted_proxies.checked_sub(1) else {
        return peer;
    };
    let chain: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .collect();
    chain
        .iter()
        .rev()
        .nth(back)
        .and_then(|text| text.parse().ok())
        .unwrap_or(peer)
}

/// A `traceparent` of version 00 (W3C trace context §3.2); anything else starts a trace of its own.
fn trace_parent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(TRACE_PARENT)?.to_str().ok()?;
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else {
        return None;
    };
    let hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let something = |text: &str| text.bytes().any(|byte| byte != b'0');
    let good = *version == "00"
        && hex(trace, 32)
        && hex(span, 16)
        && hex(flags, 2)
        && something(trace)
        && something(span);
    good.then(|| text.to_owned())
}

fn well_formed_id(bytes: &[u8]) -> bool {
    (8..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A UUID of version 7. A request has no context yet that could give one; it is for logs only.
fn fresh_id() -> HeaderValue {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let milliseconds = since.map_or(0, |since| since.as_millis() as u64);
    let mut random = [0; 10];
    let (some, more) = (arbitrary().to_le_bytes(), arbitrary().to_le_bytes());
    random[..8].copy_from_slice(&some);
    random[8..].copy_from_slice(&more[..2]);
    let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
    let mut text = Uuid::encode_buffer();
    // invariant: a UUID is hexadecimal digits and hyphens
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
        .unwrap_or(HeaderValue::from_static("none"))
}

/// Numbers that do not come again, and that nobody has to be unable to guess: the system's take a call each.
fn arbitrary() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8));
    }
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn clients_cannot_choose_their_address() {
        let peer = Some("10.0.0.9".parse().unwrap());
        let claim = headers(&[
            ("x-forwarded-for", "1.1.1.1, 2.2.2.2"),
            ("x-forwarded-for", "3.3.3.3"),
        ]);
        let seen = |proxies| client_address(peer, &claim, proxies).to_string();
        assert_eq!(seen(0), "10.0.0.9");
        assert_eq!(seen(1), "3.3.3.3");
        assert_eq!(seen(2), "2.2.2.2");
        assert_eq!(seen(9), "10.0.0.9");
        let junk = headers(&[("x-forwarded-for", "localhost")]);
        assert_eq!(client_address(peer, &junk, 1).to_string(), "10.0.0.9");
    }

    #[test]
    fn requests_without_an_id_get_one_of_their_own() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| fresh_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let id = Uuid::parse_str(id.to_str().unwrap()).unwrap();
            assert_eq!(id.get_version_num(), 7);
        }
    }

    #[test]
    fn only_real_trace_parents_are_continued() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(
            trace_parent(&headers(&[("traceparent", good)])).as_deref(),
            Some(good)
        );
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(
                trace_parent(&headers(&[("traceparent", bad)])),
                None,
                "{bad}"
            );
        }
    }

    #[test]
    fn some_headers_never_pass() {
        assert_eq!(
            forwardable(&["accept-language".into(), "X-Tenant-Theme".into()])
                .unwrap()
                .len(),
            2
        );
        for name in [
            "Authorization",
            "cookie",
            "tessera-assertion",
            "Tessera-Anything",
            "transfer-encoding",
            "a b",
            "",
        ] {
            assert!(forwardable(&[name.to_owned()]).is_err(), "{name}");
        }
    }
}
