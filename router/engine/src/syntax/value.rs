//! Literals.

use std::fmt;

/// A literal, or a variable in its place (section 2.9).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The name of a variable, without `$`.
    Variable(String),
    /// A whole number.
    Int(Number),
    /// A number with a fraction or an exponent; infinite when it is too large.
    Float(f64),
    /// A text, without quotes and escapes.
    String(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A bare name.
    Enum(String),
    /// A list.
    List(Vec<Value>),
    /// An input object, its fields as they are written.
    Object(Vec<(String, Value)>),
}

/// A whole number of any length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Digits);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Digits {
    Few(i64),
    /// More than 64 bits hold, as they are written.
    Many(Box<str>),
}

impl Number {
    /// A number as it is written: a sign perhaps, and digits.
    pub(super) fn of(text: &str) -> Self {
        Self(match text.parse() {
            Ok(number) => Digits::Few(number),
            Err(_) => Digits::Many(text.into()),
        })
    }

    /// The number, when 64 bits hold it.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Digits::Few(number) => Some(*number),
            Digits::Many(_) => None,
        }
    }

    /// The closest number of double precision, when there is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        let number = match &self.0 {
            Digits::Few(number) => *number as f64,
            Digits::Many(text) => text.parse().ok()?,
        };
        number.is_finite().then_some(number)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(Digits::Few(number))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Digits::Few(number) => number.fmt(out),
            Digits::Many(text) => out.write_str(text),
        }
    }
}
