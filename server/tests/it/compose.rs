//! `tessera compose` and `tessera schema diff` as a developer or a build meets them: files in, words and an exit code out.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::process::run;

const PRODUCTS: &str = "type Query { product(id: ID!): Product }
type Product @key(fields: \"id\") { id: ID! name: String }
";
const STOCK: &str =
    "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\"])
type Product @key(fields: \"id\") { id: ID! stock: Int }
type Query { warehouses: [String!]! }
";

/// A folder with the schemas of two subgraphs.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("products.graphql"), PRODUCTS).unwrap();
    fs::write(folder.path().join("stock.graphql"), STOCK).unwrap();
    folder
}

fn argument(name: &str, folder: &Path) -> String {
    format!("{name}={}/{name}.graphql", folder.display())
}

fn compose(folder: &Path, more: &[&str]) -> (bool, String) {
    let (products, stock) = (argument("products", folder), argument("stock", folder));
    run(&[&["compose", &products, &stock], more].concat(), &[])
}

#[test]
fn subgraphs_become_a_supergraph_and_the_same_bytes_each_time() {
    let folder = folder();
    let (ok, printed) = compose(folder.path(), &[]);
    assert!(ok, "{printed}");
    assert!(
        printed.contains("stock: Int @join__field(graph: STOCK)"),
        "{printed}"
    );
    let file = folder.path().join("supergraph.graphql");
    let (ok, words) = compose(folder.path(), &["--out", file.to_str().unwrap()]);
    assert!(ok, "{words}");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(words, "", "a supergraph in a file is not printed too");
}

#[test]
fn an_address_after_the_file_is_the_subgraphs() {
    let folder = folder();
    let stock = argument("stock", folder.path()) + "@http://stock.example/graphql";
    let (ok, printed) = run(&["compose", &stock], &[]);
    assert!(ok, "{printed}");
    assert!(
        printed.contains("url: \"http://stock.example/graphql\""),
        "{printed}"
    );
}

#[test]
fn what_does_not_compose_names_subgraph_place_and_remedy() {
    let folder = folder();
    let wrong = STOCK.replace("stock: Int", "stock: Int name: Int");
    fs::write(folder.path().join("stock.graphql"), wrong).unwrap();
    let file = folder.path().join("supergraph.graphql");
    let (ok, words) = compose(folder.path(), &["--out", file.to_str().unwrap()]);
    assert!(!ok, "{words}");
    for part in [
        "INVALID_FIELD_SHARING",
        "FIELD_TYPE_MISMATCH",
        "\"Product.name\"",
        "[products:2:43] [stock:2:54]",
        "mark the field `@shareable`",
        "2 errors",
    ] {
        assert!(words.contains(part), "{part} is not in: {words}");
    }
    assert!(!file.exists(), "a supergraph was written");
    let (ok, words) = compose(folder.path(), &["--format", "json"]);
    assert!(!ok);
    let json: serde_json::Value = serde_json::from_str(words.lines().next().unwrap()).unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["errors"][0]["coordinate"], "Product.name");
    assert_eq!(json["errors"][0]["locations"][1]["subgraph"], "stock");
}

#[test]
fn bad_arguments_and_bad_files_are_one_sentence_each() {
    let folder = folder();
    fs::write(folder.path().join("broken.graphql"), "type {{{").unwrap();
    fs::write(folder.path().join("empty.graphql"), "").unwrap();
    for (arguments, expected) in [
        (vec!["compose".to_owned()], "required"),
        (vec!["compose".to_owned(), "a".to_owned()], "not NAME=SDL"),
        (
            vec!["compose".to_owned(), "a=/nowhere.graphql".to_owned()],
            "cannot read /nowhere.graphql",
        ),
        (
            vec!["compose".to_owned(), argument("broken", folder.path())],
            "[broken:1:6]",
        ),
        (
            vec!["compose".to_owned(), argument("empty", folder.path())],
            "do not compose",
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (ok, words) = run(&arguments, &[]);
        assert!(!ok, "{arguments:?}: {words}");
        assert!(words.contains(expected), "{arguments:?}: {words}");
        assert!(!words.contains("panicked"), "{arguments:?}: {words}");
    }
}

#[test]
fn a_difference_is_breaking_unless_the_known_operations_do_not_mind() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (old, new) = (at("old.graphql"), at("new.graphql"));
    assert!(compose(folder.path(), &["--out", &old]).0);
    fs::write(
        folder.path().join("stock.graphql"),
        STOCK.replace("warehouses", "depots"),
    )
    .unwrap();
    assert!(compose(folder.path(), &["--out", &new]).0);

    let (ok, words) = run(&["schema", "diff", &old, &old], &[]);
    assert!(ok && words.is_empty(), "{words}");
    let (ok, words) = run(&["schema", "diff", &old, &new], &[]);
    assert!(!ok);
    assert!(
        words.contains("breaking: Query.warehouses: field removed"),
        "{words}"
    );
    assert!(words.contains("safe: Query.depots: field added"), "{words}");

    let operations = folder.path().join("operations");
    fs::create_dir(&operations).unwrap();
    fs::write(
        operations.join("name.graphql"),
        "query Name { product(id: 1) { name } }",
    )
    .unwrap();
    let known = operations.to_str().unwrap();
    let (ok, words) = run(&["schema", "diff", &old, &new, "--operations", known], &[]);
    assert!(ok, "nobody asks for what is gone: {words}");
    fs::write(operations.join("all.graphql"), "query All { warehouses }").unwrap();
    let (ok, words) = run(&["schema", "diff", &old, &new, "--operations", known], &[]);
    assert!(!ok);
    assert!(words.contains("All breaks by Query.warehouses"), "{words}");
    assert!(!words.contains("Name breaks"), "{words}");
}
