-- curated/finish.sql: last part of the merge transaction: the ledger's last point, and the batch's own mark.
-- Grain   ops.window_ledger: source, object, window_start, window_end of the batch; ops.load_log: batch_id
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: what the first merge of a batch found stays

-- The staged rows of the batch, counted by window: the high part of a record number is the ordinal of its window.
create temp table tmp_counted as
with staged_rows as (
    select
        cast('genesys' as varchar(32)) as source,
        cast('conversation' as varchar(32)) as object,
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
        cast('genesys' as varchar(32)) as source,
        cast('queue' as varchar(32)) as object,
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
        cast('genesys' as varchar(32)) as source,
        cast('user' as varchar(32)) as object,
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
        cast('genesys' as varchar(32)) as source,
        cast('wrapup_code' as varchar(32)) as object,
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
        cast('genesys' as varchar(32)) as source,
        cast('external_contact' as varchar(32)) as object,
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
        cast('salesforce' as varchar(32)) as source,
        cast('account' as varchar(32)) as object,
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
        cast('salesforce' as varchar(32)) as source,
        cast('contact' as varchar(32)) as object,
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
        cast('salesforce' as varchar(32)) as source,
        cast('case' as varchar(32)) as object,
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
        cast('salesforce' as varchar(32)) as source,
        cast('opportunity' as varchar(32)) as object,
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
    (ranked.record_no - 1) / 1000000000 as window_no,
    sum(case when ranked.recency = 1 then 1 else 0 end) as merged_rows,
    sum(case when ranked.recency > 1 then 1 else 0 end) as superseded_rows
from ranked
inner join tmp_batch
    on ranked.batch_id = tmp_batch.batch_id
group by ranked.source, ranked.object, (ranked.record_no - 1) / 1000000000;

create temp table tmp_ledger as
select
    window_ledger.source,
    window_ledger.object,
    window_ledger.window_no,
    coalesce(tmp_counted.merged_rows, 0) as merged_rows,
    coalesce(tmp_counted.superseded_rows, 0) as superseded_rows
from ops.window_ledger
inner join tmp_batch
    on window_ledger.batch_id = tmp_batch.batch_id
left join tmp_counted
    on
        window_ledger.source = tmp_counted.source
        and window_ledger.object = tmp_counted.object
        and window_ledger.window_no = tmp_counted.window_no;

-- The log before the ledger, as `load` takes them: the other way round the two can wait for each other.
update ops.load_log
set merged_at = getdate()
where
    batch_id in (select tmp_batch.batch_id from tmp_batch)
    and merged_at is null;

update ops.window_ledger
set
    merged_rows = tmp_ledger.merged_rows,
    superseded_rows = tmp_ledger.superseded_rows
from tmp_ledger, tmp_batch
where
    window_ledger.batch_id = tmp_batch.batch_id
    and window_ledger.source = tmp_ledger.source
    and window_ledger.object = tmp_ledger.object
    and window_ledger.window_no = tmp_ledger.window_no
    and window_ledger.merged_rows is null;
