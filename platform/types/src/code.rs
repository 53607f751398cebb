use std::fmt;

/// The closed list of `extensions.code` values that a client can meet.
///
/// New values are a breaking change for partners that switch over the list, so there is no
/// catch-all: whatever is unforeseen is [`ErrorCode::Internal`] and its text stays in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// No identity, or one that is not valid any more.
    Unauthenticated,
    /// An identity that lacks the permission.
    Forbidden,
    /// Missing, or somebody else's: the two are indistinguishable.
    NotFound,
    /// The request is malformed or breaks a documented limit.
    BadUserInput,
    /// The state changed in between, or an idempotency key was used for another request.
    Conflict,
    /// The tenant has no active licence of the module.
    LicenseRequired,
    /// Too many requests; retry after the time given in the headers.
    RateLimited,
    /// A part of the platform does not answer in time; worth a retry.
    Unavailable,
    /// Our fault; the text is in the log under the request's id. With `extensions.reason` `INVALID_RESULT`, a part of the
    /// platform gave a value that the schema does not allow, and the message says so.
    Internal,
}

impl ErrorCode {
    /// The wire form, e.g. `NOT_FOUND`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::LicenseRequired => "LICENSE_REQUIRED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_serialised_form_is_the_wire_form() {
        for code in [
            ErrorCode::Unauthenticated,
            ErrorCode::Forbidden,
            ErrorCode::NotFound,
            ErrorCode::BadUserInput,
            ErrorCode::Conflict,
            ErrorCode::LicenseRequired,
            ErrorCode::RateLimited,
            ErrorCode::Unavailable,
            ErrorCode::Internal,
        ] {
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
        }
    }
}
