-- curated.fact_queue_leg: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_wait: an ACD session of a conversation has one row
select
    conversation_id,
    participant_no,
    session_no,
    count(*) as found
from curated.fact_queue_leg
group by conversation_id, participant_no, session_no
having count(*) > 1;

-- fail: wait_has_conversation: a wait belongs to a conversation of one of the two interaction facts
select
    fact_queue_leg.conversation_id,
    fact_queue_leg.queue_leg_key
from curated.fact_queue_leg
left join curated.fact_customer_interactions
    on fact_queue_leg.conversation_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on fact_queue_leg.conversation_id = fact_anonymous_interactions.conversation_id
where
    fact_queue_leg.batch_id = :batch_id
    and fact_customer_interactions.conversation_id is null
    and fact_anonymous_interactions.conversation_id is null;

-- fail: offered_adds_up: whatever was offered to a queue was answered, abandoned, led out of it, or is told as other
select
    conversation_date,
    queue_id,
    media_type,
    offered,
    answered,
    abandoned,
    flow_out,
    other_outcome
from mart.queue_performance
where
    offered <> answered + abandoned + flow_out + other_outcome
    or answered_in_time > answered;

-- warn: no_negative_wait: nobody waited for less than nothing
select
    conversation_id,
    queue_leg_key,
    waited_ms
from curated.fact_queue_leg
where waited_ms < 0;
