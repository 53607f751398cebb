-- The catalogue (global), licences and the ledger (tenant tables).
-- The schema and the role's usage of it are made by `tessera migrate`.

-- What is for sale. Global: the same for every tenant.
create table billing.product (
    module text primary key,
    name text not null,
    summary text not null,
    trial_days integer not null check (trial_days between 0 and 365),
    retired_at timestamptz
);

-- What it costs. A price is never changed: a new version takes its place from a moment on, and what
-- was bought keeps the version that it was bought at. Global, as the catalogue is.
create table billing.price (
    price_id uuid primary key,
    module text not null references billing.product,
    plan text not null check (plan in ('ONE_TIME', 'MONTHLY', 'ANNUAL')),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    version integer not null check (version > 0),
    amount_minor bigint not null check (amount_minor >= 0),
    valid_from timestamptz not null,
    constraint price_version_key unique (module, plan, currency, version)
);

create table billing.license (
    tenant_id uuid not null,
    license_id uuid not null,
    module text not null,
    kind text not null check (kind in ('TRIAL', 'PURCHASED', 'SUBSCRIPTION')),
    -- as of the last change; what holds at a moment is computed from the times below
    status text not null check (status in ('ACTIVE', 'GRACE', 'EXPIRED', 'SUSPENDED', 'CANCELLED')),
    starts_at timestamptz not null,
    -- null: for life
    expires_at timestamptz,
    -- use goes on until here after `expires_at`
    grace_until timestamptz,
    -- a trial is given once; this stays when the licence becomes a paid one
    trial_started_at timestamptz,
    suspended_at timestamptz,
    cancelled_at timestamptz,
    -- the end that a cancellation set: now, or the end of the paid period
    ends_at timestamptz,
    -- what a subscription renews at and with
    price_id uuid,
    payment_method text,
    created_by uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (tenant_id, license_id),
    constraint license_module_key unique (tenant_id, module),
    check (grace_until is null or grace_until >= expires_at),
    check ((cancelled_at is null) = (ends_at is null))
);
select platform.protect('billing.license');

-- One attempt to collect money.
create table billing.payment (
    tenant_id uuid not null,
    payment_id uuid not null,
    license_id uuid not null,
    price_id uuid not null,
    provider text not null,
    -- the provider's name for it
    provider_ref text,
    status text not null check (status in ('SUCCEEDED', 'DECLINED')),
    amount_minor bigint not null check (amount_minor >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz not null,
    primary key (tenant_id, payment_id),
    foreign key (tenant_id, license_id) references billing.license
);
create index payment_license on billing.payment (tenant_id, license_id, payment_id);
select platform.protect('billing.payment');

-- Double-entry ledger: entries and their postings are written once and never again.
create table billing.ledger_entry (
    tenant_id uuid not null,
    entry_id uuid not null,
    kind text not null check (kind in ('CHARGE', 'PAYMENT')),
    -- the payment that it tells of
    payment_id uuid not null,
    -- how many postings it has: a later one would not fit
    lines smallint not null check (lines >= 2),
    posted_at timestamptz not null,
    primary key (tenant_id, entry_id),
    constraint ledger_entry_once unique (tenant_id, payment_id, kind),
    foreign key (tenant_id, payment_id) references billing.payment
);
select platform.protect('billing.ledger_entry');

create table billing.ledger_posting (
    tenant_id uuid not null,
    entry_id uuid not null,
    line smallint not null check (line > 0),
    account text not null,
    -- debit positive, credit negative
    amount_minor bigint not null check (amount_minor <> 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    primary key (tenant_id, entry_id, line),
    foreign key (tenant_id, entry_id) references billing.ledger_entry
);
select platform.protect('billing.ledger_posting');

-- At commit an entry has the postings that it announced, and they balance in every currency.
create function billing.require_balance() returns trigger
language plpgsql set search_path = '' as $$
declare
    announced bigint;
    present bigint;
    crooked text;
begin
    select e.lines into announced from billing.ledger_entry e
        where e.tenant_id = new.tenant_id and e.entry_id = new.entry_id;
    select count(*) into present from billing.ledger_posting p
        where p.tenant_id = new.tenant_id and p.entry_id = new.entry_id;
    if present <> announced then
        raise exception 'ledger entry % has % posting(s), it announced %', new.entry_id, present, announced
            using errcode = 'check_violation', constraint = 'ledger_entry_balances';
    end if;
    select p.currency into crooked from billing.ledger_posting p
        where p.tenant_id = new.tenant_id and p.entry_id = new.entry_id
        group by p.currency having sum(p.amount_minor) <> 0 limit 1;
    if crooked is not null then
        raise exception 'ledger entry % does not balance in %', new.entry_id, crooked
            using errcode = 'check_violation', constraint = 'ledger_entry_balances';
    end if;
    return null;
end $$;

create constraint trigger ledger_entry_balances after insert on billing.ledger_entry
    deferrable initially deferred for each row execute function billing.require_balance();
create constraint trigger ledger_posting_balances after insert on billing.ledger_posting
    deferrable initially deferred for each row execute function billing.require_balance();

-- Nobody corrects the past, not even the owner: a mistake is answered by a counter-entry.
create function billing.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete or truncate on billing.ledger_entry
    for each statement execute function billing.refuse_change();
create trigger append_only before update or delete or truncate on billing.ledger_posting
    for each statement execute function billing.refuse_change();
create trigger append_only before update or delete or truncate on billing.price
    for each statement execute function billing.refuse_change();

grant select on billing.product, billing.price to tessera_billing;
grant select, insert, update on billing.license to tessera_billing;
grant select, insert on billing.payment, billing.ledger_entry, billing.ledger_posting to tessera_billing;

insert into billing.product (module, name, summary, trial_days) values
    ('cv-analysis', 'CV Analysis', 'Scores CVs against a job description; every point is traced to the words that earned it.', 14),
    ('interview', 'Interview', 'Structured interviews by link, with anchored ratings and quotes as evidence.', 14);

insert into billing.price (price_id, module, plan, currency, version, amount_minor, valid_from) values
    ('01934000-0000-7000-8000-000000000101', 'cv-analysis', 'ONE_TIME', 'EUR', 1, 99000, '2026-01-01T00:00:00Z'),
    ('01934000-0000-7000-8000-000000000102', 'cv-analysis', 'MONTHLY', 'EUR', 1, 4900, '2026-01-01T00:00:00Z'),
    ('01934000-0000-7000-8000-000000000103', 'cv-analysis', 'ANNUAL', 'EUR', 1, 49000, '2026-01-01T00:00:00Z'),
    ('01934000-0000-7000-8000-000000000201', 'interview', 'ONE_TIME', 'EUR', 1, 119000, '2026-01-01T00:00:00Z'),
    ('01934000-0000-7000-8000-000000000202', 'interview', 'MONTHLY', 'EUR', 1, 5900, '2026-01-01T00:00:00Z'),
    ('01934000-0000-7000-8000-000000000203', 'interview', 'ANNUAL', 'EUR', 1, 59000, '2026-01-01T00:00:00Z');
