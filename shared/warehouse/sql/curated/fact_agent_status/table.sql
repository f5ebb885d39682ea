-- curated.fact_agent_status: how long an agent was in a routing status, by bucket as the source cuts them.
-- Grain   user_id, bucket_start, bucket_end, routing_status; no two buckets of an agent overlap

create table if not exists curated.fact_agent_status (
    user_id varchar(64) not null,
    bucket_start timestamp not null, -- UTC
    bucket_end timestamp not null, -- UTC, exclusive
    routing_status varchar(64) not null, -- INTERACTING, COMMUNICATING, IDLE, NOT_RESPONDING, OFF_QUEUE, …
    status_ms bigint,
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (bucket_start);
