use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use platform_types::Envelope;

/// Why a delivery had no effect. The text is kept with the parked event and must hold no secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeliveryError(pub String);

/// Where a consumer's events end: its code in this process.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Delivers one event. Called again with the same event after a failure or a crash.
    ///
    /// # Errors
    /// [`DeliveryError`] when the event had no effect.
    async fn deliver(&self, envelope: &Envelope) -> Result<(), DeliveryError>;
}

/// One consumer: what it wants, and its code when it runs in this process.
#[derive(Clone)]
pub struct Route {
    /// Full name, `<module>.<consumer>`: the inbox and the queue are kept under it.
    pub consumer: String,
    /// Type of the events it wants.
    pub event_type: String,
    /// Its code; `None` when its module runs in another process.
    pub sink: Option<Arc<dyn Sink>>,
}

/// Every consumer of the installation, whichever process it runs in: an event must wait for a
/// consumer whose process is down.
#[derive(Clone, Default)]
pub struct Routes {
    by_type: BTreeMap<String, Vec<String>>,
    routes: Vec<Route>,
}

impl Routes {
    /// Routes by the type of the event.
    pub fn new(routes: Vec<Route>) -> Self {
        let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for route in &routes {
            by_type
                .entry(route.event_type.clone())
                .or_default()
                .push(route.consumer.clone());
        }
        Self { by_type, routes }
    }

    /// Names of the consumers of an event type.
    pub fn consumers_of(&self, event_type: &str) -> &[String] {
        self.by_type.get(event_type).map_or(&[], Vec::as_slice)
    }

    /// Every consumer.
    pub fn all(&self) -> &[Route] {
        &self.routes
    }

    /// The consumers of this process with their code.
    pub fn local(&self) -> impl Iterator<Item = (&Route, Arc<dyn Sink>)> {
        self.routes
            .iter()
            .filter_map(|route| route.sink.clone().map(|sink| (route, sink)))
    }
}
