//! Clients and audits that other people wrote, from npm.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::world::World;

const PACKAGE: &str = include_str!("../clients/package.json");
const SCRIPTS: [(&str, &str); 3] = [
    ("audit.mjs", include_str!("../clients/audit.mjs")),
    ("defer.mjs", include_str!("../clients/defer.mjs")),
    ("subscribe.mjs", include_str!("../clients/subscribe.mjs")),
];

/// A folder with the clients installed, made once and shared by all tests.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edge-clients");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    for (name, text) in SCRIPTS {
        fs::write(folder.join(name), text).unwrap();
    }
    let stamp = folder.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == PACKAGE) {
        return folder;
    }
    fs::write(folder.join("package.json"), PACKAGE).unwrap();
    let done = std::process::Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--loglevel=error",
        ])
        .current_dir(&folder)
        .status()
        .expect("these tests run clients from npm: install node 20 or later with npm");
    assert!(done.success(), "npm install: {done}");
    fs::write(stamp, PACKAGE).unwrap();
    folder
}

fn node(script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .arg(script)
        .args(arguments)
        .current_dir(installed())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_audit_of_graphql_over_http_finds_nothing() {
    let world = World::new();
    let url = format!("http://{}/graphql", world.listen().await);
    let output = node("audit.mjs", &[&url]).output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["left"], json!([]));
    assert!(report["cases"].as_u64().unwrap() >= 60, "{report}");
}

#[tokio::test]
async fn apollo_client_shows_what_is_there_before_what_is_deferred() {
    let world = World::new();
    let url = format!("http://{}/graphql", world.listen().await);
    let output = node("defer.mjs", &[&url]).output().await.unwrap();
    let results: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), 2, "{results:?}");
    assert_eq!(
        results[0]["data"],
        json!({"item": {"id": "1", "label": "item 1"}})
    );
    assert_eq!(
        results[1]["data"],
        json!({"item": {"id": "1", "label": "item 1", "appraisal": 11}})
    );
    // the first is shown while the second is still being made
    assert!(results[0]["leftMs"].as_u64().unwrap() >= 300, "{results:?}");
}

/// Runs a client that subscribes to `COUNT` events, and another edge in place of the first in the middle of it.
async fn survives_a_restart(client: &str) {
    const COUNT: usize = 40;
    let first = World::new();
    let second = World::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    drop(listener);
    let serving = first.listen_at(address).await;
    let url = format!("http://{address}/graphql");
    let token = first.token("", 600);
    let mut child = node("subscribe.mjs", &[client, &url, &token, &COUNT.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut serving = Some(serving);
    let mut last = String::new();
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line == "event 10"
                && let Some(serving) = serving.take()
            {
                serving.abort();
                first.edge.drain(Duration::from_secs(5)).await;
                second.listen_at(address).await;
            }
            last = line;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading)
        .await
        .expect("the client does not end");
    let ids: Vec<usize> =
        serde_json::from_str(&last).unwrap_or_else(|_| panic!("{client}: {last}"));
    assert_eq!(
        ids,
        (0..COUNT).collect::<Vec<_>>(),
        "{client}: every event once, none lost"
    );
    let resumed = second
        .fetches
        .lock()
        .iter()
        .any(|text| text.contains("subscription"));
    assert!(
        serving.is_none() && resumed,
        "{client} has seen the second edge"
    );
}

#[tokio::test]
async fn graphql_ws_resumes_by_its_cursor() {
    survives_a_restart("graphql-ws").await;
}

#[tokio::test]
async fn graphql_sse_resumes_by_its_cursor() {
    survives_a_restart("graphql-sse").await;
}

#[tokio::test]
async fn graphql_sse_in_its_single_connection_mode_resumes_by_its_cursor() {
    survives_a_restart("graphql-sse-single").await;
}

#[tokio::test]
async fn apollo_client_resumes_by_its_cursor() {
    survives_a_restart("apollo").await;
}

#[tokio::test]
async fn urql_resumes_by_its_cursor() {
    survives_a_restart("urql").await;
}
