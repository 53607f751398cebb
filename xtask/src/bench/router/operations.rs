//! The loads: one deep query, the same with other variables every time, and many different operations in rotation.

use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many different bodies a load with changing ones rotates through.
const BODIES: usize = 200;

const FRAGMENTS: &str = "fragment U on User { id username name }\n\
                         fragment R on Review { id body }\n\
                         fragment P on Product { inStock name price shippingEstimate upc weight }\n";

const USERS: &str = "users { ...U reviews { ...R product { ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } } } }";
const PRODUCTS: &str =
    "{ ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } }";

/// What the client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Load {
    /// One query whose answer has about 90 kB.
    Deep,
    /// It with a variable that changes with every request.
    Variables,
    /// Operations of different names and shapes.
    Operations,
}

impl Load {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Deep => "deep",
            Self::Variables => "variables",
            Self::Operations => "operations",
        }
    }

    /// The bodies in the order in which they are sent.
    fn bodies(self) -> Vec<Value> {
        match self {
            Self::Deep => {
                let query = format!("query Deep {{ {USERS} topProducts {PRODUCTS} }}\n{FRAGMENTS}");
                vec![json!({ "query": query })]
            }
            Self::Variables => {
                let query = format!(
                    "query Deep($first: Int!) {{ {USERS} topProducts(first: $first) {PRODUCTS} }}\n{FRAGMENTS}"
                );
                (0..BODIES)
                    .map(|index| json!({ "query": query, "variables": { "first": index + 5 } }))
                    .collect()
            }
            Self::Operations => (0..BODIES).map(operation).collect(),
        }
    }

    /// Writes the script for wrk.
    pub(super) fn script(self, folder: &Path) -> Result<PathBuf> {
        Script {
            name: self.name(),
            bodies: &self.bodies(),
            token: None,
        }
        .write(folder)
    }

    /// The first body, to look at an answer before any time is taken.
    pub(in crate::bench) fn first(self) -> Value {
        self.bodies().swap_remove(0)
    }
}

/// What the client sends, in rotation.
pub(in crate::bench) struct Script<'a> {
    pub(in crate::bench) name: &'a str,
    pub(in crate::bench) bodies: &'a [Value],
    /// Whose requests they are.
    pub(in crate::bench) token: Option<&'a str>,
}

impl Script<'_> {
    /// Writes the script for wrk. At its end it prints one line of JSON.
    pub(in crate::bench) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let mut script = String::from("local bodies = {\n");
        for body in self.bodies {
            // a long bracket: nothing in it is an escape
            writeln!(script, "[==[{body}]==],")?;
        }
        script.push_str("}\nlocal headers = { ['content-type'] = 'application/json' }\n");
        if let Some(token) = self.token {
            writeln!(script, "headers['authorization'] = 'Bearer {token}'")?;
        }
        script.push_str(
            "local at = 0\n\
             local requests = {}\n\
             function init(args)\n\
             \x20 for i, body in ipairs(bodies) do\n\
             \x20   requests[i] = wrk.format('POST', nil, headers, body)\n\
             \x20 end\n\
             end\n\
             function request()\n\
             \x20 at = at % #requests + 1\n\
             \x20 return requests[at]\n\
             end\n\
             function done(summary, latency, _)\n\
             \x20 local e = summary.errors\n\
             \x20 io.write(string.format(\n\
             \x20   '{\"requests\":%d,\"duration_us\":%d,\"p50_us\":%d,\"p99_us\":%d,\"errors\":%d,\"bytes\":%d}\\n',\n\
             \x20   summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),\n\
             \x20   e.connect + e.read + e.write + e.status + e.timeout, summary.bytes))\n\
             end\n",
        );
        let path = folder.join(format!("{}.lua", self.name));
        std::fs::write(&path, script)?;
        Ok(path)
    }
}

/// Operation number `index`: a name of its own, and by its number another selection.
fn operation(index: usize) -> Value {
    let mut fields = String::new();
    for (bit, field) in [
        "inStock",
        "name",
        "price",
        "shippingEstimate",
        "upc",
        "weight",
    ]
    .into_iter()
    .enumerate()
    {
        if (index + 1) >> bit & 1 == 1 {
            fields.push_str(field);
            fields.push(' ');
        }
    }
    let reviews = if index.is_multiple_of(3) {
        "reviews { id body author { id name } }"
    } else {
        "reviews { id body }"
    };
    let query = format!(
        "query Operation{index} {{ topProducts {{ upc {fields} {reviews} }} users {{ id name alias{index}: username }} }}"
    );
    json!({ "query": query })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_bodies_of_a_rotation_are_all_different() {
        for (load, count) in [
            (Load::Deep, 1),
            (Load::Variables, BODIES),
            (Load::Operations, BODIES),
        ] {
            let bodies: HashSet<String> = load.bodies().iter().map(ToString::to_string).collect();
            assert_eq!(bodies.len(), count, "{load:?}");
            assert!(bodies.iter().all(|body| !body.contains("]==]")));
        }
    }

    #[test]
    fn the_script_holds_every_body_and_prints_one_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = Load::Operations.script(folder.path()).unwrap();
        let script = std::fs::read_to_string(path).unwrap();
        assert_eq!(script.matches("]==],").count(), BODIES);
        assert!(script.contains("summary.requests"));
    }
}
