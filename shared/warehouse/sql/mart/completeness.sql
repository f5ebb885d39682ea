-- mart.completeness: what was read of each day, and whether it is all of it: the ledger for people.
-- Grain   source, object, window_date (UTC day of the last instant of a window)
-- Reads   ops.window_ledger: of each window its newest reading, from whichever run
-- Rule    An hour counts once. A window that an event's own filter cut (mode partial) counts nowhere. A Genesys window read in passing
--         (mode intraday) counts only until a nightly run or a backfill has read its hours; one that lies in a longer one read for good
--         does not count beside it, however late the longer one came (after a backfill that ended inside the day), nor one that was read
--         for good while all its hours are settled by others, nor one that was never merged and read again. Salesforce and the listings
--         are read since the last time: their windows may be long, and stand at the day they reach. A window that its run went on without
--         (mode left_out: it failed, or there was no room for it) is shown until its hours are read; for a listing until a listing
--         reaches as far, since each is a state; for attributes of conversations until the conversations are read for good; for
--         Salesforce until the next nightly run, which says anew what is missing. (Records asked for by their ids: see
--         mart.salesforce_hole.)
-- Flags   left_out_windows: windows of the day that a run went on without and nobody has read since. has_gap: there are such windows, or
--         hours before a window of the day were never read, though earlier ones were: since gap_begins_at, and days that lie in the gap
--         have no row. is_short: fewer records came than the source counts (its count is approximate for extraction query, lookup,
--         aggregate). is_balanced: no record was lost between two steps: received = out of window + duplicates + landed, landed = staged
--         + quarantined, staged = merged + superseded. is_settled: every window was read for good and merged; one of conversations, be
--         it before its newest reading.
-- Column  source | text | genesys or salesforce
-- Column  object | text | what was read
-- Column  window_date | date, UTC | day of the last instant of the windows
-- Column  windows | count | windows read
-- Column  left_out_windows | count | windows that a run went on without and nobody has read since
-- Column  settled_windows | count | of windows, those read for good
-- Column  api_rows | count | records that the source counts; null where it states no count
-- Column  received_rows | count | records that came
-- Column  out_of_window_rows | count | of them, not of the window
-- Column  duplicate_rows | count | of them, come again with the same bytes
-- Column  landed_rows | count | records in landing/
-- Column  staged_rows | count | records in staging
-- Column  quarantined_rows | count | records set aside
-- Column  merged_rows | count | staged records that were the newest of their id
-- Column  superseded_rows | count | staged records that another extraction has replaced
-- Column  has_gap | boolean | a window of the day is missing, or hours before one were never read
-- Column  gap_begins_at | timestamp, UTC | where the hours begin that were never read
-- Column  is_short | boolean | fewer records came than the source counts
-- Column  is_balanced | boolean | no record was lost between two steps
-- Column  is_settled | boolean | every window was read for good and merged
-- Column  last_read_at | timestamp, UTC | when the newest of the windows had landed

create or replace view mart.completeness as
with reading as (
    select
        window_ledger.batch_id,
        window_ledger.source,
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        -- Conversations that were read for good once stay so, as their rows do: a later look may be by the query, and takes nothing back.
        -- Of everything else a later reading may learn that something is missing.
        max(
            case
                when window_ledger.is_settled and load_log.merged_at is not null and window_ledger.object = 'conversation' then 1
                else 0
            end
        ) over (
            partition by window_ledger.source, window_ledger.object, window_ledger.window_start, window_ledger.window_end
        ) = 1 or (window_ledger.is_settled and load_log.merged_at is not null) as is_settled,
        case when load_log.merged_at is null then 0 else 1 end as is_merged,
        case when window_ledger.source = 'genesys' and window_ledger.mode = 'intraday' then 1 else 0 end as is_in_passing,
        first_value(window_ledger.batch_id) over (
            partition by window_ledger.source, window_ledger.object, window_ledger.window_start, window_ledger.window_end
            order by
                -- What was read in passing never replaces what was read for good.
                case when window_ledger.mode = 'intraday' then 1 else 0 end,
                -- What was loaded and never merged is in no table.
                case when load_log.merged_at is null then 1 else 0 end,
                window_ledger.extracted_at desc,
                load_log.loaded_at desc,
                window_ledger.batch_id desc
            rows between unbounded preceding and unbounded following
        ) as newest_batch_id
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where window_ledger.mode not in ('partial', 'left_out')
),

