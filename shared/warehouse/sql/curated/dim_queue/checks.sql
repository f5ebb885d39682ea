-- curated.dim_queue: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_key: a queue_id has one row
select
    queue_id,
    count(*) as found
from curated.dim_queue
group by queue_id
having count(*) > 1;
