//! The taxonomy with a tenant's additions.

use std::collections::{HashMap, HashSet};

use super::{Skill, Taxonomy, TaxonomyError};

impl Taxonomy {
    /// This taxonomy with more skills, and with more names and relations for skills that it has.
    ///
    /// # Errors
    /// A name belongs to another skill already, or a relation leads nowhere.
    pub fn extended(&self, additions: &[Skill], version: String) -> Result<Self, TaxonomyError> {
        let mut skills = self.skills.clone();
        for addition in additions {
            let Some(&known) = self.index.get(&addition.id) else {
                skills.push(addition.clone());
                continue;
            };
            let known = &mut skills[known];
            for (list, more) in [
                (&mut known.aliases, &addition.aliases),
                (&mut known.implies, &addition.implies),
                (&mut known.broader, &addition.broader),
                (&mut known.ambiguous, &addition.ambiguous),
            ] {
                for word in more {
                    if !list.contains(word) {
                        list.push(word.clone());
                    }
                }
            }
        }
        let mut owners: HashMap<String, &str> = HashMap::new();
        for skill in &skills {
            let names = std::iter::once(skill.name.to_lowercase()).chain(skill.aliases.clone());
            for name in names {
                let message = format!("{}: `{name}` is a name of another skill", skill.id);
                match owners.insert(name, &skill.id) {
                    Some(owner) if owner != skill.id => {
                        return Err(TaxonomyError::Inconsistent(message));
                    }
                    _ => {}
                }
            }
        }
        Self::new(version, skills, self.formerly.clone())
    }

    /// The same with additions that were right when they were made: this taxonomy may be a later one. A name that it took since
    /// stays the addition's, and a relation to a skill that is gone is left out.
    ///
    /// # Errors
    /// The additions contradict each other.
    pub fn extended_as_kept(
        &self,
        additions: &[Skill],
        version: String,
    ) -> Result<Self, TaxonomyError> {
        let names = |skill: &Skill| {
            let name = (!self.index.contains_key(&skill.id)).then(|| skill.name.to_lowercase());
            name.into_iter().chain(skill.aliases.clone())
        };
        let claimed: HashMap<String, &str> = additions
            .iter()
            .flat_map(|skill| names(skill).map(|name| (name, skill.id.as_str())))
            .collect();
        let ids: HashSet<&str> = additions.iter().map(|skill| skill.id.as_str()).collect();
        let mut base = self.skills.clone();
        for skill in &mut base {
            let others = |name: &String| claimed.get(name).is_some_and(|owner| *owner != skill.id);
            let renamed = others(&skill.name.to_lowercase());
            skill.aliases.retain(|alias| !others(alias));
            if renamed {
                skill.name.push_str(" (built in)");
            }
        }
        let mut additions = additions.to_vec();
        for addition in &mut additions {
            let there = |id: &String| self.index.contains_key(id) || ids.contains(id.as_str());
            addition.implies.retain(there);
            addition.broader.retain(there);
        }
        Self::new(self.version.clone(), base, self.formerly.clone())?.extended(&additions, version)
    }
}
