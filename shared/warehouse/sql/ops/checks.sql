-- ops: data tests of the ledger: each point of the reconciliation closes exactly for the batch, and what the source says agrees with it.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: received_closes: received_rows = out_of_window_rows + duplicate_rows + landed_rows
select
    source,
    object,
    window_start,
    window_end,
    received_rows,
    out_of_window_rows,
    duplicate_rows,
    landed_rows
from ops.window_ledger
where batch_id = :batch_id and received_rows <> out_of_window_rows + duplicate_rows + landed_rows;

-- fail: landed_closes: landed_rows = staged_rows + quarantined_rows
select
    source,
    object,
    window_start,
    window_end,
    landed_rows,
    staged_rows,
    quarantined_rows
from ops.window_ledger
where batch_id = :batch_id and landed_rows <> staged_rows + quarantined_rows;

-- fail: staged_closes: staged_rows = merged_rows + superseded_rows
select
    source,
    object,
    window_start,
    window_end,
    staged_rows,
    merged_rows,
    superseded_rows
from ops.window_ledger
where
    batch_id = :batch_id
    and (merged_rows is null or superseded_rows is null or staged_rows <> merged_rows + superseded_rows);

-- fail: raw_conversations: rows in raw.genesys_conversation = landed_rows - quarantined_rows of each window (a replay adds none)
select
    both_sides.object,
    both_sides.window_no,
    sum(both_sides.expected) as expected,
    sum(both_sides.found) as found
from (
    select
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.landed_rows - window_ledger.quarantined_rows as expected,
        cast(0 as bigint) as found
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'genesys'
        and window_ledger.object = 'conversation'
        and window_ledger.extraction <> 'replay'
    union all
    select
        landed_record.object,
        (landed_record.record_no - 1) / 1000000000 as window_no,
        cast(0 as bigint) as expected,
        cast(1 as bigint) as found
    from "raw".genesys_conversation as landed_record
    where landed_record.batch_id = :batch_id
) as both_sides
group by both_sides.object, both_sides.window_no
having sum(both_sides.expected) <> sum(both_sides.found);

-- fail: raw_records: rows in raw.genesys_record = landed_rows - quarantined_rows of each window of each other object (a replay adds none)
select
    both_sides.object,
    both_sides.window_no,
    sum(both_sides.expected) as expected,
    sum(both_sides.found) as found
from (
    select
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.landed_rows - window_ledger.quarantined_rows as expected,
        cast(0 as bigint) as found
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'genesys'
        and window_ledger.object <> 'conversation'
        and window_ledger.extraction <> 'replay'
    union all
    select
        landed_record.object,
        (landed_record.record_no - 1) / 1000000000 as window_no,
        cast(0 as bigint) as expected,
        cast(1 as bigint) as found
    from "raw".genesys_record as landed_record
    where landed_record.batch_id = :batch_id
) as both_sides
group by both_sides.object, both_sides.window_no
having sum(both_sides.expected) <> sum(both_sides.found);

-- fail: raw_salesforce: rows in raw.salesforce_record = landed_rows - quarantined_rows of each window (a replay adds none)
select
    both_sides.object,
    both_sides.window_no,
    sum(both_sides.expected) as expected,
    sum(both_sides.found) as found
from (
    select
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.landed_rows - window_ledger.quarantined_rows as expected,
        cast(0 as bigint) as found
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'salesforce'
        and window_ledger.extraction <> 'replay'
    union all
    select
        landed_record.object,
        (landed_record.record_no - 1) / 1000000000 as window_no,
        cast(0 as bigint) as expected,
        cast(1 as bigint) as found
    from "raw".salesforce_record as landed_record
    where landed_record.batch_id = :batch_id
) as both_sides
group by both_sides.object, both_sides.window_no
having sum(both_sides.expected) <> sum(both_sides.found);

-- fail: quarantine_rows: rows in staging.quarantine = quarantined_rows of each window
select
    both_sides.source,
    both_sides.object,
    both_sides.window_no,
    sum(both_sides.expected) as expected,
    sum(both_sides.found) as found
from (
    select
        window_ledger.source,
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.quarantined_rows as expected,
        cast(0 as bigint) as found
    from ops.window_ledger
    where window_ledger.batch_id = :batch_id
    union all
    select
        refused.source,
        refused.object,
        (refused.record_no - 1) / 1000000000 as window_no,
        cast(0 as bigint) as expected,
        cast(1 as bigint) as found
    from staging.quarantine as refused
    where refused.batch_id = :batch_id
) as both_sides
group by both_sides.source, both_sides.object, both_sides.window_no
having sum(both_sides.expected) <> sum(both_sides.found);

-- fail: batch_merged: the batch is loaded once and merged
select
    count(*) as loads,
    count(merged_at) as merges
from ops.load_log
where batch_id = :batch_id
having count(*) <> 1 or count(merged_at) <> 1;

-- fail: window_once: a window of an object has one row in the ledger of the batch
select
    source,
    object,
    window_no,
    count(*) as found
from ops.window_ledger
where batch_id = :batch_id
group by source, object, window_no
having count(*) > 1;

-- warn: window_left_out: every window of the run was read; one that failed alone or had no room is left out, and a later run reads it
select
    source,
    object,
    window_start,
    window_end
from ops.window_ledger
where batch_id = :batch_id and mode = 'left_out';

