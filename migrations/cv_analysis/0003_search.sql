-- What a CV can be found by: an inverted index of rows.
--
-- Row level security lets only leakproof operators reach an index, and neither `@@` nor `@>` is leakproof: under it a GIN
-- index is never used. Equality of uuid, text and integer is leakproof, so the index is a B-tree that begins with the tenant,
-- and what it costs grows with the tenant's CVs, not with everybody's (docs/adr/0010-search-in-rows.md).

-- One row per CV that was read. `number` counts the tenant's CVs; postings hold it instead of the id.
create table cv_analysis.search_entry (
    tenant_id uuid not null,
    document_id uuid not null,
    number integer not null check (number between 1 and 268435455),
    months integer not null check (months >= 0),
    -- ENTRY 1, MID 2, SENIOR 3, LEAD 4
    level smallint not null check (level between 1 and 4),
    -- from SECONDARY 1 to DOCTORATE 6
    education smallint check (education between 1 and 6),
    -- the terms whose postings name it, to take it out again
    terms text[] not null,
    index_version text not null,
    indexed_at timestamptz not null,
    primary key (tenant_id, document_id),
    constraint search_entry_number_key unique (tenant_id, number),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade
);
select platform.protect('cv_analysis.search_entry');

-- Which of 256 neighbouring CVs hold a term: each element is `number * 8 + weight`, the weight 1 to 7.
create table cv_analysis.search_posting (
    tenant_id uuid not null,
    term text collate "C" not null,
    bucket integer not null,
    entries integer[] not null,
    primary key (tenant_id, term, bucket)
) with (fillfactor = 80);
select platform.protect('cv_analysis.search_posting');

-- The last number given, and how many CVs can be found. Its row is locked by whoever changes the tenant's index.
create table cv_analysis.search_counter (
    tenant_id uuid not null,
    last_number integer not null,
    documents integer not null check (documents >= 0),
    primary key (tenant_id)
);
select platform.protect('cv_analysis.search_counter');

grant select, insert, update, delete on cv_analysis.search_entry, cv_analysis.search_posting to tessera_cv_analysis;
grant select, insert, update on cv_analysis.search_counter to tessera_cv_analysis;
