-- Keys for programs (a tenant table) and second factors of people (global, as the account is).

create table core.api_key (
    tenant_id uuid not null,
    api_key_id uuid not null,
    name text not null check (char_length(name) between 1 and 120),
    -- first characters of the secret, to tell keys apart by
    hint text not null,
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    scopes text[] not null check (cardinality(scopes) > 0),
    created_by uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, api_key_id),
    constraint api_key_secret_key unique (tenant_id, secret_hash)
);
select platform.protect('core.api_key');

create table core.totp (
    user_id uuid primary key references core.user,
    secret bytea not null check (octet_length(secret) = 20),
    created_at timestamptz not null,
    -- null until a code has shown that the person's device has the secret
    confirmed_at timestamptz,
    -- the last 30-second step that a code was taken for: none is good twice
    used_step bigint not null default 0
);

create table core.recovery_code (
    user_id uuid not null references core.user,
    code_hash bytea not null check (octet_length(code_hash) = 32),
    primary key (user_id, code_hash)
);

grant select, insert, update on core.api_key to tessera_core;
grant select, insert, update, delete on core.totp to tessera_core;
grant select, insert, delete on core.recovery_code to tessera_core;

-- Sign-in asks for the sessions of a person and tenant, ended ones included.
drop index core.session_of_user;
create index session_of_user on core.session (user_id, active_tenant_id);
-- Expired tokens are dropped with those of their session; nothing asks for all of them.
drop index core.refresh_token_expiry;
