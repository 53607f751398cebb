use std::collections::BTreeMap;

use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

/// What a module says about itself; `manifest.json` in its folder, validated at boot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Identity: lower-case words with dashes, e.g. `cv-analysis`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One sentence for the marketplace.
    pub description: String,
    /// Version of the module.
    pub version: Version,
    /// Platform versions it runs on.
    #[schemars(with = "String")]
    pub platform: VersionReq,
    /// Modules that must be there.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub requires: BTreeMap<String, VersionReq>,
    /// Modules that it makes use of when they are there.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub optional: BTreeMap<String, VersionReq>,
    /// Whether a tenant needs a licence to use it.
    #[serde(default)]
    pub licensed: bool,
    /// Whether it may open transactions outside of a tenant.
    #[serde(default)]
    pub accounts: bool,
    /// Permissions, each `<id>:noun.verb`, with a sentence for the role editor.
    #[serde(default)]
    pub permissions: BTreeMap<String, String>,
    /// Types of the events that it publishes.
    #[serde(default)]
    pub publishes: Vec<String>,
    /// Types of the events that it consumes.
    #[serde(default)]
    pub consumes: Vec<String>,
    /// JSON Schema of its settings.
    #[serde(default)]
    pub settings_schema: Option<serde_json::Value>,
    /// Defaults of its settings, valid by that schema.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON of the right form.
    #[error("manifest.json: {0}")]
    Form(#[from] serde_json::Error),
    /// A rule of the manifest is broken.
    #[error("manifest of {module}: {problem}")]
    Rule {
        /// Whose manifest.
        module: String,
        /// What is wrong.
        problem: String,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] names the rule that is broken.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_str(json)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The module's name in SQL and in event types: dashes become underscores.
    pub fn snake_id(&self) -> String {
        self.id.replace('-', "_")
    }

    fn check(&self) -> Result<(), ManifestError> {
        let fail = |problem: String| ManifestError::Rule {
            module: self.id.clone(),
            problem,
        };
        let word = |s: &str| {
            !s.is_empty()
                && s.len() <= 40
                && s.starts_with(|c: char| c.is_ascii_lowercase())
                && s.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !word(&self.id) {
            return Err(fail("id must be lower-case words with dashes".to_owned()));
        }
        if self.requires.contains_key(&self.id) || self.optional.contains_key(&self.id) {
            return Err(fail("a module cannot depend on itself".to_owned()));
        }
        for permission in self.permissions.keys() {
            let ok = permission
                .strip_prefix(&self.id)
                .and_then(|rest| rest.strip_prefix(':'))
                .and_then(|rest| rest.split_once('.'))
                .is_some_and(|(noun, verb)| word(noun) && word(verb));
            if !ok {
                return Err(fail(format!(
                    "permission `{permission}` must be {}:noun.verb",
                    self.id
                )));
            }
        }
        let own = self.snake_id();
        for event in &self.publishes {
            let name = platform_types::TypeName::parse(event).map_err(|e| fail(e.to_string()))?;
            if name.module != own {
                return Err(fail(format!("event `{event}` must begin with {own}.")));
            }
        }
        for event in &self.consumes {
            platform_types::TypeName::parse(event).map_err(|e| fail(e.to_string()))?;
        }
        self.check_settings(&serde_json::Value::Object(self.settings.clone()))
            .map_err(|problem| fail(format!("default settings: {problem}")))
    }

    /// Checks settings against the module's schema.
    ///
    /// # Errors
    /// A sentence naming the place that does not fit.
    pub fn check_settings(&self, settings: &serde_json::Value) -> Result<(), String> {
        let Some(schema) = &self.settings_schema else {
            return match settings {
                serde_json::Value::Object(map) if map.is_empty() => Ok(()),
                _ => Err("the module has no settings".to_owned()),
            };
        };
        let validator = jsonschema::validator_for(schema).map_err(|e| e.to_string())?;
        validator.validate(settings).map_err(|e| {
            let place = e.instance_path().to_string();
            if place.is_empty() {
                e.to_string()
            } else {
                format!("{place}: {e}")
            }
        })
    }
}

/// Orders modules so that each comes after what it requires.
///
/// # Errors
/// A sentence naming the missing, too old, or circular requirement.
pub fn boot_order(manifests: &[&Manifest]) -> Result<Vec<String>, String> {
    let by_id: BTreeMap<&str, &Manifest> = manifests.iter().map(|m| (m.id.as_str(), *m)).collect();
    if by_id.len() != manifests.len() {
        return Err("two modules have the same id".to_owned());
    }
    let mut order: Vec<String> = Vec::new();
    let mut left: Vec<&Manifest> = by_id.values().copied().collect();
    while !left.is_empty() {
        let before = left.len();
        let mut waiting = Vec::new();
        for manifest in left {
            for (id, range) in &manifest.requires {
                match by_id.get(id.as_str()) {
                    None => {
                        return Err(format!("{} requires {id}, which is not here", manifest.id));
                    }
                    Some(other) if !range.matches(&other.version) => {
                        return Err(format!(
                            "{} requires {id} {range}, here is {}",
                            manifest.id, other.version
                        ));
                    }
                    Some(_) => {}
                }
            }
            if manifest.requires.keys().all(|id| order.contains(id)) {
                order.push(manifest.id.clone());
            } else {
                waiting.push(manifest);
            }
        }
        if waiting.len() == before {
            let names: Vec<_> = waiting.iter().map(|m| m.id.as_str()).collect();
            return Err(format!("modules require each other: {}", names.join(", ")));
        }
        left = waiting;
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn manifest(id: &str, requires: &[&str]) -> Manifest {
        let requires: BTreeMap<_, _> = requires.iter().map(|r| (*r, "*")).collect();
        Manifest::parse(
            &serde_json::json!({
                "id": id, "name": id, "description": "", "version": "1.0.0", "platform": "*",
                "requires": requires,
            })
            .to_string(),
        )
        .unwrap()
    }

    #[test]
    fn modules_boot_after_what_they_require() {
        let (a, b, c) = (
            manifest("a", &["c"]),
            manifest("b", &[]),
            manifest("c", &["b"]),
        );
        assert_eq!(boot_order(&[&a, &b, &c]).unwrap(), ["b", "c", "a"]);
    }

    #[test]
    fn circles_and_gaps_are_named() {
        let (a, b) = (manifest("a", &["b"]), manifest("b", &["a"]));
        assert!(boot_order(&[&a, &b]).unwrap_err().contains("a, b"));
        assert!(boot_order(&[&a]).unwrap_err().contains("not here"));
    }

    #[test]
    fn permissions_and_events_stay_in_the_modules_namespace() {
        for (key, value) in [
            ("permissions", serde_json::json!({"other:thing.read": ""})),
            ("permissions", serde_json::json!({"a:thing": ""})),
            ("publishes", serde_json::json!(["other.thing.done.v1"])),
            ("settings", serde_json::json!({"x": 1})),
            ("unknown", serde_json::json!(1)),
        ] {
            let mut json = serde_json::json!({
                "id": "a", "name": "A", "description": "", "version": "1.0.0", "platform": "*",
            });
            json[key] = value;
            assert!(Manifest::parse(&json.to_string()).is_err(), "{json}");
        }
    }
}
