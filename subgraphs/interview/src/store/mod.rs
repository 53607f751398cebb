//! The module's SQL, one file per noun. Row level security shows only the tenant of the transaction;
//! rows are written with the tenant of the transaction, so no function takes one.

pub(crate) mod analysis;
pub(crate) mod answer;
pub(crate) mod interview;
pub(crate) mod progress;
pub(crate) mod question;
pub(crate) mod rating;
pub(crate) mod report;

use platform_sdk::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};

/// A unit variant's name as it stands in a text column.
fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(Error::internal(format!("not a word: {other}"))),
    }
}

/// The reverse of [`word`]; the column's check allows no other values.
fn from_word<T: DeserializeOwned>(word: String) -> Result<T> {
    Ok(serde_json::from_value(serde_json::Value::String(word))?)
}

/// A count that the schema keeps non-negative.
fn count(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// A count for the schema's `integer`.
fn integer(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
