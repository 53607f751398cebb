//! How large a document is once its fragments are expanded, without expanding them.

use std::collections::HashMap;

use crate::executable::Stats;
use crate::lexer::Lexer;
use crate::limits::Limits;
use crate::refusal::{Limit, Refusal};

/// An operation or fragment as written.
#[derive(Debug)]
pub(crate) struct Definition<'a> {
    /// The fragment's name; `None` for operations.
    fragment: Option<&'a str>,
    at: usize,
    /// Its first spread in the list of all, and their number: spreads of one definition lie together.
    first_spread: usize,
    pub(crate) spreads: usize,
    /// Fields, spreads and inline fragments.
    pub(crate) selections: usize,
    pub(crate) root_fields: usize,
    pub(crate) depth: usize,
}

impl<'a> Definition<'a> {
    pub(crate) fn new(fragment: Option<&'a str>, at: usize, first_spread: usize) -> Self {
        Self {
            fragment,
            at,
            first_spread,
            spreads: 0,
            selections: 0,
            root_fields: 0,
            depth: 0,
        }
    }
}

/// A named spread.
#[derive(Debug)]
pub(crate) struct Spread<'a> {
    pub(crate) name: &'a str,
    /// The definition in which it stands.
    pub(crate) definition: usize,
    /// Selection sets around it within that definition.
    pub(crate) depth: usize,
    /// Whether it adds to the root fields of its definition.
    pub(crate) root: bool,
}

/// A definition with its fragments expanded; sums saturate, as they can grow exponentially.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    selections: usize,
    root_fields: usize,
    depth: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    New,
    Open,
    Done,
}

/// Sums every definition once, fragments before those who spread them.
pub(crate) struct Expansion<'a, 'r> {
    lexer: &'r Lexer<'a>,
    limits: &'r Limits,
    definitions: &'r [Definition<'a>],
    spreads: &'r [Spread<'a>],
    by_name: HashMap<&'a str, usize>,
    states: Vec<State>,
    totals: Vec<Total>,
}

impl<'a, 'r> Expansion<'a, 'r> {
    pub(crate) fn new(
        lexer: &'r Lexer<'a>,
        limits: &'r Limits,
        definitions: &'r [Definition<'a>],
        spreads: &'r [Spread<'a>],
    ) -> Result<Self, Refusal> {
        let mut by_name = HashMap::new();
        for (index, definition) in definitions.iter().enumerate() {
            if let Some(name) = definition.fragment
                && by_name.insert(name, index).is_some()
            {
                // Readers differ in which of the two counts.
                return Err(lexer.syntax("fragment is defined twice", definition.at));
            }
        }
        let states = vec![State::New; definitions.len()];
        let totals = vec![Total::default(); definitions.len()];
        Ok(Self {
            lexer,
            limits,
            definitions,
            spreads,
            by_name,
            states,
            totals,
        })
    }

    /// Sums all definitions, fills in the totals and refuses what is too large or endless.
    pub(crate) fn finish(mut self, stats: &mut Stats) -> Result<(), Refusal> {
        for index in 0..self.definitions.len() {
            self.sum(index)?;
            let total = self.totals[index];
            let at = self.definitions[index].at;
            self.within(
                Limit::ExpandedSelections,
                self.limits.expanded_selections,
                total.selections,
                at,
            )?;
            self.within(
                Limit::SelectionDepth,
                self.limits.selection_depth,
                total.depth,
                at,
            )?;
            stats.selection_depth = stats.selection_depth.max(total.depth);
            if self.definitions[index].fragment.is_none() {
                stats.expanded_selections =
                    stats.expanded_selections.saturating_add(total.selections);
                stats.root_fields = stats.root_fields.max(total.root_fields);
                self.within(
                    Limit::RootFields,
                    self.limits.root_fields,
                    total.root_fields,
                    at,
                )?;
                let allowed = self.limits.expanded_selections;
                self.within(
                    Limit::ExpandedSelections,
                    allowed,
                    stats.expanded_selections,
                    at,
                )?;
            }
        }
        Ok(())
    }

    fn within(&self, limit: Limit, allowed: usize, seen: usize, at: usize) -> Result<(), Refusal> {
        if seen > allowed {
            Err(self.lexer.limit(limit, allowed, seen, at))
        } else {
            Ok(())
        }
    }

    /// A depth-first walk over spreads with its own stack: every definition and every spread is passed once.
    fn sum(&mut self, start: usize) -> Result<(), Refusal> {
        if matches!(self.states[start], State::Done) {
            return Ok(());
        }
        let mut stack = vec![self.open(start)];
        while let Some((index, next)) = stack.pop() {
            let definition = &self.definitions[index];
            if next == definition.first_spread + definition.spreads {
                self.states[index] = State::Done;
                continue;
            }
            let spread = &self.spreads[next];
            // A spread of nothing adds nothing here; the validator reports it.
            let Some(&target) = self.by_name.get(spread.name) else {
                stack.push((index, next + 1));
                continue;
            };
            match self.states[target] {
                State::New => {
                    stack.push((index, next));
                    stack.push(self.open(target));
                }
                State::Open => {
                    let at = self.lexer.position(self.definitions[target].at);
                    return Err(Refusal::Cycle {
                        fragment: spread.name.to_owned(),
                        at,
                    });
                }
                State::Done => {
                    let inner = self.totals[target];
                    let total = &mut self.totals[spread.definition];
                    total.selections = total.selections.saturating_add(inner.selections);
                    total.depth = total.depth.max(spread.depth.saturating_add(inner.depth));
                    if spread.root {
                        total.root_fields = total.root_fields.saturating_add(inner.root_fields);
                    }
                    stack.push((index, next + 1));
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, index: usize) -> (usize, usize) {
        let definition = &self.definitions[index];
        self.states[index] = State::Open;
        self.totals[index] = Total {
            selections: definition.selections,
            root_fields: definition.root_fields,
            depth: definition.depth,
        };
        (index, definition.first_spread)
    }
}
