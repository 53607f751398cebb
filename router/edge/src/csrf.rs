//! Requests that a foreign page makes a browser send, and how they are told from others.
//!
//! No credential of ours travels by itself (there are no cookies), so such a request is anonymous; the rule keeps it from
//! reaching anything that is open to a network position instead of a credential. A POST has to be `application/json`,
//! which a browser sends across origins only after asking, or a form with files and a header that has to be asked for. A
//! GET passes with a header that has to be asked for too. Without one nothing in it may say that a foreign page is behind
//! it: `sec-fetch-site`, which every browser has sent since 2023, a foreign `origin` or `referer`, or an `accept` of images,
//! styles or fonts; and something has to say that none is: a media type of GraphQL in `accept`, which no element of a page
//! asks for, an own page, or a `sec-fetch-mode` alone, which programs send that imitate a browser's `fetch`. Strict
//! operators take GETs with a header that has to be asked for only.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, REFERER};
use http::{HeaderMap, HeaderName, StatusCode};
use platform_types::ErrorCode;

use crate::refused::Refused;

/// Headers that a foreign page may set only with our permission.
const ASKED_FOR: [HeaderName; 4] = [
    HeaderName::from_static("x-requested-with"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Whether a GET may run an operation.
pub(crate) fn check_get(
    headers: &HeaderMap,
    strict: bool,
    allowed: &[String],
) -> Result<(), Refused> {
    let accept = Accept::of(headers);
    let innocent = || match accept {
        Accept::GraphQl => true,
        // who passed above and has one of these is an own page, or no page
        Accept::Anything => [FETCH_SITE, FETCH_MODE, ORIGIN, REFERER]
            .iter()
            .any(|name| headers.contains_key(name)),
        Accept::Other => false,
    };
    if asked_for(headers) || !strict && !from_another_site(headers, allowed) && innocent() {
        return Ok(());
    }
    Err(Refused::malformed(
        "a GET from a page of another site, or one that may be, needs `accept: application/graphql-response+json` or a header `graphql-require-preflight`",
    ))
}

fn asked_for(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
        || ASKED_FOR
            .iter()
            .any(|name| headers.get(name).is_some_and(|value| !value.is_empty()))
}

/// The `content-type` of a POST that is a form with files; none when it is none. A browser sends forms without asking, so
/// it has to bear a header that is asked for.
pub(crate) fn check_form(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let name = text.split(';').next().unwrap_or_default().trim();
    if !name.eq_ignore_ascii_case("multipart/form-data") {
        return Ok(None);
    }
    if asked_for(headers) {
        return Ok(Some(text));
    }
    unsupported("a form with files needs a header `graphql-require-preflight`")
}

fn unsupported<T>(message: &str) -> Result<T, Refused> {
    Err(Refused::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::BadUserInput,
        message,
    ))
}

/// Whether a POST's body may be read.
pub(crate) fn check_post(headers: &HeaderMap) -> Result<(), Refused> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return unsupported("content-type must be application/json");
    };
    let text = value.to_str().unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        return unsupported("content-type must be application/json");
    }
    for parameter in parts {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
            && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        {
            return unsupported("charset must be utf-8");
        }
    }
    Ok(())
}

/// Whether a WebSocket may be opened: programs send no origin, browsers always do.
pub(crate) fn check_websocket(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refused> {
    if headers.contains_key(ORIGIN) && foreign_origin(headers, allowed) {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Forbidden,
            "origin is not allowed",
        ));
    }
    Ok(())
}

/// What a client takes for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accept {
    /// A media type of GraphQL, among others perhaps.
    GraphQl,
    /// Whatever comes, as programs and scripts of pages say.
    Anything,
    /// Images, pages, styles.
    Other,
}

impl Accept {
    fn of(headers: &HeaderMap) -> Self {
        let ours = |range: &str| {
            let name = range.split(';').next().unwrap_or_default().trim();
            [
                "application/graphql-response+json",
                "application/json",
                "text/event-stream",
                "multipart/mixed",
            ]
            .iter()
            .any(|media| name.eq_ignore_ascii_case(media))
        };
        let values: Vec<&str> = headers
            .get_all(ACCEPT)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        match values.as_slice() {
            [] | ["*/*"] => Self::Anything,
            many if many.iter().any(|text| text.split(',').any(ours)) => Self::GraphQl,
            _ => Self::Other,
        }
    }
}

fn from_another_site(headers: &HeaderMap, allowed: &[String]) -> bool {
    match headers.get(FETCH_SITE).map(|value| value.as_bytes()) {
        Some(b"same-origin" | b"none") => false,
        Some(_) => foreign_origin(headers, allowed),
        None if headers.contains_key(ORIGIN) => foreign_origin(headers, allowed),
        None => headers.get(REFERER).is_some_and(|referer| {
            let origin = referer
                .to_str()
                .ok()
                .and_then(origin_of)
                .unwrap_or_default();
            foreign(headers, origin, allowed)
        }),
    }
}

/// `scheme://authority` of an address.
fn origin_of(address: &str) -> Option<&str> {
    let authority = address.find("://")? + 3;
    let end = address[authority..]
        .find(['/', '?', '#'])
        .map_or(address.len(), |at| authority + at);
    Some(&address[..end])
}

