-- curated.fact_agent_status: routing statuses in the hours that the windows of one batch cover.
-- Grain   user_id, bucket_start, bucket_end, routing_status
-- Reads   staging.genesys_user_aggregate and ops.window_ledger of all batches, for these hours
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: what the newest reading says of an agent replaces all that earlier ones said of the same hours

delete from curated.fact_agent_status
using ops.window_ledger, tmp_batch
where
    window_ledger.batch_id = tmp_batch.batch_id
    and window_ledger.source = 'genesys'
    and window_ledger.object = 'user_aggregate'
    and window_ledger.mode <> 'left_out'
    and fact_agent_status.bucket_start < window_ledger.window_end
    and fact_agent_status.bucket_end > window_ledger.window_start;

insert into curated.fact_agent_status (user_id, bucket_start, bucket_end, routing_status, status_ms, batch_id, extracted_at)
with own_window as (
    select distinct
        window_ledger.window_start,
        window_ledger.window_end
    from ops.window_ledger
    inner join tmp_batch
        on window_ledger.batch_id = tmp_batch.batch_id
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'user_aggregate'
        and window_ledger.mode <> 'left_out'
),

reading as (
    select distinct
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at
    from ops.window_ledger
    inner join own_window
        on
            window_ledger.window_start < own_window.window_end
            and window_ledger.window_end > own_window.window_start
    left join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'user_aggregate'
        and window_ledger.mode <> 'left_out'
),

said as (
    select
        staged.user_id,
        staged.bucket_start,
        staged.bucket_end,
        staged.qualifier,
        staged.metric_sum,
        staged.record_no,
        staged.extracted_at,
        reading.batch_id,
        reading.window_no,
        reading.window_start,
        reading.window_end,
        reading.loaded_at
    from staging.genesys_user_aggregate as staged
    inner join reading
        on
            staged.batch_id = reading.batch_id
            and (staged.record_no - 1) / 1000000000 = reading.window_no
    where staged.metric = 'tAgentRoutingStatus' and staged.qualifier is not null
),

agent_reading as (
    -- A window that was asked for in parts has a record of each: they count as one.
    select
        said.user_id,
        said.batch_id,
        said.window_no,
        least(said.window_start, min(said.bucket_start)) as says_from,
        greatest(said.window_end, max(said.bucket_end)) as says_until,
        row_number() over (
            partition by said.user_id
            order by max(said.extracted_at), said.loaded_at, said.batch_id, said.window_no
        ) as reading_order
    from said
    group by said.user_id, said.batch_id, said.window_no, said.window_start, said.window_end, said.loaded_at
),

bucket as (
    select distinct
        said.user_id,
        said.bucket_start,
        said.bucket_end
    from said
    inner join own_window
        on
            said.bucket_start < own_window.window_end
            and said.bucket_end > own_window.window_start
),

newest as (
    select
        bucket.user_id,
        bucket.bucket_start,
        bucket.bucket_end,
        max(agent_reading.reading_order) as reading_order
    from bucket
    inner join agent_reading
        on
            bucket.user_id = agent_reading.user_id
            and bucket.bucket_start >= agent_reading.says_from
            and bucket.bucket_end <= agent_reading.says_until
    group by bucket.user_id, bucket.bucket_start, bucket.bucket_end
),

ranked as (
    select
        said.*,
        row_number() over (
            partition by said.user_id, said.bucket_start, said.bucket_end, said.qualifier
            order by said.extracted_at desc, said.record_no desc
        ) as recency
    from said
    inner join agent_reading
        on
            said.user_id = agent_reading.user_id
            and said.batch_id = agent_reading.batch_id
            and said.window_no = agent_reading.window_no
    inner join newest
        on
            said.user_id = newest.user_id
            and said.bucket_start = newest.bucket_start
            and said.bucket_end = newest.bucket_end
            and agent_reading.reading_order = newest.reading_order
)

select
    ranked.user_id,
    ranked.bucket_start,
    ranked.bucket_end,
    ranked.qualifier as routing_status,
    ranked.metric_sum as status_ms,
    ranked.batch_id,
    ranked.extracted_at
from ranked
where ranked.recency = 1;
