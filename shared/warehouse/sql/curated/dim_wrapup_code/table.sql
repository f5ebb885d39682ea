-- curated.dim_wrapup_code: wrap-up codes, as last listed.
-- Grain   wrap_up_code_id

create table if not exists curated.dim_wrapup_code (
    wrap_up_code_key varchar(64) not null, -- sha256 of wrap_up_code_id
    wrap_up_code_id varchar(64) not null,
    wrap_up_code_name varchar(2048),
    division_id varchar(64),
    date_modified timestamp,
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (wrap_up_code_id);
