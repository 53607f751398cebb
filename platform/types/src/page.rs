use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// The largest page that a connection serves (design: page ≤ 100).
pub const MAX_PAGE: u32 = 100;

/// The page that is served when the client does not ask for a size.
const DEFAULT_PAGE: u32 = 20;

/// Validated arguments of a forward connection: how many edges, after which cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageArgs {
    first: u32,
    after: Option<Cursor>,
}

impl PageArgs {
    /// Checks `first` (0 to [`MAX_PAGE`], 20 when absent) and takes `after` as it came.
    ///
    /// # Errors
    /// [`PageError`] when `first` is negative or above the limit, or `after` is implausibly long.
    pub fn new(first: Option<i32>, after: Option<String>) -> Result<Self, PageError> {
        let first = match first {
            None => DEFAULT_PAGE,
            Some(n) => u32::try_from(n)
                .ok()
                .filter(|n| *n <= MAX_PAGE)
                .ok_or(PageError::First(n))?,
        };
        let after = after.map(Cursor::from_client).transpose()?;
        Ok(Self { first, after })
    }

    /// Number of edges to give.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// Rows to read: one more than asked for tells whether there is a next page.
    pub fn limit(&self) -> i64 {
        i64::from(self.first) + 1
    }

    /// Position to continue from, decoded into the key that the connection is ordered by.
    ///
    /// # Errors
    /// [`CursorError`] when the cursor is not one of ours.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, CursorError> {
        self.after.as_ref().map(Cursor::decode).transpose()
    }
}

/// An opaque position in a stable order. Clients store it and hand it back, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Longest cursor that is looked at, in bytes.
    const MAX_BYTES: usize = 512;

    /// Encodes the key of a row.
    ///
    /// # Errors
    /// [`CursorError`] when the key has no JSON form (a map with keys that are not text).
    pub fn encode<K: Serialize>(key: &K) -> Result<Self, CursorError> {
        let json = serde_json::to_vec(key).map_err(|_| CursorError)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(json)))
    }

    /// Takes what a client sent.
    ///
    /// # Errors
    /// [`CursorError`] when it is longer than any cursor of ours.
    pub fn from_client(text: String) -> Result<Self, CursorError> {
        if text.len() > Self::MAX_BYTES {
            return Err(CursorError);
        }
        Ok(Self(text))
    }

    /// Decodes the key of a row.
    ///
    /// # Errors
    /// [`CursorError`] when the text is not a cursor for this kind of key.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, CursorError> {
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| CursorError)?;
        serde_json::from_slice(&json).map_err(|_| CursorError)
    }

    /// The wire form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0
    }
}

/// A cursor that this connection did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`after` is not a cursor of this connection")]
pub struct CursorError;

/// Page arguments that cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// `first` is out of range.
    #[error("`first` must be between 0 and {MAX_PAGE}, not {0}")]
    First(i32),
    /// `after` is not a cursor.
    #[error(transparent)]
    After(#[from] CursorError),
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_page_is_never_larger_than_the_limit() {
        assert_eq!(PageArgs::new(None, None).unwrap().first(), DEFAULT_PAGE);
        assert_eq!(PageArgs::new(Some(100), None).unwrap().limit(), 101);
        for n in [-1, 101, i32::MAX, i32::MIN] {
            assert_eq!(PageArgs::new(Some(n), None), Err(PageError::First(n)));
        }
    }

    #[test]
    fn a_cursor_survives_the_round_trip_and_a_forged_one_is_refused() {
        let key = (7_i64, uuid::Uuid::nil());
        let cursor = Cursor::encode(&key).unwrap();
        let page = PageArgs::new(None, Some(cursor.into())).unwrap();
        assert_eq!(page.after::<(i64, uuid::Uuid)>().unwrap(), Some(key));
        for forged in ["", "!", "bnVsbA", &"A".repeat(600)] {
            let page = PageArgs::new(None, Some(forged.to_owned()));
            assert!(
                page.is_err() || page.unwrap().after::<(i64, uuid::Uuid)>().is_err(),
                "{forged}"
            );
        }
    }
}
