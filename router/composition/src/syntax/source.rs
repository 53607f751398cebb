//! Byte offsets to lines and columns

use std::sync::Arc;

/// The text of a schema and where its lines start.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    text: Arc<str>,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: Arc::from(text),
        }
    }

    /// Line and column of a byte offset, both counted from 1, columns in characters.
    pub(crate) fn position(&self, at: u32) -> (u32, u32) {
        let mut at = (at as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line as u32, before[start..].chars().count() as u32 + 1)
    }
}
