-- What people know better than the reader, laid over every reading of the document; the latest row of a field counts.
create table cv_analysis.correction (
    tenant_id uuid not null,
    correction_id uuid not null,
    document_id uuid not null,
    field text not null check (field in ('NAME', 'EMAIL', 'PHONE', 'LOCATION', 'EXPERIENCE_MONTHS', 'EDUCATION_LEVEL',
        'SKILL_ADDED', 'SKILL_REMOVED')),
    value text not null,
    reason text not null,
    made_by uuid not null,
    made_at timestamptz not null,
    primary key (tenant_id, correction_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade
);
create index correction_document on cv_analysis.correction (tenant_id, document_id, correction_id);
select platform.protect('cv_analysis.correction');

-- Why a document may be kept and until when; one row per document, the latest word counts.
create table cv_analysis.retention (
    tenant_id uuid not null,
    document_id uuid not null,
    basis text not null check (basis in ('CONSENT', 'APPLICATION', 'LEGAL_DUTY')),
    -- when the candidate agreed; only with the basis CONSENT
    consented_at timestamptz,
    keep_until timestamptz not null,
    set_by uuid not null,
    set_at timestamptz not null,
    primary key (tenant_id, document_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade,
    check ((basis = 'CONSENT') = (consented_at is not null))
);
select platform.protect('cv_analysis.retention');

-- Whether a person asked for it or the time was over.
alter table cv_analysis.erasure add column cause text not null default 'REQUEST' check (cause in ('REQUEST', 'RETENTION'));

grant select, insert on cv_analysis.correction to tessera_cv_analysis;
grant select, insert, update on cv_analysis.retention to tessera_cv_analysis;
