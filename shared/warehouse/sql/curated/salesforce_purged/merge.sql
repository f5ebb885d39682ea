-- curated.salesforce_purged: which of the records that the batch concerns are gone.
-- A record is gone when the newest version of it is not deleted and a complete list of ids misses it that was read after the record was
-- last seen, in a list or as a record, and that speaks of records created before its own window ends. The first such list tells since when.
-- Grain   object, record_id
-- Reads   staging.salesforce_{id,account,contact,case,opportunity,history} and ops.window_ledger of all batches
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the rows depend on what is in staging. A list without any id, with a refused one or with fewer
--         than the source counts purges nothing (ops/checks.sql says so). What too many records lack at once is refused (table.sql):
--         those that come back make the others fewer, and with a larger :max_purged_percent the next merge believes the list

-- The CRM records whose history this merge writes: those the batch brings, or changes of them, and those that are gone, or
-- back, by a list of the batch.
create temp table tmp_crm as
with list_window as (
    select
        replace(window_ledger.object, '_ids', '') as object,
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_end,
        window_ledger.staged_rows,
        case
            when
                window_ledger.mode <> 'partial'
                and window_ledger.quarantined_rows = 0
                and window_ledger.received_rows - window_ledger.duplicate_rows >= window_ledger.api_rows
                then 1
            else 0 -- also where the source's count is not known, as in a replay
        end as is_whole
    from ops.window_ledger
    where
        window_ledger.source = 'salesforce'
        and window_ledger.object in ('account_ids', 'contact_ids', 'case_ids', 'opportunity_ids')
),

list as (
    select
        list_window.object,
        list_window.batch_id,
        list_window.window_no,
        list_window.window_end,
        max(counted.listed_at) as listed_at,
        max(counted.listed_rows) as listed_rows,
        max(case when list_window.is_whole = 1 and counted.ids = list_window.staged_rows then 1 else 0 end) as is_complete
    from list_window
    inner join (
        select
            counted_id.batch_id,
            counted_id.object,
            (counted_id.record_no - 1) / 1000000000 as window_no,
            count(*) as ids,
            sum(case when counted_id.is_deleted then 0 else 1 end) as listed_rows,
            max(counted_id.extracted_at) as listed_at
        from staging.salesforce_id as counted_id
        group by counted_id.batch_id, counted_id.object, (counted_id.record_no - 1) / 1000000000
    ) as counted
        on
            list_window.batch_id = counted.batch_id
            and list_window.object = counted.object
            and list_window.window_no = counted.window_no
    group by list_window.object, list_window.batch_id, list_window.window_no, list_window.window_end
),

version as (
    select
        cast('account' as varchar(32)) as object,
        account_id as record_id,
        batch_id,
        record_no,
        extracted_at,
        is_deleted,
        system_modstamp,
        created_at
    from staging.salesforce_account
    union all
    select
        cast('contact' as varchar(32)) as object,
        contact_id as record_id,
        batch_id,
        record_no,
        extracted_at,
        is_deleted,
        system_modstamp,
        created_at
    from staging.salesforce_contact
    union all
    select
        cast('case' as varchar(32)) as object,
        case_id as record_id,
        batch_id,
        record_no,
        extracted_at,
        is_deleted,
        system_modstamp,
        created_at
    from staging.salesforce_case
    union all
    select
        cast('opportunity' as varchar(32)) as object,
        opportunity_id as record_id,
        batch_id,
        record_no,
        extracted_at,
        is_deleted,
        system_modstamp,
        created_at
    from staging.salesforce_opportunity
),

concerned as (
    select
        version.object,
        version.record_id,
        1 as is_brought
    from version
    inner join tmp_batch
        on version.batch_id = tmp_batch.batch_id
    union all
    -- The history of a record may come before or after it.
    select
        cast(staged.object as varchar(32)) as object,
        staged.parent_id as record_id,
        1 as is_brought
    from staging.salesforce_history as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union all
    -- A list concerns every record of its object.
    select
        version.object,
        version.record_id,
        0 as is_brought
    from version
    inner join (
        select distinct list.object
        from list
        inner join tmp_batch
            on list.batch_id = tmp_batch.batch_id
    ) as listed_object
        on version.object = listed_object.object
),

asked as (
    select
        concerned.object,
        concerned.record_id,
        max(concerned.is_brought) as is_brought
    from concerned
    group by concerned.object, concerned.record_id
),

known as (
    select
        ranked.object,
        ranked.record_id,
        max(ranked.is_brought) as is_brought,
        max(case when ranked.recency = 1 and ranked.is_deleted then 1 else 0 end) as is_deleted,
        max(ranked.system_modstamp) as system_modstamp,
        -- What does not say when it was created existed at its first version.
        coalesce(max(ranked.created_at), min(ranked.system_modstamp)) as created_at,
        max(ranked.extracted_at) as seen_at
    from (
        select
            version.*,
            asked.is_brought,
            row_number() over (
                partition by version.object, version.record_id
                order by
                    version.system_modstamp desc,
                    version.extracted_at desc,
                    coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                    version.batch_id desc,
                    version.record_no desc
            ) as recency
        from version
        inner join asked
            on
                version.object = asked.object
                and version.record_id = asked.record_id
        left join ops.load_log
            on version.batch_id = load_log.batch_id
    ) as ranked
    group by ranked.object, ranked.record_id
),

