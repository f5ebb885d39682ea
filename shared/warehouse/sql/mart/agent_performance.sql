-- mart.agent_performance: what each agent handled, how the time was used, how the schedule was kept, and what quality evaluations say.
-- Grain   business_date, agent_id
-- Reads   curated.fact_{agent_leg,agent_status,adherence,evaluation}, dim_agent, dim_date, business_setting; mart.settled_day
-- Rule    Conversations and evaluations count on the day the conversation began. Statuses count where they lie: a bucket over local
--         midnight is cut there, in proportion. Adherence and conformance are read by days of the business time zone; what was read
--         while another zone was the business's (before version 3 of the schema: UTC) counts whole on the day in which its middle
--         lies. What was not read for an agent and day is null, not 0. Add up the parts, never the rates.
-- Column  business_date | date | the day in the business time zone
-- Column  agent_id | text | Genesys id of the user; (none): sessions without one
-- Column  agent_name | text | name of the user as last listed
-- Column  sessions | count | agent sessions, also those that were not answered; null where there is none
-- Column  answered | count | of them, those that the agent answered
-- Column  handle_count | count | times the agent handled a conversation (values of tHandle)
-- Column  handle_time_ms | milliseconds | talk + hold + after-call work, outbound also dialing and contacting; null where unknown
-- Column  talk_time_ms | milliseconds | of handle_time_ms, talking
-- Column  hold_time_ms | milliseconds | of handle_time_ms, on hold
-- Column  acw_time_ms | milliseconds | of handle_time_ms, after-call work
-- Column  aht_ms | milliseconds | average handle time: handle_time_ms / handle_count; null where nothing was handled
-- Column  interacting_ms | milliseconds | on queue and at work on a conversation (routing status INTERACTING)
-- Column  communicating_ms | milliseconds | on queue, in a conversation that came by no queue (COMMUNICATING)
-- Column  idle_ms | milliseconds | on queue and free (IDLE)
-- Column  occupancy | share, 0 to 1 | interacting_ms / (interacting_ms + communicating_ms + idle_ms)
-- Column  adherence_schedule_seconds | seconds | scheduled time that counts for adherence
-- Column  exception_duration_seconds | seconds | of it, out of adherence
-- Column  adherence_rate | share, up to 1 | 1 - exception_duration_seconds / adherence_schedule_seconds
-- Column  conformance_schedule_seconds | seconds | scheduled time on queue
-- Column  conformance_actual_seconds | seconds | time on queue
-- Column  conformance_rate | share, may exceed 1 | conformance_actual_seconds / conformance_schedule_seconds
-- Column  evaluations | count | released quality evaluations of this agent in conversations that began on the day
-- Column  qa_score | points, 0 to 100 | average of their scores
-- Column  is_settled | boolean | the day's conversations were read for good (mart.settled_day); statuses and adherence: mart.completeness

create or replace view mart.agent_performance as
with agent_leg as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_agent_leg.conversation_start) as date
        ) as business_date,
        coalesce(fact_agent_leg.user_id, '(none)') as agent_id,
        case when fact_agent_leg.answered then 1 else 0 end as answered,
        -- Rows of an earlier version have no count.
        coalesce(fact_agent_leg.handle_count, case when fact_agent_leg.handle_time_ms is null then 0 else 1 end) as handle_count,
        fact_agent_leg.handle_time_ms,
        fact_agent_leg.talk_time_ms,
        fact_agent_leg.hold_time_ms,
        fact_agent_leg.acw_time_ms
    from curated.fact_agent_leg
    cross join curated.business_setting
),

handled as (
    -- As bigint: the sum of a bigint is a decimal(38), and a quotient by it overflows 128 bits on Redshift.
    select
        agent_leg.business_date,
        agent_leg.agent_id,
        count(*) as sessions,
        sum(agent_leg.answered) as answered,
        cast(sum(agent_leg.handle_count) as bigint) as handle_count,
        cast(sum(agent_leg.handle_time_ms) as bigint) as handle_time_ms,
        cast(sum(agent_leg.talk_time_ms) as bigint) as talk_time_ms,
        cast(sum(agent_leg.hold_time_ms) as bigint) as hold_time_ms,
        cast(sum(agent_leg.acw_time_ms) as bigint) as acw_time_ms
    from agent_leg
    group by agent_leg.business_date, agent_leg.agent_id
),

bucket as (
    select
        fact_agent_status.user_id as agent_id,
        fact_agent_status.routing_status,
        fact_agent_status.status_ms,
        fact_agent_status.bucket_start,
        fact_agent_status.bucket_end,
        cast(convert_timezone('UTC', business_setting.business_time_zone, fact_agent_status.bucket_start) as date) as first_date,
        cast(
            convert_timezone(
                'UTC', business_setting.business_time_zone, dateadd('millisecond', -1, fact_agent_status.bucket_end)
            ) as date
        ) as last_date
    from curated.fact_agent_status
    cross join curated.business_setting
),

day_step as (
    -- A bucket is a day at most: it touches three local days where the middle one has 23 hours.
    select 0 as days
    union all
    select 1 as days
    union all
    select 2 as days
),

cut_bucket as (
    select
        bucket.agent_id,
        bucket.routing_status,
        bucket.status_ms,
        dim_date.calendar_date as business_date,
        bucket.bucket_start,
        bucket.bucket_end,
        greatest(bucket.bucket_start, dim_date.day_start_at) as here_from,
        least(bucket.bucket_end, dim_date.day_end_at) as here_until
    from bucket
    cross join day_step
    inner join curated.dim_date
        on cast(dateadd('day', day_step.days, bucket.first_date) as date) = dim_date.calendar_date
    where dim_date.calendar_date <= bucket.last_date
),