newest as (
    select
        reading.batch_id,
        reading.source,
        reading.object,
        reading.window_no,
        reading.window_start,
        reading.window_end,
        reading.is_settled,
        reading.is_merged,
        reading.is_in_passing,
        -- What happened in the window, not what there is at its end.
        case
            when reading.source = 'genesys' and reading.object not in ('queue', 'user', 'wrapup_code', 'division', 'campaign') then 1
            else 0
        end as is_of_hours
    from reading
    where reading.batch_id = reading.newest_batch_id
),

stretch as (
    -- Hours read without a gap, by kind: 0 for good, 1 in passing, 2 for good and settled, 3 for good and merged.
    select
        numbered.source,
        numbered.object,
        numbered.kind,
        min(numbered.window_start) as read_from,
        max(numbered.window_end) as read_until
    from (
        select
            followed.source,
            followed.object,
            followed.window_start,
            followed.window_end,
            followed.kind,
            sum(case when followed.window_start > followed.read_until then 1 else 0 end) over (
                partition by followed.source, followed.object, followed.kind
                order by followed.window_start, followed.window_end, followed.batch_id, followed.window_no
                rows between unbounded preceding and current row
            ) as stretch_no
        from (
            select
                sorted.batch_id,
                sorted.source,
                sorted.object,
                sorted.window_no,
                sorted.window_start,
                sorted.window_end,
                sorted.kind,
                max(sorted.window_end) over (
                    partition by sorted.source, sorted.object, sorted.kind
                    order by sorted.window_start, sorted.window_end, sorted.batch_id, sorted.window_no
                    rows between unbounded preceding and 1 preceding
                ) as read_until
            from (
                select
                    newest.batch_id,
                    newest.source,
                    newest.object,
                    newest.window_no,
                    newest.window_start,
                    newest.window_end,
                    newest.is_in_passing as kind
                from newest
                union all
                select
                    newest.batch_id,
                    newest.source,
                    newest.object,
                    newest.window_no,
                    newest.window_start,
                    newest.window_end,
                    2 as kind
                from newest
                where newest.is_of_hours = 1 and newest.is_in_passing = 0 and newest.is_settled
                union all
                select
                    newest.batch_id,
                    newest.source,
                    newest.object,
                    newest.window_no,
                    newest.window_start,
                    newest.window_end,
                    3 as kind
                from newest
                where newest.is_in_passing = 0 and newest.is_merged = 1
            ) as sorted
        ) as followed
    ) as numbered
    group by numbered.source, numbered.object, numbered.kind, numbered.stretch_no
),

replaced as (
    -- Read in passing where all hours are read for good; not settled where all hours are; never merged where all hours were read again.
    select distinct
        newest.batch_id,
        newest.source,
        newest.object,
        newest.window_no
    from newest
    inner join stretch
        on
            newest.source = stretch.source
            and newest.object = stretch.object
            and newest.window_start >= stretch.read_from
            and newest.window_end <= stretch.read_until
    where
        newest.is_in_passing = 1 and stretch.kind = 0
        or newest.is_of_hours = 1 and newest.is_in_passing = 0 and not newest.is_settled and stretch.kind = 2
        or newest.is_merged = 0 and stretch.kind = 3
),

nested as (
    select
        newest.batch_id,
        newest.source,
        newest.object,
        newest.window_no,
        newest.window_start,
        newest.window_end,
        newest.is_settled,
        newest.is_of_hours,
        -- At or after its own end: a longer window has these hours too.
        max(case when newest.is_in_passing = 0 then newest.window_end end) over (
            partition by newest.source, newest.object
            order by newest.window_start asc, newest.window_end desc, newest.window_no asc
            rows between unbounded preceding and 1 preceding
        ) as longer_until
    from newest
    left join replaced
        on
            newest.batch_id = replaced.batch_id
            and newest.source = replaced.source
            and newest.object = replaced.object
            and newest.window_no = replaced.window_no
    where replaced.batch_id is null
),

