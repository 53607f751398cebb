//! `@link`: which specifications a subgraph uses and what it calls their directives

use crate::ast::HashMap;

use crate::ast::{Directive, Known, Name, Value};
use crate::error::ErrorCode;

/// Identity of the federation specification.
pub(crate) const FEDERATION: &str = "https://specs.apollo.dev/federation";
/// Identity of the link specification.
pub(crate) const LINK: &str = "https://specs.apollo.dev/link";

/// The directives of the federation specification, the minor version 2.x that brought each, and
/// where each may stand.
pub(crate) const FEDERATION_DIRECTIVES: &[(&str, Known, u32, &[&str])] = &[
    ("key", Known::Key, 0, &["OBJECT", "INTERFACE"]),
    ("requires", Known::Requires, 0, &["FIELD_DEFINITION"]),
    ("provides", Known::Provides, 0, &["FIELD_DEFINITION"]),
    (
        "external",
        Known::External,
        0,
        &["OBJECT", "FIELD_DEFINITION"],
    ),
    ("extends", Known::Extends, 0, &["OBJECT", "INTERFACE"]),
    (
        "shareable",
        Known::Shareable,
        0,
        &["OBJECT", "FIELD_DEFINITION"],
    ),
    ("override", Known::Override, 0, &["FIELD_DEFINITION"]),
    (
        "inaccessible",
        Known::Inaccessible,
        0,
        &[
            "FIELD_DEFINITION",
            "OBJECT",
            "INTERFACE",
            "UNION",
            "ARGUMENT_DEFINITION",
            "SCALAR",
            "ENUM",
            "ENUM_VALUE",
            "INPUT_OBJECT",
            "INPUT_FIELD_DEFINITION",
        ],
    ),
    (
        "tag",
        Known::Tag,
        0,
        &[
            "FIELD_DEFINITION",
            "OBJECT",
            "INTERFACE",
            "UNION",
            "ARGUMENT_DEFINITION",
            "SCALAR",
            "ENUM",
            "ENUM_VALUE",
            "INPUT_OBJECT",
            "INPUT_FIELD_DEFINITION",
            "SCHEMA",
        ],
    ),
    ("composeDirective", Known::ComposeDirective, 1, &["SCHEMA"]),
    ("interfaceObject", Known::InterfaceObject, 3, &["OBJECT"]),
    ("authenticated", Known::Authenticated, 5, AUTH),
    ("requiresScopes", Known::RequiresScopes, 5, AUTH),
    ("policy", Known::Policy, 6, AUTH),
    (
        "context",
        Known::Context,
        8,
        &["INTERFACE", "OBJECT", "UNION"],
    ),
    (
        "fromContext",
        Known::FromContext,
        8,
        &["ARGUMENT_DEFINITION"],
    ),
    (
        "cost",
        Known::Cost,
        9,
        &[
            "ARGUMENT_DEFINITION",
            "ENUM",
            "FIELD_DEFINITION",
            "INPUT_FIELD_DEFINITION",
            "OBJECT",
            "SCALAR",
        ],
    ),
    ("listSize", Known::ListSize, 9, &["FIELD_DEFINITION"]),
    (
        "cacheTag",
        Known::CacheTag,
        12,
        &["FIELD_DEFINITION", "OBJECT"],
    ),
];

const AUTH: &[&str] = &["FIELD_DEFINITION", "OBJECT", "INTERFACE", "SCALAR", "ENUM"];

/// Scalars of the federation specification.
const FEDERATION_SCALARS: &[&str] = &["FieldSet", "Scope", "Policy", "ContextFieldValue"];

/// The newest minor version of federation 2 that composition knows.
pub(crate) const NEWEST_MINOR: u32 = 14;

/// One `@link`.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The address without its version.
    pub(crate) identity: String,
    /// Major and minor version, when the address ends in one.
    pub(crate) version: Option<(u32, u32)>,
    /// The address as written.
    pub(crate) url: String,
    /// The prefix of everything that is not imported.
    pub(crate) prefix: String,
    /// `(name in the specification, name here)`; directives carry their `@`.
    pub(crate) imports: Vec<(String, String)>,
}

impl Link {
    /// What the schema calls the directive `name` (without `@`) of this specification.
    pub(crate) fn directive_name(&self, name: &str) -> String {
        self.imports
            .iter()
            .find(|(theirs, _)| theirs.strip_prefix('@') == Some(name))
            .map_or_else(
                || {
                    // a directive named like its specification needs no prefix
                    if self.identity.rsplit('/').next() == Some(name) {
                        self.prefix.clone()
                    } else {
                        format!("{}__{name}", self.prefix)
                    }
                },
                |(_, ours)| ours.trim_start_matches('@').to_owned(),
            )
    }

