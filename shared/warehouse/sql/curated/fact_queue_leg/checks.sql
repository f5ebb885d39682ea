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

-- warn: offered_as_emitted: a closed conversation waited in a queue as often as it was offered to it (nOffered, where it emitted any)
select
    counted.conversation_id,
    counted.queue_id,
    sum(counted.waits) as waits,
    sum(counted.offered) as offered
from (
    select
        fact_queue_leg.conversation_id,
        fact_queue_leg.queue_id,
        1 as waits,
        0 as offered
    from curated.fact_queue_leg
    where fact_queue_leg.batch_id = :batch_id and fact_queue_leg.queue_id is not null
    union all
    select
        queue_emission.conversation_id,
        queue_emission.queue_id,
        0 as waits,
        queue_emission.offered
    from curated.queue_emission
    where queue_emission.batch_id = :batch_id and queue_emission.queue_id is not null
) as counted
inner join (
    select queue_emission.conversation_id
    from curated.queue_emission
    where queue_emission.batch_id = :batch_id
    group by queue_emission.conversation_id
    having sum(queue_emission.offered) > 0 and sum(case when queue_emission.is_open then 1 else 0 end) = 0
) as closed
    on counted.conversation_id = closed.conversation_id
group by counted.conversation_id, counted.queue_id
having sum(counted.waits) <> sum(counted.offered);

-- warn: no_negative_wait: nobody waited for less than nothing
select
    conversation_id,
    queue_leg_key,
    waited_ms
from curated.fact_queue_leg
where waited_ms < 0;
