//! Constant values, and references to types

use std::fmt;
use std::sync::Arc;

use super::Name;

/// A constant value. Numbers keep the text they were written in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// An integer as written.
    Int(Name),
    /// A decimal number as written.
    Float(Name),
    /// A string with its escapes resolved.
    String(Arc<str>),
    /// An enum value.
    Enum(Name),
    /// A list.
    List(Vec<Value>),
    /// An input object.
    Object(Vec<(Name, Value)>),
}

impl Value {
    /// A string value from text.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::String(Arc::from(text))
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// An integer that fits 64 bits.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a list; a single value counts as a list of one, as input coercion has it.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            other => std::slice::from_ref(other),
        }
    }

    /// Equality that does not look at the order of object fields.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, value)| {
                        b.iter()
                            .any(|(other, with)| other == name && value.same(with))
                    })
            }
            (Self::Float(a), Self::Float(b))
            | (Self::Int(a), Self::Float(b))
            | (Self::Float(a), Self::Int(b)) => {
                a == b
                    || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a.to_bits() == b.to_bits())
            }
            _ => self == other,
        }
    }
}

/// A reference to a type, with its lists and non-null marks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum TypeRef {
    /// `Name`
    Named(Name),
    /// `[inner]`
    List(Box<TypeRef>),
    /// `inner!`
    NonNull(Box<TypeRef>),
}

impl TypeRef {
    /// The name at the bottom of all lists and non-null marks.
    #[must_use]
    pub fn base(&self) -> &Name {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.base(),
        }
    }

    pub(crate) fn base_mut(&mut self) -> &mut Name {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.base_mut(),
        }
    }

    /// Is the outermost mark a `!`?
    #[must_use]
    pub fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The type without its outermost `!`.
    #[must_use]
    pub fn nullable(&self) -> &Self {
        match self {
            Self::NonNull(inner) => inner,
            other => other,
        }
    }

    /// Is it a list, possibly non-null?
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.nullable(), Self::List(_))
    }
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

impl fmt::Debug for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
