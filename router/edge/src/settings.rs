//! What of the configuration can change while the edge serves, in one piece that is swapped as a whole.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use platform_guard::Limits;

use crate::config::EdgeConfig;
use crate::connection::forwardable;
use crate::document::Documents;
use crate::edge::EdgeError;
use crate::persisted::Persisted;
use crate::rate::Rates;

/// The configuration in force with what was made of it.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Arc<EdgeConfig>,
    pub(crate) limits: Limits,
    pub(crate) forward: Vec<HeaderName>,
    pub(crate) origins: Vec<HeaderValue>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) persisted: Persisted,
    /// What was let in under these limits.
    pub(crate) documents: Documents,
}

impl Settings {
    /// Checks a configuration. Nothing is kept of one that is refused.
    pub(crate) fn new(config: EdgeConfig, before: Option<&Self>) -> Result<Self, EdgeError> {
        if !config.path.starts_with('/') || config.path.contains(['{', '}', '*']) {
            return Err(EdgeError::Config(format!(
                "path {:?} is not a plain path",
                config.path
            )));
        }
        let origins = config
            .cors_origins
            .iter()
            .map(|origin| {
                origin
                    .parse()
                    .map_err(|_| EdgeError::Config(format!("{origin:?} is no origin")))
            })
            .collect::<Result<_, _>>()?;
        // Counts go on where the limits are the same.
        let rates = match before.filter(|before| before.config.rate == config.rate) {
            Some(before) => Arc::clone(&before.rates),
            None => Arc::new(Rates::new(config.rate.clone())?),
        };
        Ok(Self {
            limits: Limits::from(&config.document),
            forward: forwardable(&config.forward_headers).map_err(EdgeError::Config)?,
            origins,
            rates,
            documents: Documents::new(),
            persisted: Persisted::new(&config.persisted).map_err(EdgeError::Config)?,
            config: Arc::new(config),
        })
    }

    /// The same edge under another configuration, with the names of what stays as it is until the process starts again.
    pub(crate) fn reloaded(
        &self,
        mut next: EdgeConfig,
    ) -> Result<(Self, Vec<&'static str>), EdgeError> {
        let old = &self.config;
        let mut fixed = Vec::new();
        let mut keep = |differs: bool, name: &'static str| {
            if differs {
                fixed.push(name);
            }
        };
        keep(next.path != old.path, "path");
        keep(next.graphiql != old.graphiql, "graphiql");
        keep(
            next.concurrent_operations != old.concurrent_operations,
            "concurrent_operations",
        );
        keep(
            next.uploads.concurrent != old.uploads.concurrent,
            "uploads.concurrent",
        );
        keep(next.rate.redis_url != old.rate.redis_url, "rate.redis_url");
        next.path.clone_from(&old.path);
        next.graphiql.clone_from(&old.graphiql);
        next.concurrent_operations = old.concurrent_operations;
        next.uploads.concurrent = old.uploads.concurrent;
        next.rate.redis_url.clone_from(&old.rate.redis_url);
        Ok((Self::new(next, Some(self))?, fixed))
    }
}
