//! How much of everything is let in.

/// What an executable document may hold.
///
/// The defaults let through what clients write (GraphiQL's introspection included) and keep the slowest validator
/// known to us below a few milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text in bytes.
    pub bytes: usize,
    /// Lexical tokens, comments and commas not counted.
    pub tokens: usize,
    /// Nesting of selection sets, fragments expanded; inline fragments count as a level.
    pub selection_depth: usize,
    /// Nesting of list and object literals and of list types, together.
    pub literal_depth: usize,
    /// Directives at one place.
    pub directives_per_location: usize,
    /// Directives altogether.
    pub directives: usize,
    /// Aliased fields.
    pub aliases: usize,
    /// Operations in the document.
    pub operations: usize,
    /// Fragment definitions in the document.
    pub fragments: usize,
    /// Fields, spreads and inline fragments of all operations, or of any one fragment, with every fragment expanded.
    pub expanded_selections: usize,
    /// Fields at the root of one operation, fragments expanded.
    pub root_fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024,
            tokens: 10_000,
            selection_depth: 32,
            literal_depth: 12,
            directives_per_location: 8,
            directives: 500,
            aliases: 100,
            operations: 25,
            fragments: 100,
            expanded_selections: 3_000,
            root_fields: 40,
        }
    }
}

/// What a schema of somebody else may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdlLimits {
    /// Length of the text in bytes.
    pub bytes: usize,
    /// Lexical tokens, comments and commas not counted.
    pub tokens: usize,
    /// Nesting of all brackets.
    pub depth: usize,
    /// Directives at one place.
    pub directives_per_location: usize,
}

impl Default for SdlLimits {
    fn default() -> Self {
        Self {
            bytes: 4 * 1024 * 1024,
            tokens: 500_000,
            depth: 16,
            directives_per_location: 32,
        }
    }
}
