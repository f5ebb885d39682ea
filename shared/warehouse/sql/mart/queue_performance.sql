-- mart.queue_performance: what was offered to each queue, what became of it, and what its agents took.
-- Grain   conversation_date, queue_id, media_type
-- Reads   curated.fact_{queue,agent}_leg, dim_queue, business_setting; mart.settled_day
-- Rule    All of a conversation counts on the day it began, also what happened after midnight. Each wait in a queue is one of offered,
--         and one of the four outcomes: offered = answered + abandoned + flow_out + other_outcome. The source counts nOffered instead:
--         the check offered_as_emitted tells where a conversation has another number of these than of waits. Each agent session counts
--         in one queue, so the sums over all queues are those of mart.agent_performance. The vendor's own reports count by the instant
--         of each event: mart.queue_figures compares those. A wait whose end nobody measured lasted until the agent's session began.
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  queue_id | text | Genesys id of the queue; (none): sessions without a queue
-- Column  queue_name | text | name of the queue as last listed
-- Column  media_type | text | medium of the session; (none): not told
-- Column  offered | count | waits in the queue (ACD sessions); a conversation that enters twice counts twice
-- Column  answered | count | waits that an agent's answer ended
-- Column  abandoned | count | waits that the customer gave up (tAbandon)
-- Column  flow_out | count | waits that a flow led out of the queue (tFlowOut): voicemail, callback, another queue
-- Column  other_outcome | count | waits that ended otherwise, or have not ended
-- Column  answered_in_time | count | of answered, those after at most kpi.service_level_seconds; not those whose wait is unknown
-- Column  answer_wait_ms | milliseconds | sum of the waits of answered; null where none is known
-- Column  abandon_wait_ms | milliseconds | sum of the waits of abandoned; null where none is known
-- Column  abandon_rate | share, 0 to 1 | abandoned / offered; null where nothing was offered
-- Column  service_level_rate | share, 0 to 1 | answered_in_time / (answered + abandoned); null where there is neither
-- Column  handle_count | count | times an agent handled a conversation (values of tHandle)
-- Column  handle_time_ms | milliseconds | talk + hold + after-call work, outbound also dialing and contacting; null where unknown
-- Column  talk_time_ms | milliseconds | of handle_time_ms, talking
-- Column  hold_time_ms | milliseconds | of handle_time_ms, on hold
-- Column  acw_time_ms | milliseconds | of handle_time_ms, after-call work
-- Column  aht_ms | milliseconds | average handle time: handle_time_ms / handle_count; null where nothing was handled
-- Column  is_settled | boolean | the day was read for good (mart.settled_day)

create or replace view mart.queue_performance as
with counted as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_queue_leg.conversation_start) as date
        ) as conversation_date,
        coalesce(fact_queue_leg.queue_id, '(none)') as queue_id,
        coalesce(fact_queue_leg.media_type, '(none)') as media_type,
        1 as offered,
        case when fact_queue_leg.outcome = 'answered' then 1 else 0 end as answered,
        case when fact_queue_leg.outcome = 'abandoned' then 1 else 0 end as abandoned,
        case when fact_queue_leg.outcome = 'flow_out' then 1 else 0 end as flow_out,
        case when fact_queue_leg.outcome = 'other' then 1 else 0 end as other_outcome,
        case
            when fact_queue_leg.outcome = 'answered' and fact_queue_leg.waited_ms <= 1000 * business_setting.service_level_seconds then 1
            else 0
        end as answered_in_time,
        case when fact_queue_leg.outcome = 'answered' then fact_queue_leg.waited_ms end as answer_wait_ms,
        case when fact_queue_leg.outcome = 'abandoned' then fact_queue_leg.waited_ms end as abandon_wait_ms,
        0 as handle_count,
        cast(null as bigint) as handle_time_ms,
        cast(null as bigint) as talk_time_ms,
        cast(null as bigint) as hold_time_ms,
        cast(null as bigint) as acw_time_ms
    from curated.fact_queue_leg
    cross join curated.business_setting
    union all
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_agent_leg.conversation_start) as date
        ) as conversation_date,
        coalesce(fact_agent_leg.queue_id, '(none)') as queue_id,
        coalesce(fact_agent_leg.media_type, '(none)') as media_type,
        0 as offered,
        0 as answered,
        0 as abandoned,
        0 as flow_out,
        0 as other_outcome,
        0 as answered_in_time,
        cast(null as bigint) as answer_wait_ms,
        cast(null as bigint) as abandon_wait_ms,
        -- Rows of an earlier version have no count.
        coalesce(fact_agent_leg.handle_count, case when fact_agent_leg.handle_time_ms is null then 0 else 1 end) as handle_count,
        fact_agent_leg.handle_time_ms,
        fact_agent_leg.talk_time_ms,
        fact_agent_leg.hold_time_ms,
        fact_agent_leg.acw_time_ms
    from curated.fact_agent_leg
    cross join curated.business_setting
),

summed as (
    -- As bigint: the sum of a bigint is a decimal(38), and a quotient by it overflows 128 bits on Redshift.
    select
        counted.conversation_date,
        counted.queue_id,
        counted.media_type,
        cast(sum(counted.offered) as bigint) as offered,
        cast(sum(counted.answered) as bigint) as answered,
        cast(sum(counted.abandoned) as bigint) as abandoned,
        cast(sum(counted.flow_out) as bigint) as flow_out,
        cast(sum(counted.other_outcome) as bigint) as other_outcome,
        cast(sum(counted.answered_in_time) as bigint) as answered_in_time,
        cast(sum(counted.answer_wait_ms) as bigint) as answer_wait_ms,
        cast(sum(counted.abandon_wait_ms) as bigint) as abandon_wait_ms,
        cast(sum(counted.handle_count) as bigint) as handle_count,
        cast(sum(counted.handle_time_ms) as bigint) as handle_time_ms,
        cast(sum(counted.talk_time_ms) as bigint) as talk_time_ms,
        cast(sum(counted.hold_time_ms) as bigint) as hold_time_ms,
        cast(sum(counted.acw_time_ms) as bigint) as acw_time_ms
    from counted
    group by counted.conversation_date, counted.queue_id, counted.media_type
)

select
    summed.conversation_date,
    summed.queue_id,
    dim_queue.queue_name,
    summed.media_type,
    summed.offered,
    summed.answered,
    summed.abandoned,
    summed.flow_out,
    summed.other_outcome,
    summed.answered_in_time,
    summed.answer_wait_ms,
    summed.abandon_wait_ms,
    cast(cast(summed.abandoned as decimal(18, 6)) / nullif(summed.offered, 0) as decimal(9, 6)) as abandon_rate,
    cast(
        cast(summed.answered_in_time as decimal(18, 6)) / nullif(summed.answered + summed.abandoned, 0) as decimal(9, 6)
    ) as service_level_rate,
    summed.handle_count,
    summed.handle_time_ms,
    summed.talk_time_ms,
    summed.hold_time_ms,
    summed.acw_time_ms,
    cast(cast(summed.handle_time_ms as decimal(18, 6)) / nullif(summed.handle_count, 0) as decimal(18, 2)) as aht_ms,
    coalesce(settled_day.is_settled, false) as is_settled
from summed
left join curated.dim_queue
    on summed.queue_id = dim_queue.queue_id
left join mart.settled_day
    on summed.conversation_date = settled_day.business_date;