-- warn: refused: of no window more records were refused than staged (curated.quarantine has the reasons)
select
    source,
    object,
    window_start,
    window_end,
    staged_rows,
    quarantined_rows
from ops.window_ledger
where batch_id = :batch_id and quarantined_rows > staged_rows;

-- warn: filter_finds: the filter of a run's own event finds a conversation (if not: are its queues, divisions and media types right?)
select
    min(window_start) as read_from,
    max(window_end) as read_until,
    count(*) as windows
from ops.window_ledger
where
    batch_id = :batch_id
    and source = 'genesys'
    and object = 'conversation'
    and mode = 'partial'
    and extraction <> 'replay'
having count(*) > 0 and sum(landed_rows) = 0;

-- warn: conversations_exist: a conversation has ever been found (if not: see genesys.filter of the settings, and what the client may read)
select
    min(window_start) as read_from,
    max(window_end) as read_until,
    count(*) as windows
from ops.window_ledger
where source = 'genesys' and object = 'conversation' and mode in ('nightly', 'intraday', 'backfill')
having
    sum(case when batch_id = :batch_id and mode <> 'intraday' then 1 else 0 end) > 0
    and sum(landed_rows) = 0;

-- warn: day_not_empty: a day has a conversation when each of the seven before has some (if not: see genesys.filter, then the source)
select
    silent.window_date,
    max(earlier.window_end) as last_found_until
from (
    select cast(window_start as date) as window_date
    from ops.window_ledger
    where
        batch_id = :batch_id
        and source = 'genesys'
        and object = 'conversation'
        and mode in ('nightly', 'backfill')
        and cast(window_start as date) = cast(dateadd('second', -1, window_end) as date)
    group by cast(window_start as date)
    having sum(landed_rows) = 0 and sum(datediff('hour', window_start, window_end)) = 24
) as silent
inner join ops.window_ledger as earlier
    on
        dateadd('day', -7, cast(silent.window_date as timestamp)) <= earlier.window_start
        and silent.window_date > earlier.window_start
where
    earlier.source = 'genesys'
    and earlier.object = 'conversation'
    and earlier.mode in ('nightly', 'backfill')
    and earlier.landed_rows > 0
group by silent.window_date
having count(distinct cast(earlier.window_start as date)) = 7;

-- fail: settled_from_job: a window of conversations is settled only when it was read from a details job, or from what one has landed
select
    window_start,
    window_end,
    extraction
from ops.window_ledger
where
    batch_id = :batch_id
    and source = 'genesys'
    and object = 'conversation'
    and is_settled
    and extraction not in ('job', 'replay');

-- fail: api_count: where the source states an exact count, no fewer records came (Salesforce)
select
    source,
    object,
    window_start,
    window_end,
    api_rows,
    received_rows,
    duplicate_rows
from ops.window_ledger
where
    batch_id = :batch_id
    and source = 'salesforce'
    and extraction <> 'replay'
    and received_rows - duplicate_rows < api_rows;

-- warn: api_count_approximate: where the source counts approximately, or moves, no fewer records came (details query, aggregates, listings)
select
    source,
    object,
    window_start,
    window_end,
    api_rows,
    received_rows,
    duplicate_rows
from ops.window_ledger
where
    batch_id = :batch_id
    and source = 'genesys'
    and extraction <> 'replay'
    and received_rows - duplicate_rows < api_rows;

-- fail: ids_listed: Salesforce lists at least one id of an object of which records are open here (an empty list purges nothing)
select
    window_ledger.object,
    open_record.records
from ops.window_ledger
inner join (
    select
        cast('account_ids' as varchar(64)) as object,
        count(*) as records
    from curated.dim_salesforce_account
    where is_current
    union all
    select
        cast('contact_ids' as varchar(64)) as object,
        count(*) as records
    from curated.dim_salesforce_contact
    where is_current
    union all
    select
        cast('case_ids' as varchar(64)) as object,
        count(*) as records
    from curated.dim_salesforce_case
    where is_current
    union all
    select
        cast('opportunity_ids' as varchar(64)) as object,
        count(*) as records
    from curated.salesforce_opportunity
    where not is_deleted
) as open_record
    on window_ledger.object = open_record.object
where
    window_ledger.batch_id = :batch_id
    and window_ledger.source = 'salesforce'
    and window_ledger.mode <> 'left_out'
    and window_ledger.staged_rows = 0
    and open_record.records > 0;

-- warn: ids_complete: a list of ids has no refused record, which would make it purge nothing
select
    object,
    window_end,
    quarantined_rows
from ops.window_ledger
where
    batch_id = :batch_id
    and source = 'salesforce'
    and object in ('account_ids', 'contact_ids', 'case_ids', 'opportunity_ids')
    and quarantined_rows > 0;

-- warn: salesforce_holes: every id Salesforce lists has a record (the next nightly run asks for it; is_unavailable: see curated.quarantine)
select
    record_id,
    object,
    created_at,
    is_unavailable
from mart.salesforce_hole
where batch_id = :batch_id and (not was_asked or is_unavailable);

-- fail: salesforce_holes_stay: what was missing, asked for and answered is here or deleted (if not: see what the integration user may read)
select
    record_id,
    object,
    created_at
from mart.salesforce_hole
where batch_id = :batch_id and was_asked and not is_unavailable and not is_deleted;
