-- curated.dim_wrapup_code: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_key: a wrap_up_code_id has one row
select
    wrap_up_code_id,
    count(*) as found
from curated.dim_wrapup_code
group by wrap_up_code_id
having count(*) > 1;
