-- curated.fact_agent_status: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_status: an agent has one row for a status in a bucket
select
    user_id,
    bucket_start,
    bucket_end,
    routing_status,
    count(*) as found
from curated.fact_agent_status
group by user_id, bucket_start, bucket_end, routing_status
having count(*) > 1;

-- fail: buckets_do_not_overlap: no hour of an agent is counted twice
select
    followed.user_id,
    followed.bucket_start,
    followed.bucket_end
from (
    select
        buckets.user_id,
        buckets.bucket_start,
        buckets.bucket_end,
        max(buckets.bucket_end) over (
            partition by buckets.user_id
            order by buckets.bucket_start, buckets.bucket_end
            rows between unbounded preceding and 1 preceding
        ) as earlier_end
    from (
        select distinct
            fact_agent_status.user_id,
            fact_agent_status.bucket_start,
            fact_agent_status.bucket_end
        from curated.fact_agent_status
    ) as buckets
) as followed
where followed.earlier_end > followed.bucket_start;

-- warn: bucket_holds: an agent is not longer in a status than the bucket lasts
select
    user_id,
    bucket_start,
    routing_status,
    status_ms
from curated.fact_agent_status
where status_ms < 0 or status_ms > datediff('millisecond', bucket_start, bucket_end);
