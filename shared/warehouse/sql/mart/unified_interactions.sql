-- mart.unified_interactions: one conversation, wide: what Genesys Cloud says of it and whose it is in the CRM.
-- Grain   conversation_id
-- Reads   curated.fact_{customer,anonymous}_interactions; dim_queue, dim_agent; dim_salesforce_{account,case}; salesforce_opportunity
-- Rule    columns and meanings are public. customer_tier stood when the conversation began; customer_tier_current, industry, account_owner,
--         ltv_usd, the case_* columns and the counts are of today: of the newest row of the CRM record, closed or not. The counts are null
--         where no account is known.

create or replace view mart.unified_interactions as
with interactions as (
    select
        customer.conversation_id,
        customer.conversation_start,
        customer.conversation_end,
        customer.duration_ms,
        customer.queue_id,
        customer.media_type,
        customer.direction,
        customer.agent_id,
        customer.handle_time_ms,
        customer.talk_time_ms,
        customer.hold_time_ms,
        customer.acw_time_ms,
        customer.wrap_up_code,
        customer.abandoned,
        customer.transferred,
        customer.was_escalated,
        customer.handled_by_bot_only,
        customer.qa_score,
        customer.csat_score,
        customer.nps,
        customer.external_contact_id,
        customer.crm_account_id,
        customer.crm_contact_id,
        customer.crm_case_id,
        customer.link_method,
        customer.customer_tier,
        customer.is_settled,
        customer.etl_loaded_at,
        customer.data_source
    from curated.fact_customer_interactions as customer
    union all
    select
        anonymous.conversation_id,
        anonymous.conversation_start,
        anonymous.conversation_end,
        anonymous.duration_ms,
        anonymous.queue_id,
        anonymous.media_type,
        anonymous.direction,
        anonymous.agent_id,
        anonymous.handle_time_ms,
        anonymous.talk_time_ms,
        anonymous.hold_time_ms,
        anonymous.acw_time_ms,
        anonymous.wrap_up_code,
        anonymous.abandoned,
        anonymous.transferred,
        anonymous.was_escalated,
        anonymous.handled_by_bot_only,
        anonymous.qa_score,
        anonymous.csat_score,
        anonymous.nps,
        anonymous.external_contact_id,
        cast(null as varchar(18)) as crm_account_id,
        cast(null as varchar(18)) as crm_contact_id,
        cast(null as varchar(18)) as crm_case_id,
        cast(null as varchar(32)) as link_method,
        cast(null as varchar(1020)) as customer_tier,
        anonymous.is_settled,
        anonymous.etl_loaded_at,
        anonymous.data_source
    from curated.fact_anonymous_interactions as anonymous
),

open_cases as (
    select
        dim_salesforce_case.account_id,
        count(*) as open_case_count
    from curated.dim_salesforce_case
    where dim_salesforce_case.is_current and not coalesce(dim_salesforce_case.is_closed, false)
    group by dim_salesforce_case.account_id
),

open_opportunities as (
    select
        salesforce_opportunity.account_id,
        count(*) as open_opportunity_count
    from curated.salesforce_opportunity
    where not salesforce_opportunity.is_deleted and not coalesce(salesforce_opportunity.is_closed, false)
    group by salesforce_opportunity.account_id
)

select
    interactions.conversation_id,
    interactions.conversation_start,
    interactions.conversation_end,
    interactions.duration_ms,
    interactions.queue_id,
    dim_queue.queue_name,
    interactions.media_type,
    interactions.direction,
    interactions.agent_id,
    dim_agent.user_name as agent_name,
    interactions.handle_time_ms,
    interactions.talk_time_ms,
    interactions.hold_time_ms,
    interactions.acw_time_ms,
    interactions.wrap_up_code,
    interactions.abandoned,
    interactions.transferred,
    interactions.was_escalated,
    interactions.handled_by_bot_only,
    interactions.qa_score,
    interactions.csat_score,
    interactions.nps,
    interactions.external_contact_id,
    interactions.crm_account_id,
    interactions.crm_contact_id,
    interactions.crm_case_id,
    interactions.link_method,
    interactions.customer_tier,
    account.customer_tier as customer_tier_current,
    account.industry,
    account.owner_name as account_owner,
    case when interactions.crm_account_id is not null then coalesce(open_cases.open_case_count, 0) end as open_case_count,
    case when interactions.crm_account_id is not null then coalesce(open_opportunities.open_opportunity_count, 0) end
        as open_opportunity_count,
    account.ltv_usd,
    crm_case.case_category,
    crm_case.case_status,
    crm_case.case_priority,
    interactions.is_settled,
    interactions.etl_loaded_at,
    interactions.data_source
from interactions
left join curated.dim_queue
    on interactions.queue_id = dim_queue.queue_id
left join curated.dim_agent
    on interactions.agent_id = dim_agent.user_id
left join curated.dim_salesforce_account as account
    on
        interactions.crm_account_id = account.account_id
        and account.is_latest
left join curated.dim_salesforce_case as crm_case
    on
        interactions.crm_case_id = crm_case.case_id
        and crm_case.is_latest
left join open_cases
    on interactions.crm_account_id = open_cases.account_id
left join open_opportunities
    on interactions.crm_account_id = open_opportunities.account_id;
