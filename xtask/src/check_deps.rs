//! Which crate may depend on which: design rules 1 to 3, read from `cargo metadata`.
//!
//! The table in [`rule`] is closed: a crate that no rule names is a violation, so that a new one is thought about.

use crate::console;
use anyhow::{Context as _, Result, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::path::Path;

/// A crate of the workspace, with its dependencies inside and outside of it.
#[derive(Debug, Clone)]
struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
struct Dependency {
    name: String,
    development: bool,
    internal: bool,
}

/// What one crate may depend on inside the workspace.
struct Rule {
    /// Names, exact or with one leading or trailing `*`.
    normal: &'static [&'static str],
    /// In tests, in addition.
    development: &'static [&'static str],
    /// The only crates from the registry outside of tests; `None` for any.
    external: Option<&'static [&'static str]>,
    /// Said with each violation.
    reason: &'static str,
}

const PLATFORM: &[&str] = &[
    "platform-types",
    "platform-identity",
    "platform-guard",
    "platform-sdk",
    "router-*",
];
const HARNESS: &[&str] = &["platform-testkit"];

/// The rule for a crate by name; `None` when nobody thought about it yet.
fn rule(name: &str) -> Option<Rule> {
    let rule = |normal, development, reason| Rule {
        normal,
        development,
        external: None,
        reason,
    };
    Some(match name {
        "platform-types" => rule(&[], &[], "types are the ground that all else stands on"),
        "platform-guard" => Rule {
            external: Some(&["thiserror"]),
            ..rule(
                &[],
                &[],
                "the guard reads hostile input, so it depends on next to nothing",
            )
        },
        "platform-cluster" => rule(&[], &[], "the cluster is a tool, it knows no product code"),
        "platform-identity" => rule(
            &["platform-types"],
            &[],
            "identity knows the vocabulary only",
        ),
        "platform-sdk" => rule(
            &["platform-types", "platform-identity", "platform-guard"],
            HARNESS,
            "the SDK is what modules see, it knows neither host nor router",
        ),
        "platform-host" => rule(
            PLATFORM,
            &["platform-testkit", "platform-cluster"],
            "the host knows platform and router, and no module",
        ),
        "platform-testkit" => rule(
            &[
                "platform-types",
                "platform-identity",
                "platform-guard",
                "platform-sdk",
                "platform-host",
                "platform-cluster",
            ],
            &["router-*"],
            "the testkit knows the platform, and no module",
        ),
        "router-composition" | "router-engine" => rule(
            &["platform-guard"],
            &["router-*"],
            "composition and engine are generic: neither the SDK nor any module",
        ),
        "router-edge" => rule(
            &[
                "platform-types",
                "platform-identity",
                "platform-guard",
                "router-engine",
            ],
            &["router-*", "platform-testkit"],
            "the edge verifies identity and speaks HTTP, it knows no module",
        ),
        "tessera" => rule(&["*"], &["*"], ""),
        "xtask" => rule(
            &["platform-cluster"],
            &[],
            "the tool meets the product only from outside",
        ),
        // before the subgraphs: `*-events` is the more special shape
        name if name.ends_with("-events") => rule(
            &["platform-types"],
            &[],
            "events are facts: they depend on platform-types only (rule 2)",
        ),
        name if name.starts_with("subgraph-") => rule(
            &["platform-sdk", "*-events"],
            HARNESS,
            "a subgraph depends on platform-sdk and events only (rule 1)",
        ),
        _ => return None,
    })
}

/// Checks this workspace.
pub(crate) fn run() -> Result<()> {
    check_workspace(&crate::workspace::root()?)
}

/// Checks the workspace in this folder.
pub(crate) fn check_workspace(root: &Path) -> Result<()> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    let crates = crates(&metadata);
    let violations = check(&crates);
    if violations.is_empty() {
        console::done(&format!(
            "dependency rules hold for {} crates",
            crates.len()
        ));
        return Ok(());
    }
    bail!(
        "{} dependency rules broken:\n  {}",
        violations.len(),
        violations.join("\n  ")
    )
}

