//! Which CVs seem to be one person's: the same e-mail address, telephone number or words.
//!
//! Only digests are kept, of the tenant's own: they tell that two values are equal and nothing else. No score sees them.

use std::collections::BTreeSet;

use platform_sdk::TenantId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::contact::{Contact, Located};
use super::text::Text;

/// Digits of a telephone number that are compared, from its end: the country's code is often left out.
const PHONE_DIGITS: usize = 9;
/// Words below which two texts may well be alike by chance.
const LEAST_WORDS: usize = 30;
/// Most keys of one CV.
const MAX_KEYS: usize = 20;

/// What a CV is compared by.
pub(crate) fn keys(tenant: TenantId, contact: &Contact, text: &Text) -> BTreeSet<Uuid> {
    let digest = |kind: &str, value: &str| {
        let mut hash = Sha256::new();
        hash.update(tenant.uuid());
        hash.update(kind);
        hash.update([0]);
        hash.update(value);
        let bytes: [u8; 32] = hash.finalize().into();
        Uuid::from_u128(u128::from_be_bytes(std::array::from_fn(|at| bytes[at])))
    };
    let emails = contact
        .emails
        .iter()
        .map(|Located { value, .. }| digest("email", &value.trim().to_lowercase()));
    let phones = contact.phones.iter().filter_map(|Located { value, .. }| {
        let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
        let from = digits.len().checked_sub(PHONE_DIGITS)?;
        Some(digest("phone", &String::from_iter(&digits[from..])))
    });
    let words: Vec<String> = text
        .content
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let whole = (words.len() >= LEAST_WORDS).then(|| digest("words", &words.join(" ")));
    whole
        .into_iter()
        .chain(emails.chain(phones).take(MAX_KEYS - 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Span;

    fn contact(emails: &[&str], phones: &[&str]) -> Contact {
        let located = |values: &[&str]| {
            let located = values.iter().map(|value| Located {
                value: (*value).to_owned(),
                span: Span { start: 0, end: 0 },
            });
            located.collect()
        };
        Contact {
            emails: located(emails),
            phones: located(phones),
            ..Contact::default()
        }
    }

    #[test]
    fn ways_to_write_one_address_or_number_are_one_key() {
        let tenant = TenantId(Uuid::from_u128(1));
        let none = Text::plain("short");
        let key = |contact: &Contact| keys(tenant, contact, &none);
        assert_eq!(
            key(&contact(&["Jane@Example.com"], &[])),
            key(&contact(&["jane@example.com"], &[]))
        );
        assert_eq!(
            key(&contact(&[], &["+49 170 1234567"])),
            key(&contact(&[], &["0170/1234567"]))
        );
        assert_ne!(
            key(&contact(&[], &["+49 170 1234567"])),
            key(&contact(&[], &["+49 170 1234568"]))
        );
        assert!(
            key(&contact(&[], &["12345"])).is_empty(),
            "too short to tell anybody by"
        );
        let elsewhere = keys(
            TenantId(Uuid::from_u128(2)),
            &contact(&["jane@example.com"], &[]),
            &none,
        );
        assert_ne!(elsewhere, key(&contact(&["jane@example.com"], &[])));
    }

    #[test]
    fn the_same_words_in_another_shape_are_one_key() {
        let tenant = TenantId(Uuid::from_u128(1));
        let words = "one two three four five six seven eight nine ten ".repeat(3);
        let key = |text: &str| keys(tenant, &Contact::default(), &Text::plain(text));
        assert_eq!(key(&words), key(&words.to_uppercase().replace(' ', "\n• ")));
        assert_ne!(key(&words), key(&format!("{words} eleven")));
        assert!(key("Jane Doe").is_empty());
    }
}
