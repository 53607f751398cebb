//! Nesting of JSON, before a parser recurses into it.

use crate::refusal::{Limit, Position, Refusal};

/// Checks that a JSON text nests arrays and objects at most `allowed` levels deep, and gives its depth.
///
/// Only brackets and strings are followed; whether the rest is JSON is for the parser.
pub fn check_json_depth(text: &[u8], allowed: usize) -> Result<usize, Refusal> {
    let mut depth: usize = 0;
    let mut deepest = 0;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
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
