-- What a language model added to the reading of a document, after every claim was found in the text. Kept, so that a document
-- reads the same however often it is analysed.
create table cv_analysis.model_reading (
    tenant_id uuid not null,
    document_id uuid not null,
    extractor_version text not null,
    model text not null,
    claims jsonb not null,
    created_at timestamptz not null,
    primary key (tenant_id, document_id, extractor_version, model),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade
);
select platform.protect('cv_analysis.model_reading');

-- What a tenant's questions to the model have cost in a month, in millionths of a dollar; reserved before, settled after.
create table cv_analysis.model_cost (
    tenant_id uuid not null,
    month date not null,
    micros bigint not null check (micros >= 0),
    requests integer not null check (requests >= 0),
    primary key (tenant_id, month)
);
select platform.protect('cv_analysis.model_cost');

grant select, insert on cv_analysis.model_reading to tessera_cv_analysis;
grant select, insert, update on cv_analysis.model_cost to tessera_cv_analysis;
