-- mart.queue_figures: interactions and handle time per queue and day as Genesys counts them and as they are here, side by side.
-- Grain   compared_date (UTC, as windows are read and settled), queue_id, media_type
-- Reads   curated.{queue_emission,queue_source_figure,dim_queue,quarantine}, ops.{window_ledger,load_log}, staging.quarantine
-- Rule    Both sides count a metric on the day it was emitted. A figure is null where that side of the day has not been read, never
--         zero. obstacle says why a day proves nothing yet, whatever the figures are; unseen_conversations and refused_records say
--         how many more Genesys may rightly count: conversations that were open when they were last read, before the day was over and
--         at most 30 days before, and records that the newest reading refused and that are refused still.
-- Column  compared_date | date, UTC | day on which the metrics were emitted
-- Column  queue_id | text | Genesys id of the queue
-- Column  queue_name | text | name of the queue as last listed
-- Column  media_type | text | medium of the session
-- Column  source_offered | count | nOffered as Genesys counts it; null: not read
-- Column  our_offered | count | nOffered of the conversations that are here; null: not read
-- Column  source_handled | count | tHandle values as Genesys counts them
-- Column  our_handled | count | tHandle values of the conversations that are here
-- Column  source_handle_ms | milliseconds | their sum as Genesys has it
-- Column  our_handle_ms | milliseconds | their sum here
-- Column  unseen_conversations | count | conversations that were open when they were last read, in the 30 days before the day was over
-- Column  refused_records | count | conversations of the day and the day before that the newest reading refused, and are refused still
-- Column  is_settled | boolean | both sides were read for good
-- Column  has_day_before | boolean | conversations that began on the three days before are here, or none had begun before
-- Column  obstacle | text | why nothing can be compared, else null
-- Column  counted_at | timestamp, UTC | when Genesys counted

create or replace view mart.queue_figures as
with hour_of_day as (
    select tens.n * 6 + ones.n as hour_no
    from (
        select 0 as n
        union all
        select 1 as n
        union all
        select 2 as n
        union all
        select 3 as n
    ) as tens
    cross join (
        select 0 as n
        union all
        select 1 as n
        union all
        select 2 as n
        union all
        select 3 as n
        union all
        select 4 as n
        union all
        select 5 as n
    ) as ones
),

conversation_window as (
    -- A window lies within a UTC day. What was read in passing counts nowhere.
    select
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        cast(window_ledger.window_start as date) as read_date,
        case when window_ledger.is_settled then 1 else 0 end as is_settled,
        -- A details job names every conversation that lived in its interval: none had begun before.
        case
            when
                window_ledger.extraction = 'job'
                and window_ledger.out_of_window_rows = 0
                and window_ledger.window_start = date_trunc('day', window_ledger.window_start)
                then 1
            else 0
        end as is_beginning,
        window_ledger.extracted_at,
        load_log.loaded_at
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'conversation'
        and window_ledger.mode not in ('partial', 'left_out', 'intraday')
        and load_log.merged_at is not null
),

hour_read as (
    -- Each reading of an hour, the newest first: windows need not be cut alike each time.
    select
        conversation_window.batch_id,
        conversation_window.window_no,
        conversation_window.read_date,
        hour_of_day.hour_no,
        conversation_window.is_settled,
        row_number() over (
            partition by conversation_window.read_date, hour_of_day.hour_no
            order by
                conversation_window.extracted_at desc, conversation_window.loaded_at desc,
                conversation_window.batch_id desc, conversation_window.window_no desc
        ) as recency
    from conversation_window
    inner join hour_of_day
        on
            conversation_window.window_start <= dateadd('hour', hour_of_day.hour_no, cast(conversation_window.read_date as timestamp))
            and conversation_window.window_end >= dateadd('hour', hour_of_day.hour_no + 1, cast(conversation_window.read_date as timestamp))
),

covered as (
    select
        hour_read.read_date,
        count(distinct hour_read.hour_no) as read_hours,
        count(distinct case when hour_read.is_settled = 1 then hour_read.hour_no end) as settled_hours
    from hour_read
    group by hour_read.read_date
),

