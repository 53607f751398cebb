//! The public composers as oracles: the same verdict, or a listed reason
//!
//! They are installed by npm into the target folder; without node the test says so and fails,
//! unless `COMPOSITION_ORACLE=off` says that it is not wanted.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use router_composition::SubgraphInput;
use serde_json::Value;

use crate::table::{Verdict, cases};

/// Installs the oracles once and gives the folder that holds them.
pub(crate) fn install() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("composition-oracle");
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["package.json", "oracle.mjs"] {
        std::fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    if !folder
        .join("node_modules/@apollo/composition/package.json")
        .exists()
    {
        let status = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--ignore-scripts",
            ])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "the oracles could not be installed: node and npm and a registry are needed"
        );
    }
    folder
}

/// What the oracles say of each set of subgraphs.
pub(crate) fn ask(sets: &[&[SubgraphInput]]) -> Vec<Value> {
    let folder = install();
    let input: Vec<Vec<Value>> = sets
        .iter()
        .map(|set| {
            set.iter()
                .map(|subgraph| serde_json::json!({"name": subgraph.name, "url": subgraph.url, "sdl": subgraph.sdl}))
                .collect()
        })
        .collect();
    let mut child = Command::new("node")
        .arg("oracle.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is needed to ask the oracles");
    let mut stdin = child.stdin.take().unwrap();
    let text = serde_json::to_string(&input).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn codes(answer: &Value) -> Verdict {
    answer["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_table_agrees_with_the_oracles_or_says_why_not() {
    if std::env::var("COMPOSITION_ORACLE").is_ok_and(|value| value == "off") {
        return;
    }
    let cases = cases();
    let sets: Vec<&[SubgraphInput]> = cases.iter().map(|case| case.subgraphs.as_slice()).collect();
    let answers = ask(&sets);
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        for oracle in ["apollo", "guild"] {
            let says = codes(&answer[oracle]);
            let listed = case.differences.iter().find(|(name, ..)| name == oracle);
            let expected = listed.map_or(&case.expected, |(_, verdict, _)| verdict);
            if says != *expected {
                wrong.push(format!(
                    "{}: {}\n  table  {expected:?}\n  {oracle:6} {says:?}\n  {}",
                    case.class, case.name, answer[oracle]["messages"]
                ));
            } else if listed.is_some_and(|(_, verdict, _)| *verdict == case.expected) {
                wrong.push(format!(
                    "{}: {}: {oracle} does not differ",
                    case.class, case.name
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
