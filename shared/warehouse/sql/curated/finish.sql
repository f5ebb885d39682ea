-- curated/finish.sql: last part of the merge transaction: the ledger's last point, and the batch's own mark.
-- Grain   ops.window_ledger: source, object, window_no of the batch; ops.load_log: batch_id
-- Reads   ops.staged_record of all batches, for the records that this batch names; staging of lists, aggregates and adherence
-- Params  tmp_batch (curated/begin.sql); tmp_staged (staged_record/batch.sql)
-- Rerun   safe: what the first merge of a batch found stays

-- Two steps of their own, so that their rows are counted before they are joined.
create temp table tmp_named as
select distinct
    tmp_staged.source,
    tmp_staged.object,
    tmp_staged.natural_id
from tmp_staged
where tmp_staged.object not in ('conversation_evaluation', 'conversation_survey');

create temp table tmp_known_record as
with peer as (
    -- Batches that have a window of aggregates, of adherence or of ids in common with this one: what they say of it may be newer, or older.
    select distinct
        window_ledger.batch_id,
        window_ledger.object
    from ops.window_ledger
    inner join (
        select
            own.source,
            own.object,
            own.window_start,
            own.window_end
        from ops.window_ledger as own
        inner join tmp_batch
            on own.batch_id = tmp_batch.batch_id
        where
            own.source = 'genesys' and own.object in ('user_aggregate', 'queue_aggregate', 'adherence')
            or own.source = 'salesforce' and own.object in ('account_ids', 'contact_ids', 'case_ids', 'opportunity_ids')
    ) as own_window
        on
            window_ledger.source = own_window.source
            and window_ledger.object = own_window.object
            and window_ledger.window_start = own_window.window_start
            and window_ledger.window_end = own_window.window_end
)

select
    staged_record.source,
    staged_record.object,
    staged_record.natural_id,
    staged_record.batch_id,
    staged_record.record_no,
    staged_record.extracted_at,
    staged_record.source_version
from tmp_named
inner join ops.staged_record
    on
        tmp_named.natural_id = staged_record.natural_id
        and tmp_named.object = staged_record.object
        and tmp_named.source = staged_record.source
union all
select
    cast('salesforce' as varchar(32)) as source,
    cast(staged.object || '_ids' as varchar(64)) as object,
    staged.record_id as natural_id,
    staged.batch_id,
    staged.record_no,
    staged.extracted_at,
    cast('1970-01-01' as timestamp) as source_version
from staging.salesforce_id as staged
inner join peer
    on
        staged.object || '_ids' = peer.object
        and staged.batch_id = peer.batch_id
union all
select distinct
    cast('genesys' as varchar(32)) as source,
    cast('user_aggregate' as varchar(64)) as object,
    staged.user_id as natural_id,
    staged.batch_id,
    staged.record_no,
    staged.extracted_at,
    cast('1970-01-01' as timestamp) as source_version
from staging.genesys_user_aggregate as staged
inner join peer
    on
        peer.object = 'user_aggregate'
        and staged.batch_id = peer.batch_id
union all
select distinct
    cast('genesys' as varchar(32)) as source,
    cast('queue_aggregate' as varchar(64)) as object,
    staged.queue_id || '/' || coalesce(staged.media_type, '') as natural_id,
    staged.batch_id,
    staged.record_no,
    staged.extracted_at,
    cast('1970-01-01' as timestamp) as source_version
from staging.genesys_queue_aggregate as staged
inner join peer
    on
        peer.object = 'queue_aggregate'
        and staged.batch_id = peer.batch_id
union all
select distinct
    cast('genesys' as varchar(32)) as source,
    cast('adherence' as varchar(64)) as object,
    staged.management_unit_id || '/' || staged.user_id as natural_id,
    staged.batch_id,
    staged.record_no,
    staged.extracted_at,
    cast('1970-01-01' as timestamp) as source_version
from staging.genesys_adherence as staged
inner join peer
    on
        peer.object = 'adherence'
        and staged.batch_id = peer.batch_id;