/// Whether the origin is neither on the list nor the edge's own.
fn foreign_origin(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(Ok(origin)) = headers.get(ORIGIN).map(|value| value.to_str()) else {
        return true;
    };
    foreign(headers, origin, allowed)
}

fn foreign(headers: &HeaderMap, origin: &str, allowed: &[String]) -> bool {
    if allowed.iter().any(|own| own == origin) {
        return false;
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let own = origin.split_once("://").map(|(_, authority)| authority);
    host.is_none() || own != host
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn what_a_foreign_page_can_send_runs_nothing() {
        let allowed = ["https://app.example".to_owned()];
        let img = [
            ("accept", "image/avif,image/webp,*/*;q=0.8"),
            ("sec-fetch-site", "cross-site"),
        ];
        let script = [("accept", "*/*"), ("sec-fetch-site", "same-site")];
        let link = [
            ("accept", "text/html,*/*;q=0.8"),
            ("sec-fetch-site", "cross-site"),
        ];
        let old_browser = [("accept", "*/*"), ("referer", "https://evil.example/")];
        let fetched = [
            ("accept", "application/json"),
            ("sec-fetch-site", "cross-site"),
            ("host", "api.example"),
        ];
        let with_origin = [
            ("accept", "application/json"),
            ("origin", "https://evil.example"),
            ("host", "api.example"),
        ];
        let null_origin = [
            ("accept", "application/json"),
            ("origin", "null"),
            ("host", "null"),
        ];
        let suffix = [
            ("accept", "application/json"),
            ("origin", "https://app.example.evil"),
            ("host", "api.example"),
        ];
        let old_image = [("accept", "image/png,*/*;q=0.8")];
        let old_script_without_referrer = [("accept", "*/*"), ("host", "api.example")];
        let mode_of_a_browser = [
            ("accept", "*/*"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "cross-site"),
        ];
        let empty_header = [("sec-fetch-site", "cross-site"), ("x-requested-with", "")];
        for pairs in [
            &img[..],
            &script,
            &link,
            &old_browser,
            &fetched,
            &with_origin,
            &null_origin,
            &suffix,
            &old_image,
            &old_script_without_referrer,
            &mode_of_a_browser,
            &[],
            &empty_header,
        ] {
            assert!(
                check_get(&headers(pairs), false, &allowed).is_err(),
                "{pairs:?}"
            );
        }
        let program = [("accept", "application/json")];
        assert!(check_get(&headers(&program), true, &allowed).is_err());
    }

    #[test]
    fn programs_and_own_pages_pass() {
        let allowed = ["https://app.example".to_owned()];
        for pairs in [
            &[("accept", "application/graphql-response+json")][..],
            &[("accept", "*/*"), ("sec-fetch-mode", "cors")],
            &[
                ("accept", "*/*"),
                ("referer", "http://localhost:4000/graphql"),
                ("host", "localhost:4000"),
            ],
            &[("accept", "*/*"), ("sec-fetch-site", "none")],
            &[
                ("accept", "application/json"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[
                ("accept", "application/json"),
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://app.example"),
            ],
            &[
                ("accept", "application/json"),
                ("origin", "http://localhost:4000"),
                ("host", "localhost:4000"),
            ],
            &[
                ("accept", "*/*"),
                ("graphql-require-preflight", "1"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(
                check_get(&headers(pairs), false, &allowed).is_ok(),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn bodies_that_need_no_permission_are_not_read() {
        for content_type in [
            "text/plain",
            "text/plain; application/json",
            "text/plain; charset=application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/json-patch+json",
            "application/jsonx",
            "application/json; charset=utf-16",
            "",
        ] {
            assert!(
                check_post(&headers(&[("content-type", content_type)])).is_err(),
                "{content_type}"
            );
        }
        assert!(check_post(&HeaderMap::new()).is_err());
        let mut twice = headers(&[("content-type", "application/json")]);
        twice.append(CONTENT_TYPE, "text/plain".parse().unwrap());
        assert!(check_post(&twice).is_err());
        for content_type in ["application/json", "Application/JSON; charset=\"UTF-8\""] {
            assert!(
                check_post(&headers(&[("content-type", content_type)])).is_ok(),
                "{content_type}"
            );
        }
    }

    #[test]
    fn sockets_open_for_own_origins_and_programs() {
        let allowed = ["https://app.example".to_owned()];
        assert!(check_websocket(&headers(&[("host", "api.example")]), &allowed).is_ok());
        assert!(check_websocket(&headers(&[("origin", "https://app.example")]), &allowed).is_ok());
        assert!(
            check_websocket(
                &headers(&[("origin", "http://h:1"), ("host", "h:1")]),
                &allowed
            )
            .is_ok()
        );
        assert!(
            check_websocket(
                &headers(&[("origin", "http://h:2"), ("host", "h:1")]),
                &allowed
            )
            .is_err()
        );
        assert!(check_websocket(&headers(&[("origin", "null")]), &allowed).is_err());
    }
}
