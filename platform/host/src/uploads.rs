//! The receiver of files: `PUT /uploads/{ticket}`, past GraphQL.
//!
//! The address is the credential: tenant, ticket and a secret of which only the hash is kept. Bytes are
//! streamed to a place of their own and moved to the ticket's place in the moment in which the ticket is
//! marked: an upload that breaks off leaves nothing, and of two at once one wins whole.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use futures::StreamExt as _;
use object_store::buffered::BufWriter;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt as _};
use platform_sdk::{Ambient, Objects, UploadToken, format_chain, upload_key};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use subtle::ConstantTimeEq as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use crate::config::UploadsSection;

/// Receives files for tickets.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    pool: PgPool,
    objects: Objects,
    ambient: Ambient,
    idle_timeout: Duration,
    free: Semaphore,
}

/// Why nothing was received.
#[derive(Debug)]
enum Refusal {
    /// Unknown, somebody else's, or of another secret: indistinguishable.
    NotFound,
    Expired,
    AlreadyStored,
    TooLarge(i64),
    /// The client paused for too long or went away.
    BrokenOff,
    Busy,
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl Receiver {
    /// A receiver that looks tickets up under the host's role.
    pub fn new(pool: PgPool, objects: Objects, ambient: Ambient, limits: UploadsSection) -> Self {
        Self(Arc::new(Inner {
            pool,
            objects,
            ambient,
            idle_timeout: Duration::from_millis(limits.idle_timeout_ms),
            free: Semaphore::new(usize::try_from(limits.concurrency).unwrap_or(usize::MAX >> 3)),
        }))
    }

    /// `PUT /uploads/{ticket}`.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/uploads/{ticket}", put(receive))
            // the ticket has its own limit, kept while streaming
            .layer(DefaultBodyLimit::disable())
            .with_state(self)
    }
}

async fn receive(
    State(Receiver(inner)): State<Receiver>,
    Path(ticket): Path<String>,
    body: Body,
) -> Response {
    let Ok(_free) = inner.free.try_acquire() else {
        return Refusal::Busy.into_response();
    };
    match inner.receive(&ticket, body.into_data_stream()).await {
        Ok(bytes) => (
            StatusCode::CREATED,
            axum::Json(serde_json::json!({ "bytes": bytes })),
        )
            .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl Inner {
    async fn receive(&self, ticket: &str, body: BodyDataStream) -> Result<i64, Refusal> {
        let token: UploadToken = ticket.parse().map_err(|_| Refusal::NotFound)?;
        let max_bytes = self.look_up(&token).await?;
        let attempt = self.ambient.entropy.uuid(self.ambient.clock.now());
        let staged = Objects::path(token.tenant, &format!("incoming/{attempt}"));
        let stored = match self.stream(body, max_bytes, &staged).await {
            Ok((bytes, sha256)) => self
                .keep(&token, &staged, bytes, sha256)
                .await
                .map(|()| bytes),
            Err(refusal) => Err(refusal),
        };
        if stored.is_err() {
            match self.objects.store().delete(&staged).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => {
                    tracing::warn!(%error, path = %staged, "uploads: remains were not removed")
                }
            }
        }
        stored
    }

    /// Checks the ticket and gives its limit in bytes.
    async fn look_up(&self, token: &UploadToken) -> Result<i64, Refusal> {
        type Row = (Vec<u8>, i64, chrono::DateTime<chrono::Utc>, bool);
        let row: Option<Row> = sqlx::query_as(
            "select secret_hash, max_bytes, expires_at, stored_at is not null or claimed_at is not null \
             from platform.upload where tenant_id = $1 and ticket_id = $2",
        )
        .bind(token.tenant.uuid())
        .bind(token.ticket_id)
        .fetch_optional(&self.pool)
        .await?;
        let (secret_hash, max_bytes, expires_at, is_stored) = row.ok_or(Refusal::NotFound)?;
        if !bool::from(secret_hash.ct_eq(&token.secret_hash())) {
            return Err(Refusal::NotFound);
        }
        if is_stored {
            return Err(Refusal::AlreadyStored);
        }
        if expires_at <= self.ambient.clock.now() {
            return Err(Refusal::Expired);
        }
        Ok(max_bytes)
    }

    async fn stream(
        &self,
        mut body: BodyDataStream,
        max_bytes: i64,
        staged: &ObjectPath,
    ) -> Result<(i64, Vec<u8>), Refusal> {
        let store: Arc<dyn ObjectStore> = self.objects.store().clone();
        let mut writer = BufWriter::new(store, staged.clone());
        let copied = async {
            let mut hash = Sha256::new();
            let mut bytes = 0_i64;
            loop {
                let next = tokio::time::timeout(self.idle_timeout, body.next()).await;
                let chunk = match next {
                    Err(_) | Ok(Some(Err(_))) => return Err(Refusal::BrokenOff),
                    Ok(None) => return Ok((bytes, hash.finalize().to_vec())),
                    Ok(Some(Ok(chunk))) => chunk,
                };
                bytes = bytes.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
                if bytes > max_bytes {
                    return Err(Refusal::TooLarge(max_bytes));
                }
                hash.update(&chunk);
                writer.write_all(&chunk).await.map_err(Refusal::failed)?;
            }
        }
        .await;
        match copied {
            Ok(received) => {
                writer.shutdown().await.map_err(Refusal::failed)?;
                Ok(received)
            }
            Err(refusal) => {
                if let Err(error) = writer.abort().await {
                    tracing::debug!(%error, "uploads: nothing to abort");
                }
                Err(refusal)
            }
        }
    }

    /// Marks the ticket and moves the file to its place; the row's lock decides between two uploads.
    async fn keep(
        &self,
        token: &UploadToken,
        staged: &ObjectPath,
        bytes: i64,
        sha256: Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut tx = self.pool.begin().await?;
        let marked = sqlx::query(
            "update platform.upload set stored_bytes = $3, content_sha256 = $4, stored_at = $5 \
             where tenant_id = $1 and ticket_id = $2 and stored_at is null and claimed_at is null",
        )
        .bind(token.tenant.uuid())
        .bind(token.ticket_id)
        .bind(bytes)
        .bind(sha256)
        .bind(self.ambient.clock.now())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if marked == 0 {
            return Err(Refusal::AlreadyStored);
        }
        let place = Objects::path(token.tenant, &upload_key(token.ticket_id));
        self.objects
            .store()
            .rename(staged, &place)
            .await
            .map_err(Refusal::failed)?;
        tx.commit().await?;
        Ok(())
    }
}

impl Refusal {
    fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::failed(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "upload not found".to_owned(),
            ),
            Self::Expired => (
                StatusCode::GONE,
                "EXPIRED",
                "the upload address has expired".to_owned(),
            ),
            Self::AlreadyStored => (
                StatusCode::CONFLICT,
                "CONFLICT",
                "the file was received already".to_owned(),
            ),
            Self::TooLarge(max) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "TOO_LARGE",
                format!("the file is larger than {max} bytes"),
            ),
            Self::BrokenOff => (
                StatusCode::REQUEST_TIMEOUT,
                "BROKEN_OFF",
                "the upload broke off".to_owned(),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "UNAVAILABLE",
                "too many uploads, try again".to_owned(),
            ),
            Self::Failed(error) => {
                let cause = format_chain(&*error);
                tracing::error!(%cause, "upload failed");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "UNAVAILABLE",
                    "temporarily unavailable, try again".to_owned(),
                )
            }
        };
        let body = serde_json::json!({ "error": { "code": code, "message": message } });
        (status, axum::Json(body)).into_response()
    }
}
