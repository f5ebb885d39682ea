-- staging.genesys_user_aggregate: how long each agent was in each routing status, by bucket of the emit time.
-- Occupancy = INTERACTING / (INTERACTING + COMMUNICATING + IDLE) of tAgentRoutingStatus.
-- Grain   batch_id, user_id, bucket_start, metric, qualifier

create table if not exists staging.genesys_user_aggregate (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    user_id varchar(64) not null,
    bucket_start timestamp not null, -- UTC
    bucket_end timestamp not null, -- UTC, exclusive
    metric varchar(64) not null,
    qualifier varchar(64), -- the routing status; null where the metric has none
    metric_count bigint,
    metric_sum bigint -- milliseconds
)
diststyle auto;
