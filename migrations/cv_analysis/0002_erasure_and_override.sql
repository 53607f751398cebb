-- Receipts of erasure, and what people decided about a score.

-- What remains of an erased document: that it was, and when it went. No name, no content.
create table cv_analysis.erasure (
    tenant_id uuid not null,
    erasure_id uuid not null,
    document_id uuid not null,
    content_sha256 bytea not null check (octet_length(content_sha256) = 32),
    analyses integer not null check (analyses >= 0),
    erased_by uuid,
    erased_at timestamptz not null,
    primary key (tenant_id, erasure_id)
);
select platform.protect('cv_analysis.erasure');

-- A person's correction of a score, with the reason; the latest one counts, all of them stay.
create table cv_analysis.override (
    tenant_id uuid not null,
    override_id uuid not null,
    analysis_id uuid not null,
    points smallint not null check (points between -100 and 100),
    reason text not null,
    made_by uuid not null,
    made_at timestamptz not null,
    primary key (tenant_id, override_id),
    foreign key (tenant_id, analysis_id) references cv_analysis.analysis on delete cascade
);
create index override_analysis on cv_analysis.override (tenant_id, analysis_id, override_id desc);
select platform.protect('cv_analysis.override');

grant select, insert on cv_analysis.erasure to tessera_cv_analysis;
grant select, insert, delete on cv_analysis.override to tessera_cv_analysis;
