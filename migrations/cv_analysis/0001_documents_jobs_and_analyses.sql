-- Documents, job descriptions and analyses: tenant tables, all of them.
-- The schema and the role's usage of it are made by `tessera migrate`.

-- A CV as it was uploaded. One row per content: the same bytes are the same document.
create table cv_analysis.document (
    tenant_id uuid not null,
    document_id uuid not null,
    file_name text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    content_sha256 bytea not null check (octet_length(content_sha256) = 32),
    object_key text not null,
    -- the month that "present" means in it: that of its latest upload
    as_of date not null,
    uploaded_by uuid,
    created_at timestamptz not null,
    primary key (tenant_id, document_id),
    constraint document_content_key unique (tenant_id, content_sha256)
);
select platform.protect('cv_analysis.document');

-- Which upload became which document, so that completing an upload twice gives the same answer.
create table cv_analysis.document_upload (
    tenant_id uuid not null,
    ticket_id uuid not null,
    document_id uuid not null,
    created_at timestamptz not null,
    primary key (tenant_id, ticket_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade
);
create index document_upload_document on cv_analysis.document_upload (tenant_id, document_id);
select platform.protect('cv_analysis.document_upload');

-- What the worker read, or why it could not: per version of its rules.
create table cv_analysis.extraction (
    tenant_id uuid not null,
    document_id uuid not null,
    extractor_version text not null,
    -- text, pages, boxes and findings; null when the file can't be read
    content jsonb,
    refusal text,
    created_at timestamptz not null,
    primary key (tenant_id, document_id, extractor_version),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade,
    check ((content is null) <> (refusal is null))
);
select platform.protect('cv_analysis.extraction');

create table cv_analysis.job_description (
    tenant_id uuid not null,
    job_description_id uuid not null,
    title text not null,
    body text not null,
    requirements jsonb not null,
    taxonomy_version text not null,
    created_by uuid,
    created_at timestamptz not null,
    primary key (tenant_id, job_description_id)
);
select platform.protect('cv_analysis.job_description');

create table cv_analysis.analysis (
    tenant_id uuid not null,
    analysis_id uuid not null,
    document_id uuid not null,
    job_description_id uuid not null,
    stage text not null check (stage in ('QUEUED', 'EXTRACTING', 'PARSING', 'MATCHING', 'DONE', 'FAILED')),
    failure text,
    total smallint check (total between 0 and 100),
    -- profile, requirements, score, recommendations and findings as they were computed
    result jsonb,
    created_by uuid,
    created_at timestamptz not null,
    completed_at timestamptz,
    primary key (tenant_id, analysis_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade,
    foreign key (tenant_id, job_description_id) references cv_analysis.job_description,
    check ((stage = 'FAILED') = (failure is not null)),
    check ((stage = 'DONE') = (result is not null and total is not null)),
    check ((stage in ('DONE', 'FAILED')) = (completed_at is not null))
);
create index analysis_document on cv_analysis.analysis (tenant_id, document_id, analysis_id);
create index analysis_job on cv_analysis.analysis (tenant_id, job_description_id, total desc, analysis_id);
select platform.protect('cv_analysis.analysis');

-- Every step of an analysis, in order: what a subscription replays from its cursor.
create table cv_analysis.progress (
    tenant_id uuid not null,
    analysis_id uuid not null,
    sequence integer not null check (sequence > 0),
    stage text not null,
    percent smallint not null check (percent between 0 and 100),
    message text not null,
    at timestamptz not null,
    primary key (tenant_id, analysis_id, sequence),
    foreign key (tenant_id, analysis_id) references cv_analysis.analysis on delete cascade
);
select platform.protect('cv_analysis.progress');

grant select, insert, update, delete on cv_analysis.document, cv_analysis.extraction to tessera_cv_analysis;
grant select, insert, delete on cv_analysis.document_upload, cv_analysis.progress to tessera_cv_analysis;
grant select, insert, update, delete on cv_analysis.analysis to tessera_cv_analysis;
grant select, insert on cv_analysis.job_description to tessera_cv_analysis;
