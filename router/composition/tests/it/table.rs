//! The case table: `tests/cases/<class>.graphql`
//!
//! ```text
//! #### name of the case
//! #= INVALID_FIELD_SHARING            codes that composition gives; nothing for a good case
//! #hint UNUSED_ENUM_TYPE E            a hint and its coordinate; looked at in class `hints`
//! #apollo ok because …                what an oracle says, where it differs, and why ours is right
//! ## a                                a subgraph with everything of federation 2 imported
//! ## b v1                             a subgraph without link: federation 1
//! ## c raw                            a subgraph as written
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use router_composition::SubgraphInput;

/// The import of a subgraph of the table that has none of its own.
pub(crate) const LINK: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides", "@external", "@extends", "@shareable", "@override", "@inaccessible", "@tag", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize"])
"#;

/// What somebody says of a set of subgraphs: the codes of its errors, none when it composes.
pub(crate) type Verdict = BTreeSet<String>;

pub(crate) struct Case {
    pub(crate) class: String,
    pub(crate) name: String,
    pub(crate) expected: Verdict,
    /// Code and coordinate of hints, sorted.
    pub(crate) hints: Vec<String>,
    /// Oracle name, its verdict, the reason why ours is right.
    pub(crate) differences: Vec<(String, Verdict, String)>,
    pub(crate) subgraphs: Vec<SubgraphInput>,
}

pub(crate) fn verdict(text: &str) -> Verdict {
    text.split([' ', ','])
        .filter(|code| !code.is_empty() && *code != "ok")
        .map(str::to_owned)
        .collect()
}

/// All cases of all classes.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let class = file.file_stem().unwrap().to_str().unwrap().to_owned();
        read(&class, &fs::read_to_string(&file).unwrap(), &mut cases);
    }
    cases
}

fn read(class: &str, text: &str, cases: &mut Vec<Case>) {
    let mut linked = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#### ") {
            finish(cases, &mut linked);
            cases.push(Case {
                class: class.to_owned(),
                name: name.trim().to_owned(),
                expected: Verdict::new(),
                hints: Vec::new(),
                differences: Vec::new(),
                subgraphs: Vec::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(codes) = line.strip_prefix("#= ") {
            case.expected = verdict(codes);
        } else if let Some(hint) = line.strip_prefix("#hint ") {
            case.hints.push(hint.to_owned());
        } else if let Some(rest) = line
            .strip_prefix("#apollo ")
            .or_else(|| line.strip_prefix("#guild "))
        {
            let oracle = if line.starts_with("#apollo") {
                "apollo"
            } else {
                "guild"
            };
            let (codes, reason) = rest
                .split_once(" because ")
                .unwrap_or_else(|| panic!("no reason in {line:?}"));
            case.differences
                .push((oracle.to_owned(), verdict(codes), reason.to_owned()));
        } else if let Some(head) = line.strip_prefix("## ") {
            let mut words = head.split_whitespace();
            let name = words.next().unwrap().to_owned();
            linked.push(words.next().is_none());
            case.subgraphs.push(SubgraphInput {
                url: format!("http://{name}.local/"),
                name,
                sdl: String::new(),
            });
        } else if let Some(subgraph) = case.subgraphs.last_mut() {
            subgraph.sdl.push_str(line);
            subgraph.sdl.push('\n');
        }
    }
    finish(cases, &mut linked);
}

fn finish(cases: &mut [Case], linked: &mut Vec<bool>) {
    if let Some(case) = cases.last_mut() {
        for (subgraph, linked) in case.subgraphs.iter_mut().zip(linked.iter()) {
            if *linked {
                subgraph.sdl.push_str(LINK);
            }
        }
    }
    linked.clear();
}

/// Our verdict.
pub(crate) fn ours(subgraphs: &[SubgraphInput]) -> Verdict {
    match router_composition::compose(subgraphs) {
        Ok(_) => Verdict::new(),
        Err(errors) => errors
            .codes()
            .iter()
            .map(|code| code.as_str().to_owned())
            .collect(),
    }
}
