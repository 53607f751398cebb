//! `cargo xtask new-module NAME`: a module that compiles, migrates, is served and has passing tests from its first
//! minute.

mod name;
mod proof;
mod template;

pub(crate) use proof::prove;

use crate::{console, workspace};
use anyhow::{Context as _, Result, bail};
use name::Name;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What the user chose.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lower-case words with dashes, such as talent-pool
    name: String,
}

/// Makes the module in this checkout.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let name = Name::parse(&arguments.name)?;
    let written = generate(&workspace::root()?, &name)?;
    for path in &written {
        console::plain(&format!("  {}", path.display()));
    }
    console::done(&format!("module {} is there and is served", name.id()));
    console::plain(&format!(
        "  its tests        cargo test -p subgraph-{}",
        name.id()
    ));
    console::plain("  the public API   cargo xtask codegen");
    Ok(())
}

/// Writes the files and registers the module; gives the paths that were written or changed.
fn generate(root: &Path, name: &Name) -> Result<Vec<PathBuf>> {
    let folder = root.join("subgraphs").join(name.id());
    if folder.exists() {
        bail!("{} exists already", folder.display());
    }
    // everything is thought through before anything is written
    let mut files: BTreeMap<PathBuf, String> = template::files(name).into_iter().collect();
    for registration in registrations(name) {
        let text = match files.remove(Path::new(registration.file)) {
            Some(edited) => edited,
            None => {
                let path = root.join(registration.file);
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?
            }
        };
        files.insert(registration.file.into(), registration.apply(&text)?);
    }
    for (path, text) in &files {
        write(root, path, text)?;
    }
    format(root, name)?;
    Ok(files.into_keys().collect())
}

/// How long a line is depends on the name.
fn format(root: &Path, name: &Name) -> Result<()> {
    let output = workspace::cargo()
        .args(["fmt", "--package", &format!("subgraph-{}", name.id())])
        .args(["--package", &format!("{}-events", name.id())])
        .current_dir(root)
        .output()
        .context("starting cargo")?;
    if !output.status.success() {
        bail!(
            "`cargo fmt` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

fn write(root: &Path, path: &Path, text: &str) -> Result<()> {
    let path = root.join(path);
    let parent = path.parent().context("a file without a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Lines that go behind the last line of a kind in a file that people edit too.
struct Registration {
    file: &'static str,
    /// What the lines of that kind begin with, apart from white space.
    after: &'static str,
    lines: Vec<String>,
}

impl Registration {
    fn apply(&self, text: &str) -> Result<String> {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let last = lines
            .iter()
            .rposition(|line| line.trim_start().starts_with(self.after))
            .with_context(|| {
                format!(
                    "{} has no line that begins with `{}`",
                    self.file, self.after
                )
            })?;
        let indent: String = lines[last]
            .chars()
            .take_while(|c| c.is_whitespace())
            .collect();
        let new = self.lines.iter().map(|line| format!("{indent}{line}"));
        lines.splice(last + 1..last + 1, new);
        Ok(lines.join("\n") + "\n")
    }
}

/// The places that name modules: the workspace's dependencies and the server's list (design rule 3).
fn registrations(name: &Name) -> Vec<Registration> {
    let (id, snake, pascal) = (name.id(), name.snake(), name.pascal());
    vec![
        Registration {
            file: "Cargo.toml",
            after: "subgraph-",
            lines: vec![format!("subgraph-{id} = {{ path = \"subgraphs/{id}\" }}")],
        },
        Registration {
            file: "Cargo.toml",
            after: "interview-events",
            lines: vec![format!(
                "{id}-events = {{ path = \"subgraphs/{id}/events\" }}"
            )],
        },
        Registration {
            file: "server/Cargo.toml",
            after: "subgraph-",
            lines: vec![format!("subgraph-{id}.workspace = true")],
        },
        Registration {
            file: "server/src/modules.rs",
            after: "Arc::new(subgraph_",
            lines: vec![format!("Arc::new(subgraph_{snake}::{pascal}Module),")],
        },
    ]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_registration_goes_behind_the_last_of_its_kind_with_its_indent() {
        let registration = Registration {
            file: "list.rs",
            after: "Arc::new(",
            lines: vec!["Arc::new(c),".to_owned()],
        };
        let text = "vec![\n    Arc::new(a),\n    Arc::new(b),\n]\n";
        let expected = "vec![\n    Arc::new(a),\n    Arc::new(b),\n    Arc::new(c),\n]\n";
        assert_eq!(registration.apply(text).unwrap(), expected);
        assert!(
            registration
                .apply("nothing of it\n")
                .unwrap_err()
                .to_string()
                .contains("list.rs")
        );
    }

    #[test]
    fn every_place_that_names_modules_still_exists() {
        let root = workspace::root().unwrap();
        for registration in registrations(&Name::parse("talent-pool").unwrap()) {
            let text = fs::read_to_string(root.join(registration.file)).unwrap();
            assert!(registration.apply(&text).is_ok(), "{}", registration.file);
        }
    }

    #[test]
    fn no_placeholder_is_left_in_a_generated_file() {
        for (path, text) in template::files(&Name::parse("talent-pool").unwrap()) {
            assert!(
                !text.contains("{{") || path.extension().is_some_and(|e| e == "rs"),
                "{}",
                path.display()
            );
            for placeholder in [
                "{{id}}",
                "{{snake}}",
                "{{Pascal}}",
                "{{camel}}",
                "{{Title}}",
                "{{events}}",
            ] {
                assert!(
                    !text.contains(placeholder),
                    "{placeholder} in {}",
                    path.display()
                );
            }
        }
    }
}
