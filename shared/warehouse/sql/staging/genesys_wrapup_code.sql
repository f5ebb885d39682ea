-- staging.genesys_wrapup_code: wrap-up codes, a snapshot per batch.
-- Grain   batch_id, wrap_up_code_id

create table if not exists staging.genesys_wrapup_code (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    wrap_up_code_id varchar(64) not null,
    wrap_up_code_name varchar(2048),
    division_id varchar(64),
    date_modified timestamp
)
diststyle auto;
