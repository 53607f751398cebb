-- One-time codes and the letters that carry them (global: they prove an address before any tenant is
-- known), and the audit log (a tenant table).

-- One live code per person and purpose; only its SHA-256 is kept.
create table core.one_time_code (
    user_id uuid not null references core.user,
    purpose text not null check (purpose in ('VERIFY_EMAIL', 'RESET_PASSWORD')),
    code_hash bytea not null check (octet_length(code_hash) = 32),
    -- the address that it was sent to: a code proves that one and no other
    email_normal text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (user_id, purpose)
);

-- The outbox of letters, for as long as no mail server is configured: whoever runs the installation
-- reads it here. A letter is dropped with the code that it carries.
create table core.mail (
    mail_id uuid primary key,
    user_id uuid not null references core.user,
    kind text not null check (kind in ('VERIFY_EMAIL', 'RESET_PASSWORD')),
    recipient text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index mail_of_user on core.mail (user_id);
create index mail_expiry on core.mail (expires_at);

-- What was done in a tenant: who, what, to what, before and after. References only, never personal
-- data, so that a person can be erased while the log stays as it is. Each entry carries the hash of
-- the one before, so that none can be changed or taken out unseen.
create table core.audit_entry (
    tenant_id uuid not null,
    sequence bigint not null check (sequence > 0),
    entry_id uuid not null,
    occurred_at timestamptz not null,
    -- null: the platform itself
    actor_id uuid,
    action text not null,
    object_id uuid not null,
    -- as text: what was hashed is kept byte for byte
    before text check (before is null or before::json is not null),
    after text check (after is null or after::json is not null),
    previous_hash bytea not null check (octet_length(previous_hash) = 32),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (tenant_id, sequence)
);
select platform.protect('core.audit_entry');

create function core.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on core.audit_entry
    for each statement execute function core.refuse_change();

grant select, insert, update, delete on core.one_time_code to tessera_core;
grant select, insert, update, delete on core.mail to tessera_core;
grant select, insert on core.audit_entry to tessera_core;
-- sessions that are over are forgotten in time
grant delete on core.session to tessera_core;
