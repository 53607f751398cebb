//! What an operator can get wrong: one clear sentence each, and no secret in it.

use std::net::TcpListener;

use crate::process::{SECRET, run};

const NOWHERE: &str = "postgres://somebody:hunter2@127.0.0.1:9/nothing";

fn refused(arguments: &[&str], variables: &[(&str, &str)], expected: &str) {
    let (ok, words) = run(arguments, variables);
    assert!(!ok, "{arguments:?} succeeded: {words}");
    assert!(words.contains(expected), "{arguments:?}: {words}");
    assert!(
        !words.contains("hunter2"),
        "{arguments:?} shows a password: {words}"
    );
    assert!(!words.contains("panicked"), "{arguments:?}: {words}");
}

#[test]
fn missing_settings_name_the_variable_that_sets_them() {
    refused(
        &["migrate"],
        &[],
        "set the environment variable DATABASE_URL",
    );
    refused(
        &["migrate"],
        &[("DATABASE_URL", NOWHERE)],
        "set the environment variable TESSERA_SECRET",
    );
    refused(
        &["router"],
        &[("TESSERA_SECRET", SECRET)],
        "TESSERA_SUBGRAPHS",
    );
}

#[test]
fn wrong_settings_are_told_by_name() {
    refused(
        &["migrate"],
        &[("DATABASE_URL", NOWHERE), ("TESSERA_SECRET", "hunter2")],
        "TESSERA_SECRET",
    );
    refused(
        &["serve"],
        &[("TESSERA_LISTEN", "everywhere")],
        "TESSERA_LISTEN",
    );
    refused(
        &["serve"],
        &[("TESSERA_CONFIG", "/no/such/file.toml")],
        "/no/such/file.toml",
    );
}

#[test]
fn a_database_that_does_not_answer_is_told() {
    refused(
        &["migrate"],
        &[("DATABASE_URL", NOWHERE), ("TESSERA_SECRET", SECRET)],
        "cannot connect to the database",
    );
}

#[test]
fn a_taken_port_and_an_unknown_module_are_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let variables = [
        ("DATABASE_URL", NOWHERE),
        ("TESSERA_SECRET", SECRET),
        ("TESSERA_LISTEN", &listen),
    ];
    refused(&["serve"], &variables, "another program listens there");

    let files = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", NOWHERE),
        ("TESSERA_SECRET", SECRET),
        ("TESSERA_LISTEN", "127.0.0.1:0"),
        ("TESSERA_DATA_DIR", files.path().to_str().unwrap()),
    ];
    refused(
        &["serve", "--modules", "core,payroll"],
        &variables,
        "no module `payroll`",
    );
}

#[test]
fn replaying_everything_has_to_be_said() {
    refused(
        &["events", "replay"],
        &[("DATABASE_URL", NOWHERE), ("TESSERA_SECRET", SECRET)],
        "say which events",
    );
}
