-- curated.dim_wrapup_code: the newest record of each key that one batch names.
-- Grain   wrap_up_code_id
-- Reads   staging.genesys_wrapup_code of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction wins

create temp table tmp_new_wrapup_code as
select ranked.*
from (
    select
        staged.*,
        row_number() over (
            partition by staged.wrap_up_code_id
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.genesys_wrapup_code as staged
    inner join (
        select distinct named.wrap_up_code_id
        from staging.genesys_wrapup_code as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.wrap_up_code_id = asked.wrap_up_code_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
where ranked.recency = 1;

merge into curated.dim_wrapup_code
using tmp_new_wrapup_code as incoming
    on curated.dim_wrapup_code.wrap_up_code_id = incoming.wrap_up_code_id
when matched then
    update
        set
            wrap_up_code_name = incoming.wrap_up_code_name,
            division_id = incoming.division_id,
            date_modified = incoming.date_modified,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    wrap_up_code_key, wrap_up_code_id, wrap_up_code_name, division_id, date_modified, batch_id, extracted_at
) values (
    sha2(incoming.wrap_up_code_id, 256),
    incoming.wrap_up_code_id,
    incoming.wrap_up_code_name,
    incoming.division_id,
    incoming.date_modified,
    incoming.batch_id,
    incoming.extracted_at
);
