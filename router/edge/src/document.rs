//! Documents that were let in before: what is known of them is not worked out again.

use std::sync::{Arc, OnceLock};

use metrics::Histogram;
use moka::sync::Cache;
use router_engine::OperationKind;
use xxhash_rust::xxh3::{Xxh3, Xxh3Builder};

/// Memory for documents, in bytes, estimated.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// An operation of a document that passed the guard under the settings in force.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) text: Arc<str>,
    name: Option<String>,
    /// For look-ups; whoever finds something by it compares the text.
    pub(crate) digest: u128,
    /// Whether it could select the schema.
    names_schema: OnceLock<bool>,
    /// What kind the operation is; where it has none, the engine says so every time.
    pub(crate) kind: OnceLock<OperationKind>,
    /// The label under which it is counted.
    pub(crate) label: OnceLock<Arc<str>>,
    /// Counts its answers without errors.
    pub(crate) answered: OnceLock<Histogram>,
}

impl Document {
    pub(crate) fn new(text: Arc<str>, name: Option<String>, digest: u128) -> Self {
        Self {
            text,
            name,
            digest,
            names_schema: OnceLock::new(),
            kind: OnceLock::new(),
            label: OnceLock::new(),
            answered: OnceLock::new(),
        }
    }

    /// Whether it could select `__schema` or `__type`.
    pub(crate) fn names_schema(&self) -> bool {
        *self.names_schema.get_or_init(|| names_schema(&self.text))
    }
}

/// Documents that were let in under the settings in force.
#[derive(Debug)]
pub(crate) struct Documents(Cache<u128, Arc<Document>, Xxh3Builder>);

impl Documents {
    pub(crate) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(|_: &u128, document: &Arc<Document>| {
                u32::try_from(document.text.len().saturating_add(512)).unwrap_or(u32::MAX)
            })
            .build_with_hasher(Xxh3Builder::new());
        Self(cache)
    }

    /// Finds an operation of a document, or lets it in by `accept` and keeps it.
    pub(crate) fn get<E>(
        &self,
        text: &Arc<str>,
        name: Option<&str>,
        accept: impl FnOnce() -> Result<(), E>,
    ) -> Result<Arc<Document>, E> {
        let digest = digest(text, name);
        if let Some(known) = self.0.get(&digest)
            && known.text == *text
            && known.name.as_deref() == name
        {
            return Ok(known);
        }
        accept()?;
        let document = Document::new(Arc::clone(text), name.map(str::to_owned), digest);
        let document = Arc::new(document);
        self.0.insert(digest, Arc::clone(&document));
        Ok(document)
    }
}

/// Can be forged.
fn digest(text: &str, name: Option<&str>) -> u128 {
    let Some(name) = name else {
        return xxhash_rust::xxh3::xxh3_128(text.as_bytes());
    };
    let mut hasher = Xxh3::new();
    hasher.update(text.as_bytes());
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    hasher.digest128()
}

/// Whether a document could select `__schema` or `__type`: a name in a string counts too, which only refuses more.
fn names_schema(text: &str) -> bool {
    text.match_indices("__").any(|(at, _)| {
        let inside = text[..at].ends_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        let rest = &text[at..];
        let length = rest
            .bytes()
            .take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric())
            .count();
        !inside && matches!(&rest[..length], "__schema" | "__type")
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn introspection_is_found_whatever_it_is_called() {
        assert!(names_schema("{__schema{types{name}}}"));
        assert!(names_schema("{ a: __type(name: \"A\") { name } }"));
        assert!(!names_schema("{ __typename a__schema: x __types }"));
    }

    #[test]
    fn a_document_is_accepted_once_and_a_refused_one_every_time() {
        let documents = Documents::new();
        let text = Arc::from("{ a }");
        assert_eq!(
            documents.get(&text, None, || Err("no")).unwrap_err(),
            "no",
            "it is refused"
        );
        let first = documents.get(&text, None, || Ok::<_, ()>(())).unwrap();
        let again = documents
            .get(&Arc::from("{ a }"), None, || Err("not asked"))
            .unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        // another operation of it is another matter
        assert!(documents.get(&text, Some("A"), || Err("no")).is_err());
        assert!(
            documents
                .get(&Arc::from("{ b }"), None, || Err("no"))
                .is_err()
        );
    }
}
