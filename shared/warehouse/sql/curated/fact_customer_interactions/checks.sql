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
