//! Recognising objects of an answer that come again.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name};
use xxhash_rust::xxh3::xxh3_64;

use super::represent::Hashed;
use super::value::ObjectId;
use crate::equal::same_bytes;

/// Longest beginning of an object's text by which it is looked up.
const MAX_BEGINNING: usize = 64;

/// After so many objects it is looked whether any come again.
const TRIAL: u32 = 64;

/// Leaves of an object by which it is looked up.
const HASHED_LEAVES: usize = 3;

/// Fewer hits than one in so many are not worth the search.
const WORTHWHILE: u32 = 8;

/// Room for different objects of an answer to begin with.
const EXPECTED: usize = 48;

/// Whether looking for objects that come again is worth it.
#[derive(Debug, Default)]
struct Trial {
    tried: u32,
    hits: u32,
    given_up: bool,
}

impl Trial {
    /// Notes a look; says whether this one is the first too many.
    fn ends(&mut self) -> bool {
        self.tried += 1;
        self.given_up = self.tried.is_multiple_of(TRIAL) && self.hits < self.tried / WORTHWHILE;
        self.given_up
    }
}

/// The objects that have stood at one place of an answer, by the beginning of their text. No text of an object is the
/// beginning of another one's, so where the known text begins again the same object ends with it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    known: Table,
    /// Bytes by which objects are looked up: not more than the shortest of them has.
    beginning: usize,
    trial: Trial,
}

impl Seen {
    /// The length of the text and the object, when the text that starts at `start` begins with a known object's.
    pub(super) fn find(&mut self, bytes: &[u8], start: usize) -> Option<(usize, ObjectId)> {
        if self.trial.given_up {
            return None;
        }
        if self.trial.ends() {
            self.known = Table::default();
            return None;
        }
        let text = &bytes[start..];
        let hash = xxh3_64(text.get(..self.beginning).filter(|text| !text.is_empty())?);
        let like = self.known.get(hash)?;
        let known = &bytes[like.start as usize..like.end as usize];
        if !text.starts_with(known) {
            return None;
        }
        self.trial.hits += 1;
        Some((known.len(), like.id))
    }

    /// Keeps an object that was read.
    pub(super) fn keep(&mut self, bytes: &[u8], text: Range<usize>, id: ObjectId) {
        if self.trial.given_up {
            return;
        }
        let beginning = text.len().min(MAX_BEGINNING);
        if self.known.taken == 0 || beginning < self.beginning {
            self.known = Table::default();
            self.beginning = beginning;
        }
        let hash = xxh3_64(&bytes[text.start..text.start + self.beginning]);
        self.known.insert(Kept {
            hash,
            // answers are bounded far below 4 GiB
            start: text.start as u32,
            end: text.end as u32,
            id,
        });
    }
}

/// Slots of the smallest table.
const FIRST_SLOTS: usize = 16;

/// Objects by the hash of the beginning of their text. Most answers have few of them at a place: growing a map of the usual
/// kind for these cost more than reading them. At most half of the slots are taken, and their number is a power of two.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<Option<Kept>>,
    taken: usize,
}

/// Where the text of an object stands.
#[derive(Debug, Clone, Copy)]
struct Kept {
    hash: u64,
    start: u32,
    end: u32,
    id: ObjectId,
}

impl Table {
    fn get(&self, hash: u64) -> Option<Kept> {
        match self.slots.len() {
            0 => None,
            _ => self.slots[self.slot(hash)],
        }
    }

    /// Keeps an object in place of the last one with the same hash.
    fn insert(&mut self, kept: Kept) {
        if self.taken * 2 >= self.slots.len() {
            let larger = vec![None; (self.slots.len() * 2).max(FIRST_SLOTS)];
            for kept in std::mem::replace(&mut self.slots, larger)
                .into_iter()
                .flatten()
            {
                let slot = self.slot(kept.hash);
                self.slots[slot] = Some(kept);
            }
        }
        let slot = self.slot(kept.hash);
        self.taken += usize::from(self.slots[slot].is_none());
        self.slots[slot] = Some(kept);
    }

    /// The slot that a hash has, or would get.
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        // half of the slots are free
        while self.slots[at].is_some_and(|kept| kept.hash != hash) {
            at = (at + 1) & mask;
        }
        at
    }
}