chained as (
    select
        nested.batch_id,
        nested.source,
        nested.object,
        nested.window_no,
        nested.is_settled,
        max(nested.window_end) over (
            partition by nested.source, nested.object
            order by nested.window_start, nested.window_end, nested.window_no
            rows between unbounded preceding and 1 preceding
        ) as read_until
    from nested
    where nested.is_of_hours = 0 or nested.longer_until is null or nested.longer_until < nested.window_end
),

planned as (
    -- A nightly run plans all that Salesforce lacks, and says of each such window anew that it was left out. It knows nothing of a run that
    -- counts as a later one, whichever was loaded last.
    select
        window_ledger.source,
        max(window_ledger.window_end) as planned_to
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where window_ledger.source = 'salesforce' and window_ledger.mode = 'nightly' and load_log.merged_at is not null
    group by window_ledger.source
),

left_out as (
    -- Of a window that was left out again and again the last time.
    select
        window_ledger.batch_id,
        window_ledger.source,
        window_ledger.object,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        row_number() over (
            partition by window_ledger.source, window_ledger.object, window_ledger.window_start, window_ledger.window_end
            order by window_ledger.extracted_at desc, window_ledger.batch_id desc, window_ledger.window_no desc
        ) as recency
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    left join planned
        -- What was left out has the instant its run counts as.
        on window_ledger.source = planned.source and window_ledger.extracted_at < planned.planned_to
    where window_ledger.mode = 'left_out' and right(window_ledger.object, 7) <> '_lookup' and planned.source is null
),

shown as (
    select
        chained.batch_id,
        chained.source,
        chained.object,
        chained.window_no,
        chained.read_until,
        chained.is_settled,
        0 as is_left_out
    from chained
    union all
    select
        left_out.batch_id,
        left_out.source,
        left_out.object,
        left_out.window_no,
        cast(null as timestamp) as read_until,
        false as is_settled,
        1 as is_left_out
    from left_out
    left join stretch
        on
            left_out.source = stretch.source
            and left_out.window_end <= stretch.read_until
            and (
                left_out.object = stretch.object
                and (
                    left_out.window_start >= stretch.read_from
                    or left_out.object in ('queue', 'user', 'wrapup_code', 'division', 'campaign')
                )
                or left_out.object = 'conversation_attribute'
                and stretch.object = 'conversation'
                and stretch.kind = 0
                and left_out.window_start >= stretch.read_from
            )
    where left_out.recency = 1 and stretch.source is null
)

select
    shown.source,
    shown.object,
    cast(dateadd('second', -1, window_ledger.window_end) as date) as window_date,
    cast(sum(1 - shown.is_left_out) as bigint) as windows, -- read
    cast(sum(shown.is_left_out) as bigint) as left_out_windows,
    cast(sum(case when shown.is_settled then 1 else 0 end) as bigint) as settled_windows,
    cast(sum(window_ledger.api_rows) as bigint) as api_rows, -- null: the source states no count
    cast(sum(window_ledger.received_rows) as bigint) as received_rows,
    cast(sum(window_ledger.out_of_window_rows) as bigint) as out_of_window_rows,
    cast(sum(window_ledger.duplicate_rows) as bigint) as duplicate_rows,
    cast(sum(window_ledger.landed_rows) as bigint) as landed_rows,
    cast(sum(window_ledger.staged_rows) as bigint) as staged_rows,
    cast(sum(window_ledger.quarantined_rows) as bigint) as quarantined_rows,
    cast(sum(window_ledger.merged_rows) as bigint) as merged_rows,
    cast(sum(window_ledger.superseded_rows) as bigint) as superseded_rows,
    max(case when shown.is_left_out = 1 or window_ledger.window_start > shown.read_until then 1 else 0 end) = 1 as has_gap,
    max(case when window_ledger.window_start > shown.read_until then shown.read_until end) as gap_begins_at,
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
    min(case when shown.is_settled then 1 else 0 end) = 1 as is_settled,
    max(case when shown.is_left_out = 0 then window_ledger.extracted_at end) as last_read_at
from shown
inner join ops.window_ledger
    on
        shown.batch_id = window_ledger.batch_id
        and shown.source = window_ledger.source
        and shown.object = window_ledger.object
        and shown.window_no = window_ledger.window_no
group by shown.source, shown.object, cast(dateadd('second', -1, window_ledger.window_end) as date);
