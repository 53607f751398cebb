//! Schema coordinates that become text only when somebody reads them

use std::fmt;

/// `Type`, `Type.member` or `Type.member(argument:)`.
#[derive(Clone, Copy)]
pub(crate) struct Coordinate<'c> {
    head: &'c str,
    member: &'c str,
    argument: &'c str,
}

impl<'c> Coordinate<'c> {
    pub(crate) fn of(head: &'c str) -> Self {
        Self {
            head,
            member: "",
            argument: "",
        }
    }

    pub(crate) fn member(self, member: &'c str) -> Self {
        Self { member, ..self }
    }

    pub(crate) fn argument(self, argument: &'c str) -> Self {
        Self { argument, ..self }
    }
}

impl fmt::Display for Coordinate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.head)?;
        if !self.member.is_empty() {
            write!(f, ".{}", self.member)?;
        }
        if !self.argument.is_empty() {
            write!(f, "({}:)", self.argument)?;
        }
        Ok(())
    }
}
