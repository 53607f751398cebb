-- Interviews: what is asked, what is answered, what it came to.
-- Ids of other modules (analysis_id) are plain values: no foreign key crosses a schema.

create table interview.interview (
    tenant_id uuid not null,
    interview_id uuid not null,
    status text not null check (status in ('CREATED', 'INVITED', 'IN_PROGRESS', 'COMPLETED', 'EXPIRED')),
    title text not null,
    analysis_id uuid,
    bank_version text not null,
    -- accommodation: percent added to every limit; never part of a report
    extra_time_percent integer not null default 0 check (extra_time_percent between 0 and 300),
    -- the one link that opens the interview; null before the first and after a revocation
    link_id uuid,
    link_expires_at timestamptz,
    consented_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    -- last number given in interview.progress
    progress bigint not null default 0,
    created_by uuid,
    created_at timestamptz not null,
    primary key (tenant_id, interview_id),
    check ((link_id is null) = (link_expires_at is null))
);
create index interview_analysis on interview.interview (tenant_id, analysis_id, interview_id);
select platform.protect('interview.interview');
grant select, insert, update on interview.interview to tessera_interview;

-- The questions as they were when the interview was made; a later bank changes none of them.
create table interview.question (
    tenant_id uuid not null,
    interview_id uuid not null,
    question_id uuid not null,
    position integer not null check (position >= 0),
    spec jsonb not null,
    -- a follow-up's question, and why it is asked
    follows_id uuid,
    reason text,
    opened_at timestamptz,
    deadline_at timestamptz,
    closed_at timestamptz,
    outcome text check (outcome in ('SUBMITTED', 'TIMED_OUT', 'SKIPPED')),
    primary key (tenant_id, interview_id, question_id),
    unique (tenant_id, interview_id, position) deferrable initially immediate,
    foreign key (tenant_id, interview_id) references interview.interview,
    foreign key (tenant_id, interview_id, follows_id) references interview.question,
    check ((opened_at is null) = (deadline_at is null)),
    check ((closed_at is null) = (outcome is null))
);
select platform.protect('interview.question');
grant select, insert, update on interview.question to tessera_interview;

-- What candidates wrote: personal data, in a table of its own.
create table interview.answer (
    tenant_id uuid not null,
    interview_id uuid not null,
    question_id uuid not null,
    body text not null check (char_length(body) <= 10000),
    saved_at timestamptz not null,
    submitted_at timestamptz,
    submit_key text,
    primary key (tenant_id, interview_id, question_id),
    foreign key (tenant_id, interview_id, question_id) references interview.question
);
select platform.protect('interview.answer');
grant select, insert, update, delete on interview.answer to tessera_interview;

-- A person's rating in place of the engine's. The last one counts, all are kept.
create table interview.rating (
    tenant_id uuid not null,
    rating_id uuid not null,
    interview_id uuid not null,
    question_id uuid not null,
    rating smallint not null check (rating between 1 and 5),
    reason text not null check (char_length(reason) between 1 and 1000),
    rated_by uuid,
    rated_at timestamptz not null,
    primary key (tenant_id, rating_id),
    foreign key (tenant_id, interview_id, question_id) references interview.question
);
create index rating_interview on interview.rating (tenant_id, interview_id, rating_id);
select platform.protect('interview.rating');
grant select, insert on interview.rating to tessera_interview;

create table interview.report (
    tenant_id uuid not null,
    interview_id uuid not null,
    report jsonb not null,
    made_at timestamptz not null,
    primary key (tenant_id, interview_id),
    foreign key (tenant_id, interview_id) references interview.interview
);
select platform.protect('interview.report');
grant select, insert, update on interview.report to tessera_interview;

-- What happened in an interview, numbered without gaps: subscriptions resume from the number.
create table interview.progress (
    tenant_id uuid not null,
    interview_id uuid not null,
    number bigint not null,
    step text not null,
    question_id uuid,
    happened_at timestamptz not null,
    primary key (tenant_id, interview_id, number),
    foreign key (tenant_id, interview_id) references interview.interview
);
select platform.protect('interview.progress');
grant select, insert on interview.progress to tessera_interview;

-- What the cv-analysis module told about finished analyses.
create table interview.analysis (
    tenant_id uuid not null,
    analysis_id uuid not null,
    job_title text,
    matched_skills text[] not null,
    missing_skills text[] not null,
    completed_at timestamptz not null,
    primary key (tenant_id, analysis_id)
);
select platform.protect('interview.analysis');
grant select, insert, update on interview.analysis to tessera_interview;
