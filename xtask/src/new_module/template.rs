//! The files of a new module.

use super::name::Name;
use std::path::PathBuf;

/// Path below the module's folder, text with placeholders.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        include_str!("../../templates/module/Cargo.toml.in"),
    ),
    (
        "README.md",
        include_str!("../../templates/module/README.md.in"),
    ),
    (
        "events/Cargo.toml",
        include_str!("../../templates/module/events/Cargo.toml.in"),
    ),
    (
        "events/src/lib.rs",
        include_str!("../../templates/module/events/src/lib.rs.in"),
    ),
    (
        "src/manifest.json",
        include_str!("../../templates/module/src/manifest.json.in"),
    ),
    (
        "src/lib.rs",
        include_str!("../../templates/module/src/lib.rs.in"),
    ),
    (
        "src/config.rs",
        include_str!("../../templates/module/src/config.rs.in"),
    ),
    (
        "src/domain/mod.rs",
        include_str!("../../templates/module/src/domain/mod.rs.in"),
    ),
    (
        "src/domain/item.rs",
        include_str!("../../templates/module/src/domain/item.rs.in"),
    ),
    (
        "src/store/mod.rs",
        include_str!("../../templates/module/src/store/mod.rs.in"),
    ),
    (
        "src/store/item.rs",
        include_str!("../../templates/module/src/store/item.rs.in"),
    ),
    (
        "src/graphql/mod.rs",
        include_str!("../../templates/module/src/graphql/mod.rs.in"),
    ),
    (
        "src/graphql/item.rs",
        include_str!("../../templates/module/src/graphql/item.rs.in"),
    ),
    (
        "src/graphql/loader.rs",
        include_str!("../../templates/module/src/graphql/loader.rs.in"),
    ),
    (
        "src/graphql/entity.rs",
        include_str!("../../templates/module/src/graphql/entity.rs.in"),
    ),
    (
        "src/graphql/query.rs",
        include_str!("../../templates/module/src/graphql/query.rs.in"),
    ),
    (
        "src/graphql/mutation.rs",
        include_str!("../../templates/module/src/graphql/mutation.rs.in"),
    ),
    (
        "tests/it/main.rs",
        include_str!("../../templates/module/tests/it/main.rs.in"),
    ),
    (
        "tests/it/item.rs",
        include_str!("../../templates/module/tests/it/item.rs.in"),
    ),
];
const MIGRATION: &str = include_str!("../../templates/module/migrations/0001_item.sql.in");

/// Every file by its path in the workspace.
pub(super) fn files(name: &Name) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from("subgraphs").join(name.id());
    let mut files: Vec<_> = FILES
        .iter()
        .map(|(path, text)| (folder.join(path), fill(text, name)))
        .collect();
    files.push((
        PathBuf::from("migrations")
            .join(name.id())
            .join("0001_item.sql"),
        fill(MIGRATION, name),
    ));
    files
}

fn fill(text: &str, name: &Name) -> String {
    text.replace("{{id}}", name.id())
        .replace("{{snake}}", &name.snake())
        .replace("{{Pascal}}", &name.pascal())
        .replace("{{camel}}", &name.camel())
        .replace("{{Title}}", &name.title())
        .replace("{{events}}", &format!("{}_events", name.snake()))
}
