-- curated/link/relinked.sql: conversations outside the batch that a touched CRM record concerns: their link is decided again.
-- Grain   conversation_id
-- Reads   curated.fact_{customer,anonymous}_interactions, curated.dim_salesforce_case
-- Params  tmp_batch (curated/begin.sql); tmp_conversation (fact_agent_leg/merge.sql); tmp_alias, tmp_touched
-- Rerun   safe: a temporary table of the session

create temp table tmp_relinked as
with reference as (
    select
        conversation_id,
        cast('case' as varchar(32)) as object,
        asked_case_id as reference_id
    from curated.fact_customer_interactions
    where asked_case_id is not null
    union all
    select
        conversation_id,
        cast('account' as varchar(32)) as object,
        asked_account_id as reference_id
    from curated.fact_customer_interactions
    where asked_account_id is not null
    union all
    select
        conversation_id,
        cast('contact' as varchar(32)) as object,
        asked_contact_id as reference_id
    from curated.fact_customer_interactions
    where asked_contact_id is not null
    union all
    select
        conversation_id,
        cast('external_contact' as varchar(32)) as object,
        external_contact_id as reference_id
    from curated.fact_customer_interactions
    where external_contact_id is not null
    union all
    select
        conversation_id,
        cast('case' as varchar(32)) as object,
        asked_case_id as reference_id
    from curated.fact_anonymous_interactions
    where asked_case_id is not null
    union all
    select
        conversation_id,
        cast('account' as varchar(32)) as object,
        asked_account_id as reference_id
    from curated.fact_anonymous_interactions
    where asked_account_id is not null
    union all
    select
        conversation_id,
        cast('contact' as varchar(32)) as object,
        asked_contact_id as reference_id
    from curated.fact_anonymous_interactions
    where asked_contact_id is not null
    union all
    select
        conversation_id,
        cast('external_contact' as varchar(32)) as object,
        external_contact_id as reference_id
    from curated.fact_anonymous_interactions
    where external_contact_id is not null
    union all
    select
        conversation_id,
        cast('case' as varchar(32)) as object,
        left(crm_case_id, 15) as reference_id
    from curated.fact_customer_interactions
    where crm_case_id is not null
    union all
    select
        conversation_id,
        cast('account' as varchar(32)) as object,
        left(crm_account_id, 15) as reference_id
    from curated.fact_customer_interactions
    where crm_account_id is not null
    union all
    select
        conversation_id,
        cast('contact' as varchar(32)) as object,
        left(crm_contact_id, 15) as reference_id
    from curated.fact_customer_interactions
    where crm_contact_id is not null
)

select distinct reference.conversation_id
from reference
inner join tmp_touched
    on
        reference.object = tmp_touched.object
        and reference.reference_id = tmp_touched.reference_id
left join tmp_conversation
    on reference.conversation_id = tmp_conversation.conversation_id
where tmp_conversation.conversation_id is null
union
-- A touched case may be the nearest one of a customer's conversation that does not name it.
select fact_customer_interactions.conversation_id
from curated.fact_customer_interactions
inner join (
    select
        coalesce(account_alias.current_id, dim_salesforce_case.account_id) as account_id,
        dim_salesforce_case.created_at
    from curated.dim_salesforce_case
    inner join tmp_touched
        on
            tmp_touched.object = 'case'
            and left(dim_salesforce_case.case_id, 15) = tmp_touched.reference_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_case.account_id = account_alias.crm_id
) as touched_case
    on fact_customer_interactions.crm_account_id = touched_case.account_id
cross join tmp_batch
left join tmp_conversation
    on fact_customer_interactions.conversation_id = tmp_conversation.conversation_id
where
    tmp_conversation.conversation_id is null
    and touched_case.created_at >= dateadd('minute', -tmp_batch.match_window_minutes, fact_customer_interactions.conversation_start)
    and touched_case.created_at <= dateadd('minute', tmp_batch.match_window_minutes, fact_customer_interactions.conversation_start)
union
select fact_customer_interactions.conversation_id
from curated.fact_customer_interactions
inner join (
    select
        coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) as contact_id,
        dim_salesforce_case.created_at
    from curated.dim_salesforce_case
    inner join tmp_touched
        on
            tmp_touched.object = 'case'
            and left(dim_salesforce_case.case_id, 15) = tmp_touched.reference_id
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_case.contact_id = contact_alias.crm_id
) as touched_case
    on fact_customer_interactions.crm_contact_id = touched_case.contact_id
cross join tmp_batch
left join tmp_conversation
    on fact_customer_interactions.conversation_id = tmp_conversation.conversation_id
where
    tmp_conversation.conversation_id is null
    and touched_case.created_at >= dateadd('minute', -tmp_batch.match_window_minutes, fact_customer_interactions.conversation_start)
    and touched_case.created_at <= dateadd('minute', tmp_batch.match_window_minutes, fact_customer_interactions.conversation_start);
