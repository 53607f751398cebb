-- Points that count, the shortlist of a job, and CVs that seem to be one person's.

-- The latest correction of the score; total is what counts in the ranking: the computed points with it, 0 to 100.
alter table cv_analysis.analysis add column correction smallint not null default 0 check (correction between -100 and 100);
update cv_analysis.analysis a
    set correction = o.points, total = least(100, greatest(0, a.total + o.points))
    from (select distinct on (tenant_id, analysis_id) tenant_id, analysis_id, points
          from cv_analysis.override order by tenant_id, analysis_id, override_id desc) o
    where o.tenant_id = a.tenant_id and o.analysis_id = a.analysis_id and a.total is not null;

-- Each stay of a CV on the shortlist of a job: who put it there and why, who took it off and why. It belongs to the CV, not to an
-- analysis, so that it outlives scoring anew.
create table cv_analysis.shortlist (
    tenant_id uuid not null,
    shortlist_id uuid not null,
    job_description_id uuid not null,
    document_id uuid not null,
    reason text not null,
    listed_by uuid not null,
    listed_at timestamptz not null,
    removed_by uuid,
    removed_at timestamptz,
    removal_reason text,
    primary key (tenant_id, shortlist_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade,
    foreign key (tenant_id, job_description_id) references cv_analysis.job_description,
    check ((removed_at is null) = (removed_by is null) and (removed_at is null) = (removal_reason is null))
);
create unique index shortlist_present on cv_analysis.shortlist (tenant_id, job_description_id, document_id)
    where removed_at is null;
create index shortlist_job on cv_analysis.shortlist (tenant_id, job_description_id, shortlist_id) where removed_at is null;
create index shortlist_document on cv_analysis.shortlist (tenant_id, document_id, job_description_id, shortlist_id);
select platform.protect('cv_analysis.shortlist');

-- What tells that two CVs are one person's: digests of e-mail addresses, telephone numbers and the words as a whole.
create table cv_analysis.candidate_key (
    tenant_id uuid not null,
    document_id uuid not null,
    digest uuid not null,
    primary key (tenant_id, digest, document_id),
    foreign key (tenant_id, document_id) references cv_analysis.document on delete cascade
);
create index candidate_key_document on cv_analysis.candidate_key (tenant_id, document_id);
select platform.protect('cv_analysis.candidate_key');

grant select, insert, update, delete on cv_analysis.shortlist to tessera_cv_analysis;
grant select, insert, delete on cv_analysis.candidate_key to tessera_cv_analysis;