day_status as (
    -- Whole milliseconds: their product stays below 10 to the 16.
    select
        cut_bucket.agent_id,
        cut_bucket.business_date,
        cut_bucket.routing_status,
        case
            when cut_bucket.here_from = cut_bucket.bucket_start and cut_bucket.here_until = cut_bucket.bucket_end then cut_bucket.status_ms
            else
                cut_bucket.status_ms * datediff('millisecond', cut_bucket.here_from, cut_bucket.here_until)
                / nullif(datediff('millisecond', cut_bucket.bucket_start, cut_bucket.bucket_end), 0)
        end as status_ms
    from cut_bucket
),

status as (
    select
        day_status.business_date,
        day_status.agent_id,
        cast(sum(case when day_status.routing_status = 'INTERACTING' then day_status.status_ms else 0 end) as bigint) as interacting_ms,
        cast(sum(case when day_status.routing_status = 'COMMUNICATING' then day_status.status_ms else 0 end) as bigint) as communicating_ms,
        cast(sum(case when day_status.routing_status = 'IDLE' then day_status.status_ms else 0 end) as bigint) as idle_ms
    from day_status
    group by day_status.business_date, day_status.agent_id
),

agent_day as (
    select
        cast(
            convert_timezone(
                'UTC',
                business_setting.business_time_zone,
                dateadd('second', datediff('second', fact_adherence.day_start, fact_adherence.day_end) / 2, fact_adherence.day_start)
            ) as date
        ) as business_date,
        fact_adherence.user_id as agent_id,
        fact_adherence.adherence_schedule_seconds,
        fact_adherence.exception_duration_seconds,
        fact_adherence.conformance_schedule_seconds,
        fact_adherence.conformance_actual_seconds
    from curated.fact_adherence
    cross join curated.business_setting
),

adherence as (
    select
        agent_day.business_date,
        agent_day.agent_id,
        cast(sum(agent_day.adherence_schedule_seconds) as bigint) as adherence_schedule_seconds,
        cast(sum(agent_day.exception_duration_seconds) as bigint) as exception_duration_seconds,
        cast(sum(agent_day.conformance_schedule_seconds) as bigint) as conformance_schedule_seconds,
        cast(sum(agent_day.conformance_actual_seconds) as bigint) as conformance_actual_seconds
    from agent_day
    group by agent_day.business_date, agent_day.agent_id
),

evaluation as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_evaluation.conversation_start) as date
        ) as business_date,
        coalesce(fact_evaluation.user_id, '(none)') as agent_id,
        fact_evaluation.total_score
    from curated.fact_evaluation
    cross join curated.business_setting
    where fact_evaluation.is_counted
),

quality as (
    select
        evaluation.business_date,
        evaluation.agent_id,
        count(*) as evaluations,
        cast(sum(evaluation.total_score) as bigint) as score_sum
    from evaluation
    group by evaluation.business_date, evaluation.agent_id
),

known as (
    select
        handled.business_date,
        handled.agent_id
    from handled
    union
    select
        status.business_date,
        status.agent_id
    from status
    union
    select
        adherence.business_date,
        adherence.agent_id
    from adherence
    union
    select
        quality.business_date,
        quality.agent_id
    from quality
)

select
    known.business_date,
    known.agent_id,
    dim_agent.user_name as agent_name,
    handled.sessions,
    handled.answered,
    handled.handle_count,
    handled.handle_time_ms,
    handled.talk_time_ms,
    handled.hold_time_ms,
    handled.acw_time_ms,
    cast(cast(handled.handle_time_ms as decimal(18, 6)) / nullif(handled.handle_count, 0) as decimal(18, 2)) as aht_ms,
    status.interacting_ms,
    status.communicating_ms,
    status.idle_ms,
    cast(
        cast(status.interacting_ms as decimal(18, 6)) / nullif(status.interacting_ms + status.communicating_ms + status.idle_ms, 0)
        as decimal(9, 6)
    ) as occupancy,
    adherence.adherence_schedule_seconds,
    adherence.exception_duration_seconds,
    cast(
        1 - cast(adherence.exception_duration_seconds as decimal(18, 6)) / nullif(adherence.adherence_schedule_seconds, 0)
        as decimal(18, 6)
    ) as adherence_rate,
    adherence.conformance_schedule_seconds,
    adherence.conformance_actual_seconds,
    cast(
        cast(adherence.conformance_actual_seconds as decimal(18, 6)) / nullif(adherence.conformance_schedule_seconds, 0)
        as decimal(18, 6)
    ) as conformance_rate,
    quality.evaluations,
    cast(cast(quality.score_sum as decimal(18, 6)) / nullif(quality.evaluations, 0) as decimal(18, 2)) as qa_score,
    coalesce(settled_day.is_settled, false) as is_settled
from known
left join handled
    on
        known.business_date = handled.business_date
        and known.agent_id = handled.agent_id
left join status
    on
        known.business_date = status.business_date
        and known.agent_id = status.agent_id
left join adherence
    on
        known.business_date = adherence.business_date
        and known.agent_id = adherence.agent_id
left join quality
    on
        known.business_date = quality.business_date
        and known.agent_id = quality.agent_id
left join curated.dim_agent
    on known.agent_id = dim_agent.user_id
left join mart.settled_day
    on known.business_date = settled_day.business_date;
