use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

/// The secret of all tests: roles belong to the server, so everybody must give them the same password.
pub(crate) const SECRET: &str = "********************************";

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The executable without anything of this process's environment but the path.
pub(crate) fn tessera(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end: whether it succeeded, and what it said.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let output = tessera(arguments, variables).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// A process that serves.
pub(crate) struct Running {
    child: Child,
    /// Reads what it says all along: a pipe that nobody empties would stop it.
    said: Option<JoinHandle<String>>,
    pub(crate) url: String,
}

impl Running {
    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let listen = format!("127.0.0.1:{}", free_port());
        let mut variables = variables.to_vec();
        variables.push(("TESSERA_LISTEN", &listen));
        let mut child = tessera(arguments, &variables)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut running = Self {
            child,
            said: Some(said),
            url: format!("http://{listen}"),
        };
        let begun = Instant::now();
        let mut last = "no answer".to_owned();
        while begun.elapsed() < Duration::from_secs(30) {
            match client().get(format!("{}/ready", running.url)).send().await {
                Ok(answer) if answer.status().is_success() => return running,
                Ok(answer) => last = answer.text().await.unwrap(),
                Err(_) => {}
            }
            if let Some(status) = running.child.try_wait().unwrap() {
                panic!("it ended ({status}): {}", running.words());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not ready: {last}");
    }

    /// Most memory that it has had so far, in MiB.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().split(' ').next()).unwrap();
        kib.parse::<u64>().unwrap() / 1024
    }

    /// Asks it to end; gives how long that took and what it said.
    pub(crate) async fn end(mut self) -> (Duration, String) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success());
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let took = begun.elapsed();
        let words = self.words();
        assert!(status.success(), "{status}: {words}");
        (took, words)
    }

    fn words(&mut self) -> String {
        let said = self.said.take();
        said.map_or_else(String::new, |said| said.join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone after `end`.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

pub(crate) fn client() -> reqwest::Client {
    // Fails only when it was chosen already.
    let _already_chosen = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Runs an operation and gives the whole answer.
pub(crate) async fn ask(
    url: &str,
    token: Option<&str>,
    query: &str,
    variables: serde_json::Value,
) -> serde_json::Value {
    let mut request = client()
        .post(format!("{url}/graphql"))
        .json(&serde_json::json!({ "query": query, "variables": variables }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().json().await.unwrap()
}

/// A new, empty database, removed at the end.
pub(crate) struct Database {
    pub(crate) url: String,
    name: String,
    server: PgConnectOptions,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let server_url = match std::env::var("TESSERA_TEST_DATABASE_URL") {
            Ok(url) => url,
            Err(_) => tokio::task::spawn_blocking(platform_cluster::shared_for_tests)
                .await
                .unwrap()
                .unwrap()
                .admin_url()
                .to_owned(),
        };
        let server = PgConnectOptions::from_str(&server_url).unwrap();
        let name = format!("test_server_{}_{}", std::process::id(), free_port());
        let mut conn = server.connect().await.unwrap();
        conn.execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .unwrap();
        let (address, _) = server_url.split_once('?').unwrap_or((&server_url, ""));
        let (host, _) = address.rsplit_once('/').unwrap();
        Self {
            url: format!("{host}/{name}"),
            name,
            server,
        }
    }

    pub(crate) async fn remove(self) {
        let mut conn = self.server.connect().await.unwrap();
        conn.execute(AssertSqlSafe(format!(
            "drop database {} with (force)",
            self.name
        )))
        .await
        .unwrap();
    }
}
