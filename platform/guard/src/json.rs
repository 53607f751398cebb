//! Nesting of JSON, before a parser recurses into it.

use crate::refusal::{Limit, Position, Refusal};

/// Checks that a JSON text nests arrays and objects at most `allowed` levels deep, and gives its depth.
///
/// Only brackets and strings are followed; whether the rest is JSON is for the parser.
pub fn check_json_depth(text: &[u8], allowed: usize) -> Result<usize, Refusal> {
    let mut depth: usize = 0;
    let mut deepest = 0;
    let mut next = 0;
    while let Some(byte) = text.get(next) {
        let at = next;
        next += 1;
        match byte {
            b'"' => next = after_string(text, next),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                if depth > allowed {
                    let at = Position::of(text, at);
                    return Err(Refusal::Limit {
                        limit: Limit::JsonDepth,
                        allowed,
                        seen: depth,
                        at,
                    });
                }
            }
            b']' | b'}' => {
                depth = depth.checked_sub(1).ok_or_else(|| Refusal::Syntax {
                    problem: "bracket closes none",
                    at: Position::of(text, at),
                })?;
            }
            _ => {}
        }
    }
    Ok(deepest)
}

/// The place behind the string that has begun before `at`; the end of the text where it does not end. Most of a request is
/// one string, so this looks at eight bytes at a time.
fn after_string(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'"') => return at + 1,
            // whatever is escaped, a quote or the first digit of a code point, ends nothing
            Some(b'\\') => {
                at += 2;
                continue;
            }
            Some(_) => at += 1,
        }
        while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*chunk);
            let found = zeros(word ^ repeated(b'"')) | zeros(word ^ repeated(b'\\'));
            if found != 0 {
                // the lowest bit that is set belongs to the first such byte
                at += found.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
    }
}

const fn repeated(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bit of every byte that is zero, and perhaps of some above the lowest of these.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte, as plainly as it can be said.
    fn plainly(text: &[u8]) -> Result<usize, ()> {
        let (mut depth, mut deepest, mut string, mut escaped) = (0_usize, 0, false, false);
        for byte in text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if string => escaped = true,
                b'"' => string = !string,
                _ if string => {}
                b'[' | b'{' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b']' | b'}' => depth = depth.checked_sub(1).ok_or(())?,
                _ => {}
            }
        }
        Ok(deepest)
    }

    #[test]
    fn strings_hide_brackets_wherever_they_begin_and_end() {
        let alphabet = b"\"\\[{]}a\xc3";
        let mut state = 1_u64;
        for length in 0..400 {
            for _ in 0..20 {
                let text: Vec<u8> = (0..length % 40)
                    .map(|_| {
                        state = state
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1);
                        // mostly letters, so that strings get long enough for whole words
                        match (state >> 33) % 24 {
                            n if n < 8 => alphabet[n as usize],
                            _ => b'x',
                        }
                    })
                    .collect();
                let seen = check_json_depth(&text, usize::MAX).map_err(|_| ());
                assert_eq!(seen, plainly(&text), "{}", text.escape_ascii());
            }
        }
    }
}
