use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

const MIN: usize = 3;
const MAX: usize = 48;

/// Names that addresses of the product itself need, or that would mislead.
const RESERVED: &[&str] = &[
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "blog",
    "candidate",
    "core",
    "dashboard",
    "demo-tenant",
    "docs",
    "graphql",
    "health",
    "help",
    "internal",
    "login",
    "logout",
    "mail",
    "me",
    "metrics",
    "new",
    "null",
    "oauth",
    "platform",
    "public",
    "ready",
    "root",
    "router",
    "security",
    "settings",
    "signin",
    "signup",
    "static",
    "status",
    "support",
    "system",
    "tessera",
    "undefined",
    "uploads",
    "well-known",
    "www",
];

/// Short name of a tenant in addresses: lower-case words joined by dashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SlugError {
    /// Another form.
    #[error(
        "a short name has {MIN} to {MAX} lower-case letters and digits, with single dashes between them"
    )]
    Form,
    /// Kept for the product.
    #[error("this short name is reserved")]
    Reserved,
}

impl SlugError {
    /// Stable code for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Form => "INVALID",
            Self::Reserved => "RESERVED",
        }
    }
}

impl Slug {
    /// Takes a slug as it is.
    ///
    /// # Errors
    /// [`SlugError`] says which rule is broken.
    pub(crate) fn parse(text: &str) -> Result<Self, SlugError> {
        let form = (MIN..=MAX).contains(&text.len())
            && text.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            });
        if !form {
            return Err(SlugError::Form);
        }
        if RESERVED.contains(&text) {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes a slug of a name. `salt` tells apart names that give the same one, and is all there is
    /// of a name without Latin letters.
    pub(crate) fn derive(name: &str, salt: Option<u32>) -> Self {
        let mut slug = String::new();
        for c in name
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
        {
            // Room for a doubled letter, the salt and the prefix.
            if slug.len() >= MAX - 14 {
                break;
            }
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                'ß' => slug.push_str("ss"),
                'æ' => slug.push_str("ae"),
                'ø' => slug.push('o'),
                'ł' => slug.push('l'),
                '\'' | '’' => {}
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        let stem = slug.trim_matches('-');
        let plain = match salt {
            None => stem.to_owned(),
            Some(salt) if stem.is_empty() => format!("org-{salt:08x}"),
            Some(salt) => format!("{stem}-{salt:08x}"),
        };
        // Too short or reserved: with a prefix it is neither.
        Self::parse(&plain)
            .unwrap_or_else(|_| Self(format!("org-{plain}").trim_end_matches('-').to_owned()))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_readable_slugs() {
        for (name, slug) in [
            ("Acme GmbH & Co. KG", "acme-gmbh-co-kg"),
            ("Müller’s Straßenbau", "mullers-strassenbau"),
            ("Admin", "org-admin"),
            ("X", "org-x"),
            ("  --Łódź--  ", "lodz"),
        ] {
            assert_eq!(Slug::derive(name, None).as_str(), slug);
        }
        assert_eq!(Slug::derive("株式会社", Some(255)).as_str(), "org-000000ff");
        assert_eq!(Slug::derive("Acme", Some(1)).as_str(), "acme-00000001");
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "ab",
            "Acme",
            "-acme",
            "acme-",
            "ac--me",
            "ac me",
            "äcme",
            &"a".repeat(49),
        ] {
            assert_eq!(Slug::parse(text), Err(SlugError::Form), "{text}");
        }
        assert_eq!(Slug::parse("graphql"), Err(SlugError::Reserved));
    }

    proptest! {
        #[test]
        fn every_name_with_a_salt_gives_a_valid_slug(name in ".{0,200}", salt: u32) {
            let slug = Slug::derive(&name, Some(salt));
            prop_assert!(Slug::parse(slug.as_str()).is_ok(), "{:?}", slug);
        }
    }
}
