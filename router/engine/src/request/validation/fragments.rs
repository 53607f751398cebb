//! Fragments: their names, that each is used, and that none contains itself (section 5.5).

use std::collections::{HashMap, HashSet};

use crate::syntax::query::{Definition, Document as Ast};

use super::{Owner, Validator, place};

impl<'a> Validator<'a> {
    /// Notes all fragments by name; no two may have one.
    pub(super) fn index_fragments(&mut self, ast: &'a Ast) {
        for definition in &ast.definitions {
            let Definition::Fragment(fragment) = definition else {
                continue;
            };
            match self.fragments.get(fragment.name.as_str()) {
                Some(first) => {
                    let message =
                        format!("there is more than one fragment named `{}`", fragment.name);
                    let places = [place(first.position), place(fragment.position)];
                    self.report.error(message, places);
                }
                None => {
                    self.fragments.insert(&fragment.name, fragment);
                }
            }
        }
    }

    /// Every fragment is used by some operation, if only through others, and none contains itself.
    pub(super) fn check_fragment_use(&mut self, ast: &'a Ast) {
        let mut spreads: HashMap<&str, &[&str]> = HashMap::new();
        let mut used: HashSet<&str> = HashSet::new();
        let mut open: Vec<&str> = Vec::new();
        for scope in &self.scopes {
            match &scope.owner {
                Owner::Operation { .. } => open.extend(&scope.spreads),
                Owner::Fragment(name) => {
                    spreads.entry(name).or_insert(&scope.spreads);
                }
            }
        }
        while let Some(name) = open.pop() {
            if used.insert(name) {
                open.extend(spreads.get(name).copied().unwrap_or_default());
            }
        }
        // what leads to no circle is peeled off from its ends
        let mut circular: HashMap<&str, &[&str]> = spreads.clone();
        loop {
            let ends: Vec<&str> = circular
                .iter()
                .filter(|(_, below)| !below.iter().any(|name| circular.contains_key(name)))
                .map(|(name, _)| *name)
                .collect();
            if ends.is_empty() {
                break;
            }
            for end in ends {
                circular.remove(end);
            }
        }
        let contains_itself: HashSet<&str> = circular
            .keys()
            .copied()
            .filter(|name| reaches(&circular, name))
            .collect();
        for definition in &ast.definitions {
            let Definition::Fragment(fragment) = definition else {
                continue;
            };
            if !used.contains(fragment.name.as_str()) {
                let message = format!("the fragment `{}` is used nowhere", fragment.name);
                self.report.error(message, [place(fragment.position)]);
            }
            if contains_itself.contains(fragment.name.as_str()) {
                let message = format!("the fragment `{}` contains itself", fragment.name);
                self.report.error(message, [place(fragment.position)]);
            }
        }
    }
}

/// Whether a fragment leads back to itself.
fn reaches(spreads: &HashMap<&str, &[&str]>, target: &str) -> bool {
    let mut seen = HashSet::new();
    let mut open: Vec<&str> = spreads.get(target).copied().unwrap_or_default().to_vec();
    while let Some(name) = open.pop() {
        if name == target {
            return true;
        }
        if seen.insert(name) {
            open.extend(spreads.get(name).copied().unwrap_or_default());
        }
    }
    false
}
