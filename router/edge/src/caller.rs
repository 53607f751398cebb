//! Who calls, as the engine and the subgraphs see it.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use platform_identity::{ASSERTION_HEADER, AssertionSigner, Identity};
use router_engine::{AssertionError, Principal};

use crate::clock::Clock;

/// A verified identity on its way through the engine: in-process subgraphs get it by downcasting the principal, remote
/// ones as a signed assertion.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    signer: Option<Arc<AssertionSigner>>,
    clock: Clock,
}

impl Caller {
    /// A caller; without a signer nothing is asserted, and remote subgraphs that ask for assertions refuse.
    pub fn new(identity: Identity, signer: Option<Arc<AssertionSigner>>, clock: Clock) -> Self {
        Self {
            identity,
            signer,
            clock,
        }
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl Principal for Caller {
    fn scope_key(&self) -> &[u8] {
        self.identity.scope_key()
    }

    fn assert_for(&self, subgraph: &str, body: &[u8]) -> Result<HeaderMap, AssertionError> {
        let mut headers = HeaderMap::new();
        if let Some(signer) = &self.signer {
            let assertion = signer.sign(&self.identity, subgraph, body, self.clock.now());
            let mut value = HeaderValue::try_from(assertion)
                .map_err(|error| AssertionError(error.to_string()))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(ASSERTION_HEADER), value);
        }
        Ok(headers)
    }
}
