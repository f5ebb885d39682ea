-- mart.salesforce_hole: ids that Salesforce lists and the warehouse has no record of, by the newest list of each object. The next nightly
-- run asks for these, for each once a list. A record that extraction refused for what is in it is no hole: it lies in curated.quarantine.
-- Grain   object, record_id
-- Reads   staging.salesforce_{id,account,contact,case,opportunity}, staging.quarantine, ops.window_ledger, ops.load_log: what was loaded by
--         a run whose merge failed for good counts nowhere, be it a list or a record, which has not reached the tables
-- Rule    was_asked: the list before named it too, and every record that list missed was then asked for by its id (2,000 ids are asked
--         for by each lookup window). What is still missing then will not come by itself: look at what the integration user may read.
--         is_unavailable: it was asked for since the list before, and Salesforce had no answer (reason unavailable in curated.quarantine,
--         whose detail says what came instead). Each list asks for it again; any change of it in Salesforce brings it, too.
-- Column  object | text | account, contact, case or opportunity
-- Column  record_id | text | Salesforce id
-- Column  is_deleted | boolean | the list has it as deleted
-- Column  created_at | timestamp, UTC | when it was created
-- Column  listed_at | timestamp, UTC | when the list that names it was read
-- Column  batch_id | text | run that read the list
-- Column  was_asked | boolean | the list before named it too, and it was asked for by its id since
-- Column  is_unavailable | boolean | Salesforce had no answer when it was asked for

create or replace view mart.salesforce_hole as
with merged as (
    select load_log.batch_id
    from ops.load_log
    where load_log.merged_at is not null
),

list as (
    select
        replace(window_ledger.object, '_ids', '') as object,
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_end,
        window_ledger.extracted_at,
        row_number() over (
            partition by window_ledger.object
            order by
                window_ledger.window_end desc, window_ledger.extracted_at desc, window_ledger.batch_id desc, window_ledger.window_no desc
        ) as recency
    from ops.window_ledger
    inner join merged on window_ledger.batch_id = merged.batch_id
    where
        window_ledger.source = 'salesforce'
        and window_ledger.object in ('account_ids', 'contact_ids', 'case_ids', 'opportunity_ids')
        and window_ledger.mode <> 'partial'
        and window_ledger.extraction <> 'replay'
        and window_ledger.staged_rows > 0
),

refused as (
    select
        quarantine.reason,
        quarantine.window_end,
        cast(replace(quarantine.object, '_lookup', '') as varchar(32)) as object,
        cast(left(quarantine.natural_id, 18) as varchar(18)) as record_id
    from staging.quarantine
    inner join merged on quarantine.batch_id = merged.batch_id
    where quarantine.source = 'salesforce' and quarantine.natural_id is not null
),

known as (
    select
        cast('account' as varchar(32)) as object,
        salesforce_account.account_id as record_id
    from staging.salesforce_account
    inner join merged on salesforce_account.batch_id = merged.batch_id
    union
    select
        cast('contact' as varchar(32)) as object,
        salesforce_contact.contact_id as record_id
    from staging.salesforce_contact
    inner join merged on salesforce_contact.batch_id = merged.batch_id
    union
    select
        cast('case' as varchar(32)) as object,
        salesforce_case.case_id as record_id
    from staging.salesforce_case
    inner join merged on salesforce_case.batch_id = merged.batch_id
    union
    select
        cast('opportunity' as varchar(32)) as object,
        salesforce_opportunity.opportunity_id as record_id
    from staging.salesforce_opportunity
    inner join merged on salesforce_opportunity.batch_id = merged.batch_id
    union
    select
        refused.object,
        refused.record_id
    from refused
    -- What could not be had is missing, and is asked for again.
    where refused.reason <> 'unavailable'
),

missing as (
    select
        listed.object,
        listed.record_id,
        listed.is_deleted,
        listed.created_at,
        list.extracted_at as listed_at,
        list.batch_id
    from staging.salesforce_id as listed
    inner join list
        on
            listed.batch_id = list.batch_id
            and listed.object = list.object
            and (listed.record_no - 1) / 1000000000 = list.window_no
            and list.recency = 1
    left join known
        on
            listed.object = known.object
            and listed.record_id = known.record_id
    where known.record_id is null
),

since as (
    select
        list.object,
        min(list.window_end) as window_end
    from list
    where list.recency <= 2
    group by list.object
),

unanswered as (
    -- A lookup has the window of the list that it asks for. What had no answer before, and has had one since, is a hole like any other.
    select
        refused.object,
        refused.record_id,
        min(refused.window_end) as window_end
    from refused
    inner join since
        on
            refused.object = since.object
            and refused.window_end >= since.window_end
    where refused.reason = 'unavailable'
    group by refused.object, refused.record_id
),

before as (
    select distinct
        missing.object,
        missing.record_id,
        list.window_end,
        list.extracted_at
    from missing
    inner join list
        on
            missing.object = list.object
            and list.recency = 2
    inner join staging.salesforce_id as listed
        on
            list.batch_id = listed.batch_id
            and list.object = listed.object
            and list.window_no = (listed.record_no - 1) / 1000000000
            and missing.record_id = listed.record_id
),

counted as (
    select
        before.object,
        before.window_end,
        before.extracted_at,
        -- The others are among what its lookups have landed.
        sum(case when unanswered.record_id is null then 1 else 0 end) as records
    from before
    left join unanswered
        on
            before.object = unanswered.object
            and before.record_id = unanswered.record_id
            and before.window_end = unanswered.window_end
    group by before.object, before.window_end, before.extracted_at
),

asked as (
    -- What the lookups for that list brought, be it a record, a refused one or no answer, and what is still missing were all asked for, if
    -- they fit what lookups can ask for.
    select counted.object
    from counted
    inner join ops.window_ledger
        on
            window_ledger.source = 'salesforce'
            and window_ledger.object = counted.object || '_lookup'
            and window_ledger.mode <> 'left_out'
            and window_ledger.extraction <> 'replay'
            and counted.window_end = window_ledger.window_end
            -- Of two lists with the same end, what was asked before the second one was asked for the first.
            and counted.extracted_at < window_ledger.extracted_at
    inner join merged on window_ledger.batch_id = merged.batch_id
    group by counted.object, counted.records
    having counted.records + sum(window_ledger.landed_rows) <= 2000 * count(*)
)

select
    missing.object,
    missing.record_id,
    missing.is_deleted,
    missing.created_at,
    missing.listed_at,
    missing.batch_id,
    asked.object is not null and before.record_id is not null as was_asked,
    unanswered.record_id is not null as is_unavailable
from missing
left join before
    on
        missing.object = before.object
        and missing.record_id = before.record_id
left join asked
    on missing.object = asked.object
left join unanswered
    on
        missing.object = unanswered.object
        and missing.record_id = unanswered.record_id;
