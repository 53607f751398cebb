//! Which media type an answer takes (GraphQL over HTTP §6.3), from the `accept` header.

use http::HeaderMap;
use http::header::ACCEPT;

/// The media types that the edge answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/graphql-response+json`: status codes tell how it went.
    GraphqlResponse,
    /// `application/json`: errors of the document come with status 200.
    Json,
    /// `text/event-stream`: graphql-sse, one connection per operation.
    EventStream,
    /// `multipart/mixed;subscriptionSpec=1.0`: subscriptions of Apollo clients.
    Multipart,
    /// `text/html`: the page for people.
    Html,
}

/// The `content-type` of an answer in steps.
pub(crate) const DEFERRED: &str = "multipart/mixed;boundary=\"graphql\";deferSpec=20220824";

/// The form of deferred answers that the edge gives.
const DEFER_SPEC: &str = "20220824";

impl Media {
    /// Whether the client takes deferred fragments in a later step. An answer without any comes in the media type that it
    /// likes best all the same.
    pub(crate) fn takes_steps(headers: &HeaderMap) -> bool {
        let values = headers.get_all(ACCEPT).iter();
        let mut ranges = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
        ranges.any(|range| {
            defers(range) && Self::of_range(range).is_some_and(|(_, quality)| quality > 0)
        })
    }

    /// The `content-type` of the answer.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
            Self::Multipart => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// Whether subscriptions can be answered in it.
    pub(crate) fn streams(self) -> bool {
        matches!(self, Self::EventStream | Self::Multipart)
    }

    /// The one that the client likes best; on a tie the first that it names. `None` if it takes none of ours.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        let mut named = false;
        for value in headers.get_all(ACCEPT) {
            // bytes that are no text name no type of ours
            for range in value.to_str().unwrap_or_default().split(',') {
                named |= !range.trim().is_empty();
                let Some((media, quality)) = Self::of_range(range) else {
                    continue;
                };
                if quality > 0 && best.is_none_or(|(_, than)| quality > than) {
                    best = Some((media, quality));
                }
            }
        }
        match best {
            Some((media, _)) => Some(media),
            None if named => None,
            None => Some(Self::Json),
        }
    }

    /// A media range and its quality in thousandths.
    fn of_range(range: &str) -> Option<(Self, u16)> {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let mut quality = 1000;
        let mut subscriptions = false;
        for parameter in parts {
            let Some((key, value)) = parameter.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => quality = thousandths(value)?,
                "charset" if !value.eq_ignore_ascii_case("utf-8") => return None,
                "subscriptionspec" => subscriptions = true,
                _ => {}
            }
        }
        let media = match name.as_str() {
            "application/graphql-response+json" => Self::GraphqlResponse,
            "application/json" | "application/*" | "*/*" => Self::Json,
            "text/event-stream" => Self::EventStream,
            "multipart/mixed" if subscriptions => Self::Multipart,
            // whole answers are JSON, and any other type that is named goes before it
            "multipart/mixed" if defers(range) => return Some((Self::Json, quality.min(1))),
            "text/html" => Self::Html,
            _ => return None,
        };
        Some((media, quality))
    }
}

/// Whether a media range is that of answers in steps.
fn defers(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let named = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("multipart/mixed"));
    named
        && parts.any(|parameter| {
            parameter.split_once('=').is_some_and(|(key, value)| {
                key.trim().eq_ignore_ascii_case("deferspec")
                    && value.trim().trim_matches('"') == DEFER_SPEC
            })
        })
}

/// A quality value (RFC 9110 §12.4.2): 0 to 1 with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(value),
        "1" if value == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn steps_are_for_clients_that_ask_for_them() {
        for (accept, expected) in [
            ("multipart/mixed;deferSpec=20220824,application/json", true),
            (
                "application/json, Multipart/Mixed; deferspec=\"20220824\"",
                true,
            ),
            ("multipart/mixed;deferSpec=20220824;q=0", false),
            ("multipart/mixed;deferSpec=20300101,*/*", false),
            ("multipart/mixed;subscriptionSpec=1.0", false),
            ("application/json;deferSpec=20220824", false),
            ("*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(Media::takes_steps(&headers), expected, "{accept}");
        }
    }

    #[test]
    fn the_best_liked_type_wins() {
        for (accept, expected) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            (
                "application/graphql-response+json",
                Some(Media::GraphqlResponse),
            ),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(Media::GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(Media::Json),
            ),
            (
                "application/json;q=0.5, application/graphql-response+json;q=0.9",
                Some(Media::GraphqlResponse),
            ),
            ("application/json;q=0, */*;q=0.1", Some(Media::Json)),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Some(Media::Html),
            ),
            ("text/event-stream", Some(Media::EventStream)),
            (
                "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json",
                Some(Media::Multipart),
            ),
            ("multipart/mixed", None),
            ("multipart/mixed;deferSpec=20220824", Some(Media::Json)),
            ("multipart/mixed;deferSpec=20300101", None),
            (
                "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9",
                Some(Media::GraphqlResponse),
            ),
            ("image/png", None),
            ("application/json;charset=utf-16", None),
            ("application/json;q=2", None),
            ("APPLICATION/JSON", Some(Media::Json)),
        ] {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(Media::negotiate(&headers), expected, "{accept}");
        }
    }
}
