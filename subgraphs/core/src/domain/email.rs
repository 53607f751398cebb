use unicode_normalization::UnicodeNormalization as _;

/// Longest address (RFC 5321 §4.5.3.1.3, without the angle brackets), in bytes.
const MAX_BYTES: usize = 254;
/// Longest part before the `@` (RFC 5321 §4.5.3.1.1), in bytes.
const MAX_LOCAL_BYTES: usize = 64;

/// A plausible e-mail address: as the person wrote it, and in the one spelling it is looked up by.
///
/// Whether it exists only a message to it can show; this refuses what cannot be one. The whole
/// address is compared without case: providers that tell `Ann@` from `ann@` are not seen in practice,
/// people who mix the two are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email {
    written: String,
    normal: String,
}

/// Not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an e-mail address")]
pub(crate) struct EmailError;

impl Email {
    /// Reads an address; surrounding white space is dropped.
    ///
    /// # Errors
    /// [`EmailError`] when it cannot be an address.
    pub(crate) fn parse(text: &str) -> Result<Self, EmailError> {
        // Checked before any work that grows with the length.
        if text.len() > 4 * MAX_BYTES {
            return Err(EmailError);
        }
        let written: String = text.trim().nfc().collect();
        let (local, domain) = written.rsplit_once('@').ok_or(EmailError)?;
        let local_ok = (1..=MAX_LOCAL_BYTES).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(is_local);
        let labels: Vec<&str> = domain.split('.').collect();
        let domain_ok = labels.len() >= 2 && labels.iter().all(|l| is_label(l));
        if written.len() > MAX_BYTES || !local_ok || !domain_ok {
            return Err(EmailError);
        }
        let normal: String = written.nfkc().flat_map(char::to_lowercase).collect();
        // Compatibility forms can unfold into other characters, even into a second `@`.
        if normal.len() > MAX_BYTES || normal.matches('@').count() != 1 {
            return Err(EmailError);
        }
        Ok(Self { written, normal })
    }

    /// As the person wrote it: what messages are sent to.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// The one spelling of the address.
    pub(crate) fn normal(&self) -> &str {
        &self.normal
    }

    /// The part before the `@`, in the one spelling.
    pub(crate) fn local(&self) -> &str {
        self.normal.split('@').next().unwrap_or_default()
    }
}

/// Addresses are personal data and stay out of logs.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        for text in [
            "Ann.Lee@Example.com",
            " ann.lee@example.COM\n",
            "ＡＮＮ.lee@example.com",
        ] {
            assert_eq!(Email::parse(text).unwrap().normal(), "ann.lee@example.com");
        }
        assert_eq!(
            Email::parse("Ann@Example.com").unwrap().written(),
            "Ann@Example.com"
        );
        assert_eq!(
            Email::parse("josé@büro.de").unwrap().normal(),
            "josé@büro.de"
        );
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let huge = format!("a@{}.com", "b.".repeat(200_000));
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@b.c",
            "a@b",
            "a b@c.de",
            "a@b..c",
            "a@-b.de",
            ".a@b.de",
            "a.@b.de",
            "a@b.de\nbcc: c@d.de",
            "a<b@c.de>",
            "a@b@c.de",
            "a\0@b.de",
            "a﹫b@c.de",
            &long,
            &huge,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_output_does_not_show_the_address() {
        let email = Email::parse("ann@example.com").unwrap();
        assert!(!format!("{email:?}").contains("ann"));
    }
}
