//! Schemas written by somebody else.

use crate::lexer::{Kind, Lexer};
use crate::limits::SdlLimits;
use crate::refusal::{Limit, Refusal};

/// What was counted in a schema that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SdlStats {
    /// Lexical tokens.
    pub tokens: usize,
    /// Deepest nesting of all brackets.
    pub depth: usize,
    /// Directives, applied and defined.
    pub directives: usize,
}

/// Checks type system definitions and extensions: what a parser could choke on, not whether they make sense.
pub fn check_sdl(text: &str, limits: &SdlLimits) -> Result<SdlStats, Refusal> {
    let mut lexer = Lexer::new(text, limits.bytes, limits.tokens)?;
    let mut stats = SdlStats::default();
    // The closing bracket of each open one and the directives that stood before it in a row.
    let mut open: Vec<(u8, usize)> = Vec::with_capacity(limits.depth.min(64));
    let mut in_a_row = 0;
    let mut after_at = false;
    while let Some(token) = lexer.next()? {
        let directive_name = std::mem::replace(&mut after_at, false);
        match token.kind {
            Kind::Punctuator(b'@') => {
                stats.directives += 1;
                in_a_row += 1;
                after_at = true;
                if in_a_row > limits.directives_per_location {
                    let allowed = limits.directives_per_location;
                    return Err(lexer.limit(
                        Limit::DirectivesPerLocation,
                        allowed,
                        in_a_row,
                        token.at,
                    ));
                }
            }
            Kind::Name(_) if directive_name => {}
            Kind::Punctuator(bracket @ (b'(' | b'[' | b'{')) => {
                let close = match bracket {
                    b'(' => b')',
                    b'[' => b']',
                    _ => b'}',
                };
                // Arguments of a directive do not end its row; a body or a literal does.
                open.push((close, if bracket == b'(' { in_a_row } else { 0 }));
                in_a_row = 0;
                stats.depth = stats.depth.max(open.len());
                if open.len() > limits.depth {
                    return Err(lexer.limit(Limit::SdlDepth, limits.depth, open.len(), token.at));
                }
            }
            Kind::Punctuator(bracket @ (b')' | b']' | b'}')) => match open.pop() {
                Some((close, before)) if close == bracket => in_a_row = before,
                _ => return Err(lexer.syntax("bracket closes none", token.at)),
            },
            Kind::Punctuator(_)
            | Kind::Spread
            | Kind::Name(_)
            | Kind::Number(_)
            | Kind::String(_) => in_a_row = 0,
        }
    }
    if !open.is_empty() {
        return Err(lexer.syntax("unexpected end of the schema", text.len()));
    }
    stats.tokens = lexer.tokens();
    Ok(stats)
}
