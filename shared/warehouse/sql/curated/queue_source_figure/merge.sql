-- curated.queue_source_figure: what Genesys counts of each queue on the days that a batch has read.
-- Grain   counted_date, queue_id, media_type; a row without a queue for each day
-- Reads   staging.genesys_queue_aggregate, ops.window_ledger and ops.load_log of the batches that have read one of these days
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the newest reading of a day replaces the others, whichever batch brought it

delete from curated.queue_source_figure
where counted_date in (
    select cast(window_ledger.window_start as date)
    from ops.window_ledger
    inner join tmp_batch
        on window_ledger.batch_id = tmp_batch.batch_id
    where window_ledger.source = 'genesys' and window_ledger.object = 'queue_aggregate'
);

insert into curated.queue_source_figure (
    counted_date, queue_id, media_type, offered, handled, handle_ms, counted_at, is_settled, refused_rows, filter_kind, batch_id
)
with reading as (
    -- A day counts when it was read in one piece. What was loaded and not merged yet is told by its own merge.
    select
        window_ledger.batch_id,
        window_ledger.window_no,
        cast(window_ledger.window_start as date) as counted_date,
        window_ledger.is_settled,
        window_ledger.quarantined_rows as refused_rows,
        window_ledger.extracted_at,
        load_log.loaded_at,
        tmp_batch.aggregate_filter as filter_kind
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    cross join tmp_batch
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'queue_aggregate'
        and window_ledger.mode not in ('partial', 'left_out')
        and window_ledger.window_start = date_trunc('day', window_ledger.window_start)
        and window_ledger.window_end = dateadd('day', 1, window_ledger.window_start)
        and (load_log.merged_at is not null or window_ledger.batch_id = tmp_batch.batch_id)
        and window_ledger.window_start in (
            select own.window_start
            from ops.window_ledger as own
            inner join tmp_batch as own_batch
                on own.batch_id = own_batch.batch_id
            where own.source = 'genesys' and own.object = 'queue_aggregate'
        )
),

placed as (
    select
        reading.batch_id,
        reading.window_no,
        reading.counted_date,
        reading.loaded_at,
        staged.record_no,
        staged.extracted_at,
        staged.queue_id,
        staged.media_type,
        staged.bucket_start,
        staged.metric,
        staged.metric_count,
        staged.metric_sum
    from reading
    inner join staging.genesys_queue_aggregate as staged
        on
            reading.batch_id = staged.batch_id
            and reading.window_no = (staged.record_no - 1) / 1000000000
),

ranked as (
    select
        reading.batch_id,
        reading.window_no,
        reading.counted_date,
        reading.is_settled,
        reading.refused_rows,
        reading.filter_kind,
        coalesce(told.read_at, reading.extracted_at) as counted_at,
        row_number() over (
            partition by reading.counted_date
            order by
                coalesce(told.read_at, reading.extracted_at) desc,
                reading.loaded_at desc, reading.batch_id desc, reading.window_no desc
        ) as recency
    from reading
    left join (
        -- A replay keeps the instant at which its records were read.
        select
            placed.batch_id,
            placed.window_no,
            max(placed.extracted_at) as read_at
        from placed
        group by placed.batch_id, placed.window_no
    ) as told
        on
            reading.batch_id = told.batch_id
            and reading.window_no = told.window_no
),

bucketed as (
    -- A replay may bring a bucket of two readings: the newer one counts.
    select
        placed.counted_date,
        placed.batch_id,
        placed.window_no,
        placed.queue_id,
        placed.media_type,
        placed.metric,
        placed.metric_count,
        placed.metric_sum,
        row_number() over (
            partition by
                placed.batch_id, placed.window_no, placed.queue_id, coalesce(placed.media_type, ''), placed.bucket_start, placed.metric
            order by placed.extracted_at desc, placed.record_no desc
        ) as recency
    from placed
    where placed.metric in ('nOffered', 'tHandle')
)

select
    ranked.counted_date,
    cast(null as varchar(64)) as queue_id,
    cast(null as varchar(32)) as media_type,
    cast(null as bigint) as offered,
    cast(null as bigint) as handled,
    cast(null as bigint) as handle_ms,
    ranked.counted_at,
    ranked.is_settled,
    ranked.refused_rows,
    ranked.filter_kind,
    ranked.batch_id
from ranked
where ranked.recency = 1
union all
select
    ranked.counted_date,
    bucketed.queue_id,
    bucketed.media_type,
    sum(case when bucketed.metric = 'nOffered' then coalesce(bucketed.metric_count, 0) else 0 end) as offered,
    sum(case when bucketed.metric = 'tHandle' then coalesce(bucketed.metric_count, 0) else 0 end) as handled,
    sum(case when bucketed.metric = 'tHandle' then coalesce(bucketed.metric_sum, 0) else 0 end) as handle_ms,
    ranked.counted_at,
    ranked.is_settled,
    ranked.refused_rows,
    ranked.filter_kind,
    ranked.batch_id
from ranked
inner join bucketed
    on
        ranked.batch_id = bucketed.batch_id
        and ranked.window_no = bucketed.window_no
where ranked.recency = 1 and bucketed.recency = 1
group by
    ranked.counted_date,
    bucketed.queue_id,
    bucketed.media_type,
    ranked.counted_at,
    ranked.is_settled,
    ranked.refused_rows,
    ranked.filter_kind,
    ranked.batch_id;