refused as (
    -- What the newest reading refused, unless it has been taken since.
    select
        newest.read_date,
        count(distinct quarantine.record_ref) as records
    from (
        select distinct
            hour_read.batch_id,
            hour_read.window_no,
            hour_read.read_date
        from hour_read
        where hour_read.recency = 1
    ) as newest
    inner join staging.quarantine as staged
        on
            newest.batch_id = staged.batch_id
            and newest.window_no = (staged.record_no - 1) / 1000000000
            and staged.source = 'genesys'
            and staged.object = 'conversation'
    inner join curated.quarantine
        on
            staged.source = quarantine.source
            and staged.object = quarantine.object
            and coalesce(staged.natural_id, staged.sha256) = quarantine.record_ref
            and staged.reason = quarantine.reason
            and quarantine.resolved_at is null
    group by newest.read_date
),

read_day as (
    select
        begun.read_date,
        begun.is_beginning,
        case when covered.settled_hours = 24 then 1 else 0 end as is_whole
    from (
        select
            conversation_window.read_date,
            max(conversation_window.is_beginning) as is_beginning
        from conversation_window
        group by conversation_window.read_date
    ) as begun
    left join covered
        on begun.read_date = covered.read_date
),

side as (
    select
        queue_source_figure.counted_date as compared_date,
        queue_source_figure.queue_id,
        coalesce(queue_source_figure.media_type, '(none)') as media_type,
        queue_source_figure.offered as source_offered,
        queue_source_figure.handled as source_handled,
        queue_source_figure.handle_ms as source_handle_ms,
        cast(null as bigint) as our_offered,
        cast(null as bigint) as our_handled,
        cast(null as bigint) as our_handle_ms
    from curated.queue_source_figure
    where queue_source_figure.queue_id is not null
    union all
    select
        queue_emission.emitted_date as compared_date,
        queue_emission.queue_id,
        coalesce(queue_emission.media_type, '(none)') as media_type,
        cast(null as bigint) as source_offered,
        cast(null as bigint) as source_handled,
        cast(null as bigint) as source_handle_ms,
        queue_emission.offered as our_offered,
        queue_emission.handled as our_handled,
        queue_emission.handle_ms as our_handle_ms
    from curated.queue_emission
    where queue_emission.queue_id is not null
),

figure as (
    select
        side.compared_date,
        side.queue_id,
        side.media_type,
        cast(sum(side.source_offered) as bigint) as source_offered,
        cast(sum(side.source_handled) as bigint) as source_handled,
        cast(sum(side.source_handle_ms) as bigint) as source_handle_ms,
        cast(sum(side.our_offered) as bigint) as our_offered,
        cast(sum(side.our_handled) as bigint) as our_handled,
        cast(sum(side.our_handle_ms) as bigint) as our_handle_ms
    from side
    group by side.compared_date, side.queue_id, side.media_type
),

unseen as (
    -- What a conversation emitted before it was read is in its record, open or not.
    select
        cast(queue_emission.read_at as date) as last_read_date,
        coalesce(queue_emission.media_type, '(none)') as media_type,
        count(*) as conversations
    from curated.queue_emission
    where queue_emission.is_open
    group by cast(queue_emission.read_at as date), coalesce(queue_emission.media_type, '(none)')
),

unseen_of_day as (
    select
        figure.compared_date,
        figure.queue_id,
        figure.media_type,
        cast(sum(unseen.conversations) as bigint) as conversations
    from figure
    inner join unseen
        on
            figure.media_type = unseen.media_type
            and figure.compared_date >= unseen.last_read_date
            -- One that nobody has closed since is a ghost, and explains nothing any more.
            and figure.compared_date <= cast(dateadd('day', 30, unseen.last_read_date) as date)
    group by figure.compared_date, figure.queue_id, figure.media_type
),

