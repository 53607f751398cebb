//! Large JSON columns that are read again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::types::Json;
use sqlx::{Decode, Postgres, Type, ValueRef as _};

/// Most bytes of JSON whose values one generation keeps.
const MOST_BYTES: usize = 1024 * 1024;

/// A generation is not added to for longer, so that what nobody asks for any more goes.
const AGE: Duration = Duration::from_secs(60);

/// The version in front of the text of a `jsonb` that comes in binary.
const JSONB_VERSION: u8 = 1;

/// Values that were read from JSON lately, by a digest of the text: the same text is the same value, whoever's row it
/// stands in. The row is always asked for; what is saved is reading its text.
///
/// Two generations: what is used stays, and together they keep what two megabytes of text say.
pub struct Memory<T>(Mutex<Generations<T>>);

struct Generations<T> {
    young: Option<Generation<T>>,
    old: Option<Generation<T>>,
}

struct Generation<T> {
    values: HashMap<[u8; 32], Held<T>>,
    bytes: usize,
    since: Instant,
}

struct Held<T> {
    value: Arc<T>,
    bytes: usize,
}

/// A type that remembers what was read of it.
///
/// ```ignore
/// static READ: Memory<Report> = Memory::new();
/// impl Kept for Report {
///     fn memory() -> &'static Memory<Self> { &READ }
/// }
/// ```
pub trait Kept: DeserializeOwned + Send + Sync + 'static {
    /// Where it is remembered; one for each type.
    fn memory() -> &'static Memory<Self>;
}

/// A column of `jsonb`, shared with whoever reads the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptJson<T>(pub Arc<T>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Memory<T> {
    /// Remembers nothing yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Generations {
            young: None,
            old: None,
        }))
    }
}

impl<T: DeserializeOwned> Memory<T> {
    /// The value that `text` says.
    ///
    /// # Errors
    /// The text is no JSON, or not of such a value.
    pub fn read(&self, text: &[u8]) -> Result<Arc<T>, serde_json::Error> {
        let digest = Sha256::digest(text).into();
        if let Some(known) = self.find(digest) {
            return Ok(known);
        }
        let value: Arc<T> = Arc::new(serde_json::from_slice(text)?);
        let held = Held {
            value: value.clone(),
            bytes: text.len(),
        };
        self.with(|generations| generations.put(digest, held));
        Ok(value)
    }

    fn find(&self, digest: [u8; 32]) -> Option<Arc<T>> {
        self.with(|generations| {
            let young = generations.young.as_ref();
            if let Some(held) = young.and_then(|young| young.values.get(&digest)) {
                return Some(held.value.clone());
            }
            let old = generations.old.as_mut()?;
            let held = old.values.remove(&digest)?;
            let value = held.value.clone();
            generations.put(digest, held);
            Some(value)
        })
    }

    fn with<R>(&self, work: impl FnOnce(&mut Generations<T>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Generations<T> {
    fn put(&mut self, digest: [u8; 32], held: Held<T>) {
        if held.bytes > MOST_BYTES {
            return;
        }
        let is_over = |young: &mut Generation<T>| {
            young.bytes + held.bytes > MOST_BYTES || young.since.elapsed() > AGE
        };
        if let Some(over) = self.young.take_if(is_over) {
            self.old = Some(over);
        }
        let young = self.young.get_or_insert_with(|| Generation {
            values: HashMap::new(),
            bytes: 0,
            since: Instant::now(),
        });
        young.bytes += held.bytes;
        if let Some(twice) = young.values.insert(digest, held) {
            young.bytes -= twice.bytes;
        }
    }
}

impl<T> Type<Postgres> for KeptJson<T> {
    fn type_info() -> PgTypeInfo {
        <Json<T> as Type<Postgres>>::type_info()
    }
}

impl<'r, T: Kept> Decode<'r, Postgres> for KeptJson<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let mut text = value.as_bytes()?;
        if value.format() == PgValueFormat::Binary && *value.type_info() == Self::type_info() {
            text = match text {
                [JSONB_VERSION, text @ ..] => text,
                _ => return Err("a jsonb of an unknown version".into()),
            };
        }
        Ok(Self(T::memory().read(text)?))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn the_same_text_is_read_once() {
        let memory = Memory::<Vec<u32>>::new();
        let first = memory.read(b"[1,2]").unwrap();
        let again = memory.read(b"[1,2]").unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = memory.read(b"[1,3]").unwrap();
        assert_eq!((first[1], other[1]), (2, 3));
        assert!(memory.read(b"[1,").is_err());
        assert!(memory.read(b"[1,").is_err());
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let memory = Memory::<String>::new();
        let text = |n: usize| format!("\"{n:0>10000}\"");
        let used = memory.read(text(0).as_bytes()).unwrap();
        let unused = Arc::downgrade(&memory.read(text(1).as_bytes()).unwrap());
        for n in 2..1_000 {
            memory.read(text(n).as_bytes()).unwrap();
            if n % 50 == 0 {
                let again = memory.read(text(0).as_bytes()).unwrap();
                assert!(Arc::ptr_eq(&used, &again), "{n}");
            }
        }
        assert!(unused.upgrade().is_none());
        let bytes = memory.with(|all| {
            let all = [all.young.as_ref(), all.old.as_ref()];
            all.iter().flatten().map(|one| one.bytes).sum::<usize>()
        });
        assert!(bytes <= 2 * MOST_BYTES, "{bytes}");
    }

    #[test]
    fn what_is_too_large_to_keep_is_read_all_the_same() {
        let memory = Memory::<String>::new();
        let text = format!("\"{}\"", "a".repeat(MOST_BYTES));
        assert_eq!(memory.read(text.as_bytes()).unwrap().len(), MOST_BYTES);
        assert!(memory.with(|all| all.young.is_none()));
    }
}
