-- staging.genesys_user: users (state=any), a snapshot per batch.
-- Grain   batch_id, user_id

create table if not exists staging.genesys_user (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    user_id varchar(64) not null,
    user_name varchar(2048),
    email varchar(1024),
    state varchar(32), -- active, inactive, deleted
    department varchar(1024),
    title varchar(1024),
    division_id varchar(64)
)
diststyle auto;
