-- mart.escalation_by_tier: share of conversations that were escalated, by the customer tier that stood when they began.
-- Grain   conversation_date, customer_tier
-- Reads   mart.unified_interactions, mart.settled_day, curated.business_setting
-- Rule    escalation_rate has all conversations below the line, and above it also those that were escalated without a bot. Whoever asks how
--         often a bot handed on divides bot_escalated by met_bot
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  customer_tier | text | the tier of the Salesforce account when the conversation began; (none): no customer, or one without a tier
-- Column  conversations | count | conversations that began on the day
-- Column  escalated | count | of them, those marked as escalated, or, without a mark, handed on by a bot to an agent who answered
-- Column  escalation_rate | share, 0 to 1 | escalated / conversations
-- Column  is_settled | boolean | the day was read for good (mart.settled_day)
-- Column  met_bot | count | conversations that met a bot
-- Column  bot_escalated | count | of met_bot, those that were escalated

create or replace view mart.escalation_by_tier as
with dated as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, unified_interactions.conversation_start) as date
        ) as conversation_date,
        coalesce(unified_interactions.customer_tier, '(none)') as customer_tier,
        case when unified_interactions.was_escalated then 1 else 0 end as escalated,
        case when unified_interactions.met_bot then 1 else 0 end as met_bot,
        case when unified_interactions.met_bot and unified_interactions.was_escalated then 1 else 0 end as bot_escalated
    from mart.unified_interactions
    cross join curated.business_setting
),

counted as (
    select
        dated.conversation_date,
        dated.customer_tier,
        count(*) as conversations,
        sum(dated.escalated) as escalated,
        sum(dated.met_bot) as met_bot,
        sum(dated.bot_escalated) as bot_escalated
    from dated
    group by dated.conversation_date, dated.customer_tier
)

select
    counted.conversation_date,
    counted.customer_tier,
    counted.conversations,
    counted.escalated,
    cast(cast(counted.escalated as decimal(18, 6)) / nullif(counted.conversations, 0) as decimal(9, 6)) as escalation_rate,
    coalesce(settled_day.is_settled, false) as is_settled,
    counted.met_bot,
    counted.bot_escalated
from counted
left join mart.settled_day
    on counted.conversation_date = settled_day.business_date;
