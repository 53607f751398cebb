//! Recognising objects of an answer that come again.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::represent::Hashed;
use super::value::ObjectId;

/// Longest beginning of an object's text by which it is looked up.
const MAX_BEGINNING: usize = 64;

/// After so many objects it is looked whether any come again.
const TRIAL: u32 = 64;

/// Fewer hits than one in so many are not worth the search.
const WORTHWHILE: u32 = 8;

/// The objects that have stood at one place of an answer, by the beginning of their text. No text of an object is the
/// beginning of another one's, so where the known text begins again the same object ends with it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    known: HashMap<u64, (u32, u32, ObjectId), BuildHasherDefault<Hashed>>,
    /// Bytes by which objects are looked up: not more than the shortest of them has.
    beginning: usize,
    tried: u32,
    hits: u32,
    given_up: bool,
}

impl Seen {
    /// The length of the text and the object, when the text that starts at `start` begins with a known object's.
    pub(super) fn find(&mut self, bytes: &[u8], start: usize) -> Option<(usize, ObjectId)> {
        if self.given_up {
            return None;
        }
        self.tried += 1;
        if self.tried.is_multiple_of(TRIAL) && self.hits < self.tried / WORTHWHILE {
            *self = Self {
                given_up: true,
                ..Self::default()
            };
            return None;
        }
        let text = &bytes[start..];
        let hash = xxh3_64(text.get(..self.beginning).filter(|text| !text.is_empty())?);
        let (start, end, id) = *self.known.get(&hash)?;
        let known = &bytes[start as usize..end as usize];
        if !text.starts_with(known) {
            return None;
        }
        self.hits += 1;
        Some((known.len(), id))
    }

    /// Keeps an object that was read.
    pub(super) fn keep(&mut self, bytes: &[u8], text: Range<usize>, id: ObjectId) {
        if self.given_up {
            return;
        }
        let beginning = text.len().min(MAX_BEGINNING);
        if self.known.is_empty() || beginning < self.beginning {
            self.known.clear();
            self.beginning = beginning;
        }
        let hash = xxh3_64(&bytes[text.start..text.start + self.beginning]);
        // answers are bounded far below 4 GiB
        let place = (text.start as u32, text.end as u32, id);
        self.known.insert(hash, place);
    }
}

#[cfg(test)]
mod tests {
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
}
