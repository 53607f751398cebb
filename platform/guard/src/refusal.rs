//! Why a text is not let in.

use std::fmt;

/// A place in a text, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes before it.
    pub offset: usize,
}

impl Position {
    /// Finds the line and column of a byte offset; reads the text once.
    pub(crate) fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let breaks = |(at, byte): (usize, &u8)| match byte {
            b'\n' => true,
            b'\r' => before.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let line = 1 + before
            .iter()
            .enumerate()
            .filter(|pair| breaks(*pair))
            .count();
        let line_start = before
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(0, |at| at + 1);
        // Continuation bytes of UTF-8 are no characters of their own.
        let column = 1 + before[line_start..]
            .iter()
            .filter(|byte| (**byte & 0xc0) != 0x80)
            .count();
        Self {
            line,
            column,
            offset,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Which limit was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`crate::Limits::bytes`]
    Bytes,
    /// [`crate::Limits::tokens`]
    Tokens,
    /// [`crate::Limits::selection_depth`]
    SelectionDepth,
    /// [`crate::Limits::literal_depth`]
    LiteralDepth,
    /// [`crate::Limits::directives_per_location`]
    DirectivesPerLocation,
    /// [`crate::Limits::directives`]
    Directives,
    /// [`crate::Limits::aliases`]
    Aliases,
    /// [`crate::Limits::operations`]
    Operations,
    /// [`crate::Limits::fragments`]
    Fragments,
    /// [`crate::Limits::expanded_selections`]
    ExpandedSelections,
    /// [`crate::Limits::root_fields`]
    RootFields,
    /// [`crate::SdlLimits::depth`]
    SdlDepth,
    /// The depth given to [`crate::check_json_depth`].
    JsonDepth,
}

impl Limit {
    /// The limit's name, as it appears in messages and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
            Self::SelectionDepth => "selection depth",
            Self::LiteralDepth => "literal depth",
            Self::DirectivesPerLocation => "directives per location",
            Self::Directives => "directives",
            Self::Aliases => "aliases",
            Self::Operations => "operations",
            Self::Fragments => "fragments",
            Self::ExpandedSelections => "expanded selections",
            Self::RootFields => "root fields",
            Self::SdlDepth => "nesting depth",
            Self::JsonDepth => "json depth",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text is not let in. The texts are meant for clients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is too much of something.
    #[error("limit of {allowed} {limit} exceeded: {seen} seen at {at}")]
    Limit {
        /// Of what.
        limit: Limit,
        /// How much is let in.
        allowed: usize,
        /// How much was seen when reading stopped.
        seen: usize,
        /// Where.
        at: Position,
    },
    /// The text is no GraphQL, or has no single reading.
    #[error("syntax error: {problem} at {at}")]
    Syntax {
        /// What is wrong.
        problem: &'static str,
        /// Where.
        at: Position,
    },
    /// A fragment spreads itself, directly or through others.
    #[error("fragment {fragment:?} spreads itself, defined at {at}")]
    Cycle {
        /// The fragment.
        fragment: String,
        /// Where it is defined.
        at: Position,
    },
}

impl Refusal {
    /// Where in the text.
    pub fn position(&self) -> Position {
        match self {
            Self::Limit { at, .. } | Self::Syntax { at, .. } | Self::Cycle { at, .. } => *at,
        }
    }

    /// The limit that was passed, if it is one.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::Limit { limit, .. } => Some(*limit),
            Self::Syntax { .. } | Self::Cycle { .. } => None,
        }
    }
}
