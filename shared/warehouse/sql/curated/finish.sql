-- curated/finish.sql: last part of the merge transaction: the ledger's last point, and the batch's own mark.
-- Grain   ops.window_ledger: source, object, window_start, window_end of the batch; ops.load_log: batch_id
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: what the first merge of a batch found stays

-- Each staged row of the batch with its window: from the landing record where the object has several windows.
create temp table tmp_ranked as
with staged_rows as (
    select
        'genesys' as source,
        'conversation' as object,
        staged.conversation_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version
    from staging.genesys_conversation as staged
    inner join (
        select distinct named.conversation_id
        from staging.genesys_conversation as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.conversation_id = asked.conversation_id
    union all
    select
        'genesys' as source,
        'queue' as object,
        staged.queue_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version
    from staging.genesys_queue as staged
    inner join (
        select distinct named.queue_id
        from staging.genesys_queue as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.queue_id = asked.queue_id
    union all
    select
        'genesys' as source,
        'user' as object,
        staged.user_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version
    from staging.genesys_user as staged
    inner join (
        select distinct named.user_id
        from staging.genesys_user as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.user_id = asked.user_id
    union all
    select
        'genesys' as source,
        'wrapup_code' as object,
        staged.wrap_up_code_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version
    from staging.genesys_wrapup_code as staged
    inner join (
        select distinct named.wrap_up_code_id
        from staging.genesys_wrapup_code as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.wrap_up_code_id = asked.wrap_up_code_id
    union all
    select
        'genesys' as source,
        'external_contact' as object,
        staged.asked_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version
    from staging.genesys_external_contact as staged
    inner join (
        select distinct named.asked_id
        from staging.genesys_external_contact as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.asked_id = asked.asked_id
    union all
    select
        'salesforce' as source,
        'account' as object,
        staged.account_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version
    from staging.salesforce_account as staged
    inner join (
        select distinct named.account_id
        from staging.salesforce_account as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.account_id = asked.account_id
    union all
    select
        'salesforce' as source,
        'contact' as object,
        staged.contact_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version
    from staging.salesforce_contact as staged
    inner join (
        select distinct named.contact_id
        from staging.salesforce_contact as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.contact_id = asked.contact_id
    union all
    select
        'salesforce' as source,
        'case' as object,
        staged.case_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version
    from staging.salesforce_case as staged
    inner join (
        select distinct named.case_id
        from staging.salesforce_case as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.case_id = asked.case_id
    union all
    select
        'salesforce' as source,
        'opportunity' as object,
        staged.opportunity_id as natural_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version
    from staging.salesforce_opportunity as staged
    inner join (
        select distinct named.opportunity_id
        from staging.salesforce_opportunity as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.opportunity_id = asked.opportunity_id
),

ranked as (
    select
        staged_rows.*,
        row_number() over (
            partition by staged_rows.source, staged_rows.object, staged_rows.natural_id
            order by
                staged_rows.source_version desc, staged_rows.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc, staged_rows.batch_id desc, staged_rows.record_no desc
        ) as recency
    from staged_rows
    left join ops.load_log
        on staged_rows.batch_id = load_log.batch_id
)

select
    ranked.source,
    ranked.object,
    ranked.record_no,
    ranked.recency
from ranked
inner join tmp_batch
    on ranked.batch_id = tmp_batch.batch_id;

create temp table tmp_ledger as
with windows as (
    select
        window_ledger.source,
        window_ledger.object,
        window_ledger.window_start,
        window_ledger.window_end,
        count(*) over (partition by window_ledger.source, window_ledger.object) as windows_of_object
    from ops.window_ledger
    inner join tmp_batch
        on window_ledger.batch_id = tmp_batch.batch_id
),

-- The high part of a record number is the ordinal of its window.
ordinals as (
    select distinct
        'genesys' as source,
        'conversation' as object,
        (staged.record_no - 1) / 1000000000 as window_no,
        staged.window_start,
        staged.window_end
    from staging.genesys_conversation as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union
    select distinct
        'salesforce' as source,
        landed.object,
        (landed.record_no - 1) / 1000000000 as window_no,
        landed.window_start,
        landed.window_end
    from "raw".salesforce_record as landed
    inner join tmp_batch
        on landed.batch_id = tmp_batch.batch_id
)

select
    windows.source,
    windows.object,
    windows.window_start,
    windows.window_end,
    sum(case when tmp_ranked.recency = 1 then 1 else 0 end) as merged_rows,
    sum(case when tmp_ranked.recency > 1 then 1 else 0 end) as superseded_rows
from windows
left join ordinals
    on
        windows.source = ordinals.source
        and windows.object = ordinals.object
        and windows.window_start = ordinals.window_start
        and windows.window_end = ordinals.window_end
        and windows.windows_of_object > 1
left join tmp_ranked
    on
        windows.source = tmp_ranked.source
        and windows.object = tmp_ranked.object
        and (windows.windows_of_object = 1 or (tmp_ranked.record_no - 1) / 1000000000 = ordinals.window_no)
group by windows.source, windows.object, windows.window_start, windows.window_end;

update ops.window_ledger
set
    merged_rows = tmp_ledger.merged_rows,
    superseded_rows = tmp_ledger.superseded_rows
from tmp_ledger, tmp_batch
where
    window_ledger.batch_id = tmp_batch.batch_id
    and window_ledger.source = tmp_ledger.source
    and window_ledger.object = tmp_ledger.object
    and window_ledger.window_start = tmp_ledger.window_start
    and window_ledger.window_end = tmp_ledger.window_end
    and window_ledger.merged_rows is null;

update ops.load_log
set merged_at = getdate()
where
    batch_id in (select tmp_batch.batch_id from tmp_batch)
    and merged_at is null;