fn crates(metadata: &Metadata) -> Vec<Crate> {
    let internal = |name: &str| {
        metadata
            .packages
            .iter()
            .any(|package| package.name.as_str() == name)
    };
    metadata
        .packages
        .iter()
        .map(|package| Crate {
            name: package.name.to_string(),
            dependencies: package
                .dependencies
                .iter()
                .map(|dependency| Dependency {
                    name: dependency.name.clone(),
                    development: dependency.kind == DependencyKind::Development,
                    internal: dependency.path.is_some() && internal(&dependency.name),
                })
                .collect(),
        })
        .collect()
}

/// All violations, in the order of the crates.
fn check(crates: &[Crate]) -> Vec<String> {
    let mut violations = Vec::new();
    for one in crates {
        // rustc's macros resolve `core::` to the package
        if one.name == "core" {
            violations
                .push("no package may be named `core`: derive macros stop compiling".to_owned());
        }
        let Some(rule) = rule(&one.name) else {
            violations.push(format!(
                "{}: no rule says what it may depend on, add one to xtask/src/check_deps.rs",
                one.name
            ));
            continue;
        };
        for dependency in &one.dependencies {
            let allowed = if dependency.internal {
                let patterns = if dependency.development {
                    rule.development
                } else {
                    &[]
                };
                rule.normal
                    .iter()
                    .chain(patterns)
                    .any(|pattern| matches(pattern, &dependency.name))
            } else {
                let listed = |names: &[&str]| names.contains(&dependency.name.as_str());
                dependency.development || rule.external.is_none_or(listed)
            };
            if !allowed {
                let kind = if dependency.development {
                    " (in tests)"
                } else {
                    ""
                };
                violations.push(format!(
                    "{} → {}{kind}: {}",
                    one.name, dependency.name, rule.reason
                ));
            }
        }
    }
    violations
}

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// A workspace that keeps every rule.
    fn sound() -> Vec<Crate> {
        let graph: &[(&str, &[&str], &[&str])] = &[
            ("platform-types", &[], &[]),
            ("platform-guard", &[], &[]),
            ("platform-cluster", &[], &[]),
            ("platform-identity", &["platform-types"], &[]),
            (
                "platform-sdk",
                &["platform-types", "platform-identity", "platform-guard"],
                &[],
            ),
            (
                "platform-host",
                &["platform-sdk", "platform-identity", "router-edge"],
                &[],
            ),
            (
                "platform-testkit",
                &["platform-host", "platform-cluster"],
                &[],
            ),
            ("router-composition", &["platform-guard"], &[]),
            (
                "router-engine",
                &["platform-guard"],
                &["router-composition"],
            ),
            (
                "router-edge",
                &["platform-types", "platform-identity", "router-engine"],
                &[],
            ),
            ("core-events", &["platform-types"], &[]),
            ("billing-events", &["platform-types"], &[]),
            (
                "subgraph-core",
                &["platform-sdk", "core-events"],
                &["platform-testkit"],
            ),
            (
                "subgraph-billing",
                &["platform-sdk", "billing-events", "core-events"],
                &["platform-testkit"],
            ),
            (
                "tessera",
                &["platform-host", "subgraph-core", "subgraph-billing"],
                &["platform-testkit"],
            ),
            ("xtask", &["platform-cluster"], &[]),
        ];
        let edge = |development| {
            move |name: &&str| Dependency {
                name: (*name).to_owned(),
                development,
                internal: true,
            }
        };
        graph
            .iter()
            .map(|(name, normal, development)| Crate {
                name: (*name).to_owned(),
                dependencies: normal
                    .iter()
                    .map(edge(false))
                    .chain(development.iter().map(edge(true)))
                    .collect(),
            })
            .collect()
    }

    /// The violations after `from` got a dependency on `to`.
    fn inject(from: &str, to: &str, development: bool, internal: bool) -> Vec<String> {
        let mut crates = sound();
        let one = crates.iter_mut().find(|one| one.name == from).unwrap();
        one.dependencies.push(Dependency {
            name: to.to_owned(),
            development,
            internal,
        });
        check(&crates)
    }

    #[test]
    fn a_sound_workspace_has_no_violation() {
        assert_eq!(check(&sound()), Vec::<String>::new());
    }

    #[test]
    fn every_forbidden_dependency_is_one_violation_that_names_both_ends() {
        let table = [
            // rule 1
            ("subgraph-billing", "subgraph-core", false),
            ("subgraph-billing", "subgraph-core", true),
            ("subgraph-billing", "router-engine", false),
            ("subgraph-billing", "router-composition", true),
            ("subgraph-billing", "platform-host", false),
            ("subgraph-billing", "platform-host", true),
            ("subgraph-billing", "platform-identity", false),
            ("subgraph-billing", "platform-guard", false),
            ("subgraph-billing", "platform-testkit", false),
            // rule 2
            ("billing-events", "core-events", false),
            ("billing-events", "platform-sdk", false),
            ("billing-events", "subgraph-billing", true),
            // rule 3
            ("platform-host", "subgraph-core", false),
            ("platform-host", "core-events", false),
            ("platform-testkit", "subgraph-core", false),
            ("router-edge", "subgraph-core", false),
            ("xtask", "subgraph-core", false),
            // the graph of the crates
            ("platform-types", "platform-identity", false),
            ("platform-guard", "platform-types", false),
            ("platform-cluster", "platform-types", false),
            ("platform-identity", "platform-sdk", false),
            ("platform-sdk", "platform-host", false),
            ("platform-sdk", "router-engine", false),
            ("router-composition", "platform-sdk", false),
            ("router-engine", "platform-sdk", false),
            ("router-engine", "platform-identity", false),
            ("router-edge", "platform-sdk", false),
            ("router-edge", "platform-host", false),
            ("xtask", "platform-sdk", false),
        ];
        for (from, to, development) in table {
            let violations = inject(from, to, development, true);
            assert_eq!(violations.len(), 1, "{from} → {to}: {violations:?}");
            assert!(
                violations[0].starts_with(&format!("{from} → {to}")),
                "{violations:?}"
            );
        }
    }

    #[test]
    fn the_guard_takes_next_to_nothing_from_the_registry_but_its_tests_may() {
        assert_eq!(inject("platform-guard", "serde", false, false).len(), 1);
        assert_eq!(
            inject("platform-guard", "proptest", true, false),
            Vec::<String>::new()
        );
        assert_eq!(
            inject("platform-types", "serde", false, false),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_crate_without_a_rule_is_a_violation() {
        let mut crates = sound();
        crates.push(Crate {
            name: "helpers".to_owned(),
            dependencies: Vec::new(),
        });
        assert_eq!(check(&crates).len(), 1);
        crates.push(Crate {
            name: "core".to_owned(),
            dependencies: Vec::new(),
        });
        assert!(
            check(&crates)
                .iter()
                .any(|violation| violation.contains("named `core`"))
        );
    }

    #[test]
    fn this_workspace_is_read_whole() {
        let metadata = MetadataCommand::new()
            .current_dir(crate::workspace::root().unwrap())
            .no_deps()
            .exec()
            .unwrap();
        let crates = crates(&metadata);
        let server = crates.iter().find(|one| one.name == "tessera").unwrap();
        assert!(
            server
                .dependencies
                .iter()
                .any(|d| d.internal && d.name == "subgraph-core")
        );
        assert!(
            server
                .dependencies
                .iter()
                .any(|d| !d.internal && d.name == "tokio")
        );
        let core = crates.iter().find(|one| one.name == "subgraph-core");
        assert!(
            core.unwrap()
                .dependencies
                .iter()
                .any(|d| d.development && d.name == "platform-testkit")
        );
    }
}
