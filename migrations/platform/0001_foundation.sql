-- What the SDK keeps for every module: licences, settings, events, jobs, uploads, idempotency.
-- Runs as the owner of the database; the roles are made before by `tessera migrate`.

create schema if not exists platform;
revoke all on schema public from public;
revoke all on schema platform from public;
grant usage on schema platform to tessera_module, tessera_platform;

-- The tenant of the running transaction; null outside of one.
-- After set_config(…, true) PostgreSQL leaves '' behind, which is no uuid.
create function platform.current_tenant() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- The acting user of the running transaction; null for candidates, services and nobody.
create function platform.current_actor() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.actor_id', true), '')::uuid;

-- Enables and forces row level security on a tenant table, with the one policy form that uses indexes.
create function platform.protect(target regclass) returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant on %s using (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid)) '
        'with check (tenant_id = (select nullif(current_setting(''app.tenant_id'', true), '''')::uuid))',
        target);
end $$;
revoke all on function platform.protect(regclass) from public;

-- Licences as every module reads them; written only by the module that sells them, in its own transaction.
create table platform.license (
    tenant_id uuid not null,
    module text not null,
    license_id uuid not null,
    status text not null check (status in ('ACTIVE', 'GRACE', 'EXPIRED', 'SUSPENDED', 'CANCELLED')),
    -- the moment from which the module is refused, grace included; null for a licence for life
    usable_until timestamptz,
    updated_at timestamptz not null,
    primary key (tenant_id, module)
);
select platform.protect('platform.license');
grant select on platform.license to tessera_module;
grant insert, update on platform.license to tessera_licensing;

-- Opens a tenant's transaction: one round trip for tenant, actor, time limit and licence.
-- Sequential on purpose: the licence is read under the tenant that was just set.
create function platform.enter(tenant uuid, actor uuid, timeout_ms integer, needs_license text, at timestamptz)
returns boolean language plpgsql as $$
begin
    perform set_config('app.tenant_id', tenant::text, true);
    perform set_config('app.actor_id', coalesce(actor::text, ''), true);
    perform set_config('statement_timeout', timeout_ms::text, true);
    if needs_license is null then
        return true;
    end if;
    return exists (
        select from platform.license l
        where l.tenant_id = tenant and l.module = needs_license
          and l.status in ('ACTIVE', 'GRACE')
          and (l.usable_until is null or l.usable_until > at));
end $$;

-- Settings: module default (manifest) ← tenant (scope_id = tenant_id) ← company.
create table platform.setting (
    tenant_id uuid not null,
    module text not null,
    scope_id uuid not null,
    value jsonb not null check (jsonb_typeof(value) = 'object'),
    updated_by uuid,
    updated_at timestamptz not null,
    primary key (tenant_id, module, scope_id)
);
select platform.protect('platform.setting');
grant select, insert, update, delete on platform.setting to tessera_module;

-- Events in the transaction of the state that they tell of.
create table platform.outbox (
    tenant_id uuid not null,
    event_id uuid not null,
    -- given by the trigger below
    sequence bigint not null default 0,
    module text not null,
    event_type text not null,
    aggregate_id uuid not null,
    payload jsonb not null,
    trace_parent text,
    occurred_at timestamptz not null,
    published_at timestamptz,
    primary key (tenant_id, event_id)
);
create index outbox_unpublished on platform.outbox (sequence) where published_at is null;
create index outbox_published on platform.outbox (published_at) where published_at is not null;
select platform.protect('platform.outbox');
create policy relay on platform.outbox to tessera_platform using (true) with check (true);
grant insert on platform.outbox to tessera_module;
grant select, update (published_at), delete on platform.outbox to tessera_platform;

-- Positions grow within one aggregate in the order in which its transactions commit: whoever publishes
-- about an aggregate holds it until the end of the transaction, so no lower position can appear later.
create sequence platform.outbox_position;
create function platform.place_in_outbox() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(new.aggregate_id::text, 0));
    new.sequence := nextval('platform.outbox_position');
    return new;
end $$;
revoke all on function platform.place_in_outbox() from public;
grant usage on sequence platform.outbox_position to tessera_module;
create trigger place before insert on platform.outbox
    for each row execute function platform.place_in_outbox();

-- What a consumer has seen: the row is written in the transaction of the consumer's effect.
create table platform.inbox (
    tenant_id uuid not null,
    consumer text not null,
    event_id uuid not null,
    consumed_at timestamptz not null,
    primary key (tenant_id, consumer, event_id)
);
select platform.protect('platform.inbox');
create policy sweeper on platform.inbox to tessera_platform using (true) with check (true);
create index inbox_consumed on platform.inbox (consumed_at);
grant select, insert on platform.inbox to tessera_module;
grant select, delete on platform.inbox to tessera_platform;

-- Deliveries of the embedded relay, and the dead letters of both relays (parked_at is set).
create table platform.delivery (
    tenant_id uuid not null,
    consumer text not null,
    event_id uuid not null,
    sequence bigint not null,
    aggregate_id uuid not null,
    envelope jsonb not null,
    attempts integer not null default 0,
    due_at timestamptz not null,
    parked_at timestamptz,
    last_error text,
    primary key (tenant_id, consumer, event_id)
);
create index delivery_due on platform.delivery (consumer, sequence) where parked_at is null;
create index delivery_aggregate on platform.delivery (consumer, aggregate_id, sequence) where parked_at is null;
create index delivery_parked on platform.delivery (parked_at) where parked_at is not null;
select platform.protect('platform.delivery');
create policy relay on platform.delivery to tessera_platform using (true) with check (true);
grant select, insert, update, delete on platform.delivery to tessera_platform;

-- Background work, queued in the transaction that wants it done.
create table platform.job (
    tenant_id uuid not null,
    job_id uuid not null,
    module text not null,
    kind text not null,
    payload jsonb not null,
    -- one live job per key: a second enqueue is a no-op
    dedup_key text,
    trace_parent text,
    attempts integer not null default 0,
    max_attempts integer not null,
    due_at timestamptz not null,
    leased_by uuid,
    leased_until timestamptz,
    finished_at timestamptz,
    parked_at timestamptz,
    last_error text,
    created_at timestamptz not null,
    primary key (tenant_id, job_id)
);
create index job_due on platform.job (tenant_id, due_at) where finished_at is null and parked_at is null;
create unique index job_dedup on platform.job (tenant_id, module, kind, dedup_key)
    where dedup_key is not null and finished_at is null and parked_at is null;
create index job_finished on platform.job (finished_at) where finished_at is not null;
select platform.protect('platform.job');
create policy worker on platform.job to tessera_platform using (true) with check (true);
grant select, insert, update on platform.job to tessera_module;
grant select, update, delete on platform.job to tessera_platform;

-- One answer per idempotency key: the first request's result is given again.
create table platform.idempotency (
    tenant_id uuid not null,
    module text not null,
    operation text not null,
    key text not null,
    request_hash bytea not null,
    result jsonb,
    created_at timestamptz not null,
    primary key (tenant_id, module, operation, key)
);
create index idempotency_created on platform.idempotency (created_at);
select platform.protect('platform.idempotency');
create policy sweeper on platform.idempotency to tessera_platform using (true) with check (true);
grant select, insert, update on platform.idempotency to tessera_module;
grant select, delete on platform.idempotency to tessera_platform;

-- Tickets for direct uploads to the object store.
create table platform.upload (
    tenant_id uuid not null,
    ticket_id uuid not null,
    module text not null,
    purpose text not null,
    file_name text not null,
    declared_bytes bigint not null,
    max_bytes bigint not null,
    -- sha-256 of the secret in the upload address
    secret_hash bytea not null,
    expires_at timestamptz not null,
    created_by uuid,
    created_at timestamptz not null,
    stored_bytes bigint,
    content_sha256 bytea,
    stored_at timestamptz,
    claimed_at timestamptz,
    primary key (tenant_id, ticket_id)
);
create index upload_expired on platform.upload (expires_at) where claimed_at is null;
select platform.protect('platform.upload');
create policy receiver on platform.upload to tessera_platform using (true) with check (true);
grant select, insert, update on platform.upload to tessera_module;
grant select, update, delete on platform.upload to tessera_platform;

-- Modules known to this installation; the same for every tenant.
create table platform.module (
    module text primary key,
    version text not null,
    manifest jsonb not null,
    installed_at timestamptz not null,
    updated_at timestamptz not null
);
grant select on platform.module to tessera_module;
grant select, insert, update on platform.module to tessera_platform;

-- Lifecycle steps that ran for a tenant, so that a failed one can be repeated and none runs twice.
create table platform.lifecycle (
    tenant_id uuid not null,
    module text not null,
    step text not null check (step in ('enable', 'disable')),
    version text not null,
    finished_at timestamptz not null,
    primary key (tenant_id, module, step, version)
);
select platform.protect('platform.lifecycle');
grant select, insert, delete on platform.lifecycle to tessera_module;
