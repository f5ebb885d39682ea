-- mart.campaign_kpis: whom outbound campaigns reached, of settled days alone: the live figures are another matter.
-- Grain   conversation_date, campaign_id
-- Reads   curated.fact_{outbound_attempt,agent_leg}, dim_campaign, business_setting; mart.settled_day
-- Rule    A contact is one id of one contact list; tried several times a day it counts once, so the contacts of two days do not add up.
--         Attempts to a contact that the source does not name count among attempts and conversations alone. An agent session that names
--         no campaign counts for the one of its conversation, if that has no other.
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  campaign_id | text | Genesys id of the campaign
-- Column  campaign_name | text | name of the campaign as last listed
-- Column  conversations | count | conversations of the campaign
-- Column  conversations_connected | count | of them, those in which somebody was reached, or an agent answered
-- Column  conversations_abandoned | count | of them, those the dialer gave up for lack of an agent (nOutboundAbandoned)
-- Column  attempts | count | attempts to reach somebody (nOutboundAttempted; else one for each conversation)
-- Column  contacts | count | different contacts that were tried
-- Column  contacts_connected | count | of them, those that were reached at least once
-- Column  connect_rate | share, 0 to 1 | contacts_connected / contacts; null where no contact is named
-- Column  handle_count | count | times an agent handled a conversation of the campaign
-- Column  handle_time_ms | milliseconds | dialing + contacting + talk + hold + after-call work of these; null where none is known
-- Column  aht_ms | milliseconds | average handle time: handle_time_ms / handle_count; null where nothing was handled
-- Column  is_settled | boolean | the day was read for good (mart.settled_day): always true here

create or replace view mart.campaign_kpis as
with attempt as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_outbound_attempt.conversation_start) as date
        ) as conversation_date,
        fact_outbound_attempt.campaign_id,
        fact_outbound_attempt.conversation_id,
        fact_outbound_attempt.attempts,
        fact_outbound_attempt.is_connected,
        fact_outbound_attempt.is_abandoned,
        coalesce(fact_outbound_attempt.contact_list_id, '') || '/' || fact_outbound_attempt.contact_id as contact
    from curated.fact_outbound_attempt
    cross join curated.business_setting
),

reached as (
    select
        attempt.conversation_date,
        attempt.campaign_id,
        count(distinct attempt.conversation_id) as conversations,
        count(distinct case when attempt.is_connected then attempt.conversation_id end) as conversations_connected,
        count(distinct case when attempt.is_abandoned then attempt.conversation_id end) as conversations_abandoned,
        cast(sum(attempt.attempts) as bigint) as attempts,
        count(distinct attempt.contact) as contacts,
        count(distinct case when attempt.is_connected then attempt.contact end) as contacts_connected
    from attempt
    group by attempt.conversation_date, attempt.campaign_id
),

only_campaign as (
    select
        fact_outbound_attempt.conversation_id,
        min(fact_outbound_attempt.campaign_id) as campaign_id
    from curated.fact_outbound_attempt
    group by fact_outbound_attempt.conversation_id
    having min(fact_outbound_attempt.campaign_id) = max(fact_outbound_attempt.campaign_id)
),

agent_leg as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, fact_agent_leg.conversation_start) as date
        ) as conversation_date,
        coalesce(fact_agent_leg.outbound_campaign_id, only_campaign.campaign_id) as campaign_id,
        -- Rows of an earlier version have no count.
        coalesce(fact_agent_leg.handle_count, case when fact_agent_leg.handle_time_ms is null then 0 else 1 end) as handle_count,
        fact_agent_leg.handle_time_ms
    from curated.fact_agent_leg
    cross join curated.business_setting
    left join only_campaign
        on fact_agent_leg.conversation_id = only_campaign.conversation_id
    where fact_agent_leg.outbound_campaign_id is not null or only_campaign.campaign_id is not null
),

handled as (
    select
        agent_leg.conversation_date,
        agent_leg.campaign_id,
        cast(sum(agent_leg.handle_count) as bigint) as handle_count,
        cast(sum(agent_leg.handle_time_ms) as bigint) as handle_time_ms
    from agent_leg
    group by agent_leg.conversation_date, agent_leg.campaign_id
)

select
    reached.conversation_date,
    reached.campaign_id,
    dim_campaign.campaign_name,
    reached.conversations,
    reached.conversations_connected,
    reached.conversations_abandoned,
    reached.attempts,
    reached.contacts,
    reached.contacts_connected,
    cast(cast(reached.contacts_connected as decimal(18, 6)) / nullif(reached.contacts, 0) as decimal(9, 6)) as connect_rate,
    coalesce(handled.handle_count, 0) as handle_count,
    handled.handle_time_ms,
    cast(cast(handled.handle_time_ms as decimal(18, 6)) / nullif(handled.handle_count, 0) as decimal(18, 2)) as aht_ms,
    settled_day.is_settled
from reached
inner join mart.settled_day
    on
        reached.conversation_date = settled_day.business_date
        and settled_day.is_settled
left join curated.dim_campaign
    on reached.campaign_id = dim_campaign.campaign_id
left join handled
    on
        reached.conversation_date = handled.conversation_date
        and reached.campaign_id = handled.campaign_id;