-- The staged records of the batch, counted by window: the high part of a record number is the ordinal of its window. A record is superseded
-- when another extraction of the same natural id is newer; a record may have several rows, or none: then its window alone knows of it.
create temp table tmp_ledger as
with placed as (
    select
        tmp_known_record.source,
        tmp_known_record.object,
        tmp_known_record.natural_id,
        tmp_known_record.batch_id,
        tmp_known_record.record_no,
        tmp_known_record.extracted_at,
        tmp_known_record.source_version,
        (tmp_known_record.record_no - 1) / 1000000000 as window_no,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at,
        -- What is counted or listed over a window speaks of that window alone: it replaces nothing of another one.
        window_ledger.window_start as counted_from,
        window_ledger.window_end as counted_to,
        -- What no record of this batch is about need not be ranked.
        max(case when tmp_known_record.batch_id = tmp_batch.batch_id then 1 else 0 end) over (
            partition by tmp_known_record.source, tmp_known_record.object, tmp_known_record.natural_id
        ) as is_asked
    from tmp_known_record
    cross join tmp_batch
    left join ops.load_log
        on tmp_known_record.batch_id = load_log.batch_id
    left join ops.window_ledger
        on
            tmp_known_record.batch_id = window_ledger.batch_id
            and tmp_known_record.source = window_ledger.source
            and tmp_known_record.object = window_ledger.object
            and window_ledger.object in (
                'user_aggregate', 'queue_aggregate', 'adherence', 'account_ids', 'contact_ids', 'case_ids', 'opportunity_ids'
            )
            and (tmp_known_record.record_no - 1) / 1000000000 = window_ledger.window_no
),

-- A window of aggregates that was asked for in parts has a record of each part, with other buckets: they replace each other as one.
whole as (
    select
        placed.*,
        case when placed.object in ('user_aggregate', 'queue_aggregate') then 0 else placed.record_no end as part_no,
        case
            when placed.object in ('user_aggregate', 'queue_aggregate')
                then
                    max(placed.extracted_at) over (
                        partition by placed.source, placed.object, placed.natural_id, placed.batch_id, placed.window_no
                    )
            else placed.extracted_at
        end as read_at
    from placed
    where placed.is_asked = 1
),

ranked as (
    select
        whole.*,
        dense_rank() over (
            partition by whole.source, whole.object, whole.natural_id, whole.counted_from, whole.counted_to
            order by
                whole.source_version desc, whole.read_at desc, whole.loaded_at desc,
                whole.batch_id desc, whole.part_no desc
        ) as recency
    from whole
),

counted as (
    select
        ranked.source,
        ranked.object,
        ranked.window_no,
        sum(case when ranked.recency = 1 then 1 else 0 end) as merged_rows,
        sum(case when ranked.recency > 1 then 1 else 0 end) as superseded_rows
    from ranked
    inner join tmp_batch
        on ranked.batch_id = tmp_batch.batch_id
    group by ranked.source, ranked.object, ranked.window_no
)

select
    window_ledger.source,
    window_ledger.object,
    window_ledger.window_no,
    case
        when window_ledger.object in ('conversation_attribute', 'user_aggregate', 'queue_aggregate', 'adherence')
            -- A record without an element has no row; nothing newer can be known of it.
            then greatest(window_ledger.staged_rows - coalesce(counted.superseded_rows, 0), coalesce(counted.merged_rows, 0))
        else coalesce(counted.merged_rows, 0)
    end as merged_rows,
    coalesce(counted.superseded_rows, 0) as superseded_rows
from ops.window_ledger
inner join tmp_batch
    on window_ledger.batch_id = tmp_batch.batch_id
left join counted
    on
        window_ledger.source = counted.source
        -- Records asked for by their ids lie in the table of their object.
        and replace(window_ledger.object, '_lookup', '') = counted.object
        and window_ledger.window_no = counted.window_no;

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
