//! How skills are called: what holds for the names of the whole taxonomy.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use super::Taxonomy;

/// Makers whose products are called by a name of their own behind theirs.
const MAKERS: &[&str] = &[
    "Amazon",
    "AWS",
    "Azure",
    "Adobe",
    "Apache",
    "Oracle",
    "SAP",
    "IBM",
    "Cisco",
    "Google",
    "Microsoft",
    "Salesforce",
    "VMware",
    "Zoho",
    "Infor",
    "Sage",
    "HP",
    "EMC",
    "BMC",
    "CA",
    "Guidewire",
    "Informatica",
    "Pentaho",
    "TIBCO",
    "Ansys",
    "Medidata",
    "Macromedia",
    "Facebook",
    "Dynamics",
    "F5",
];
/// Ordinary words behind a maker's name, for what people do with its products.
const ORDINARY: &[&str] = &[
    "networking",
    "development",
    "logistics",
    "voice",
    "wireless",
    "storage",
    "load",
    "advertising",
    "marketing",
];
/// Words that are two names, or a name and a word.
const HOMOGRAPHS: &[&str] = &[
    "ada", "apex", "argus", "arm", "basic", "idea", "one", "patrol", "pi", "safe", "soc", "swift",
    "vim",
];

#[test]
fn no_skill_is_in_the_taxonomy_twice_under_names_that_differ_in_spaces_and_marks_only() {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for skill in Taxonomy::shared().unwrap().skills() {
        let names: BTreeSet<String> = std::iter::once(&skill.name)
            .chain(&skill.aliases)
            .map(|name| {
                name.to_lowercase()
                    .chars()
                    .filter(|letter| !" -./:_".contains(*letter))
                    .collect()
            })
            .collect();
        for name in names {
            if let Some(other) = known.insert(name.clone(), &skill.id) {
                panic!("{other} and {} are both called {name}", skill.id);
            }
        }
    }
}

#[test]
fn products_are_written_with_capitals_behind_their_makers() {
    for skill in Taxonomy::shared().unwrap().skills() {
        let words: Vec<&str> = skill.name.split(' ').collect();
        for pair in words.windows(2) {
            let named = pair[1].chars().any(char::is_uppercase)
                || !pair[1].starts_with(char::is_alphabetic);
            assert!(
                !MAKERS.contains(&pair[0]) || named || ORDINARY.contains(&pair[1]),
                "{}",
                skill.name
            );
        }
    }
}

#[test]
fn a_word_with_capitals_of_its_own_is_written_one_way_in_all_names() {
    let mut ways: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for skill in Taxonomy::shared().unwrap().skills() {
        for word in skill
            .name
            .split([' ', '(', ')'])
            .filter(|word| !word.is_empty())
        {
            ways.entry(word.to_lowercase()).or_default().insert(word);
        }
    }
    for (word, ways) in ways {
        let own = ways
            .iter()
            .any(|way| way.chars().skip(1).any(char::is_uppercase));
        assert!(
            !own || ways.len() == 1 || HOMOGRAPHS.contains(&word.as_str()),
            "{ways:?}"
        );
    }
}
