-- staging.genesys_division: divisions, a snapshot per batch.
-- Grain   batch_id, division_id

create table if not exists staging.genesys_division (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    division_id varchar(64) not null,
    division_name varchar(2048),
    is_home boolean
)
diststyle auto;
