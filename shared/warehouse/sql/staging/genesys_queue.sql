-- staging.genesys_queue: routing queues, a snapshot per batch.
-- Grain   batch_id, queue_id

create table if not exists staging.genesys_queue (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    queue_id varchar(64) not null,
    queue_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    date_modified timestamp
)
diststyle auto;
