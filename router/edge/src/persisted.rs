//! Documents known before they are sent: registered by the operator, or by a client that sent them once.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use moka::sync::Cache;
use platform_types::ErrorCode;
use router_engine::GraphqlRequest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::config::PersistedConfig;
use crate::refused::Refused;

/// The message that clients of automatic persisted queries wait for before they send the document.
const NOT_FOUND: &str = "PersistedQueryNotFound";
const NOT_SUPPORTED: &str = "PersistedQueryNotSupported";

type Hash = [u8; 32];

/// Documents known before they are sent.
pub(crate) struct Persisted {
    registered: HashMap<Hash, Arc<str>>,
    automatic: Option<Cache<Hash, Arc<str>>>,
    only_registered: bool,
}

impl fmt::Debug for Persisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persisted")
            .field("registered", &self.registered.len())
            .finish_non_exhaustive()
    }
}

impl Persisted {
    pub(crate) fn new(config: &PersistedConfig) -> Result<Self, String> {
        let registered = match &config.registered {
            Some(path) => read(path)?,
            None => HashMap::new(),
        };
        let automatic = (config.automatic && !config.only_registered).then(|| {
            Cache::builder()
                .max_capacity(config.automatic_bytes)
                .weigher(|_: &Hash, text: &Arc<str>| {
                    u32::try_from(text.len() + 96).unwrap_or(u32::MAX)
                })
                .build()
        });
        Ok(Self {
            registered,
            automatic,
            only_registered: config.only_registered,
        })
    }

    /// Puts the text in place of the hash. What a client sent with its hash is kept only after `accepted` lets it in.
    pub(crate) fn resolve(
        &self,
        request: &mut GraphqlRequest,
        accepted: impl FnOnce(&Arc<str>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let hash = match request.extensions.get("persistedQuery") {
            Some(extension) => Some(sha256_of(extension)?),
            None => None,
        };
        if request.query.is_empty() {
            let Some(hash) = hash else {
                return Err(Refused::malformed("query is missing"));
            };
            let known = self.registered.get(&hash).cloned();
            request.query = match (known, &self.automatic) {
                (Some(text), _) => text,
                (None, Some(automatic)) => {
                    automatic.get(&hash).ok_or_else(|| unknown(NOT_FOUND))?
                }
                (None, None) if self.registered.is_empty() => return Err(unknown(NOT_SUPPORTED)),
                (None, None) => return Err(unknown(NOT_FOUND)),
            };
            return accepted(&request.query);
        }
        let actual = || Hash::from(Sha256::digest(request.query.as_bytes()));
        if self.only_registered && !self.registered.contains_key(&actual()) {
            return Err(Refused::document(
                ErrorCode::Forbidden,
                "only registered documents are answered",
            ));
        }
        accepted(&request.query)?;
        if let Some(hash) = hash {
            if hash != actual() {
                return Err(Refused::malformed("the hash is not that of the document"));
            }
            if let Some(automatic) = &self.automatic {
                automatic.insert(hash, Arc::clone(&request.query));
            }
        }
        Ok(())
    }
}

fn unknown(message: &'static str) -> Refused {
    // Clients compare the message and send the document then; the status is 200 as in the original.
    let mut refused = Refused::new(StatusCode::OK, ErrorCode::NotFound, message);
    refused.by_document = true;
    refused
}

fn sha256_of(extension: &Value) -> Result<Hash, Refused> {
    if extension.get("version") != Some(&Value::from(1)) {
        return Err(Refused::malformed("version of persistedQuery is not 1"));
    }
    extension
        .get("sha256Hash")
        .and_then(Value::as_str)
        .and_then(from_hex)
        .ok_or_else(|| Refused::malformed("sha256Hash is not a SHA-256 in hexadecimal"))
}

fn from_hex(text: &str) -> Option<Hash> {
    let text = text.as_bytes();
    let mut hash = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}

fn read(path: &Path) -> Result<HashMap<Hash, Arc<str>>, String> {
    let name = path.display();
    let text =
        std::fs::read(path).map_err(|error| format!("registered documents {name}: {error}"))?;
    let documents: HashMap<String, Arc<str>> = serde_json::from_slice(&text)
        .map_err(|error| format!("registered documents {name}: {error}"))?;
    documents
        .into_iter()
        .map(|(hash, text)| {
            let hash = from_hex(&hash)
                .ok_or_else(|| format!("registered documents {name}: {hash:?} is no hash"))?;
            if hash == Hash::from(Sha256::digest(text.as_bytes())) {
                Ok((hash, text))
            } else {
                Err(format!(
                    "registered documents {name}: a hash is not that of its document"
                ))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use serde_json::json;

    fn request(query: &str, hash: &str) -> GraphqlRequest {
        let mut request = GraphqlRequest::new(query);
        if !hash.is_empty() {
            request.extensions.insert(
                "persistedQuery".into(),
                json!({"version": 1, "sha256Hash": hash}),
            );
        }
        request
    }

    /// SHA-256 of `{a}`.
    fn hash() -> String {
        Sha256::digest("{a}")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn message(result: Result<(), Refused>) -> String {
        result.unwrap_err().error.message.clone()
    }

    #[test]
    fn a_document_is_sent_once_and_named_by_its_hash_afterwards() {
        let persisted = Persisted::new(&PersistedConfig::default()).unwrap();
        assert_eq!(
            message(persisted.resolve(&mut request("", &hash()), |_| Ok(()))),
            NOT_FOUND
        );
        persisted
            .resolve(&mut request("{a}", &hash()), |_| Ok(()))
            .unwrap();
        let mut named = request("", &hash());
        persisted.resolve(&mut named, |_| Ok(())).unwrap();
        assert_eq!(named.query.as_ref(), "{a}");
    }

    #[test]
    fn nothing_is_kept_under_a_wrong_hash_or_against_the_guard() {
        let persisted = Persisted::new(&PersistedConfig::default()).unwrap();
        assert!(
            message(persisted.resolve(&mut request("{b}", &hash()), |_| Ok(()))).contains("hash")
        );
        let refuse = |_: &Arc<str>| Err(Refused::malformed("guard"));
        assert_eq!(
            message(persisted.resolve(&mut request("{a}", &hash()), refuse)),
            "guard"
        );
        assert_eq!(
            message(persisted.resolve(&mut request("", &hash()), |_| Ok(()))),
            NOT_FOUND
        );
        for bad in ["zz", &"g".repeat(64), &"0".repeat(65)] {
            assert!(
                message(persisted.resolve(&mut request("", bad), |_| Ok(()))).contains("SHA-256")
            );
        }
    }

    #[test]
    fn only_registered_documents_are_answered_when_told_so() {
        let file = std::env::temp_dir().join(format!("registered-{}.json", std::process::id()));
        std::fs::write(&file, json!({hash(): "{a}"}).to_string()).unwrap();
        let config = PersistedConfig {
            registered: Some(file.clone()),
            only_registered: true,
            ..PersistedConfig::default()
        };
        let persisted = Persisted::new(&config).unwrap();
        persisted
            .resolve(&mut request("", &hash()), |_| Ok(()))
            .unwrap();
        persisted
            .resolve(&mut request("{a}", ""), |_| Ok(()))
            .unwrap();
        assert!(
            message(persisted.resolve(&mut request("{a }", ""), |_| Ok(()))).contains("registered")
        );
        std::fs::write(&file, json!({hash(): "{b}"}).to_string()).unwrap();
        assert!(Persisted::new(&config).is_err());
        std::fs::remove_file(file).unwrap();
    }
}
