-- curated.dim_wrapup_code: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_key: a wrap_up_code_id has one row
select
    wrap_up_code_id,
    count(*) as found
from curated.dim_wrapup_code
group by wrap_up_code_id
having count(*) > 1;

-- fail: every_wrapup_code_arrived: each wrap-up code of the batch in staging is in this table
select distinct staged.wrap_up_code_id
from staging.genesys_wrapup_code as staged
left join curated.dim_wrapup_code
    on staged.wrap_up_code_id = dim_wrapup_code.wrap_up_code_id
where staged.batch_id = :batch_id and dim_wrapup_code.wrap_up_code_id is null;
