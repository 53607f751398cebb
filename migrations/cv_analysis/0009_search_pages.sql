-- What a page of a search shows and filters by stands in the index that it is read by: the rows themselves are wide with their terms.
alter table cv_analysis.search_entry drop constraint search_entry_number_key;
alter table cv_analysis.search_entry add constraint search_entry_number_key
    unique (tenant_id, number) include (document_id, months, level, education);
