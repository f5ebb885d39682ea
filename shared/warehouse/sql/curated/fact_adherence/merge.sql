-- curated.fact_adherence: adherence of the days that the windows of one batch cover.
-- Grain   management_unit_id, user_id, day_start
-- Reads   staging.genesys_adherence and ops.window_ledger of all batches, for these days
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: what the newest reading says of an agent replaces all that earlier ones said of the same time

delete from curated.fact_adherence
using ops.window_ledger, tmp_batch
where
    window_ledger.batch_id = tmp_batch.batch_id
    and window_ledger.source = 'genesys'
    and window_ledger.object = 'adherence'
    and window_ledger.mode <> 'left_out'
    and fact_adherence.day_start < window_ledger.window_end
    and fact_adherence.day_end > window_ledger.window_start;

insert into curated.fact_adherence (
    management_unit_id, user_id, day_start, day_end, adherence_schedule_seconds, exception_count, exception_duration_seconds,
    conformance_schedule_seconds, conformance_actual_seconds, batch_id, extracted_at
)
with own_window as (
    select distinct
        window_ledger.window_start,
        window_ledger.window_end
    from ops.window_ledger
    inner join tmp_batch
        on window_ledger.batch_id = tmp_batch.batch_id
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'adherence'
        and window_ledger.mode <> 'left_out'
),

reading as (
    select distinct
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at
    from ops.window_ledger
    inner join own_window
        on
            window_ledger.window_start < own_window.window_end
            and window_ledger.window_end > own_window.window_start
    left join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where
        window_ledger.source = 'genesys'
        and window_ledger.object = 'adherence'
        and window_ledger.mode <> 'left_out'
),

said as (
    select
        staged.management_unit_id,
        staged.user_id,
        staged.day_start,
        -- A day ends where the next one of its record begins (25 hours later at the most), or with the window.
        case
            when
                lead(staged.day_start) over (partition by staged.batch_id, staged.record_no order by staged.day_start)
                <= dateadd('hour', 25, staged.day_start)
                then lead(staged.day_start) over (partition by staged.batch_id, staged.record_no order by staged.day_start)
            when staged.day_start < reading.window_end then least(dateadd('day', 1, staged.day_start), reading.window_end)
            else dateadd('day', 1, staged.day_start)
        end as day_end,
        staged.adherence_schedule_seconds,
        staged.exception_count,
        staged.exception_duration_seconds,
        staged.conformance_schedule_seconds,
        staged.conformance_actual_seconds,
        staged.record_no,
        staged.extracted_at,
        reading.batch_id,
        reading.window_no,
        reading.window_start,
        reading.window_end,
        reading.loaded_at
    from staging.genesys_adherence as staged
    inner join reading
        on
            staged.batch_id = reading.batch_id
            and (staged.record_no - 1) / 1000000000 = reading.window_no
),

agent_reading as (
    select
        said.management_unit_id,
        said.user_id,
        said.batch_id,
        said.window_no,
        least(said.window_start, min(said.day_start)) as says_from,
        greatest(said.window_end, max(said.day_end)) as says_until,
        row_number() over (
            partition by said.management_unit_id, said.user_id
            order by max(said.extracted_at), said.loaded_at, said.batch_id, said.window_no
        ) as reading_order
    from said
    group by
        said.management_unit_id, said.user_id, said.batch_id, said.window_no, said.window_start, said.window_end, said.loaded_at
),

agent_day as (
    select distinct
        said.management_unit_id,
        said.user_id,
        said.day_start,
        said.day_end
    from said
    inner join own_window
        on
            said.day_start < own_window.window_end
            and said.day_end > own_window.window_start
),

newest as (
    select
        agent_day.management_unit_id,
        agent_day.user_id,
        agent_day.day_start,
        agent_day.day_end,
        max(agent_reading.reading_order) as reading_order
    from agent_day
    inner join agent_reading
        on
            agent_day.management_unit_id = agent_reading.management_unit_id
            and agent_day.user_id = agent_reading.user_id
            and agent_day.day_start >= agent_reading.says_from
            and agent_day.day_end <= agent_reading.says_until
    group by agent_day.management_unit_id, agent_day.user_id, agent_day.day_start, agent_day.day_end
),

ranked as (
    select
        said.*,
        row_number() over (
            partition by said.management_unit_id, said.user_id, said.day_start, said.day_end
            order by said.extracted_at desc, said.record_no desc
        ) as recency
    from said
    inner join agent_reading
        on
            said.management_unit_id = agent_reading.management_unit_id
            and said.user_id = agent_reading.user_id
            and said.batch_id = agent_reading.batch_id
            and said.window_no = agent_reading.window_no
    inner join newest
        on
            said.management_unit_id = newest.management_unit_id
            and said.user_id = newest.user_id
            and said.day_start = newest.day_start
            and said.day_end = newest.day_end
            and agent_reading.reading_order = newest.reading_order
),

wider as (
    -- An hour looked at in passing lies in the day that was read before, and does not count beside it.
    select distinct
        inside.management_unit_id,
        inside.user_id,
        inside.day_start,
        inside.day_end
    from ranked as inside
    inner join ranked as around
        on
            inside.management_unit_id = around.management_unit_id
            and inside.user_id = around.user_id
            and inside.day_start >= around.day_start
            and inside.day_end <= around.day_end
            and datediff('second', inside.day_start, inside.day_end) < datediff('second', around.day_start, around.day_end)
    where
        inside.recency = 1
        and around.recency = 1
        and coalesce(
            around.adherence_schedule_seconds, around.exception_count, around.exception_duration_seconds,
            around.conformance_schedule_seconds, around.conformance_actual_seconds
        ) is not null
)

select
    ranked.management_unit_id,
    ranked.user_id,
    ranked.day_start,
    ranked.day_end,
    ranked.adherence_schedule_seconds,
    ranked.exception_count,
    ranked.exception_duration_seconds,
    ranked.conformance_schedule_seconds,
    ranked.conformance_actual_seconds,
    ranked.batch_id,
    ranked.extracted_at
from ranked
left join wider
    on
        ranked.management_unit_id = wider.management_unit_id
        and ranked.user_id = wider.user_id
        and ranked.day_start = wider.day_start
        and ranked.day_end = wider.day_end
where
    ranked.recency = 1
    and wider.user_id is null
    -- A row without values says only where the day before it ends.
    and coalesce(
        ranked.adherence_schedule_seconds, ranked.exception_count, ranked.exception_duration_seconds, ranked.conformance_schedule_seconds,
        ranked.conformance_actual_seconds
    ) is not null;
