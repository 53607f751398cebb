use chrono::{DateTime, Utc};
use platform_sdk::{Ctx, PageArgs, Result, TenantTx, UserId, id_newtype, stored_names};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store;

id_newtype! {
    /// A line of the audit log.
    EntryId
}

/// SHA-256 of an entry.
pub(crate) type Hash = [u8; 32];

/// What the first entry of a tenant has instead of a predecessor's hash.
const GENESIS: Hash = [0; 32];

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The organisation was made.
    TenantCreated,
    /// A person joined.
    MemberJoined,
    /// A member was given another role.
    MemberRoleChanged,
    /// A member left or was removed.
    MemberRemoved,
    /// Somebody was invited.
    InvitationCreated,
    /// An invitation was taken back.
    InvitationRevoked,
    /// A key for a program was made.
    ApiKeyCreated,
    /// A key for a program was taken back.
    ApiKeyRevoked,
    /// A licence was activated or renewed.
    LicenseActivated,
    /// A licence ran out.
    LicenseExpired,
    /// A licence was given up.
    LicenseCancelled,
}

// in the log, `noun.past_tense`
stored_names! {
    pub(crate) Action {
        TenantCreated = "tenant.created",
        MemberJoined = "member.joined",
        MemberRoleChanged = "member.role_changed",
        MemberRemoved = "member.removed",
        InvitationCreated = "invitation.created",
        InvitationRevoked = "invitation.revoked",
        ApiKeyCreated = "api_key.created",
        ApiKeyRevoked = "api_key.revoked",
        LicenseActivated = "license.activated",
        LicenseExpired = "license.expired",
        LicenseCancelled = "license.cancelled",
    }
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Counted from 1 without gaps.
    pub(crate) sequence: i64,
    /// Which.
    pub(crate) id: EntryId,
    /// When.
    pub(crate) occurred_at: DateTime<Utc>,
    /// Who; the platform itself when nobody.
    pub(crate) actor: Option<UserId>,
    /// What.
    pub(crate) action: String,
    /// To what.
    pub(crate) object: Uuid,
    /// What it was, as JSON text.
    pub(crate) before: Option<String>,
    /// What it is, as JSON text.
    pub(crate) after: Option<String>,
    /// Hash of the entry before.
    pub(crate) previous_hash: Hash,
    /// Hash of this one.
    pub(crate) hash: Hash,
}

impl Entry {
    /// The hash that the entry ought to have: over everything in it, the predecessor's hash included.
    /// Each part is preceded by its length, so that no two entries have the same bytes.
    fn digest(&self) -> Hash {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        part(&self.previous_hash);
        part(&self.sequence.to_be_bytes());
        part(self.id.uuid().as_bytes());
        part(&self.occurred_at.timestamp_micros().to_be_bytes());
        part(
            self.actor
                .map(UserId::uuid)
                .as_ref()
                .map_or(&[], |id| id.as_bytes()),
        );
        part(self.action.as_bytes());
        part(self.object.as_bytes());
        for text in [&self.before, &self.after] {
            // Absent and empty differ.
            part(&[u8::from(text.is_some())]);
            part(text.as_deref().unwrap_or_default().as_bytes());
        }
        digest.finalize().into()
    }

    /// Whether it is what was written, and follows on `previous` (none before the first).
    pub(crate) fn is_intact(&self, previous: Option<&Self>) -> bool {
        let (sequence, hash) = previous.map_or((0, GENESIS), |p| (p.sequence, p.hash));
        self.sequence == sequence + 1 && self.previous_hash == hash && self.hash == self.digest()
    }
}

/// Writes a line, in the transaction of what it tells of. Lines of one tenant are written one after
/// the other.
pub(crate) async fn append(
    tx: &mut TenantTx,
    action: Action,
    object: Uuid,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<()> {
    store::tenant::lock(tx.conn()).await?;
    let last = store::audit::last(tx.conn()).await?;
    let (sequence, previous_hash) = last.map_or((0, GENESIS), |last| (last.sequence, last.hash));
    let mut entry = Entry {
        sequence: sequence + 1,
        id: tx.ctx().new_id(),
        occurred_at: tx.now(),
        actor: tx.ctx().user().ok(),
        action: action.as_str().to_owned(),
        object,
        before: before.map(|v| v.to_string()),
        after: after.map(|v| v.to_string()),
        previous_hash,
        hash: GENESIS,
    };
    entry.hash = entry.digest();
    let tenant = tx.tenant();
    store::audit::insert(tx.conn(), tenant, &entry).await
}

/// A page of the log, oldest first, each line with whether it is intact.
///
/// # Errors
/// `BAD_USER_INPUT` for a forged cursor.
pub(crate) async fn page(ctx: &Ctx, page: &PageArgs) -> Result<Vec<(Entry, bool)>> {
    let after = page.after::<i64>()?.unwrap_or(0);
    let mut snapshot = ctx.read().await?;
    // The line before the page is read along: the first of the page has to follow on it.
    let entries = store::audit::from(snapshot.conn()?, after, page.limit() + 1).await?;
    let mut previous = None;
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.sequence > after {
            lines.push((entry.clone(), entry.is_intact(previous.as_ref())));
        }
        previous = Some(entry);
    }
    lines.truncate(usize::try_from(page.limit()).unwrap_or(usize::MAX));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn chain() -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for sequence in 1..=3 {
            let mut entry = Entry {
                sequence,
                id: EntryId(Uuid::from_u128(7)),
                occurred_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
                actor: None,
                action: "tenant.created".to_owned(),
                object: Uuid::nil(),
                before: None,
                after: Some("{}".to_owned()),
                previous_hash: entries.last().map_or(GENESIS, |e| e.hash),
                hash: GENESIS,
            };
            entry.hash = entry.digest();
            entries.push(entry);
        }
        entries
    }

    fn intact(entries: &[Entry]) -> Vec<bool> {
        let before = std::iter::once(None).chain(entries.iter().map(Some));
        entries
            .iter()
            .zip(before)
            .map(|(e, p)| e.is_intact(p))
            .collect()
    }

    #[test]
    fn a_log_that_nobody_touched_is_intact() {
        assert_eq!(intact(&chain()), [true, true, true]);
    }

    #[test]
    fn every_change_shows() {
        let changes: [fn(&mut Entry); 7] = [
            |e| e.actor = Some(UserId(Uuid::nil())),
            |e| e.action.push('x'),
            |e| e.object = Uuid::max(),
            |e| e.before = Some(String::new()),
            |e| e.after = None,
            |e| e.occurred_at += chrono::TimeDelta::microseconds(1),
            |e| e.id = EntryId(Uuid::nil()),
        ];
        for change in changes {
            let mut entries = chain();
            change(&mut entries[1]);
            assert_eq!(intact(&entries), [true, false, true]);
            // Hashing it again only moves the break to the next line.
            entries[1].hash = entries[1].digest();
            assert_eq!(intact(&entries), [true, true, false]);
        }
    }

    #[test]
    fn a_line_that_was_taken_out_is_missed() {
        let mut entries = chain();
        entries.remove(1);
        assert_eq!(intact(&entries), [true, false]);
        let mut entries = chain();
        entries.remove(0);
        assert_eq!(intact(&entries), [false, true]);
    }
}
