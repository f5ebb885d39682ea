-- curated.fact_agent_leg: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_leg: an agent session of a conversation has one row
select
    conversation_id,
    participant_no,
    session_no,
    count(*) as found
from curated.fact_agent_leg
group by conversation_id, participant_no, session_no
having count(*) > 1;

-- fail: leg_has_conversation: a leg belongs to a conversation of one of the two interaction facts
select
    fact_agent_leg.conversation_id,
    fact_agent_leg.agent_leg_key
from curated.fact_agent_leg
left join curated.fact_customer_interactions
    on fact_agent_leg.conversation_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on fact_agent_leg.conversation_id = fact_anonymous_interactions.conversation_id
where
    fact_agent_leg.batch_id = :batch_id
    and fact_customer_interactions.conversation_id is null
    and fact_anonymous_interactions.conversation_id is null;

-- warn: no_negative_time: no duration of a leg is negative
select
    conversation_id,
    agent_leg_key,
    handle_time_ms,
    talk_time_ms,
    hold_time_ms,
    acw_time_ms
from curated.fact_agent_leg
where handle_time_ms < 0 or talk_time_ms < 0 or hold_time_ms < 0 or acw_time_ms < 0;

-- fail: views_agree: what the agents handled in mart.agent_performance is what the queues handled in mart.queue_performance
select
    by_queue.handle_count as by_queue,
    by_agent.handle_count as by_agent,
    by_queue.handle_time_ms as by_queue_ms,
    by_agent.handle_time_ms as by_agent_ms
from (
    select
        coalesce(sum(queue_performance.handle_count), 0) as handle_count,
        coalesce(sum(queue_performance.handle_time_ms), 0) as handle_time_ms
    from mart.queue_performance
) as by_queue
cross join (
    select
        coalesce(sum(agent_performance.handle_count), 0) as handle_count,
        coalesce(sum(agent_performance.handle_time_ms), 0) as handle_time_ms
    from mart.agent_performance
) as by_agent
where by_queue.handle_count <> by_agent.handle_count or by_queue.handle_time_ms <> by_agent.handle_time_ms;
