-- curated.dim_agent: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_key: a user_id has one row
select
    user_id,
    count(*) as found
from curated.dim_agent
group by user_id
having count(*) > 1;

-- fail: every_user_arrived: each user of the batch in staging is in this table
select distinct staged.user_id
from staging.genesys_user as staged
left join curated.dim_agent
    on staged.user_id = dim_agent.user_id
where staged.batch_id = :batch_id and dim_agent.user_id is null;
