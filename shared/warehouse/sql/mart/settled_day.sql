-- mart.settled_day: which days of the business time zone are settled: all their conversations were read for good.
-- Grain   business_date, from the first day of which a window of conversations is in the ledger to the last
-- Reads   ops.window_ledger, ops.load_log, curated.dim_date
-- Rule    A day is settled when settled windows, read and merged, cover each of its hours: a day that lies in two UTC days needs both, and
--         a window that was never read leaves it open. Rows do not decide it: a conversation that the last reading no longer had keeps no
--         day open, and a day without a row may be settled. Conversations stay settled: a later look takes nothing back. What comes
--         later by itself (evaluations, surveys, the CRM) may still change a settled day, and so may a conversation that outlives the
--         settlement (a mail, a thread of messages): it was read as it was then, and is read again with the day on which it ends.
-- Column  business_date | date | the day in the business time zone
-- Column  day_start_at | timestamp, UTC | its first instant
-- Column  day_end_at | timestamp, UTC | the first instant of the next day
-- Column  is_settled | boolean | every hour of it was read for good

create or replace view mart.settled_day as
with conversation_window as (
    select
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        case
            when window_ledger.is_settled and load_log.merged_at is not null and window_ledger.mode not in ('partial', 'left_out') then 1
            else 0
        end as settled
    from ops.window_ledger
    left join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where window_ledger.source = 'genesys' and window_ledger.object = 'conversation'
),

sorted as (
    select
        conversation_window.*,
        max(conversation_window.window_end) over (
            order by
                conversation_window.window_start, conversation_window.window_end, conversation_window.batch_id,
                conversation_window.window_no
            rows between unbounded preceding and 1 preceding
        ) as read_until
    from conversation_window
    where conversation_window.settled = 1
),

numbered as (
    select
        sorted.window_start,
        sorted.window_end,
        sum(case when sorted.window_start > sorted.read_until then 1 else 0 end) over (
            order by sorted.window_start, sorted.window_end, sorted.batch_id, sorted.window_no
            rows between unbounded preceding and current row
        ) as stretch_no
    from sorted
),

stretch as (
    select
        min(numbered.window_start) as settled_from,
        max(numbered.window_end) as settled_until
    from numbered
    group by numbered.stretch_no
),

known as (
    select
        min(conversation_window.window_start) as known_from,
        max(conversation_window.window_end) as known_until
    from conversation_window
)

select
    dim_date.calendar_date as business_date,
    dim_date.day_start_at,
    dim_date.day_end_at,
    stretch.settled_from is not null as is_settled
from curated.dim_date
inner join known
    on
        dim_date.day_end_at > known.known_from
        and dim_date.day_start_at < known.known_until
left join stretch
    on
        dim_date.day_start_at >= stretch.settled_from
        and dim_date.day_end_at <= stretch.settled_until;
