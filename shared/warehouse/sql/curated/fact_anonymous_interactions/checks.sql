-- curated.fact_anonymous_interactions: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: reason_known: a conversation without a link says why, in one of the known words
select
    conversation_id,
    link_reason
from curated.fact_anonymous_interactions
where link_reason not in ('no_id', 'id_not_found', 'crm_late', 'ambiguous', 'crm_mismatch');

-- fail: refused_link_is_quarantined: a link that was refused has its quarantine row
select
    fact_anonymous_interactions.conversation_id,
    fact_anonymous_interactions.link_reason
from curated.fact_anonymous_interactions
left join curated.quarantine
    on
        quarantine.source = 'genesys'
        and quarantine.object = 'conversation_link'
        and fact_anonymous_interactions.conversation_id = quarantine.natural_id
        and fact_anonymous_interactions.link_reason = quarantine.reason
        and quarantine.resolved_at is null
where
    fact_anonymous_interactions.link_reason in ('ambiguous', 'crm_mismatch')
    and quarantine.natural_id is null;
