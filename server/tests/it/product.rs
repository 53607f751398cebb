use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Database, Running, SECRET, ask, run};

const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
const MODULES: [&str; 4] = ["core", "billing", "cv-analysis", "interview"];

/// A database of its own with the demonstration organisation in it, and a folder for files.
pub(crate) struct Demo {
    database: Database,
    files: TempDir,
    account: Value,
    more: Vec<(String, String)>,
}

/// How the product runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One process for everything.
    Embedded,
    /// A process for each module and one for the router.
    Apart,
}

impl Demo {
    /// Makes both; `more` are variables for every process beside those that name them.
    pub(crate) async fn new(more: &[(&str, &str)]) -> Self {
        let database = Database::new().await;
        let mut demo = Self {
            database,
            files: tempfile::tempdir().unwrap(),
            account: Value::Null,
            more: more
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let (ok, words) = run(&["migrate"], &demo.variables());
        assert!(ok, "{words}");
        demo.account = serde_json::from_str(&demo.seed()).unwrap();
        demo
    }

    /// Has the demonstration organisation made, unless it is there; gives what that said.
    pub(crate) fn seed(&self) -> String {
        let (ok, words) = run(&["seed-demo"], &self.variables());
        assert!(ok, "{words}");
        words.trim().to_owned()
    }

    /// The owner's account, as the command that made it words it.
    pub(crate) fn account(&self) -> &Value {
        &self.account
    }

    /// What the owner signs in with.
    pub(crate) fn credentials(&self) -> Value {
        json!({ "email": self.account["email"], "password": self.account["password"] })
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        let own = [
            ("DATABASE_URL", self.database.url.as_str()),
            ("TESSERA_SECRET", SECRET),
            ("TESSERA_DATA_DIR", self.files.path().to_str().unwrap()),
        ];
        let more = self.more.iter();
        own.into_iter()
            .chain(more.map(|(name, value)| (name.as_str(), value.as_str())))
            .collect()
    }

    /// Starts the product.
    pub(crate) async fn start(&self, shape: Shape) -> Product {
        let variables = self.variables();
        if shape == Shape::Embedded {
            let process = Running::start(&["serve"], &variables).await;
            return Product {
                url: process.url.clone(),
                processes: vec![("all", process)],
            };
        }
        let mut processes = Vec::new();
        let mut subgraphs = Vec::new();
        for module in MODULES {
            let process = Running::start(&["serve", "--modules", module], &variables).await;
            subgraphs.push(format!("{module}={}", process.url));
            processes.push((module, process));
        }
        let subgraphs = subgraphs.join(",");
        let variables = [
            ("TESSERA_SECRET", SECRET),
            ("TESSERA_SUBGRAPHS", subgraphs.as_str()),
        ];
        let router = Running::start(&["router"], &variables).await;
        let url = router.url.clone();
        processes.push(("router", router));
        Product { url, processes }
    }

    /// Removes the database.
    pub(crate) async fn remove(self) {
        self.database.remove().await;
    }
}

/// The product as it runs.
pub(crate) struct Product {
    /// Where clients reach it.
    pub(crate) url: String,
    processes: Vec<(&'static str, Running)>,
}

impl Product {
    /// The token of the demonstration organisation's owner.
    pub(crate) async fn sign_in(&self, demo: &Demo) -> String {
        let input = json!({ "input": demo.credentials() });
        let answer = ask(&self.url, None, SIGN_IN, input).await;
        answer["data"]["signIn"]["session"]["accessToken"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// Where a module's process listens.
    pub(crate) fn url_of(&self, module: &str) -> &str {
        let found = self.processes.iter().find(|(name, _)| *name == module);
        &found.unwrap().1.url
    }

    /// Ends one process.
    pub(crate) async fn end_one(&mut self, module: &str) {
        let at = self.processes.iter().position(|(name, _)| *name == module);
        let (_, process) = self.processes.remove(at.unwrap());
        process.end().await;
    }

    /// Most memory that each process has had so far, in MiB.
    pub(crate) fn memory_mib(&self) -> Vec<(&'static str, u64)> {
        let peak = |(name, process): &(&'static str, Running)| (*name, process.memory_mib());
        self.processes.iter().map(peak).collect()
    }

    /// Ends all; gives how long the slowest took and what they said.
    pub(crate) async fn end(self) -> (std::time::Duration, String) {
        let mut said = (std::time::Duration::ZERO, String::new());
        for (_, process) in self.processes {
            let (took, words) = process.end().await;
            said = (said.0.max(took), said.1 + &words);
        }
        said
    }
}
