//! Which types the rules on the whole supergraph look at: all, or those that may be judged
//! differently than the last time

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ast::{HashMap, HashSet, Known, Name, find};
use crate::merge::KnownSet;
use crate::supergraph::{Printed, SuperType, Supergraph};

/// A supergraph, and the types in it to check.
pub(crate) struct Scope<'s> {
    pub(crate) supergraph: &'s Supergraph,
    types: Vec<&'s Arc<SuperType>>,
    partial: bool,
    /// Type that was checked, type that it was checked against.
    reads: RefCell<Vec<(Name, Name)>>,
}

impl<'s> Scope<'s> {
    /// Everything.
    pub(crate) fn whole(supergraph: &'s Supergraph) -> Self {
        Self {
            supergraph,
            types: supergraph.types.values().collect(),
            partial: false,
            reads: RefCell::default(),
        }
    }

    /// Is there more than this scope holds?
    pub(crate) fn is_partial(&self) -> bool {
        self.partial
    }

    /// The types to check, by name.
    pub(crate) fn types(&self) -> impl Iterator<Item = &'s SuperType> + '_ {
        self.types.iter().map(|ty| &***ty)
    }

    /// Other types as the check of this one sees them.
    pub(crate) fn seen_from<'c>(&'c self, checked: &'c Name) -> View<'c, 's> {
        View {
            scope: self,
            checked,
        }
    }

    /// What was checked, and what was looked at meanwhile.
    pub(crate) fn finished(self) -> Finished {
        Finished {
            checked: self
                .partial
                .then(|| self.types.iter().map(|ty| ty.name.clone()).collect()),
            reads: self.reads.into_inner(),
        }
    }
}

/// What a scope held when the rules found nothing in it.
pub(crate) struct Finished {
    /// The types; none when they were all.
    checked: Option<Vec<Name>>,
    reads: Vec<(Name, Name)>,
}

/// The supergraph as the check of one type looks at it: it is noted which types matter to it.
#[derive(Clone, Copy)]
pub(crate) struct View<'c, 's> {
    scope: &'c Scope<'s>,
    checked: &'c Name,
}

impl<'s> View<'_, 's> {
    /// The type of this name; that there is none matters as well.
    pub(crate) fn get(&self, name: &str) -> Option<&'s SuperType> {
        let found = self.scope.supergraph.types.get_key_value(name);
        if *self.checked != name {
            let name = found.map_or_else(|| Name::from(name), |(name, _)| name.clone());
            let mut reads = self.scope.reads.borrow_mut();
            let read = (self.checked.clone(), name);
            if reads.last() != Some(&read) {
                reads.push(read);
            }
        }
        found.map(|(_, ty)| &**ty)
    }
}

/// The last supergraph in which the rules found nothing, and what they looked at there.
#[derive(Default)]
pub(crate) struct Checked {
    last: Printed,
    used: KnownSet,
    inaccessible: BTreeSet<Name>,
    /// By the type that was checked.
    reads: HashMap<Name, HashSet<Name>>,
}

impl Checked {
    /// What has to be checked in another supergraph, in which these directives are used.
    pub(crate) fn scope<'s>(&self, printed: &'s Printed, used: KnownSet) -> Scope<'s> {
        let supergraph = &*printed.supergraph;
        let alike = used == self.used
            // a context is read from types that no selection names
            && !used.contains(Known::Context)
            && self.inaccessible == inaccessible(supergraph);
        if !alike {
            return Scope::whole(supergraph);
        }
        let changed: HashSet<&Name> = self
            .last
            .differences(printed)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let depends = |reads: &HashSet<Name>| reads.iter().any(|name| changed.contains(name));
        let dependent = self
            .reads
            .iter()
            .filter(|(_, reads)| depends(reads))
            .map(|(name, _)| name);
        let names: BTreeSet<&Name> = changed.iter().copied().chain(dependent).collect();
        Scope {
            supergraph,
            types: names
                .into_iter()
                .filter_map(|name| supergraph.types.get(name))
                .collect(),
            partial: true,
            reads: RefCell::default(),
        }
    }

    /// Takes note that the rules found nothing.
    pub(crate) fn accept(&mut self, finished: Finished, printed: &Printed, used: KnownSet) {
        if let Some(checked) = &finished.checked {
            for name in checked {
                self.reads.remove(name);
            }
            let gone = self
                .last
                .differences(printed)
                .into_iter()
                .filter(|(_, ty)| ty.is_none());
            for (name, _) in gone {
                self.reads.remove(name);
            }
        } else {
            self.reads.clear();
            self.inaccessible = inaccessible(&printed.supergraph);
        }
        for (name, read) in finished.reads {
            self.reads.entry(name).or_default().insert(read);
        }
        self.used = used;
        self.last = printed.clone();
    }
}

/// The types that clients do not see.
fn inaccessible(supergraph: &Supergraph) -> BTreeSet<Name> {
    supergraph
        .types
        .values()
        .filter(|ty| find(&ty.directives, Known::Inaccessible).is_some())
        .map(|ty| ty.name.clone())
        .collect()
}
