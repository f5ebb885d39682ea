-- staging.genesys_queue_aggregate: what the source itself counts per queue and media type: the other side of the reconciliation.
-- A metric lies in the bucket of its emit time, not of its conversation. Empty buckets are missing, not zero.
-- Grain   batch_id, queue_id, media_type, bucket_start, metric, qualifier

create table if not exists staging.genesys_queue_aggregate (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    queue_id varchar(64) not null,
    media_type varchar(32),
    bucket_start timestamp not null, -- UTC
    bucket_end timestamp not null, -- UTC, exclusive
    metric varchar(64) not null,
    qualifier varchar(64),
    metric_count bigint,
    metric_sum bigint, -- milliseconds for t…, a plain number for o…
    metric_min bigint,
    metric_max bigint,
    ratio decimal(18, 6), -- oServiceLevel: numerator / denominator
    numerator bigint,
    denominator bigint,
    target decimal(18, 6)
)
diststyle auto;
