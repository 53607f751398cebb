//! The public composers as oracles: the same verdict, or a listed reason
//!
//! They are installed by npm into the target folder; without node the test says so and fails,
//! unless `COMPOSITION_ORACLE=off` says that it is not wanted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use router_composition::SubgraphInput;
use serde_json::Value;

use crate::table::{Verdict, cases};

/// Installs the oracles once and gives the folder that holds them.
pub(crate) fn install() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("composition-oracle");
    std::fs::create_dir_all(&folder).unwrap();
    // several tests, each a process of its own, may be the first
    let lock = std::fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    for file in ["package.json", "oracle.mjs"] {
        let text = std::fs::read(source.join(file)).unwrap();
        let target = folder.join(file);
        if std::fs::read(&target).is_ok_and(|known| known == text) {
            continue;
        }
        // one who reads it now must not meet half of it
        let new = folder.join(format!("{file}.new"));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, target).unwrap();
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

/// A process that answers set after set.
pub(crate) struct Oracle {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("node")
            .arg("oracle.mjs")
            .current_dir(install())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is needed to ask the oracles");
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// What the oracles say of a set of subgraphs.
    pub(crate) fn ask(&mut self, set: &[SubgraphInput]) -> Value {
        let set: Vec<Value> = set
            .iter()
            .map(|subgraph| serde_json::json!({"name": subgraph.name, "url": subgraph.url, "sdl": subgraph.sdl}))
            .collect();
        writeln!(self.input, "{}", Value::from(set)).unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // it has nothing to finish, and a test that fails must not leave it behind
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
    let mut process = Oracle::start();
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = process.ask(&case.subgraphs);
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
