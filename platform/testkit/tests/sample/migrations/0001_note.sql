create table sample.note (
    tenant_id uuid not null,
    note_id uuid not null,
    body text not null,
    created_at timestamptz not null,
    primary key (tenant_id, note_id)
);
select platform.protect('sample.note');
grant select, insert, update, delete on sample.note to tessera_sample;
