-- curated.fact_customer_interactions: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id, :max_unlinked_percent

-- fail: one_row_per_conversation: a conversation has one row over both interaction facts
select
    both_facts.conversation_id,
    count(*) as found
from (
    select conversation_id from curated.fact_customer_interactions
    union all
    select conversation_id from curated.fact_anonymous_interactions
) as both_facts
group by both_facts.conversation_id
having count(*) > 1;

-- fail: every_conversation_arrived: each conversation of the batch in staging is in one of the two interaction facts
select distinct staged.conversation_id
from staging.genesys_conversation as staged
left join curated.fact_customer_interactions
    on staged.conversation_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on staged.conversation_id = fact_anonymous_interactions.conversation_id
where
    staged.batch_id = :batch_id
    and fact_customer_interactions.conversation_id is null
    and fact_anonymous_interactions.conversation_id is null;

-- fail: last_extraction_wins: no conversation of the batch shows an older extraction than the batch holds
select distinct staged.conversation_id
from staging.genesys_conversation as staged
inner join (
    select
        conversation_id,
        etl_loaded_at
    from curated.fact_customer_interactions
    union all
    select
        conversation_id,
        etl_loaded_at
    from curated.fact_anonymous_interactions
) as both_facts
    on staged.conversation_id = both_facts.conversation_id
where staged.batch_id = :batch_id and both_facts.etl_loaded_at < staged.extracted_at;

-- fail: linked_to_someone: a linked conversation names an account or a contact
select
    conversation_id,
    link_method
from curated.fact_customer_interactions
where crm_account_id is null and crm_contact_id is null;

-- warn: end_after_start: a conversation does not end before it starts
select
    conversation_id,
    conversation_start,
    conversation_end
from curated.fact_customer_interactions
where conversation_end < conversation_start
union all
select
    conversation_id,
    conversation_start,
    conversation_end
from curated.fact_anonymous_interactions
where conversation_end < conversation_start;

-- warn: known_account: the account of a linked conversation is in dim_salesforce_account
select
    fact_customer_interactions.conversation_id,
    fact_customer_interactions.crm_account_id
from curated.fact_customer_interactions
left join curated.dim_salesforce_account
    on
        fact_customer_interactions.crm_account_id = dim_salesforce_account.account_id
        and dim_salesforce_account.is_latest
where
    fact_customer_interactions.batch_id = :batch_id
    and fact_customer_interactions.crm_account_id is not null
    and dim_salesforce_account.account_id is null;

-- warn: join_rate: no larger share of the batch's conversations lacks a CRM link than the settings allow
select
    shares.conversations,
    shares.unlinked,
    shares.unlinked_percent
from (
    select
        count(*) as conversations,
        sum(both_facts.unlinked) as unlinked,
        100.0 * sum(both_facts.unlinked) / nullif(count(*), 0) as unlinked_percent
    from (
        select 0 as unlinked from curated.fact_customer_interactions
        where batch_id = :batch_id
        union all
        select 1 as unlinked from curated.fact_anonymous_interactions
        where batch_id = :batch_id
    ) as both_facts
) as shares
where shares.unlinked_percent > cast(:max_unlinked_percent as decimal(9, 4));

-- fail: reference_noted: each conversation of the batch is noted under the account that it names or is linked to
select
    both_facts.conversation_id,
    both_facts.reference_id
from (
    select
        conversation_id,
        left(crm_account_id, 15) as reference_id
    from curated.fact_customer_interactions
    where batch_id = :batch_id and crm_account_id is not null
    union all
    select
        conversation_id,
        asked_account_id as reference_id
    from curated.fact_anonymous_interactions
    where batch_id = :batch_id and asked_account_id is not null
) as both_facts
left join ops.conversation_reference
    on
        conversation_reference.object = 'account'
        and both_facts.reference_id = conversation_reference.reference_id
        and both_facts.conversation_id = conversation_reference.conversation_id
where conversation_reference.conversation_id is null;

-- fail: missing_case_is_quarantined: a conversation of the batch that has a customer and no case has its quarantine row
select
    fact_customer_interactions.conversation_id,
    fact_customer_interactions.link_method
from curated.fact_customer_interactions
left join curated.quarantine
    on
        quarantine.source = 'genesys'
        and quarantine.object = 'conversation_case'
        and fact_customer_interactions.conversation_id = quarantine.natural_id
        and quarantine.resolved_at is null
where
    fact_customer_interactions.batch_id = :batch_id
    and fact_customer_interactions.crm_case_id is null
    and quarantine.natural_id is null;

-- fail: linked_way_known: a link has one of the known methods, and a link by telephone a number
select
    conversation_id,
    link_method,
    customer_number
from curated.fact_customer_interactions
where
    link_method not in ('attribute_case', 'attribute_account', 'attribute_contact', 'external_contact', 'phone')
    or (link_method = 'phone' and customer_number is null);

-- warn: possible_times: no conversation of the batch has a time below zero
select
    both_facts.conversation_id,
    both_facts.duration_ms,
    both_facts.handle_time_ms
from (
    select
        conversation_id,
        duration_ms,
        handle_time_ms,
        talk_time_ms,
        hold_time_ms,
        acw_time_ms
    from curated.fact_customer_interactions
    where batch_id = :batch_id
    union all
    select
        conversation_id,
        duration_ms,
        handle_time_ms,
        talk_time_ms,
        hold_time_ms,
        acw_time_ms
    from curated.fact_anonymous_interactions
    where batch_id = :batch_id
) as both_facts
where
    both_facts.duration_ms < 0
    or both_facts.handle_time_ms < 0
    or both_facts.talk_time_ms < 0
    or both_facts.hold_time_ms < 0
    or both_facts.acw_time_ms < 0;