/// The same for objects that are values: by a hash of their first leaves, then compared as a whole, in order. There is one
/// table for all places of an answer, since most places have few objects.
#[derive(Debug, Default)]
pub(super) struct Resembling<'a> {
    known: HashMap<u64, (u16, &'a Fields, ObjectId), BuildHasherDefault<Hashed>>,
    /// By place.
    trials: Vec<Trial>,
}

type Fields = IndexMap<Name, ConstValue>;

impl<'a> Resembling<'a> {
    /// The object that an equal one at this place has become, else the hash under which it is to be kept; none when there
    /// is no point.
    pub(super) fn find(&mut self, place: u16, fields: &Fields) -> Result<ObjectId, Option<u64>> {
        let index = usize::from(place);
        if index >= self.trials.len() {
            self.trials.resize_with(index + 1, Trial::default);
        }
        let trial = &mut self.trials[index];
        if trial.given_up || trial.ends() {
            return Err(None);
        }
        let hash = hash_beginning(place, fields);
        match self.known.get(&hash) {
            Some((at, known, id)) if *at == place && same_fields(known, fields) => {
                trial.hits += 1;
                Ok(*id)
            }
            _ => Err(Some(hash)),
        }
    }

    /// Keeps an object that was taken up.
    pub(super) fn keep(&mut self, hash: u64, place: u16, fields: &'a Fields, id: ObjectId) {
        if self.known.is_empty() {
            self.known.reserve(EXPECTED);
        }
        self.known.insert(hash, (place, fields, id));
    }
}

/// The golden ratio spreads what is close together.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hashes the first leaves: a name and a key tell most objects apart.
fn hash_beginning(place: u16, fields: &Fields) -> u64 {
    let mut hash = u64::from(place);
    let mut leaves = 0;
    for value in fields.values() {
        // leaf by leaf: setting up a hasher for all of them costs more than the few bytes that they have
        let leaf = match value {
            ConstValue::String(text) => ends(text.as_bytes()),
            ConstValue::Enum(name) => ends(name.as_bytes()),
            ConstValue::Number(number) => {
                let bits = number.as_i64().map(|number| number as u64);
                bits.or_else(|| number.as_f64().map(f64::to_bits))
                    .unwrap_or_default()
            }
            _ => continue,
        };
        hash = (hash.rotate_left(5) ^ leaf).wrapping_mul(GOLDEN);
        leaves += 1;
        if leaves == HASHED_LEAVES {
            break;
        }
    }
    // the low bits of a product do not depend on the high bits of what was multiplied
    hash ^ (hash >> 32)
}

/// The length of a text with its first and its last eight bytes: enough to look it up.
#[inline]
fn ends(text: &[u8]) -> u64 {
    let ends = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(24)
        }
        _ => text
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    ends ^ (text.len() as u64).rotate_right(8)
}

/// Whether two objects would be written as the same text.
fn same_fields(some: &Fields, others: &Fields) -> bool {
    if some.len() != others.len() {
        return false;
    }
    let mut others = others.iter();
    for (key, value) in some {
        let Some((other_key, other)) = others.next() else {
            return false;
        };
        if !same_name(key, other_key) {
            return false;
        }
        // leaves are compared here, texts first: calling for each costs more than the comparison
        if let (ConstValue::String(text), ConstValue::String(other)) = (value, other) {
            if !same_bytes(text.as_bytes(), other.as_bytes()) {
                return false;
            }
            continue;
        }
        let is_same = match (value, other) {
            (ConstValue::Object(fields), ConstValue::Object(others)) => same_fields(fields, others),
            (ConstValue::List(items), ConstValue::List(others)) => same_items(items, others),
            _ => value == other,
        };
        if !is_same {
            return false;
        }
    }
    true
}

/// Objects of one field mostly have the very same names, taken from the document.
#[inline]
fn same_name(name: &Name, other: &Name) -> bool {
    std::ptr::eq(name.as_str(), other.as_str()) || name == other
}

