-- curated.dim_queue: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_key: a queue_id has one row
select
    queue_id,
    count(*) as found
from curated.dim_queue
group by queue_id
having count(*) > 1;

-- fail: every_queue_arrived: each queue of the batch in staging is in this table
select distinct staged.queue_id
from staging.genesys_queue as staged
left join curated.dim_queue
    on staged.queue_id = dim_queue.queue_id
where staged.batch_id = :batch_id and dim_queue.queue_id is null;
