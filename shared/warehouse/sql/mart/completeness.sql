-- mart.completeness: what was read of each day, and whether it is all of it: the ledger for people.
-- Grain   source, object, window_date (UTC day of the last instant of a window)
-- Reads   ops.window_ledger: of each window its newest reading, from whichever run
-- Rule    A window that an event's own filter cut (mode partial) counts nowhere. A Genesys window read in passing (mode intraday) counts
--         only until a nightly run or a backfill has read its hours. Salesforce and the listings are read since the last time: their
--         windows may be long, and stand at the day they reach.
-- Flags   has_gap: hours before a window of the day were never read, though earlier ones were. is_short: fewer records came than the
--         source counts (its count is approximate for extraction query, lookup, aggregate). is_balanced: no record was lost between two
--         steps: received = out of window + duplicates + landed, landed = staged + quarantined, staged = merged + superseded.
--         is_settled: every window was read for good.

create or replace view mart.completeness as
with reading as (
    select
        window_ledger.batch_id,
        window_ledger.source,
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        case when window_ledger.source = 'genesys' and window_ledger.mode = 'intraday' then 1 else 0 end as is_in_passing,
        first_value(window_ledger.batch_id) over (
            partition by window_ledger.source, window_ledger.object, window_ledger.window_start, window_ledger.window_end
            order by
                -- What was read in passing never replaces what was read for good.
                case when window_ledger.mode = 'intraday' then 1 else 0 end,
                window_ledger.extracted_at desc,
                load_log.loaded_at desc,
                window_ledger.batch_id desc
            rows between unbounded preceding and unbounded following
        ) as newest_batch_id
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where window_ledger.mode <> 'partial'
),

newest as (
    select
        reading.batch_id,
        reading.source,
        reading.object,
        reading.window_no,
        reading.window_start,
        reading.window_end,
        reading.is_in_passing
    from reading
    where reading.batch_id = reading.newest_batch_id
),

replaced as (
    select distinct
        brief.batch_id,
        brief.object,
        brief.window_no
    from newest as brief
    inner join newest as whole
        on
            brief.source = whole.source
            and brief.object = whole.object
            and brief.window_start >= whole.window_start
            and brief.window_end <= whole.window_end
    where brief.is_in_passing = 1 and whole.is_in_passing = 0
),

chained as (
    select
        newest.batch_id,
        newest.source,
        newest.object,
        newest.window_no,
        max(newest.window_end) over (
            partition by newest.source, newest.object
            order by newest.window_start, newest.window_end, newest.window_no
            rows between unbounded preceding and 1 preceding
        ) as read_until
    from newest
    left join replaced
        on
            newest.batch_id = replaced.batch_id
            and newest.object = replaced.object
            and newest.window_no = replaced.window_no
            and newest.is_in_passing = 1
    where replaced.batch_id is null
)

select
    chained.source,
    chained.object,
    cast(dateadd('second', -1, window_ledger.window_end) as date) as window_date,
    count(*) as windows,
    cast(sum(case when window_ledger.is_settled then 1 else 0 end) as bigint) as settled_windows,
    cast(sum(window_ledger.api_rows) as bigint) as api_rows, -- null: the source states no count
    cast(sum(window_ledger.received_rows) as bigint) as received_rows,
    cast(sum(window_ledger.out_of_window_rows) as bigint) as out_of_window_rows,
    cast(sum(window_ledger.duplicate_rows) as bigint) as duplicate_rows,
    cast(sum(window_ledger.landed_rows) as bigint) as landed_rows,
    cast(sum(window_ledger.staged_rows) as bigint) as staged_rows,
    cast(sum(window_ledger.quarantined_rows) as bigint) as quarantined_rows,
    cast(sum(window_ledger.merged_rows) as bigint) as merged_rows,
    cast(sum(window_ledger.superseded_rows) as bigint) as superseded_rows,
    max(case when window_ledger.window_start > chained.read_until then 1 else 0 end) = 1 as has_gap,
    max(case when window_ledger.received_rows - window_ledger.duplicate_rows < window_ledger.api_rows then 1 else 0 end) = 1 as is_short,
    min(
        case
            when
                window_ledger.received_rows
                = window_ledger.out_of_window_rows + window_ledger.duplicate_rows + window_ledger.landed_rows
                and window_ledger.landed_rows = window_ledger.staged_rows + window_ledger.quarantined_rows
                and window_ledger.staged_rows = coalesce(window_ledger.merged_rows, 0) + coalesce(window_ledger.superseded_rows, 0)
                then 1
            else 0
        end
    ) = 1 as is_balanced,
    min(case when window_ledger.is_settled then 1 else 0 end) = 1 as is_settled,
    max(window_ledger.extracted_at) as last_read_at
from chained
inner join ops.window_ledger
    on
        chained.batch_id = window_ledger.batch_id
        and chained.source = window_ledger.source
        and chained.object = window_ledger.object
        and chained.window_no = window_ledger.window_no
group by chained.source, chained.object, cast(dateadd('second', -1, window_ledger.window_end) as date);
