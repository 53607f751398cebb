//! The page for people: GraphiQL from a local folder, or a plain page of our own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::config::EdgeConfig;
use crate::edge::Shared;

/// Files of GraphiQL that the page loads, by the name under which they are served: React and its DOM, then GraphiQL with
/// its styles, as their npm packages ship them for browsers.
pub const GRAPHIQL_FILES: [(&str, &str); 4] = [
    ("react.production.min.js", "text/javascript; charset=utf-8"),
    (
        "react-dom.production.min.js",
        "text/javascript; charset=utf-8",
    ),
    ("graphiql.min.js", "text/javascript; charset=utf-8"),
    ("graphiql.min.css", "text/css; charset=utf-8"),
];

const GRAPHIQL: &str = include_str!("graphiql.html");
const PLAIN: &str = include_str!("plain.html");
const BAR: &str = include_str!("bar.html");
const STYLE: &str = include_str!("bar.css");
const SCRIPT: &str = include_str!("playground.js");

/// What the plain page has in its bar, where GraphiQL has tabs and buttons of its own.
const PLAIN_EXTRA: &str = r#"<select id="example" aria-label="example"></select>
  <button id="run" type="button" title="Ctrl+Enter">Run</button>
  <button id="stop" type="button" hidden>Stop</button>"#;

/// Routes of the page's files.
pub(super) fn assets(config: &EdgeConfig) -> Router<Arc<Shared>> {
    if config.graphiql.enabled {
        Router::new().route("/graphiql/{file}", get(asset))
    } else {
        Router::new()
    }
}

async fn asset(State(shared): State<Arc<Shared>>, Path(file): Path<String>) -> Response {
    let config = shared.config();
    let Some(folder) = &config.graphiql.assets else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Only names of the list are ever opened.
    let Some((name, content_type)) = GRAPHIQL_FILES.iter().find(|(name, _)| *name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(folder.join(name)).await {
        Ok(bytes) => {
            let mut response = bytes.into_response();
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.headers_mut().insert(
                CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=3600"),
            );
            response
        }
        Err(error) => {
            tracing::warn!(%error, file = name, "file of graphiql cannot be read");
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

/// The page itself.
pub(super) fn page(shared: &Shared) -> Response {
    let config = &shared.config();
    let folder = config.graphiql.assets.as_ref();
    let complete = folder.is_some_and(|folder| {
        GRAPHIQL_FILES
            .iter()
            .all(|(name, _)| folder.join(name).is_file())
    });
    let (template, extra) = if complete {
        (GRAPHIQL, "")
    } else {
        (PLAIN, PLAIN_EXTRA)
    };
    let setup = serde_json::json!({
        "path": config.path,
        "examples": config.graphiql.examples,
        "signIn": config.graphiql.sign_in,
    });
    // inside a script element only `<` can end it
    let setup = setup.to_string().replace('<', "\\u003c");
    // the setup last: nothing that it says is taken for a place of ours
    let text = template
        .replace("__STYLE__", STYLE)
        .replace("__BAR__", &BAR.replace("__EXTRA__", extra))
        .replace("__SCRIPT__", SCRIPT)
        .replace("__SETUP__", &setup);
    let mut response = Html(text).into_response();
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    response
}
