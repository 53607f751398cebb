use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use platform_types::TenantId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// How long an upload address is good for.
const TICKET_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// What a module wants to receive.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// What for, in the module's words; claiming asks for the same.
    pub purpose: &'static str,
    /// The client's name of the file; shown, never trusted.
    pub file_name: String,
    /// Size that the client announces.
    pub declared_bytes: i64,
    /// Size above which the receiver stops reading.
    pub max_bytes: i64,
}

/// An address to which the client sends the bytes, past GraphQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadTicket {
    /// Names the upload when it is claimed.
    pub ticket_id: Uuid,
    /// Where to `PUT` the bytes; holds the secret.
    pub url: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// Size above which the receiver stops reading.
    pub max_bytes: i64,
}

/// A received file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// Key in [`crate::Objects`].
    pub key: String,
    /// The client's name of the file.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// SHA-256 of its content.
    pub sha256: Vec<u8>,
}

/// What claiming an upload finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Received whole; it is the caller's now.
    Stored(StoredUpload),
    /// Claimed before; an idempotent caller looks up what it made of it.
    AlreadyClaimed,
    /// Nothing was received yet.
    NotUploaded,
    /// The address ended before anything was received.
    Expired,
}

/// The secret part of an upload address: tenant, ticket and 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadToken {
    /// Whose upload.
    pub tenant: TenantId,
    /// Which upload.
    pub ticket_id: Uuid,
    secret: [u8; 32],
}

impl UploadToken {
    /// What is kept of the secret.
    pub fn secret_hash(&self) -> Vec<u8> {
        Sha256::digest(self.secret).to_vec()
    }

    /// The form in the address.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(self.tenant.uuid().as_bytes());
        bytes.extend_from_slice(self.ticket_id.as_bytes());
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Not an upload address of ours.
#[derive(Debug, thiserror::Error)]
#[error("not an upload address")]
pub struct UploadTokenError;

impl FromStr for UploadToken {
    type Err = UploadTokenError;

    fn from_str(text: &str) -> Result<Self, UploadTokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| UploadTokenError)?;
        let bytes: [u8; 64] = bytes.try_into().map_err(|_| UploadTokenError)?;
        let (ids, secret) = bytes.split_at(32);
        let (tenant, ticket) = ids.split_at(16);
        Ok(Self {
            tenant: TenantId(Uuid::from_slice(tenant).map_err(|_| UploadTokenError)?),
            ticket_id: Uuid::from_slice(ticket).map_err(|_| UploadTokenError)?,
            secret: secret.try_into().map_err(|_| UploadTokenError)?,
        })
    }
}

/// Key of a received file in [`crate::Objects`].
pub fn upload_key(ticket_id: Uuid) -> String {
    format!("uploads/{ticket_id}")
}

impl TenantTx {
    /// Opens an address for one upload.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn open_upload(&mut self, request: &UploadRequest) -> Result<UploadTicket> {
        let token = UploadToken {
            tenant: self.tenant(),
            ticket_id: self.ctx().new_uuid(),
            secret: self.ctx().random_bytes(),
        };
        let expires_at = self.now() + TICKET_LIFETIME;
        let ctx = self.ctx().clone();
        sqlx::query(
            "insert into platform.upload (tenant_id, ticket_id, module, purpose, file_name, declared_bytes, \
             max_bytes, secret_hash, expires_at, created_by, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(self.tenant().uuid())
        .bind(token.ticket_id)
        .bind(&ctx.runtime().manifest.id)
        .bind(request.purpose)
        .bind(&request.file_name)
        .bind(request.declared_bytes)
        .bind(request.max_bytes)
        .bind(token.secret_hash())
        .bind(expires_at)
        .bind(ctx.user().ok().map(|user| user.uuid()))
        .bind(self.now())
        .execute(self.conn())
        .await?;
        Ok(UploadTicket {
            ticket_id: token.ticket_id,
            url: format!("{}/uploads/{}", ctx.runtime().public_url, token.encode()),
            expires_at,
            max_bytes: request.max_bytes,
        })
    }

    /// Takes a received file over, once.
    ///
    /// # Errors
    /// `NOT_FOUND` for a ticket that is missing, somebody else's, or of another purpose.
    pub async fn claim_upload(&mut self, ticket_id: Uuid, purpose: &str) -> Result<Claim> {
        type Row = (
            String,
            Option<i64>,
            Option<Vec<u8>>,
            DateTime<Utc>,
            Option<DateTime<Utc>>,
        );
        let module = self.ctx().runtime().manifest.id.clone();
        let row: Option<Row> = sqlx::query_as(
            "select file_name, stored_bytes, content_sha256, expires_at, claimed_at from platform.upload \
             where tenant_id = $1 and ticket_id = $2 and module = $3 and purpose = $4 for update",
        )
        .bind(self.tenant().uuid())
        .bind(ticket_id)
        .bind(module)
        .bind(purpose)
        .fetch_optional(self.conn())
        .await?;
        let (file_name, bytes, sha256, expires_at, claimed_at) =
            row.ok_or_else(|| Error::not_found("upload"))?;
        let (bytes, sha256) = match (claimed_at, bytes, sha256) {
            (Some(_), _, _) => return Ok(Claim::AlreadyClaimed),
            (None, Some(bytes), Some(sha256)) => (bytes, sha256),
            (None, _, _) if expires_at <= self.now() => return Ok(Claim::Expired),
            (None, _, _) => return Ok(Claim::NotUploaded),
        };
        sqlx::query(
            "update platform.upload set claimed_at = $3 where tenant_id = $1 and ticket_id = $2",
        )
        .bind(self.tenant().uuid())
        .bind(ticket_id)
        .bind(self.now())
        .execute(self.conn())
        .await?;
        Ok(Claim::Stored(StoredUpload {
            key: upload_key(ticket_id),
            file_name,
            bytes,
            sha256,
        }))
    }

    /// Forgets what the clients called the files of uploads, when what became of them is erased.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn forget_uploads(&mut self, tickets: &[Uuid]) -> Result<()> {
        let module = self.ctx().runtime().manifest.id.clone();
        sqlx::query(
            "update platform.upload set file_name = '' where tenant_id = $1 and ticket_id = any($2) and module = $3",
        )
        .bind(self.tenant().uuid())
        .bind(tickets)
        .bind(module)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_round_trip_and_a_cut_one_is_refused() {
        let token = UploadToken {
            tenant: TenantId(Uuid::from_u128(7)),
            ticket_id: Uuid::from_u128(8),
            secret: [9; 32],
        };
        let text = token.encode();
        assert!(text.parse::<UploadToken>().is_ok_and(|t| t == token));
        for bad in ["", "x", &text[1..], &format!("{text}AA")] {
            assert!(bad.parse::<UploadToken>().is_err(), "{bad}");
        }
    }
}