judged as (
    select
        figure.compared_date,
        figure.queue_id,
        figure.media_type,
        figure.source_offered is not null as is_in_source,
        case when day_of_source.counted_date is not null then coalesce(figure.source_offered, 0) end as source_offered,
        case when day_of_source.counted_date is not null then coalesce(figure.source_handled, 0) end as source_handled,
        case when day_of_source.counted_date is not null then coalesce(figure.source_handle_ms, 0) end as source_handle_ms,
        case when coalesce(covered.read_hours, 0) = 24 then coalesce(figure.our_offered, 0) end as our_offered,
        case when coalesce(covered.read_hours, 0) = 24 then coalesce(figure.our_handled, 0) end as our_handled,
        case when coalesce(covered.read_hours, 0) = 24 then coalesce(figure.our_handle_ms, 0) end as our_handle_ms,
        coalesce(unseen_of_day.conversations, 0) as unseen_conversations,
        cast(coalesce(refused.records, 0) + coalesce(refused_before.records, 0) as bigint) as refused_records,
        coalesce(day_of_source.refused_rows, 0) as refused_aggregates,
        day_of_source.filter_kind,
        day_of_source.counted_at,
        coalesce(day_of_source.is_settled, false) and coalesce(covered.settled_hours, 0) = 24 as is_settled,
        -- Conversations go on the next day, and are followed for three days; after that they come with the window they end in.
        coalesce(read_day.is_beginning, 0) = 1
        or coalesce(first_before.is_whole, 0) = 1
        and (
            first_before.is_beginning = 1
            or coalesce(second_before.is_whole, 0) = 1
            and (second_before.is_beginning = 1 or coalesce(third_before.is_whole, 0) = 1)
        ) as has_day_before
    from figure
    left join curated.queue_source_figure as day_of_source
        on
            figure.compared_date = day_of_source.counted_date
            and day_of_source.queue_id is null
    left join covered
        on figure.compared_date = covered.read_date
    left join read_day
        on figure.compared_date = read_day.read_date
    left join read_day as first_before
        on cast(dateadd('day', -1, figure.compared_date) as date) = first_before.read_date
    left join read_day as second_before
        on cast(dateadd('day', -2, figure.compared_date) as date) = second_before.read_date
    left join read_day as third_before
        on cast(dateadd('day', -3, figure.compared_date) as date) = third_before.read_date
    left join refused
        on figure.compared_date = refused.read_date
    left join refused as refused_before
        on cast(dateadd('day', -1, figure.compared_date) as date) = refused_before.read_date
    left join unseen_of_day
        on
            figure.compared_date = unseen_of_day.compared_date
            and figure.queue_id = unseen_of_day.queue_id
            and figure.media_type = unseen_of_day.media_type
)

select
    judged.compared_date,
    judged.queue_id,
    dim_queue.queue_name, -- null: no listing has the queue
    judged.media_type,
    judged.source_offered,
    judged.our_offered,
    judged.source_handled,
    judged.our_handled,
    judged.source_handle_ms,
    judged.our_handle_ms,
    judged.unseen_conversations, -- open when they were last read, before the day was over
    judged.refused_records, -- conversations of the day and the day before that are refused still
    judged.is_settled, -- both sides were read for good
    judged.has_day_before, -- conversations that began on the three days before are here
    case
        when judged.source_offered is null then 'the aggregates of the day have not been read'
        when judged.our_offered is null then 'the conversations of the day have not been read whole'
        when judged.filter_kind = 'other'
            then 'genesys.filter of the settings names more than queues and media types: it cuts conversations and aggregates differently'
        when judged.filter_kind = 'sessions' and not judged.is_in_source
            then 'genesys.filter of the settings keeps the queue or media type out of the aggregates'
        when judged.refused_aggregates > 0 and not judged.is_in_source
            then 'records of the aggregates were refused and this one may be among them: see curated.quarantine'
    end as obstacle, -- why nothing can be compared, else null
    judged.counted_at
from judged
left join curated.dim_queue
    on judged.queue_id = dim_queue.queue_id;
