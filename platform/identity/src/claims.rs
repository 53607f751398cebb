//! What an access token says.

use chrono::{DateTime, Utc};
use platform_types::TenantId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::TokenError;
use crate::scope::Scopes;
use crate::subject::Subject;

/// Longest validity of a token, in seconds; access tokens of users live for a quarter of it.
pub const MAX_LIFETIME_S: i64 = 60 * 60;

/// Longest validity of a candidate's token, in seconds: links are sent by e-mail and opened days later.
pub const MAX_CANDIDATE_LIFETIME_S: i64 = 31 * 24 * 60 * 60;

/// How far in the future a token may have been issued, in seconds, for machines whose clocks differ.
pub(crate) const MAX_SKEW_S: i64 = 30;

/// What an access token says, before it is signed and after it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who acts; never [`Subject::Anonymous`].
    pub subject: Subject,
    /// The tenant in which they act.
    pub tenant: Option<TenantId>,
    /// What they may do.
    pub scopes: Scopes,
    /// The session that the token belongs to, for signing out.
    pub session: Option<Uuid>,
    /// When it was issued; whole seconds count.
    pub issued_at: DateTime<Utc>,
    /// From when on it is worthless; whole seconds count.
    pub expires_at: DateTime<Utc>,
}

/// The claims as they travel. Unknown ones are refused: a verifier that ignores a claim ignores a restriction.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireClaims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<Uuid>,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

impl Claims {
    pub(crate) fn to_wire(&self, issuer: &str, audience: &str) -> WireClaims {
        WireClaims {
            iss: issuer.into(),
            aud: audience.into(),
            sub: self.subject.to_string(),
            tid: self.tenant.map(TenantId::uuid),
            scope: self.scopes.to_string(),
            sid: self.session,
            iat: self.issued_at.timestamp(),
            exp: self.expires_at.timestamp(),
        }
    }

    /// Reads and checks everything that does not depend on who signed.
    pub(crate) fn from_wire(
        wire: &WireClaims,
        issuer: &str,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, TokenError> {
        if wire.iss != issuer {
            return Err(TokenError::Issuer);
        }
        if wire.aud != audience {
            return Err(TokenError::Audience);
        }
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(TokenError::Period);
        let claims = Self {
            subject: wire.sub.parse()?,
            tenant: wire.tid.map(TenantId),
            scopes: Scopes::parse(&wire.scope)?,
            session: wire.sid,
            issued_at: time(wire.iat)?,
            expires_at: time(wire.exp)?,
        };
        claims.check_period(now)?;
        Ok(claims)
    }

    fn check_period(&self, now: DateTime<Utc>) -> Result<(), TokenError> {
        if self.expires_at <= now {
            return Err(TokenError::Expired);
        }
        let longest = match self.subject {
            Subject::Candidate(_) => MAX_CANDIDATE_LIFETIME_S,
            _ => MAX_LIFETIME_S,
        };
        let lifetime_s = (self.expires_at - self.issued_at).num_seconds();
        let from_future = (self.issued_at - now).num_seconds() > MAX_SKEW_S;
        if from_future || lifetime_s <= 0 || lifetime_s > longest {
            Err(TokenError::Period)
        } else {
            Ok(())
        }
    }

    /// What a module may say with its own key: `core` speaks for users and keys and grants anything; any other module
    /// speaks for its candidates and itself, and grants its own scopes.
    pub(crate) fn check_signer(&self, module: &str) -> Result<(), TokenError> {
        let core = module == crate::token::CORE;
        let may_speak_for = match &self.subject {
            Subject::User(_) | Subject::ApiKey(_) => core,
            Subject::Candidate(_) => self.tenant.is_some(),
            Subject::Service(own) => own == module,
            Subject::Anonymous => false,
        };
        if !may_speak_for {
            return Err(TokenError::Subject);
        }
        match self.scopes.outside_of(module) {
            Some(scope) if !core => Err(TokenError::ForeignScope {
                module: module.into(),
                scope: scope.into(),
            }),
            _ => Ok(()),
        }
    }
}
