//! A module's name in all its spellings.

use anyhow::{Result, bail};

/// Longest name: schema, role and consumer names are made of it, and PostgreSQL cuts names at 63 bytes.
const MAX_CHARS: usize = 40;
/// Names that something else has: SQL schemas, crates of the standard library, parts of the platform.
const TAKEN: &[&str] = &[
    "platform",
    "public",
    "std",
    "alloc",
    "test",
    "server",
    "router",
    "information-schema",
];

/// A checked name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// Takes lower-case words with dashes.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() > MAX_CHARS || !text.split('-').all(word) {
            bail!(
                "`{text}` is no module name: lower-case words with dashes, at most {MAX_CHARS} characters"
            );
        }
        if TAKEN.contains(&text) || text.starts_with("pg-") || text.ends_with("-events") {
            bail!("`{text}` is taken by the platform, choose another name");
        }
        Ok(Self(text.to_owned()))
    }

    /// `talent-pool`
    pub(super) fn id(&self) -> &str {
        &self.0
    }

    /// `talent_pool`
    pub(super) fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// `TalentPool`
    pub(super) fn pascal(&self) -> String {
        self.0.split('-').map(capitalised).collect()
    }

    /// `talentPool`
    pub(super) fn camel(&self) -> String {
        let pascal = self.pascal();
        pascal[..1].to_ascii_lowercase() + &pascal[1..]
    }

    /// `Talent pool`
    pub(super) fn title(&self) -> String {
        capitalised(&self.0.replace('-', " "))
    }
}

fn capitalised(word: &str) -> String {
    // names are ASCII
    word[..1].to_ascii_uppercase() + &word[1..]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_name_has_every_spelling() {
        let name = Name::parse("talent-pool2").unwrap();
        assert_eq!(
            [
                name.id().to_owned(),
                name.snake(),
                name.pascal(),
                name.camel(),
                name.title()
            ],
            [
                "talent-pool2",
                "talent_pool2",
                "TalentPool2",
                "talentPool2",
                "Talent pool2"
            ]
        );
    }

    #[test]
    fn what_can_not_be_a_name_is_refused() {
        let long = "a".repeat(41);
        for bad in [
            "", "-", "a-", "-a", "a--b", "Talent", "a_b", "ä", "1a", "a-1", "platform", "pg-x",
            "x-events", &long,
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
    }
}
