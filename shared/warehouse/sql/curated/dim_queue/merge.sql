-- curated.dim_queue: the newest record of each key that one batch names.
-- Grain   queue_id
-- Reads   staging.genesys_queue of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction wins

create temp table tmp_new_queue as
select ranked.*
from (
    select
        staged.*,
        row_number() over (
            partition by staged.queue_id
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.genesys_queue as staged
    inner join (
        select distinct named.queue_id
        from staging.genesys_queue as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.queue_id = asked.queue_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
where ranked.recency = 1;

merge into curated.dim_queue
using tmp_new_queue as incoming
    on curated.dim_queue.queue_id = incoming.queue_id
when matched then
    update
        set
            queue_name = incoming.queue_name,
            division_id = incoming.division_id,
            division_name = incoming.division_name,
            date_modified = incoming.date_modified,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    queue_key, queue_id, queue_name, division_id, division_name, date_modified, batch_id, extracted_at
) values (
    sha2(incoming.queue_id, 256),
    incoming.queue_id,
    incoming.queue_name,
    incoming.division_id,
    incoming.division_name,
    incoming.date_modified,
    incoming.batch_id,
    incoming.extracted_at
);
