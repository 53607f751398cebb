//! Header fields of a request.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Header fields of a request.
pub(in crate::transport) struct Fields<'a> {
    /// Those of the operation; the others are stronger.
    pub(in crate::transport) common: &'a HeaderMap,
    /// The proof of identity.
    pub(in crate::transport) proof: HeaderMap,
    pub(in crate::transport) trace_parent: Option<HeaderValue>,
    pub(in crate::transport) accept: &'static str,
    /// The type of the body; none is JSON. A form goes with the headers that keep pages of other sites from sending one,
    /// for subgraphs ask for them like the edge does.
    pub(in crate::transport) content_type: Option<&'a str>,
}

pub(super) const JSON: &str = "application/json";

/// Headers that a browser sends only when it was allowed to.
static PREFLIGHT: [(HeaderName, HeaderValue); 2] = [
    (
        HeaderName::from_static("apollo-require-preflight"),
        HeaderValue::from_static("true"),
    ),
    (
        HeaderName::from_static("graphql-require-preflight"),
        HeaderValue::from_static("true"),
    ),
];

static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// Fields that are the client's own business.
static OWN: [HeaderName; 7] = [
    header::HOST,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::ACCEPT,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl Fields<'_> {
    /// The fields that stand beside our own.
    pub(in crate::transport) fn others(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let trace = self.trace_parent.as_ref();
        let common = self
            .common
            .iter()
            .filter(|(name, _)| !self.proof.contains_key(*name));
        common
            .chain(&self.proof)
            .filter(move |(name, _)| {
                !OWN.contains(name) && (trace.is_none() || **name != TRACE_PARENT)
            })
            .chain(trace.map(|trace| (&TRACE_PARENT, trace)))
            .chain(
                PREFLIGHT
                    .iter()
                    .filter(|_| self.content_type.is_some())
                    .map(|(name, value)| (name, value)),
            )
    }

    /// As libraries want them.
    pub(super) fn map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in self.others() {
            map.append(name, value.clone());
        }
        let json = HeaderValue::from_static(JSON);
        let content_type = self.content_type.map(HeaderValue::from_str);
        // made of a fixed text and a boundary of letters and digits: always a value
        map.insert(
            header::CONTENT_TYPE,
            content_type.and_then(Result::ok).unwrap_or(json),
        );
        map.insert(header::ACCEPT, HeaderValue::from_static(self.accept));
        map
    }
}
