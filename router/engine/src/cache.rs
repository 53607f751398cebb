//! What is known about documents, found by one look-up of their text.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use moka::sync::Cache;
use parking_lot::Mutex;
use xxhash_rust::xxh3::{Xxh3, Xxh3Builder, xxh3_128};

use crate::error::GraphqlError;
use crate::plan::Plan;
use crate::planning::OverrideSide;
use crate::request::Document;

/// Everything known about one operation of one document.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Compared at every hit: a hash alone could be forged.
    text: Arc<str>,
    name: Option<String>,
    pub(crate) document: Document,
    /// Variables that `@skip` and `@include` read, in the order of the bits of a plan's key.
    pub(crate) conditional: Vec<String>,
    /// A plan for every combination of these variables that was asked for.
    plans: Mutex<HashMap<PlanKey, Arc<Plan>>>,
    /// Type and field names of everything that it selects, whatever its conditions.
    pub(crate) coordinates: OnceLock<Arc<[Coordinate]>>,
    /// How often it was asked for, about: what a new supergraph is warmed with.
    uses: AtomicU32,
}

/// The names of a type and of one of its fields.
pub(crate) type Coordinate = (Arc<str>, Arc<str>);

/// What a plan of a document depends on: a bit per conditional variable, the side of progressive overrides,
/// and what is left out of it (0 for nothing).
pub(crate) type PlanKey = (u64, OverrideSide, u128);

/// Combinations of conditions kept per document.
const MAX_PLANS: usize = 64;

impl Prepared {
    pub(crate) fn new(
        text: Arc<str>,
        name: Option<String>,
        document: Document,
        conditional: Vec<String>,
    ) -> Self {
        Self {
            text,
            name,
            document,
            conditional,
            plans: Mutex::default(),
            coordinates: OnceLock::new(),
            uses: AtomicU32::new(0),
        }
    }

    /// The text of the document and the name of the operation.
    pub(crate) fn request(&self) -> (&Arc<str>, Option<&String>) {
        (&self.text, self.name.as_ref())
    }

    /// Everything that plans are known for.
    pub(crate) fn plan_keys(&self) -> Vec<PlanKey> {
        self.plans.lock().keys().copied().collect()
    }

    /// Counts what it was asked for under the last supergraph by half.
    pub(crate) fn inherit(&self, old: &Self) {
        let uses = old.uses.load(Ordering::Relaxed) / 2;
        self.uses.fetch_add(uses, Ordering::Relaxed);
    }

    /// The plan for a combination of conditions.
    pub(crate) fn plan(&self, key: PlanKey) -> Option<Arc<Plan>> {
        self.plans.lock().get(&key).cloned()
    }

    /// Keeps a plan, if there is room.
    pub(crate) fn keep(&self, key: PlanKey, plan: Arc<Plan>) {
        let mut plans = self.plans.lock();
        if plans.len() < MAX_PLANS {
            plans.insert(key, plan);
        }
    }
}

/// A document that was refused is remembered too: the same one comes again.
pub(crate) type Known = Result<Arc<Prepared>, Arc<Refused>>;

/// Why a document was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    text: Arc<str>,
    name: Option<String>,
    pub(crate) errors: Vec<GraphqlError>,
}

impl Refused {
    pub(crate) fn new(text: Arc<str>, name: Option<String>, errors: Vec<GraphqlError>) -> Self {
        Self { text, name, errors }
    }
}

/// Known documents, bounded by an estimate of their memory.
#[derive(Debug)]
pub(crate) struct DocumentCache(Cache<u128, Known, Xxh3Builder>);

/// A plan takes about this many times the memory of its document's text.
const WEIGHT_PER_BYTE: u32 = 24;

impl DocumentCache {
    /// A cache that keeps about `max_bytes` bytes.
    pub(crate) fn new(max_bytes: u64) -> Self {
        let weigh = |_: &u128, known: &Known| {
            let text = match known {
                Ok(prepared) => &prepared.text,
                Err(refused) => &refused.text,
            };
            u32::try_from(text.len())
                .unwrap_or(u32::MAX)
                .saturating_mul(WEIGHT_PER_BYTE)
                .saturating_add(2048)
        };
        Self(
            Cache::builder()
                .max_capacity(max_bytes)
                .weigher(weigh)
                .build_with_hasher(Xxh3Builder::new()),
        )
    }

    /// What is known about an operation of a document.
    pub(crate) fn get(&self, text: &str, name: Option<&str>) -> Option<Known> {
        let known = self.peek(text, name)?;
        if let Ok(prepared) = &known {
            prepared.uses.fetch_add(1, Ordering::Relaxed);
        }
        Some(known)
    }

    /// The same, without counting it as a use.
    pub(crate) fn peek(&self, text: &str, name: Option<&str>) -> Option<Known> {
        let known = self.0.get(&key(text, name))?;
        let (known_text, known_name) = match &known {
            Ok(prepared) => (&prepared.text, &prepared.name),
            Err(refused) => (&refused.text, &refused.name),
        };
        (known_text.as_ref() == text && known_name.as_deref() == name).then_some(known)
    }

    /// Valid documents, those that were asked for most first, at most `count`.
    pub(crate) fn most_used(&self, count: usize) -> Vec<Arc<Prepared>> {
        let mut documents: Vec<(u32, Arc<Prepared>)> = self
            .0
            .iter()
            .filter_map(|(_, known)| known.ok())
            .map(|prepared| (prepared.uses.load(Ordering::Relaxed), prepared))
            .collect();
        documents.sort_by_key(|(uses, _)| std::cmp::Reverse(*uses));
        documents.truncate(count);
        documents
            .into_iter()
            .map(|(_, prepared)| prepared)
            .collect()
    }

    /// Keeps what is known.
    pub(crate) fn keep(&self, text: &str, name: Option<&str>, known: Known) {
        self.0.insert(key(text, name), known);
    }
}

fn key(text: &str, name: Option<&str>) -> u128 {
    let Some(name) = name else {
        return xxh3_128(text.as_bytes());
    };
    let mut hasher = Xxh3::new();
    hasher.update(text.as_bytes());
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    hasher.digest128()
}