fn same_items(items: &[ConstValue], others: &[ConstValue]) -> bool {
    items.len() == others.len()
        && items
            .iter()
            .zip(others)
            .all(|(item, other)| match (item, other) {
                (ConstValue::Object(fields), ConstValue::Object(others)) => {
                    same_fields(fields, others)
                }
                (ConstValue::List(items), ConstValue::List(others)) => same_items(items, others),
                _ => item == other,
            })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::execution::Tree;

    /// Reads a list of objects, given as texts; says for each the number of the object that it was taken for.
    fn recognised(texts: &[&str]) -> Vec<usize> {
        let bytes = texts.concat().into_bytes();
        let (mut seen, mut tree, mut at) = (Seen::default(), Tree::default(), 0);
        let mut found = Vec::new();
        for text in texts {
            let id = match seen.find(&bytes, at) {
                Some((length, id)) => {
                    assert_eq!(length, text.len());
                    id
                }
                None => {
                    let id = tree.add_object(None, &[]);
                    seen.keep(&bytes, at..at + text.len(), id);
                    id
                }
            };
            found.push(id.index());
            at += text.len();
        }
        found
    }

    #[test]
    fn what_comes_again_is_recognised_by_its_whole_text() {
        let texts = [
            "{\"id\":1}",
            "{\"id\":2}",
            "{\"id\":1}",
            "{\"id\":12}",
            "{\"id\":2}",
            "{\"id\":12}",
            "{}",
            "{}",
        ];
        assert_eq!(recognised(&texts), [0, 1, 0, 2, 1, 2, 3, 3]);
        let long = format!("{{\"text\":\"{}\"", "a".repeat(100));
        let (one, other) = (format!("{long},\"n\":1}}"), format!("{long},\"n\":2}}"));
        // the same beginning: the last one is looked up, and never taken for the other
        assert_eq!(
            recognised(&[&one, &other, &one, &other, &other]),
            [0, 1, 2, 3, 3]
        );
    }

    #[test]
    fn the_search_ends_where_nothing_comes_again() {
        let texts: Vec<String> = (0..100).map(|n| format!("{{\"id\":{n}}}")).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push("{\"id\":99}");
        assert_eq!(recognised(&texts), (0..=100).collect::<Vec<_>>());
    }

    #[test]
    fn values_that_come_again_are_recognised_as_a_whole() {
        let value = |text: &str| match serde_json::from_str(text).unwrap() {
            ConstValue::Object(fields) => fields,
            other => panic!("{other} is no object"),
        };
        let objects = [
            value(r#"{"type":"A","id":1,"n":1.5,"below":{"list":[1,2]}}"#),
            value(r#"{"type":"A","id":1,"n":1.5,"below":{"list":[1,2]}}"#),
            // the same first leaves
            value(r#"{"type":"A","id":1,"n":1.5,"below":{"list":[1,3]}}"#),
            value(r#"{"type":"A","id":1,"n":1.5,"below":{"list":[1]}}"#),
            value(r#"{"id":1,"type":"A","n":1.5,"below":{"list":[1,2]}}"#),
            value(r#"{"kind":"A","id":1,"n":1.5,"below":{"list":[1,2]}}"#),
        ];
        let mut tree = Tree::default();
        for (index, object) in objects.iter().enumerate() {
            let mut seen = Resembling::default();
            let first = tree.add_object(None, &[]);
            let hash = seen.find(3, &objects[0]).unwrap_err().unwrap();
            seen.keep(hash, 3, &objects[0], first);
            assert_eq!(seen.find(3, object) == Ok(first), index < 2, "{index}");
            // objects at another place have another shape
            assert!(seen.find(2, object).is_err(), "{index}");
        }
    }

    #[test]
    fn texts_that_are_looked_up_alike_are_told_apart() {
        let object = |text: &str| -> Fields {
            let text = ConstValue::String(text.to_owned());
            [(Name::new("text"), text)].into_iter().collect()
        };
        let some = object("the same beginning, one middle, and the same end");
        let other = object("the same beginning, odd middle, and the same end");
        let (mut seen, mut tree) = (Resembling::default(), Tree::default());
        let hash = seen.find(0, &some).unwrap_err().unwrap();
        let id = tree.add_object(None, &[]);
        seen.keep(hash, 0, &some, id);
        assert_eq!(seen.find(0, &other), Err(Some(hash)));
        assert_eq!(seen.find(0, &some), Ok(id));
    }

    #[test]
    fn the_search_for_values_ends_where_nothing_comes_again() {
        let objects: Vec<Fields> = (0..100)
            .map(|n| {
                [(Name::new("id"), ConstValue::from(n))]
                    .into_iter()
                    .collect()
            })
            .collect();
        let (mut seen, mut tree) = (Resembling::default(), Tree::default());
        for object in &objects {
            if let Err(Some(hash)) = seen.find(0, object) {
                seen.keep(hash, 0, object, tree.add_object(None, &[]));
            }
        }
        assert_eq!(seen.find(0, &objects[99]), Err(None));
        assert!(
            seen.find(1, &objects[99]) != Err(None),
            "elsewhere it goes on"
        );
    }
}
