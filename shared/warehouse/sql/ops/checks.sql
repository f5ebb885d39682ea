-- ops: data tests of the ledger: each point of the reconciliation closes exactly for the batch.
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

-- fail: raw_conversations: rows in raw.genesys_conversation = landed_rows - quarantined_rows of the ledger (a replay adds none)
select
    ledger.expected,
    landed.found
from (
    select coalesce(sum(window_ledger.landed_rows - window_ledger.quarantined_rows), 0) as expected
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'genesys'
        and window_ledger.object = 'conversation'
        and window_ledger.extraction <> 'replay'
) as ledger
cross join (
    select count(*) as found
    from "raw".genesys_conversation as landed_record
    where landed_record.batch_id = :batch_id
) as landed
where ledger.expected <> landed.found;

-- fail: raw_salesforce: rows in raw.salesforce_record = landed_rows - quarantined_rows of the ledger, by object (a replay adds none)
select
    ledger.object,
    ledger.expected,
    coalesce(landed.found, 0) as found
from (
    select
        window_ledger.object,
        sum(window_ledger.landed_rows - window_ledger.quarantined_rows) as expected
    from ops.window_ledger
    where window_ledger.batch_id = :batch_id and window_ledger.source = 'salesforce' and window_ledger.extraction <> 'replay'
    group by window_ledger.object
) as ledger
left join (
    select
        landed_record.object,
        count(*) as found
    from "raw".salesforce_record as landed_record
    where landed_record.batch_id = :batch_id
    group by landed_record.object
) as landed
    on ledger.object = landed.object
where ledger.expected <> coalesce(landed.found, 0);

-- fail: quarantine_rows: rows in staging.quarantine = quarantined_rows of the ledger, by source and object
select
    ledger.source,
    ledger.object,
    ledger.expected,
    coalesce(refused.found, 0) as found
from (
    select
        window_ledger.source,
        window_ledger.object,
        sum(window_ledger.quarantined_rows) as expected
    from ops.window_ledger
    where window_ledger.batch_id = :batch_id
    group by window_ledger.source, window_ledger.object
) as ledger
left join (
    select
        staged.source,
        staged.object,
        count(*) as found
    from staging.quarantine as staged
    where staged.batch_id = :batch_id
    group by staged.source, staged.object
) as refused
    on
        ledger.source = refused.source
        and ledger.object = refused.object
where ledger.expected <> coalesce(refused.found, 0);

-- fail: batch_merged: the batch is loaded once and merged
select
    batch_id,
    count(*) as found
from ops.load_log
where batch_id = :batch_id
group by batch_id
having count(*) <> 1 or max(case when merged_at is null then 1 else 0 end) = 1;
