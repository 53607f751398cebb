//! Keys that are asked for at the same moment, read together. In place of a timer the moment ends when everything in the
//! request that can go on without waiting has done so.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::Result;

/// Most keys of one statement.
const MOST: usize = 1_000;

/// Who waits for which keys.
pub(super) struct Gathering<K, V>(Mutex<State<K, V>>);

struct State<K, V> {
    waiting: Vec<Waiting<K, V>>,
    is_led: bool,
}

struct Waiting<K, V> {
    keys: Vec<K>,
    answer: oneshot::Sender<Result<HashMap<K, V>>>,
}

/// What somebody who asks is to do.
pub(super) enum Part<'a, K: Eq + Hash + Clone, V: Clone> {
    /// Read for all, one's own keys among them.
    Lead(Lead<'a, K, V>),
    /// Wait. Nothing arrives when the leader goes away: ask again.
    Follow(oneshot::Receiver<Result<HashMap<K, V>>>),
}

/// The duty to read what gathers. Dropped before it is done, whoever waits asks again.
pub(super) struct Lead<'a, K: Eq + Hash + Clone, V: Clone> {
    gathering: &'a Gathering<K, V>,
    own: Vec<K>,
    is_over: bool,
}

/// The keys of one read, and whom it answers.
pub(super) struct Together<K, V> {
    own: Vec<K>,
    waiting: Vec<Waiting<K, V>>,
}

impl<K, V> Default for Gathering<K, V> {
    fn default() -> Self {
        Self(Mutex::new(State {
            waiting: Vec::new(),
            is_led: false,
        }))
    }
}

impl<K, V> Gathering<K, V> {
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Gathering<K, V> {
    /// Adds keys to what is read next.
    pub(super) fn join(&self, keys: &[K]) -> Part<'_, K, V> {
        let mut state = self.state();
        if !state.is_led {
            state.is_led = true;
            return Part::Lead(Lead {
                gathering: self,
                own: keys.to_vec(),
                is_over: false,
            });
        }
        let (answer, receiver) = oneshot::channel();
        state.waiting.push(Waiting {
            keys: keys.to_vec(),
            answer,
        });
        Part::Follow(receiver)
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Lead<'_, K, V> {
    /// How many wait for what is read, oneself left out.
    pub(super) fn others(&self) -> usize {
        self.gathering.state().waiting.len()
    }

    /// Ends the gathering: whoever asks from now on begins another one.
    pub(super) fn take(mut self) -> Together<K, V> {
        self.is_over = true;
        let mut state = self.gathering.state();
        state.is_led = false;
        Together {
            own: mem::take(&mut self.own),
            waiting: mem::take(&mut state.waiting),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut state = self.gathering.state();
            state.is_led = false;
            state.waiting.clear();
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Together<K, V> {
    /// All keys, each once, in portions for one statement each.
    pub(super) fn portions(&self) -> Vec<Vec<K>> {
        let mut seen = std::collections::HashSet::new();
        let others = self.waiting.iter().flat_map(|waiting| &waiting.keys);
        let keys: Vec<K> = self
            .own
            .iter()
            .chain(others)
            .filter(|key| seen.insert(*key))
            .cloned()
            .collect();
        keys.chunks(MOST).map(<[K]>::to_vec).collect()
    }

    /// Gives everybody their part; one's own is the result.
    pub(super) fn share(self, found: Result<HashMap<K, V>>) -> Result<HashMap<K, V>> {
        if self.waiting.is_empty() {
            return found;
        }
        let part = |keys: &[K]| match &found {
            Ok(found) => {
                let one = |key: &K| found.get(key).map(|value| (key.clone(), value.clone()));
                Ok(keys.iter().filter_map(one).collect())
            }
            Err(error) => Err(error.clone()),
        };
        for waiting in self.waiting {
            // who went away meanwhile needs no answer
            let _gone = waiting.answer.send(part(&waiting.keys));
        }
        part(&self.own)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::Error;

    type Numbers = Gathering<u32, u32>;

    fn lead<'a>(gathering: &'a Numbers, keys: &[u32]) -> Lead<'a, u32, u32> {
        match gathering.join(keys) {
            Part::Lead(lead) => lead,
            Part::Follow(_) => panic!("somebody else leads"),
        }
    }

    fn follow(gathering: &Numbers, keys: &[u32]) -> oneshot::Receiver<Result<HashMap<u32, u32>>> {
        match gathering.join(keys) {
            Part::Follow(receiver) => receiver,
            Part::Lead(_) => panic!("nobody leads"),
        }
    }

    #[test]
    fn everybody_gets_what_they_asked_for_out_of_one_read_of_each_key_once() {
        let gathering = Numbers::default();
        let first = lead(&gathering, &[1, 2]);
        let mut second = follow(&gathering, &[2, 3]);
        let together = first.take();
        assert_eq!(together.portions(), [[1, 2, 3]]);
        let own = together.share(Ok(HashMap::from([(1, 10), (2, 20), (3, 30)])));
        assert_eq!(own.unwrap(), HashMap::from([(1, 10), (2, 20)]));
        let theirs = second.try_recv().unwrap().unwrap();
        assert_eq!(theirs, HashMap::from([(2, 20), (3, 30)]));
    }

    #[test]
    fn a_failure_is_everybodys() {
        let gathering = Numbers::default();
        let first = lead(&gathering, &[1]);
        let mut second = follow(&gathering, &[2]);
        let own = first.take().share(Err(Error::not_found("number")));
        assert_eq!(own.unwrap_err().public(), "number not found");
        let theirs = second.try_recv().unwrap();
        assert_eq!(theirs.unwrap_err().public(), "number not found");
    }

    #[test]
    fn who_asks_while_a_read_is_under_way_begins_another_one() {
        let gathering = Numbers::default();
        let together = lead(&gathering, &[1]).take();
        let next = lead(&gathering, &[2]);
        assert_eq!(together.portions(), [[1]]);
        assert_eq!(next.take().portions(), [[2]]);
    }

    #[test]
    fn when_the_leader_goes_away_those_who_wait_ask_again() {
        let gathering = Numbers::default();
        let first = lead(&gathering, &[1]);
        let mut second = follow(&gathering, &[2]);
        drop(first);
        assert!(second.try_recv().is_err());
        assert_eq!(lead(&gathering, &[2]).take().portions(), [[2]]);
    }

    #[test]
    fn more_keys_than_a_statement_takes_are_read_in_portions() {
        let gathering = Numbers::default();
        let keys: Vec<u32> = (0..2_500).collect();
        let sizes: Vec<usize> = lead(&gathering, &keys)
            .take()
            .portions()
            .iter()
            .map(Vec::len)
            .collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
    }
}
