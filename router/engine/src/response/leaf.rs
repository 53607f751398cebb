//! Result coercion (GraphQL specification, sections 3.5.1 to 3.5.5 and 6.4.3): which JSON values a field of a leaf type
//! may have in the answer.
//!
//! A subgraph has coerced its results already. What still is of another kind comes from a subgraph that is wrong or whose
//! schema is another one than the supergraph was composed of, and the client must not get it: the field is null with an
//! error. Two forms are mended, because their meaning is plain and the specification names them: a whole number as an
//! `ID`, which is written as a string, and a whole number written as a float (`1.0`) as an `Int`. Custom scalars may be
//! anything.

use async_graphql_value::ConstValue;

use crate::schema::TypeId;

/// How a leaf is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Any JSON value.
    Any,
    Int,
    Float,
    String,
    Boolean,
    Id,
    /// One of the values of an enum.
    Enum(TypeId),
}

impl Leaf {
    /// How values of a scalar are checked.
    pub(super) fn scalar(name: &str) -> Self {
        match name {
            "Int" => Self::Int,
            "Float" => Self::Float,
            "String" => Self::String,
            "Boolean" => Self::Boolean,
            "ID" => Self::Id,
            _ => Self::Any,
        }
    }

    /// Whether a JSON value, which is not null, stands in the answer as it is. The text is known to be JSON, so its first
    /// byte says its kind. Says nothing of enums, whose values the schema knows.
    #[inline]
    pub(crate) fn passes(self, text: &[u8]) -> bool {
        let first = text.first().copied().unwrap_or_default();
        match self {
            Self::Any => true,
            Self::String | Self::Id => first == b'"',
            Self::Boolean => matches!(first, b't' | b'f'),
            Self::Float => matches!(first, b'-' | b'0'..=b'9'),
            Self::Int => is_int(text),
            Self::Enum(_) => false,
        }
    }

    /// The same for the value of an in-process subgraph.
    pub(crate) fn passes_value(self, value: &ConstValue) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::String | Self::Id, ConstValue::String(_) | ConstValue::Enum(_))
            | (Self::Boolean, ConstValue::Boolean(_))
            | (Self::Float, ConstValue::Number(_)) => true,
            (Self::Int, ConstValue::Number(number)) => number
                .as_i64()
                .is_some_and(|whole| i32::try_from(whole).is_ok()),
            _ => false,
        }
    }

    /// What stands in the answer for a JSON value that does not pass; none when nothing can.
    #[cold]
    pub(super) fn mended(self, text: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(text).ok()?;
        let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        match self {
            Self::Id if is_number && !text.contains(['.', 'e', 'E']) => Some(format!("\"{text}\"")),
            Self::Int if is_number => {
                let number: f64 = text.parse().ok()?;
                let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
                // in range and without a fraction, so nothing is lost
                (fits && number.fract() == 0.0).then(|| (number as i32).to_string())
            }
            _ => None,
        }
    }

    /// The type, for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "value",
            Self::Int => "`Int`",
            Self::Float => "`Float`",
            Self::String => "`String`",
            Self::Boolean => "`Boolean`",
            Self::Id => "`ID`",
            Self::Enum(_) => "value of the enum",
        }
    }
}

/// Whether a JSON value is a whole number of 32 bits, written as one.
#[inline]
fn is_int(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits.len() {
        0 => false,
        1..=9 => digits.iter().all(u8::is_ascii_digit),
        10 => std::str::from_utf8(text).is_ok_and(|text| text.parse::<i32>().is_ok()),
        _ => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn values_pass_are_mended_or_are_refused_by_their_type() {
        // value, then what stands in the answer for Int, Float, String, Boolean and ID
        let table: [(&str, [Option<&str>; 5]); 24] = [
            ("0", [Some("0"), Some("0"), None, None, Some("\"0\"")]),
            ("-7", [Some("-7"), Some("-7"), None, None, Some("\"-7\"")]),
            (
                "999999999",
                [
                    Some("999999999"),
                    Some("999999999"),
                    None,
                    None,
                    Some("\"999999999\""),
                ],
            ),
            (
                "2147483647",
                [
                    Some("2147483647"),
                    Some("2147483647"),
                    None,
                    None,
                    Some("\"2147483647\""),
                ],
            ),
            (
                "-2147483648",
                [
                    Some("-2147483648"),
                    Some("-2147483648"),
                    None,
                    None,
                    Some("\"-2147483648\""),
                ],
            ),
            (
                "2147483648",
                [None, Some("2147483648"), None, None, Some("\"2147483648\"")],
            ),
            (
                "-2147483649",
                [
                    None,
                    Some("-2147483649"),
                    None,
                    None,
                    Some("\"-2147483649\""),
                ],
            ),
            (
                "12345678901234567890",
                [
                    None,
                    Some("12345678901234567890"),
                    None,
                    None,
                    Some("\"12345678901234567890\""),
                ],
            ),
            ("1.0", [Some("1"), Some("1.0"), None, None, None]),
            ("2e3", [Some("2000"), Some("2e3"), None, None, None]),
            ("1.5", [None, Some("1.5"), None, None, None]),
            ("1e10", [None, Some("1e10"), None, None, None]),
            ("-0.0", [Some("0"), Some("-0.0"), None, None, None]),
            ("1e-400", [Some("0"), Some("1e-400"), None, None, None]),
            ("\"\"", [None, None, Some("\"\""), None, Some("\"\"")]),
            ("\"1\"", [None, None, Some("\"1\""), None, Some("\"1\"")]),
            (
                "\"true\"",
                [None, None, Some("\"true\""), None, Some("\"true\"")],
            ),
            ("true", [None, None, None, Some("true"), None]),
            ("false", [None, None, None, Some("false"), None]),
            ("{}", [None; 5]),
            ("{\"a\":1}", [None; 5]),
            ("[]", [None; 5]),
            ("[1]", [None; 5]),
            ("[\"a\"]", [None; 5]),
        ];
        let leaves = [
            Leaf::Int,
            Leaf::Float,
            Leaf::String,
            Leaf::Boolean,
            Leaf::Id,
        ];
        for (text, expected) in table {
            for (leaf, expected) in leaves.into_iter().zip(expected) {
                let passes = leaf.passes(text.as_bytes());
                let got = match passes {
                    true => Some(text.to_owned()),
                    false => leaf.mended(text.as_bytes()),
                };
                assert_eq!(got.as_deref(), expected, "{text} as {leaf:?}");
                let value: serde_json::Value = serde_json::from_str(text).unwrap();
                let value = ConstValue::from_json(value).unwrap();
                assert_eq!(leaf.passes_value(&value), passes, "{text} as {leaf:?}");
            }
            assert!(Leaf::Any.passes(text.as_bytes()), "{text}");
        }
    }
}