present as (
    select
        listed.object,
        listed.record_id,
        max(list.listed_at) as seen_at
    from staging.salesforce_id as listed
    inner join list
        on
            listed.batch_id = list.batch_id
            and listed.object = list.object
            and (listed.record_no - 1) / 1000000000 = list.window_no
    inner join asked
        on
            listed.object = asked.object
            and listed.record_id = asked.record_id
    group by listed.object, listed.record_id
),

unseen as (
    -- Those not seen since the newest list. All others were seen after every list that missed them, and need not meet the lists.
    select
        known.object,
        known.record_id,
        known.system_modstamp,
        known.created_at,
        greatest(known.seen_at, coalesce(present.seen_at, known.seen_at)) as seen_at
    from known
    inner join (
        select
            list.object,
            max(list.listed_at) as listed_at
        from list
        where list.is_complete = 1
        group by list.object
    ) as newest
        on known.object = newest.object
    left join present
        on
            known.object = present.object
            and known.record_id = present.record_id
    where
        known.is_deleted = 0
        and known.seen_at < newest.listed_at
        and coalesce(present.seen_at, known.seen_at) < newest.listed_at
),

missed as (
    select
        unseen.object,
        unseen.record_id,
        list.batch_id,
        list.listed_at,
        list.listed_rows,
        -- Never before the newest version, whatever the two clocks say.
        greatest(list.listed_at, dateadd('second', 1, unseen.system_modstamp)) as purged_at,
        row_number() over (
            partition by unseen.object, unseen.record_id
            order by
                list.listed_at asc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                list.batch_id desc,
                list.window_no desc
        ) as turn
    from unseen
    inner join list
        on unseen.object = list.object
    left join ops.load_log
        on list.batch_id = load_log.batch_id
    where
        list.is_complete = 1
        and unseen.created_at < list.window_end
        and unseen.seen_at < list.listed_at
),

gone as (
    -- Every record that is missing after this merge: as found now, and as held of those that the batch does not concern.
    select
        missed.object,
        missed.record_id,
        missed.purged_at,
        missed.listed_at,
        missed.listed_rows,
        missed.batch_id
    from missed
    where missed.turn = 1
    union all
    select
        held.object,
        held.record_id,
        held.purged_at,
        held.listed_at,
        held.listed_rows,
        held.batch_id
    from curated.salesforce_purged as held
    left join known
        on
            held.object = known.object
            and held.record_id = known.record_id
    where known.record_id is null
),

refused as (
    -- A list that misses so many is no proof: more likely the integration user may read fewer records than before.
    select
        gone.object,
        gone.batch_id,
        gone.listed_at
    from gone
    cross join tmp_batch
    group by gone.object, gone.batch_id, gone.listed_at, tmp_batch.max_purged_percent
    having
        count(*) > 20
        and 100.0 * count(*) > tmp_batch.max_purged_percent * (max(gone.listed_rows) + count(*))
),

judged as (
    select
        gone.object,
        gone.record_id,
        gone.purged_at,
        gone.listed_at,
        gone.listed_rows,
        gone.batch_id,
        case when refused.batch_id is null then 0 else 1 end as is_refused
    from gone
    left join refused
        on
            gone.object = refused.object
            and gone.batch_id = refused.batch_id
            and gone.listed_at = refused.listed_at
),

concerned_or_gone as (
    select
        known.object,
        known.record_id,
        known.is_brought
    from known
    union all
    select
        gone.object,
        gone.record_id,
        0 as is_brought
    from gone
    left join known
        on
            gone.object = known.object
            and gone.record_id = known.record_id
    where known.record_id is null
)

select
    concerned_or_gone.object,
    concerned_or_gone.record_id as crm_id,
    judged.purged_at,
    judged.listed_at,
    judged.listed_rows,
    judged.batch_id,
    coalesce(judged.is_refused, 0) as is_refused
from concerned_or_gone
left join judged
    on
        concerned_or_gone.object = judged.object
        and concerned_or_gone.record_id = judged.record_id
left join curated.salesforce_purged as held
    on
        concerned_or_gone.object = held.object
        and concerned_or_gone.record_id = held.record_id
where
    concerned_or_gone.is_brought = 1
    or coalesce(judged.purged_at, cast('1970-01-01' as timestamp)) <> coalesce(held.purged_at, cast('1970-01-01' as timestamp))
    or coalesce(judged.batch_id, '') <> coalesce(held.batch_id, '')
    or coalesce(judged.is_refused, 0) <> case when held.is_refused then 1 else 0 end;

delete from curated.salesforce_purged
using tmp_crm
where
    salesforce_purged.object = tmp_crm.object
    and salesforce_purged.record_id = tmp_crm.crm_id;

insert into curated.salesforce_purged (object, record_id, purged_at, listed_at, listed_rows, batch_id, is_refused)
select
    tmp_crm.object,
    tmp_crm.crm_id as record_id,
    tmp_crm.purged_at,
    tmp_crm.listed_at,
    tmp_crm.listed_rows,
    tmp_crm.batch_id,
    tmp_crm.is_refused = 1 as is_refused
from tmp_crm
where tmp_crm.purged_at is not null;
