-- People (global: a person belongs to several organisations) and organisations (tenant tables).
-- The schema and the role's usage of it are made by `tessera migrate`.

-- An account. It stays when the person behind it is erased, so that references never dangle.
-- Global: people sign in before any tenant is known.
create table core.user (
    user_id uuid primary key,
    created_at timestamptz not null,
    disabled_at timestamptz
);

-- Personal data, apart from everything that refers to the account. Erasing a person deletes this row.
-- Global, as the account is.
create table core.person (
    user_id uuid primary key references core.user,
    email text not null check (octet_length(email) <= 254),
    -- what sign-in looks for: one spelling per address
    email_normal text not null,
    email_verified_at timestamptz,
    display_name text not null check (char_length(display_name) between 1 and 120),
    updated_at timestamptz not null,
    constraint person_email_normal_key unique (email_normal)
);

-- Global, as the account is. Never the password, always its bcrypt hash.
create table core.credential (
    user_id uuid primary key references core.user,
    password_hash text not null,
    changed_at timestamptz not null
);

-- A device that is signed in: the family of the refresh tokens that were given to it.
-- Global: a session begins without a tenant and may move between tenants.
create table core.session (
    session_id uuid primary key,
    user_id uuid not null references core.user,
    -- the tenant that access tokens are made for; membership is checked each time one is made
    active_tenant_id uuid,
    created_at timestamptz not null,
    used_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in ('SIGNED_OUT', 'TOKEN_REUSED', 'PASSWORD_CHANGED')),
    check ((ended_at is null) = (end_reason is null))
);
create index session_of_user on core.session (user_id) where ended_at is null;

-- Global, as the session is. Only the SHA-256 of a token is kept.
create table core.refresh_token (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    session_id uuid not null references core.session,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    -- exchanged for a successor: seeing it again means that somebody copied it
    spent_at timestamptz,
    -- withdrawn by the server without being presented (the session moved to another tenant)
    retired_at timestamptz
);
create index refresh_token_session on core.refresh_token (session_id);
create index refresh_token_expiry on core.refresh_token (expires_at);

-- Failed proofs of identity per SHA-256 of what was tried (a normalised address), known or not.
-- Global: it is counted before anybody is known.
create table core.throttle (
    subject_hash bytea primary key check (octet_length(subject_hash) = 32),
    failures integer not null check (failures > 0),
    last_failed_at timestamptz not null
);

create index throttle_age on core.throttle (last_failed_at);

-- Who holds which short name. Global: a slug is unique over all tenants.
create table core.slug (
    slug text primary key check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) between 3 and 48),
    held_by uuid not null unique
);

create table core.tenant (
    tenant_id uuid primary key,
    name text not null check (char_length(name) between 1 and 120),
    slug text not null,
    created_at timestamptz not null,
    created_by uuid not null
);
select platform.protect('core.tenant');

create table core.membership (
    tenant_id uuid not null references core.tenant,
    membership_id uuid not null,
    user_id uuid not null,
    role text not null check (role in ('OWNER', 'ADMIN', 'MEMBER', 'VIEWER')),
    joined_at timestamptz not null,
    primary key (tenant_id, membership_id),
    constraint membership_user_key unique (tenant_id, user_id)
);
create index membership_of_user on core.membership (user_id);
select platform.protect('core.membership');

create table core.invitation (
    tenant_id uuid not null references core.tenant,
    invitation_id uuid not null,
    -- personal data: cleared when the invitation is settled
    email_normal text,
    role text not null check (role in ('ADMIN', 'MEMBER', 'VIEWER', 'OWNER')),
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    invited_by uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    accepted_by uuid,
    revoked_at timestamptz,
    primary key (tenant_id, invitation_id),
    check (accepted_at is null or revoked_at is null),
    check ((accepted_at is null) = (accepted_by is null))
);
-- one open invitation per address: a second one takes the place of the first
create unique index invitation_open on core.invitation (tenant_id, email_normal)
    where accepted_at is null and revoked_at is null;
create unique index invitation_secret on core.invitation (tenant_id, secret_hash);
select platform.protect('core.invitation');

-- Outside of any tenant a person sees the organisations that they belong to, and nothing else.
-- Inside of a tenant these policies show nothing: the tenant setting is not empty there.
create policy own on core.membership for select to tessera_core using (
    (select nullif(current_setting('app.tenant_id', true), '')) is null
    and user_id = (select nullif(current_setting('app.actor_id', true), '')::uuid)
);
create policy own on core.tenant for select to tessera_core using (
    (select nullif(current_setting('app.tenant_id', true), '')) is null
    and exists (select from core.membership m where m.tenant_id = tenant.tenant_id)
);

grant select, insert, update on core.user to tessera_core;
grant select, insert, update, delete on core.person to tessera_core;
grant select, insert, update, delete on core.credential to tessera_core;
grant select, insert, update on core.session to tessera_core;
grant select, insert, update, delete on core.refresh_token to tessera_core;
grant select, insert, update, delete on core.throttle to tessera_core;
grant select, insert, delete on core.slug to tessera_core;
grant select, insert, update on core.tenant to tessera_core;
grant select, insert, update, delete on core.membership to tessera_core;
grant select, insert, update on core.invitation to tessera_core;
