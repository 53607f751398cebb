-- Job descriptions have versions, and a tenant has skills of its own.

-- Every version of a job description as it was; the row in job_description is the latest.
create table cv_analysis.job_description_version (
    tenant_id uuid not null,
    job_description_id uuid not null,
    version integer not null check (version > 0),
    title text not null,
    body text not null,
    requirements jsonb not null,
    taxonomy_version text not null,
    created_by uuid,
    created_at timestamptz not null,
    primary key (tenant_id, job_description_id, version),
    foreign key (tenant_id, job_description_id) references cv_analysis.job_description
);

insert into cv_analysis.job_description_version
    (tenant_id, job_description_id, version, title, body, requirements, taxonomy_version, created_by, created_at)
    select tenant_id, job_description_id, 1, title, body, requirements, taxonomy_version, created_by, created_at
    from cv_analysis.job_description;
select platform.protect('cv_analysis.job_description_version');

alter table cv_analysis.job_description add column version integer not null default 1 check (version > 0);

-- Which version an analysis is scored against: that of its start, whatever comes later.
alter table cv_analysis.analysis add column job_description_version integer not null default 1;
alter table cv_analysis.analysis add constraint analysis_job_version
    foreign key (tenant_id, job_description_id, job_description_version) references cv_analysis.job_description_version;
drop index cv_analysis.analysis_job;
create index analysis_job on cv_analysis.analysis
    (tenant_id, job_description_id, job_description_version, total desc, analysis_id);

-- A tenant's additions to the taxonomy of skills: every revision whole, none is ever changed.
create table cv_analysis.taxonomy (
    tenant_id uuid not null,
    revision integer not null check (revision > 0),
    additions jsonb not null,
    note text not null,
    made_by uuid not null,
    made_at timestamptz not null,
    primary key (tenant_id, revision)
);
select platform.protect('cv_analysis.taxonomy');

grant select, insert on cv_analysis.job_description_version, cv_analysis.taxonomy to tessera_cv_analysis;
grant update on cv_analysis.job_description to tessera_cv_analysis;
