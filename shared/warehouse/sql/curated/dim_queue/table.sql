-- curated.dim_queue: routing queues, as last listed.
-- Grain   queue_id

create table if not exists curated.dim_queue (
    queue_key varchar(64) not null, -- sha256 of queue_id
    queue_id varchar(64) not null,
    queue_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    date_modified timestamp,
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (queue_id);
