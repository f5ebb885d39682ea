-- curated.dim_agent: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_key: a user_id has one row
select
    user_id,
    count(*) as found
from curated.dim_agent
group by user_id
having count(*) > 1;
