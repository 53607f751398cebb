-- What a model had to say of a text the first time stays, for every document of the tenant with that text: also that it had
-- nothing to say, and why. So the same CV scores the same, whatever the model says later and whichever of its files is read.
alter table cv_analysis.model_reading
    add column text_sha256 bytea,
    -- why there are no claims, where the model had no say
    add column unused text;
create index model_reading_text on cv_analysis.model_reading (tenant_id, text_sha256);
