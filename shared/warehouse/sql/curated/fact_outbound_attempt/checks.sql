-- curated.fact_outbound_attempt: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_attempt: a contact of a campaign has one row in a conversation
select
    outbound_attempt_key,
    count(*) as found
from curated.fact_outbound_attempt
group by outbound_attempt_key
having count(*) > 1;

-- fail: attempt_has_conversation: an attempt belongs to a conversation of one of the two interaction facts
select
    fact_outbound_attempt.conversation_id,
    fact_outbound_attempt.outbound_attempt_key
from curated.fact_outbound_attempt
left join curated.fact_customer_interactions
    on fact_outbound_attempt.conversation_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on fact_outbound_attempt.conversation_id = fact_anonymous_interactions.conversation_id
where
    fact_outbound_attempt.batch_id = :batch_id
    and fact_customer_interactions.conversation_id is null
    and fact_anonymous_interactions.conversation_id is null;
