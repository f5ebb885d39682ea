-- mart.unified_interactions: one conversation, wide: what Genesys Cloud says of it and whose it is in the CRM.
-- Grain   conversation_id
-- Reads   curated.fact_{customer,anonymous}_interactions; dim_queue, dim_agent; dim_salesforce_{account,case}; salesforce_opportunity
-- Rule    columns and meanings are public. customer_tier stood when the conversation began; customer_tier_current, industry, account_owner,
--         ltv_usd, the case_* columns and the counts are of today: of the newest row of the CRM record, closed or not. The counts are null
--         where no account is known.
-- Column  conversation_id | text | Genesys id of the conversation
-- Column  conversation_start | timestamp, UTC | when it began
-- Column  conversation_end | timestamp, UTC | when it ended; null while it is open
-- Column  duration_ms | milliseconds | from beginning to end; null while it is open
-- Column  queue_id | text | of the agent session that handled longest, else of an answered one, else of a wait, else the first named
-- Column  queue_name | text | name of the queue as last listed
-- Column  media_type | text | first medium of the conversation
-- Column  direction | text | inbound or outbound
-- Column  agent_id | text | agent who handled longest, of those who answered; null where none did
-- Column  agent_name | text | name of that agent as last listed
-- Column  handle_time_ms | milliseconds | talk + hold + after-call work, outbound also dialing and contacting; of all agent sessions
-- Column  talk_time_ms | milliseconds | of handle_time_ms, talking
-- Column  hold_time_ms | milliseconds | of handle_time_ms, on hold
-- Column  acw_time_ms | milliseconds | of handle_time_ms, after-call work
-- Column  wrap_up_code | text | chosen after the session of agent_id: an id of curated.dim_wrapup_code, or free text
-- Column  abandoned | boolean | the customer left a queue, and no agent had answered
-- Column  transferred | boolean | it was transferred at least once
-- Column  was_escalated | boolean | marked as escalated, or, without a mark, handed on by a bot to an agent who answered
-- Column  handled_by_bot_only | boolean | marked so, or, without a mark, a bot and nobody to take over: agent, user, group, number outside
-- Column  qa_score | points, 0 to 100 | of the last released quality evaluation, whoever was evaluated
-- Column  csat_score | points | of the last survey with a score, on the scale of its form
-- Column  nps | points, 0 to 10 | of the last survey with a promoter score
-- Column  external_contact_id | text | Genesys external contact of the customer
-- Column  crm_account_id | text | Salesforce account, the surviving one after a merge; null without a link
-- Column  crm_contact_id | text | Salesforce contact; null where none is known
-- Column  crm_case_id | text | Salesforce case named by an attribute, else the nearest in time; null where none is near
-- Column  link_method | text | how the customer was found; null without a link
-- Column  customer_tier | text | tier of the account when the conversation began
-- Column  customer_tier_current | text | tier of the account today
-- Column  industry | text | industry of the account today
-- Column  account_owner | text | owner of the account today
-- Column  open_case_count | count | open cases of the account today; null without an account
-- Column  open_opportunity_count | count | open opportunities of the account today; null without an account
-- Column  ltv_usd | US dollars | lifetime value of the account today
-- Column  case_category | text | type of the case today
-- Column  case_status | text | status of the case today
-- Column  case_priority | text | priority of the case today
-- Column  is_settled | boolean | the conversation was read from a settled window; for days ask mart.settled_day
-- Column  etl_loaded_at | timestamp, UTC | when the record was extracted
-- Column  data_source | text | genesys_cloud
-- Column  met_bot | boolean | a bot had a session in it; null where it was merged by a version before 3

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
        customer.data_source,
        customer.met_bot
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
        anonymous.data_source,
        anonymous.met_bot
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
    interactions.data_source,
    interactions.met_bot
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
