-- curated.queue_emission: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_emission: what a conversation adds to a queue on a day has one row for each media type
select
    conversation_id,
    emitted_date,
    queue_id,
    media_type,
    is_open,
    count(*) as found
from curated.queue_emission
where batch_id = :batch_id
group by conversation_id, emitted_date, queue_id, media_type, is_open
having count(*) > 1;

-- warn: queue_listed: a queue with conversations is in the listing (if not: deleted, or of a division that the client may not see)
select distinct
    queue_emission.queue_id,
    queue_emission.media_type
from curated.queue_emission
left join curated.dim_queue
    on queue_emission.queue_id = dim_queue.queue_id
where
    queue_emission.batch_id = :batch_id
    and queue_emission.queue_id is not null
    and dim_queue.queue_id is null
    and exists (
        select 1
        from ops.window_ledger
        where
            window_ledger.batch_id = :batch_id
            and window_ledger.source = 'genesys'
            and window_ledger.object = 'queue'
            and window_ledger.mode <> 'left_out'
    );