    /// What the schema calls the type `name` of this specification.
    pub(crate) fn type_name(&self, name: &str) -> String {
        self.imports
            .iter()
            .find(|(theirs, _)| theirs == name)
            .map_or_else(
                || format!("{}__{name}", self.prefix),
                |(_, ours)| ours.clone(),
            )
    }

    /// Is it a specification that composition has no part in?
    pub(crate) fn is_foreign(&self) -> bool {
        self.identity != FEDERATION && self.identity != LINK
    }

    /// The name in the specification of a directive of the schema, when it comes from here.
    pub(crate) fn original(&self, directive: &str) -> Option<String> {
        if let Some((theirs, _)) = self
            .imports
            .iter()
            .find(|(_, ours)| ours.strip_prefix('@') == Some(directive))
        {
            return Some(theirs.trim_start_matches('@').to_owned());
        }
        if directive == self.prefix {
            return self.identity.rsplit('/').next().map(str::to_owned);
        }
        directive
            .strip_prefix(&self.prefix)
            .and_then(|rest| rest.strip_prefix("__"))
            .map(str::to_owned)
    }
}

/// Why a `@link` can't be read.
#[derive(Clone, Debug)]
pub(crate) struct LinkFault {
    pub(crate) message: String,
    pub(crate) at: u32,
    pub(crate) code: ErrorCode,
}

/// Splits `https://host/name/v1.2` into identity and version.
pub(crate) fn split_url(url: &str) -> (String, Option<(u32, u32)>) {
    let trimmed = url.trim_end_matches('/');
    if let Some((identity, last)) = trimmed.rsplit_once('/')
        && let Some(version) = last.strip_prefix('v')
        && let Some((major, minor)) = version.split_once('.')
        && let (Ok(major), Ok(minor)) = (major.parse(), minor.parse())
    {
        return (identity.to_owned(), Some((major, minor)));
    }
    (trimmed.to_owned(), None)
}

/// Reads all `@link` applications of a schema.
pub(crate) fn read_links(directives: &[Directive], faults: &mut Vec<LinkFault>) -> Vec<Link> {
    // the link that links the link specification may rename `@link` itself
    let own_name = directives
        .iter()
        .find_map(|directive| {
            let (identity, _) = split_url(directive.text("url")?);
            if identity != LINK {
                return None;
            }
            let name = directive.text("as").unwrap_or("link");
            (directive.name == name || directive.name == "link").then(|| directive.name.clone())
        })
        .unwrap_or_else(|| Name::from("link"));
    let mut links: Vec<Link> = Vec::new();
    for directive in directives
        .iter()
        .filter(|directive| directive.name == own_name)
    {
        let Some(url) = directive.text("url") else {
            faults.push(LinkFault {
                message: "`@link` needs a `url` that is a string".to_owned(),
                at: directive.at,
                code: ErrorCode::InvalidLinkDirectiveUsage,
            });
            continue;
        };
        let (identity, version) = split_url(url);
        if version.is_none() || !identity.contains("://") || identity.ends_with('/') {
            faults.push(LinkFault {
                code: ErrorCode::InvalidLinkIdentifier,
                message: format!("invalid `@link` address `{url}`: it has no version such as `v1.0`, no name before it, or no host"),
                at: directive.at,
            });
            continue;
        }
        if identity == LINK && version != Some((1, 0)) {
            faults.push(LinkFault {
                code: ErrorCode::UnknownLinkVersion,
                message: format!(
                    "the schema uses an unknown version of the link specification: `{url}`"
                ),
                at: directive.at,
            });
            continue;
        }
        let mut fault = |message: String, unknown_version: bool| {
            faults.push(LinkFault {
                message,
                at: directive.at,
                code: if unknown_version {
                    ErrorCode::UnknownFederationLinkVersion
                } else {
                    ErrorCode::InvalidLinkDirectiveUsage
                },
            });
        };
        let default_prefix = identity.rsplit('/').next().unwrap_or_default().to_owned();
        let prefix = directive.text("as").map_or(default_prefix, str::to_owned);
        let mut imports = Vec::new();
        if let Some(import) = directive.argument("import") {
            for item in import.items() {
                let pair = match item {
                    Value::String(name) => Some((name.to_string(), name.to_string())),
                    Value::Object(fields) => {
                        let get = |key: &str| {
                            fields
                                .iter()
                                .find(|(name, _)| name == key)
                                .and_then(|(_, value)| value.as_str())
                        };
                        get("name")
                            .map(|name| (name.to_owned(), get("as").unwrap_or(name).to_owned()))
                    }
                    _ => None,
                };
                match pair {
                    Some((name, alias)) if name.starts_with('@') == alias.starts_with('@') => {
                        imports.push((name, alias));
                    }
                    Some((name, alias)) => fault(
                        format!(
                            "invalid `@link` import renaming: \"{name}\" and its alias \"{alias}\" must both start with `@` or neither"
                        ),
                        false,
                    ),
                    None => fault(
                        "an element of `import` must be a string or an object with `name`"
                            .to_owned(),
                        false,
                    ),
                }
            }
        }
        if links.iter().any(|link| link.identity == identity) {
            fault(format!("duplicate inclusion of feature {identity}"), false);
            continue;
        }
        if identity == FEDERATION {
            match version {
                Some((2, minor)) if minor <= NEWEST_MINOR => {
                    for (name, _) in &imports {
                        let known = match name.strip_prefix('@') {
                            Some(name) => FEDERATION_DIRECTIVES
                                .iter()
                                .any(|(known, _, since, _)| *known == name && *since <= minor),
                            None => FEDERATION_SCALARS.contains(&name.as_str()),
                        };
                        if !known {
                            fault(
                                format!(
                                    "cannot import unknown element \"{name}\" from federation v2.{minor}"
                                ),
                                false,
                            );
                        }
                    }
                }
                _ => fault(
                    format!("invalid version for the federation feature in `{url}`"),
                    true,
                ),
            }
        }
        links.push(Link {
            identity,
            version,
            url: url.to_owned(),
            prefix,
            imports,
        });
    }
    links
}

