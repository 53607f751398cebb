-- How many follow-up questions the engine may ask in an interview; none unless the recruiter wants them.
alter table interview.interview
    add column follow_ups integer not null default 0 check (follow_ups between 0 and 5);
