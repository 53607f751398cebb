//! How a subgraph speaks of federation: version, imports, names

use crate::rng::Rng;

/// Name of a directive and the minor version of federation 2 that brought it.
const DIRECTIVES: [(&str, usize); 19] = [
    ("key", 0),
    ("requires", 0),
    ("provides", 0),
    ("external", 0),
    ("extends", 0),
    ("shareable", 0),
    ("override", 0),
    ("inaccessible", 0),
    ("tag", 0),
    ("composeDirective", 1),
    ("interfaceObject", 3),
    ("authenticated", 5),
    ("requiresScopes", 5),
    ("policy", 6),
    ("context", 8),
    ("fromContext", 8),
    ("cost", 9),
    ("listSize", 9),
    ("cacheTag", 12),
];

#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    /// None: federation 1.
    pub(crate) minor: Option<usize>,
    /// Directives that go by another name than their own.
    names: Vec<(&'static str, String)>,
}

impl Dialect {
    pub(crate) fn new(rng: &mut Rng, newest: usize, renames: bool) -> Self {
        let minor = match rng.below(100) {
            0..8 => None,
            8..25 => Some(rng.between(0, newest)),
            _ => Some(newest.min(9)),
        };
        let mut names = Vec::new();
        if minor.is_some() && renames {
            for (name, _) in DIRECTIVES {
                match rng.below(30) {
                    0 => names.push((name, format!("my{name}"))),
                    // not imported
                    1 => names.push((name, format!("federation__{name}"))),
                    _ => {}
                }
            }
        }
        Self { minor, names }
    }

    pub(crate) fn has(&self, directive: &str) -> bool {
        let since = DIRECTIVES
            .iter()
            .find(|(name, _)| *name == directive)
            .map(|(_, since)| *since);
        match (self.minor, since) {
            (Some(minor), Some(since)) => since <= minor,
            (None, _) => matches!(
                directive,
                "key" | "requires" | "provides" | "external" | "extends" | "tag" | "inaccessible"
            ),
            _ => false,
        }
    }

    /// `@name` as this subgraph has it.
    pub(crate) fn at(&self, directive: &str) -> String {
        match self.names.iter().find(|(name, _)| *name == directive) {
            Some((_, name)) => format!("@{name}"),
            None => format!("@{directive}"),
        }
    }

    /// The schema element with the links; none for federation 1.
    pub(crate) fn link(&self, extra: &str) -> Option<String> {
        let minor = self.minor?;
        let imports: Vec<String> = DIRECTIVES
            .iter()
            .filter(|(_, since)| *since <= minor)
            .filter_map(
                |(name, _)| match self.names.iter().find(|(renamed, _)| renamed == name) {
                    None => Some(format!("\"@{name}\"")),
                    Some((_, new)) if new.starts_with("federation__") => None,
                    Some((_, new)) => Some(format!("{{name: \"@{name}\", as: \"@{new}\"}}")),
                },
            )
            .collect();
        Some(format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.{minor}\", import: [{}]){extra}",
            imports.join(", ")
        ))
    }
}