/// What a subgraph calls the directives and types that composition knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    directives: HashMap<String, Known>,
    pub(crate) types: Vec<String>,
    /// Minor version of federation 2; `None` for a schema of federation 1.
    pub(crate) minor: Option<u32>,
}

impl Vocabulary {
    pub(crate) fn new(links: &[Link]) -> Self {
        let mut directives: HashMap<String, Known> = [
            ("deprecated", Known::Deprecated),
            ("specifiedBy", Known::SpecifiedBy),
            ("oneOf", Known::OneOf),
            ("link", Known::Link),
        ]
        .into_iter()
        .map(|(name, known)| (name.to_owned(), known))
        .collect();
        let mut types: Vec<String> = [
            "_Any",
            "_FieldSet",
            "_Service",
            "_Entity",
            "link__Purpose",
            "link__Import",
            "link_Purpose",
            "link_Import",
        ]
        .map(str::to_owned)
        .to_vec();
        let federation = links.iter().find(|link| link.identity == FEDERATION);
        for link in links {
            let spec = link
                .identity
                .strip_prefix("https://specs.apollo.dev/")
                .unwrap_or_default();
            let known = match spec {
                "tag" => Known::Tag,
                "inaccessible" => Known::Inaccessible,
                "authenticated" => Known::Authenticated,
                "requiresScopes" => Known::RequiresScopes,
                "policy" => Known::Policy,
                "link" => Known::Link,
                "cost" => {
                    directives.insert(link.directive_name("cost"), Known::Cost);
                    directives.insert(link.directive_name("listSize"), Known::ListSize);
                    continue;
                }
                _ => continue,
            };
            if spec == "link" {
                directives.insert(link.prefix.clone(), known);
                types.push(link.type_name("Purpose"));
                types.push(link.type_name("Import"));
            } else {
                directives.insert(link.directive_name(spec), known);
                types.push(link.type_name("Scope"));
                types.push(link.type_name("Policy"));
            }
        }
        let minor = match federation {
            Some(link) => {
                let minor = link.version.map_or(0, |(_, minor)| minor);
                for (name, known, since, _) in FEDERATION_DIRECTIVES {
                    if *since <= minor {
                        directives.insert(link.directive_name(name), *known);
                    }
                }
                for name in FEDERATION_SCALARS {
                    types.push(link.type_name(name));
                }
                Some(minor)
            }
            None => {
                for name in ["key", "requires", "provides", "external", "extends", "tag"] {
                    if let Some((_, known, ..)) = FEDERATION_DIRECTIVES
                        .iter()
                        .find(|(known, ..)| *known == name)
                    {
                        directives.entry(name.to_owned()).or_insert(*known);
                    }
                }
                None
            }
        };
        Self {
            directives,
            types,
            minor,
        }
    }

    pub(crate) fn known(&self, name: &str) -> Known {
        self.directives.get(name).copied().unwrap_or(Known::Custom)
    }
}
