-- curated.quarantine: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_reason: a record is in quarantine once per reason
select
    quarantine_key,
    count(*) as found
from curated.quarantine
group by quarantine_key
having count(*) > 1;

-- fail: every_refusal_arrived: each refused record of the batch has its quarantine row
select
    staged.object_key,
    staged.line,
    staged.reason
from staging.quarantine as staged
left join curated.quarantine
    on
        staged.source = quarantine.source
        and staged.object = quarantine.object
        and coalesce(staged.natural_id, staged.sha256) = quarantine.record_ref
        and staged.reason = quarantine.reason
where staged.batch_id = :batch_id and quarantine.quarantine_key is null;

-- fail: resolved_once_seen: nothing is resolved before it was seen last
select
    quarantine_key,
    last_seen_at,
    resolved_at
from curated.quarantine
where resolved_at < last_seen_at;

-- fail: refusal_has_conversation: a refused link, case or value is of a conversation that is in one of the facts
select
    quarantine.natural_id,
    quarantine.object,
    quarantine.reason
from curated.quarantine
left join curated.fact_customer_interactions
    on quarantine.natural_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on quarantine.natural_id = fact_anonymous_interactions.conversation_id
where
    quarantine.source = 'genesys'
    and quarantine.object in ('conversation_link', 'conversation_case', 'conversation_value')
    and quarantine.last_batch_id = :batch_id
    and fact_customer_interactions.conversation_id is null
    and fact_anonymous_interactions.conversation_id is null;
