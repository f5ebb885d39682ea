-- curated.dim_agent: the newest record of each key that one batch names.
-- Grain   user_id
-- Reads   staging.genesys_user of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction wins

create temp table tmp_new_agent as
select ranked.*
from (
    select
        staged.*,
        row_number() over (
            partition by staged.user_id
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.genesys_user as staged
    inner join (
        select distinct named.user_id
        from staging.genesys_user as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.user_id = asked.user_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
where ranked.recency = 1;

merge into curated.dim_agent
using tmp_new_agent as incoming
    on curated.dim_agent.user_id = incoming.user_id
when matched then
    update
        set
            user_name = incoming.user_name,
            email = incoming.email,
            state = incoming.state,
            department = incoming.department,
            title = incoming.title,
            division_id = incoming.division_id,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    agent_key, user_id, user_name, email, state, department, title, division_id, batch_id, extracted_at
) values (
    sha2(incoming.user_id, 256),
    incoming.user_id,
    incoming.user_name,
    incoming.email,
    incoming.state,
    incoming.department,
    incoming.title,
    incoming.division_id,
    incoming.batch_id,
    incoming.extracted_at
);
