//! The head of an answer: status, where the body ends, whether the connection can be used again.

use std::mem::MaybeUninit;

use http::StatusCode;

use super::Broken;

/// Header fields of an answer; more are refused.
const MAX_FIELDS: usize = 96;

/// Bytes of a head; more are refused.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What the client needs to know of an answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Head {
    pub(in super::super) status: StatusCode,
    /// Whether the body is a stream of server-sent events.
    pub(in super::super) event_stream: bool,
    pub(super) framing: Framing,
    /// Whether the connection may be used again when the body has been read.
    pub(super) keep: bool,
}

/// Where the body ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Head {
    /// Reads a head from the start of `bytes` and says how long it is; none when it is not all there.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Broken> {
        // room for all of them, of which hardly any is written to
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            bytes,
            &mut fields,
        );
        let length = match parsed {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Broken::Malformed("too many header fields"));
            }
            Err(_) => return Err(Broken::Malformed("unreadable head")),
        };
        let status = response
            .code
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or(Broken::Malformed("unreadable status"))?;
        let mut head = Self {
            status,
            event_stream: false,
            framing: Framing::UntilClose,
            keep: response.version == Some(1),
        };
        let (mut announced, mut encoded, mut chunked) = (None, false, false);
        for field in response.headers.iter() {
            let (name, value) = (field.name, field.value);
            if !matches!(name.len(), 10 | 12 | 14 | 17) {
                // none of those below
                continue;
            }
            if name.eq_ignore_ascii_case("content-length") {
                let length = parse_length(value)?;
                if announced.is_some_and(|known| known != length) {
                    return Err(Broken::Malformed("two lengths"));
                }
                announced = Some(length);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                encoded = true;
                chunked = tokens(value).last() == Some(&b"chunked"[..])
                    || tokens(value)
                        .last()
                        .is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
            } else if name.eq_ignore_ascii_case("connection") {
                head.keep &= !tokens(value).any(|token| token.eq_ignore_ascii_case(b"close"));
            } else if name.eq_ignore_ascii_case("content-type") {
                let start = b"text/event-stream";
                head.event_stream = value
                    .get(..start.len())
                    .is_some_and(|value| value.eq_ignore_ascii_case(start));
            }
        }
        let code = status.as_u16();
        head.framing = if code < 200 || code == 204 || code == 304 {
            Framing::Length(0)
        } else if encoded {
            // both announcements together are how requests are smuggled: believe the encoding and end the connection
            head.keep &= announced.is_none();
            if chunked {
                Framing::Chunked
            } else {
                Framing::UntilClose
            }
        } else {
            announced.map_or(Framing::UntilClose, Framing::Length)
        };
        head.keep &= head.framing != Framing::UntilClose;
        Ok(Some((head, length)))
    }

    /// Whether another head follows: the server has only got ready to answer.
    pub(super) fn is_interim(&self) -> bool {
        self.status.is_informational() && self.status != StatusCode::SWITCHING_PROTOCOLS
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

fn parse_length(value: &[u8]) -> Result<usize, Broken> {
    let unreadable = || Broken::Malformed("unreadable length");
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(unreadable());
    }
    std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn parse(text: &str) -> Head {
        let (head, length) = Head::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn the_end_of_the_body_is_found_as_the_specification_says() {
        for (fields, framing, keep) in [
            ("content-length: 12\r\n", Framing::Length(12), true),
            (
                "Content-Length: 12\r\ncontent-length: 12\r\n",
                Framing::Length(12),
                true,
            ),
            ("transfer-encoding: chunked\r\n", Framing::Chunked, true),
            (
                "Transfer-Encoding: gzip, Chunked\r\n",
                Framing::Chunked,
                true,
            ),
            (
                "transfer-encoding: chunked, gzip\r\n",
                Framing::UntilClose,
                false,
            ),
            (
                "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
                Framing::Chunked,
                false,
            ),
            ("", Framing::UntilClose, false),
            (
                "content-length: 1\r\nconnection: keep-alive, Close\r\n",
                Framing::Length(1),
                false,
            ),
        ] {
            let head = parse(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
            assert_eq!((head.framing, head.keep), (framing, keep), "{fields}");
        }
        assert!(!parse("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n").keep);
        assert_eq!(
            parse("HTTP/1.1 204 No Content\r\n\r\n").framing,
            Framing::Length(0)
        );
        assert!(parse("HTTP/1.1 103 Early Hints\r\n\r\n").is_interim());
        assert!(
            parse("HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream;x=1\r\n\r\n").event_stream
        );
    }

    #[test]
    fn heads_that_lie_are_refused_and_short_ones_waited_for() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            "SMTP ready\r\n\r\n",
            &format!(
                "HTTP/1.1 200 OK\r\n{}\r\n",
                "a: b\r\n".repeat(MAX_FIELDS + 1)
            ),
        ] {
            assert!(Head::parse(text.as_bytes()).is_err(), "{text}");
        }
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
        for length in 0..whole.len() {
            assert!(Head::parse(&whole.as_bytes()[..length]).unwrap().is_none());
        }
    }
}
