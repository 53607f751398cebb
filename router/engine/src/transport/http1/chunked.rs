//! The chunked encoding of a body (RFC 9112, section 7.1), read piece by piece.

use super::Broken;

/// Bytes of all extensions and trailers together; more are refused.
const MAX_EXTRA_BYTES: usize = 16 * 1024;

/// How far a chunked body has been read.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    extra: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In front of the first digit of a chunk's size.
    #[default]
    Start,
    Size(usize),
    /// After the size, up to the end of the line.
    Extension(usize),
    /// Bytes that are left of a chunk.
    Data(usize),
    /// The end of the line after a chunk.
    AfterData,
    /// At the start of a line of trailers.
    Trailer,
    TrailerLine,
    Done,
}

impl Chunked {
    /// Takes what it can of `input`: how much of it is used up, and which part of that is content.
    pub(super) fn take(&mut self, input: &[u8]) -> Result<(usize, std::ops::Range<usize>), Broken> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            if let State::Data(left) = self.state {
                let length = left.min(input.len() - at);
                self.state = if length == left {
                    State::AfterData
                } else {
                    State::Data(left - length)
                };
                return Ok((at + length, at..at + length));
            }
            self.state = self.step(input[at])?;
            at += 1;
        }
        Ok((at, at..at))
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn step(&mut self, byte: u8) -> Result<State, Broken> {
        let malformed = || Broken::Malformed("a chunk's frame is unreadable");
        let after_size = |size| match size {
            0 => State::Trailer,
            size => State::Data(size),
        };
        let digit = char::from(byte).to_digit(16).map(|digit| digit as usize);
        Ok(match (self.state, byte) {
            (State::Start, _) => State::Size(digit.ok_or_else(malformed)?),
            (State::Size(size), b'\n') | (State::Extension(size), b'\n') => after_size(size),
            (State::Size(size), b'\r' | b';' | b' ' | b'\t') => State::Extension(size),
            (State::Size(size), _) => {
                let size = size.checked_mul(16).ok_or_else(malformed)?;
                State::Size(size + digit.ok_or_else(malformed)?)
            }
            (State::AfterData, b'\r') => State::AfterData,
            (State::AfterData, b'\n') => State::Start,
            (State::Trailer, b'\r') => State::Trailer,
            (State::Trailer, b'\n') => State::Done,
            (State::TrailerLine, b'\n') => State::Trailer,
            (State::Extension(_) | State::Trailer | State::TrailerLine, _) => {
                self.extra += 1;
                if self.extra > MAX_EXTRA_BYTES {
                    return Err(Broken::Malformed("too much beside the chunks"));
                }
                match self.state {
                    State::Extension(size) => State::Extension(size),
                    _ => State::TrailerLine,
                }
            }
            (State::AfterData | State::Data(_) | State::Done, _) => return Err(malformed()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// The content, read in pieces of `step` bytes, and how many bytes were used up.
    fn read(encoded: &[u8], step: usize) -> Result<(Vec<u8>, usize), Broken> {
        let (mut chunked, mut content, mut at) = (Chunked::default(), Vec::new(), 0);
        while !chunked.is_done() && at < encoded.len() {
            let piece = &encoded[at..encoded.len().min(at + step)];
            let (used, range) = chunked.take(piece)?;
            content.extend_from_slice(&piece[range]);
            at += used;
        }
        assert!(chunked.is_done());
        Ok((content, at))
    }

    #[test]
    fn the_content_is_the_same_in_pieces_of_any_size() {
        let encoded = b"5\r\nhello\r\nB;name=\"v\"\r\n, beautiful\r\n06 \r\n world\r\n0\r\nexpires: never\r\n\r\nHTTP";
        for step in 1..=encoded.len() {
            let (content, used) = read(encoded, step).unwrap();
            assert_eq!(content, b"hello, beautiful world");
            assert_eq!(&encoded[used..], b"HTTP", "what follows is not touched");
        }
    }

    #[test]
    fn frames_that_are_none_are_refused() {
        let long = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(MAX_EXTRA_BYTES + 1));
        for encoded in [
            "g\r\n",
            "\r\n",
            "-1\r\n",
            "1\r\nab\r\n0\r\n\r\n",
            "fffffffffffffffff\r\n",
            &long,
        ] {
            assert!(read(encoded.as_bytes(), 7).is_err(), "{encoded}");
        }
    }
}
